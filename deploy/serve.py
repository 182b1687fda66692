"""Dispatches to what a name on the command line stands for."""

import asyncio
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.embedded.child import StackError
from schemas.settings import Settings, SettingsError

WORKERS = ("relay", "sequence", "examine", "index", "notices", "sweep", "retention")
SIGNING = ("sequence", "retention")  # with the key that signs the record
BENCHES = Path(__file__).parent / "bench"


def serve(process: str, names: str, data: Path | None) -> None:
    """Run one process until SIGTERM or SIGINT. Raises `StackError` for a name that does not exist."""
    if process == "worker":
        wanted = tuple(part for part in names.split(",") if part)
        if unknown := [name for name in wanted if name not in WORKERS]:
            raise StackError(f"There is no worker {unknown[0]}; there are {', '.join(WORKERS)}.")
        if not wanted:
            raise StackError(f"Say which worker: {', '.join(WORKERS)}, or several with commas.")
        signing = [name for name in wanted if name in SIGNING]
        if data is not None and signing and len(wanted) > 1:
            raise StackError(
                f"`{signing[0]}` has a key that other workers have not: run it in a process of its own."
            )
        settings = _settings(data, names if names in ("relay", *SIGNING) else "worker")
        if signing:
            from schemas.audit_log import check

            check(settings)
        from workers.serve import main as work

        work(settings, wanted)
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
        settings = Settings.read(os.environ)
    else:
        from deploy import find

        settings = find.settings(data, process)
    _refuse_unsound(settings, opens=process in ("hub", "files", "worker", "retention"))
    return settings


def _refuse_unsound(settings: Settings, *, opens: bool) -> None:
    """A database that is away is waited for by the process itself; one that is there and unsound is refused, and so is
    a root key that does not open what is there, by whoever opens it."""
    from asyncpg import PostgresError

    from deploy.soundness import unsafe_database, wrong_root

    try:
        problem = asyncio.run(unsafe_database(settings))
        if not problem and opens:
            problem = asyncio.run(wrong_root(settings))
    except (OSError, PostgresError):
        return
    if problem:
        raise StackError(problem)


def main() -> None:
    """`python -m deploy.serve hub`: what the supervisor starts, without the cost of the whole command line."""
    try:
        serve(sys.argv[1], ",".join(sys.argv[2:]), None)
    except (StackError, SettingsError) as problem:
        sys.exit(f"casewire: {problem}")


def bench(name: str) -> Callable[..., int]:
    """The `main(data, *, json, quick)` of `deploy.bench.<name>`; it answers the exit code."""
    known = sorted(path.stem for path in BENCHES.glob("*.py") if not path.stem.startswith("_"))
    if name not in known:
        raise StackError(f"There is no bench {name}; there are {', '.join(known) or 'none yet'}.")
    return importlib.import_module(f"deploy.bench.{name}").main


if __name__ == "__main__":
    main()
