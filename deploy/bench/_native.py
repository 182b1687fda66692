"""The small C programs of the benches: they must cost less than what they measure, which no interpreter can."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.child import StackError

SOURCES = Path(__file__).parents[2] / "tests" / "bench"
COMPILE_S = 60


@contextmanager
def built(name: str) -> Iterator[Path]:
    """`tests/bench/<name>.c`, compiled into a directory that goes with the block, which may also hold files of its own.

    Raises `StackError` where there is no C compiler or no checkout.
    """
    source, compiler = SOURCES / f"{name}.c", shutil.which("cc") or shutil.which("gcc")
    if not source.exists():
        raise StackError(f"This bench needs {source.name} of the source checkout, which is not there.")
    if compiler is None:
        raise StackError("This bench needs a C compiler (cc); install gcc or clang and run it again.")
    with tempfile.TemporaryDirectory(prefix="casewire-bench-") as place:
        program = Path(place) / name
        command = [compiler, "-O2", "-o", str(program), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_S, check=False)
        if done.returncode:
            raise StackError(f"{source.name} does not compile: {done.stderr.strip()[:500]}")
        yield program
