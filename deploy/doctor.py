"""`casewire doctor`: asks each part of a running stack how it is."""

import asyncio
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from deploy import checks, find
from deploy.embedded.stack import FREE_BYTES_MIN
from schemas.settings import Settings

ANSWER_WAIT_S = 3.0


def main(data: Path | None) -> int:
    """Print a line for each part; the exit code is 1 when anything is wrong. Raises `StackError` when nothing runs."""
    running = find.running(data)
    settings = find.settings(data)
    findings = [
        ("PostgreSQL", asyncio.run(checks.database(settings))),
        ("record", asyncio.run(checks.record(settings))),
        ("NATS", asyncio.run(checks.bus(settings))),
        ("object store", checks.objects(settings)),
        ("disk", disk(Path(settings.data))),
    ]
    if running is not None:
        findings += [(name, process(name, running)) for name in running["environ"] if name != "operator"]
    for name, problem in findings:
        print(f"{'ok  ' if problem is None else 'BAD '} {name:<14}{problem or ''}")
    return int(any(problem for _, problem in findings))


def disk(data: Path) -> str | None:
    if not data.exists():
        return None
    free = shutil.disk_usage(data).free
    if free >= FREE_BYTES_MIN:
        return None
    return f"{free // 2**20} MiB are free under {data}; make room before PostgreSQL has to stop."


def process(name: str, running: dict[str, Any]) -> str | None:
    """What one of our processes says of itself on its internal port."""
    settings = Settings.read(running["environ"][name])
    log = Path(settings.data) / "logs" / f"{name}.log"
    if not alive(running["pids"].get(name, 0)):
        return f"It does not run; the supervisor starts it again, and {log} says why it ended."
    address = f"http://127.0.0.1:{settings.internal_port}/health/ready"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_WAIT_S):
            return None
    except urllib.error.HTTPError as problem:
        said = problem.read(1000).decode("utf-8", "replace")
        return f"It is not ready: {said}; see {log}."
    except OSError as problem:
        return f"It does not answer on its internal port: {problem}; see {log}."


def alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
