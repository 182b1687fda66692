"""Dispatches to what a name on the command line stands for."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from deploy.embedded.child import StackError
from schemas.settings import Settings

WORKERS = ("relay", "examine", "index", "notices", "sweep")
BENCHES = Path(__file__).parent / "bench"


def serve(process: str, names: str, data: Path | None) -> None:
    """Run one process until SIGTERM or SIGINT. Raises `StackError` for a name that does not exist."""
    if process == "worker":
        wanted = tuple(part for part in names.split(",") if part)
        if unknown := [name for name in wanted if name not in WORKERS]:
            raise StackError(f"There is no worker {unknown[0]}; there are {', '.join(WORKERS)}.")
        if not wanted:
            raise StackError(f"Say which worker: {', '.join(WORKERS)}, or several with commas.")
        from workers.serve import main as work

        work(_settings(data, "relay" if wanted == ("relay",) else "worker"), wanted)
        return
    if names:
        raise StackError(f"`serve {process}` takes no names.")
    if process == "hub":
        from hub.serve import main as run
    elif process == "gateway":
        from gateway.serve import main as run
    elif process == "files":
        from gateway.files import main as run
    else:
        raise StackError(f"There is no process {process}; there are hub, gateway, files and worker.")
    run(_settings(data, process))


def _settings(data: Path | None, process: str) -> Settings:
    """A process is set up by its environment; only a person at the machine names a data directory."""
    if data is None:
        return Settings.read(os.environ)
    from deploy import find

    return find.settings(data, process)


def bench(name: str) -> Callable[..., int]:
    """The `main(settings, *, json)` of `deploy.bench.<name>`; it answers the exit code."""
    known = sorted(path.stem for path in BENCHES.glob("*.py") if not path.stem.startswith("_"))
    if name not in known:
        raise StackError(f"There is no bench {name}; there are {', '.join(known) or 'none yet'}.")
    return importlib.import_module(f"deploy.bench.{name}").main
