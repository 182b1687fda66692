"""What a bench stands on: a stack, running or of its own, and the report that it prints."""

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

from deploy import find
from deploy.embedded import ports
from deploy.embedded.child import StackError
from deploy.embedded.stack import Stack
from deploy.supervisor import Stopped, Supervisor
from schemas.settings import Settings
from storage.migrations import migrate

PROCESSES = ("hub", "relay", "gateway")


class Rig(Struct, frozen=True):
    """The stack under measurement. `pids` is empty for processes that are not of this machine; `environs` is what each
    process runs with."""

    settings: Settings
    pids: Mapping[str, int]
    quick: bool
    environs: Mapping[str, Mapping[str, str]] = {}


class Report(Struct, frozen=True):
    """What a bench answers. Names of figures and floors end in their unit; `peers` is what others take for the same."""

    bench: str
    figures: dict[str, float | int | None]
    floors: dict[str, float | int | None]
    peers: dict[str, float | int | str | None]
    pass_: bool
    verdict: str
    machine: dict[str, str | int | float]


# Figures, floors, whether it passes, the verdict; and peers, where there are any.
Values = dict[str, Any]
Measured = tuple[Values, Values, bool, str] | tuple[Values, Values, bool, str, Values]
Measure = Callable[[Rig], Coroutine[Any, Any, Measured]]


def run(
    name: str,
    measure: Measure,
    data: Path | None,
    *,
    json: bool,
    quick: bool,
    copies: Mapping[str, int] | None = None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Measure, print, and answer the exit code: 0 when it passes, 1 when not. `copies` is how many of a process a stack
    of its own has, where one is not enough, and `environ` what it is set to."""
    running = _running(data)
    if running is not None:
        settings = Settings.read(os.environ | running.get("environ", {}).get("operator", {}))
        rig = Rig(settings, running.get("pids", {}), quick, running.get("environ", {}))
        report = _measured(name, measure, rig)
    else:
        report = _on_own_stack(name, measure, quick, copies or {}, environ or {}, quiet=json)
    if json:
        print(msgspec.json.encode(_named(report)).decode())
    else:
        _show(report)
    return 0 if report.pass_ else 1


def _running(data: Path | None) -> dict[str, Any] | None:
    try:
        return find.running(data) or {}
    except StackError:
        if data is not None or os.environ.get("CASEWIRE_DATA"):
            raise
        return None


def _on_own_stack(
    name: str,
    measure: Measure,
    quick: bool,
    copies: Mapping[str, int],
    environ: Mapping[str, str],
    *,
    quiet: bool,
) -> Report:
    place = Path(tempfile.mkdtemp(prefix="casewire-bench-", dir="/tmp"))
    http, live, files = ports.free(3)
    # A bench asks in a second what an office asks in an hour.
    environ = {"CASEWIRE_RATES": "all=10000000/10000000", **environ}
    stack = Stack(place, http_port=http, live_port=live, files_port=files, environ=environ, copies=copies)
    supervisor = Supervisor(stack, PROCESSES, say=_silent if quiet else _say)
    reports: list[Report] = []

    def before() -> None:
        uvloop.run(migrate(Settings.read(stack.settings("operator")).postgres_owner))

    def ready() -> None:
        _say(f"measuring {name} on a stack of its own")
        found = find.running(place) or {}
        settings = Settings.read(stack.settings("operator"))
        rig = Rig(settings, found.get("pids", {}), quick, found.get("environ", {}))
        reports.append(_measured(name, measure, rig))
        raise Stopped

    try:
        supervisor.run(before=before, ready=ready)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if not reports:
        raise StackError("The bench was stopped before it had measured anything.")
    return reports[0]


def _measured(name: str, measure: Measure, rig: Rig) -> Report:
    figures, floors, passed, verdict, *rest = uvloop.run(measure(rig))
    peers = _rounded(rest[0]) if rest else {}
    return Report(name, _rounded(figures), _rounded(floors), peers, passed, verdict, machine())


def machine() -> dict[str, str | int | float]:
    with open("/proc/meminfo") as info:
        kibibytes = int(next(line for line in info if line.startswith("MemTotal")).split()[1])
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(kibibytes / 2**20, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    with open("/proc/cpuinfo") as info:
        names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return names[0] if names else platform.machine()


def cpu_s(pid: int | None) -> float | None:
    """CPU seconds of all threads, user and system, that a process of this machine has used so far.

    Its clock counts nanoseconds (`clock_getcpuclockid`); /proc/PID/stat counts ticks of 10 ms.
    """
    if pid is None:
        return None
    try:
        return time.clock_gettime(~pid << 3 | 2)  # CPUCLOCK_SCHED of the process
    except OSError:
        return None


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile; NaN is never answered, 0.0 stands for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def latencies(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{name}p50_ms": percentile(seconds, 0.5) * 1e3, f"{name}p99_ms": percentile(seconds, 0.99) * 1e3}


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}


def _named(report: Report) -> dict[str, Any]:
    given = msgspec.structs.asdict(report)
    given["pass"] = given.pop("pass_")
    return given


def _show(report: Report) -> None:
    for heading, values in (("figures", report.figures), ("floors", report.floors), ("peers", report.peers)):
        if values:
            print(heading)
        for name, value in values.items():
            shown = "-" if value is None else value if isinstance(value, str) else f"{value:,}"
            print(f"  {name:<44} {shown:>14}")
    print(f"{'pass' if report.pass_ else 'FAIL'}: {report.verdict}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _silent(text: str) -> None:
    pass
