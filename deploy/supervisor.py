"""Runs everything on one machine: the servers, then our processes, each started again when it dies."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.embedded import ports
from deploy.embedded.child import Child, StackError, die_with_parent
from deploy.embedded.stack import Stack

ROOT = Path(__file__).parent.parent

BACKOFF_MIN_S = 0.2
BACKOFF_MAX_S = 5.0
STEADY_AFTER_S = 10.0  # who lived that long starts again without a pause
DEATHS_BEFORE_READY_MAX = 5
READY_WAIT_S = 90.0
TICK_S = 0.05
PROCESS_STOP_WAIT_S = 1.5

# Name in settings and logs → the arguments of `casewire serve`. Order of start; stopped in reverse.
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "hub": ("hub",),
    "relay": ("worker", "relay"),
    "sequence": ("worker", "sequence"),
    "retention": ("worker", "retention"),
    "worker": ("worker", "examine,index,notices,sweep"),
    "files": ("files",),
    "gateway": ("gateway",),
}


class Stopped(KeyboardInterrupt):
    """Somebody asked us to stop; raised by the signal handler wherever we are. An event loop that runs a bench lets no
    other exception through."""


@dataclass
class Watched:
    """A child that is started again: after a pause that doubles while it keeps dying young."""

    child: Child
    prepare: Callable[[], None] | None = None
    started_at: float = 0.0
    start_at: float | None = None
    pause_s: float = BACKOFF_MIN_S
    deaths: int = 0

    def start(self) -> None:
        if self.prepare is not None:
            self.prepare()
        self.child.start()
        self.started_at = time.monotonic()
        self.start_at = None

    def tick(self, now: float, say: Callable[[str], None]) -> bool:
        """Notice a death, start again when the pause is over; whether the child was started now."""
        if self.child.running:
            return False
        if self.start_at is None:
            if now - self.started_at >= STEADY_AFTER_S:
                self.pause_s = BACKOFF_MIN_S
            self.deaths += 1
            self.start_at = now + self.pause_s
            say(
                f"{self.child.name} ended with code {self.child.returncode}; starting it again in {self.pause_s:g} s"
            )
            self.pause_s = min(self.pause_s * 2, BACKOFF_MAX_S)
        if now < self.start_at:
            return False
        self.start()
        return True


class Supervisor:
    """The stack and our processes as one thing that starts, heals and stops. Lives in the main thread."""

    def __init__(
        self,
        stack: Stack,
        kinds: Sequence[str] = tuple(PROCESSES),
        *,
        say: Callable[[str], None],
        also: Sequence[Child] = (),
    ) -> None:
        """`also` is started after our processes and started again like them; nobody asks it whether it is ready."""
        self.stack = stack
        self.processes = tuple(name for kind in kinds for name in stack.named(kind))
        self.say = say
        self.also = also
        self._servers: list[Watched] = []
        self._watched: list[Watched] = []
        self._stopping = False

    def run(
        self, *, before: Callable[[], None] | None = None, ready: Callable[[], None] | None = None
    ) -> None:
        """Start everything and keep it alive until SIGINT, SIGTERM or SIGHUP; then stop it all and return.

        `before` runs when the servers answer and before our processes start (migrations, seed data); `ready` once the
        hub says that all of it works. Raises `StackError` when that never happens; everything is stopped by then.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)
        try:
            self._start(before)
            if self.processes:
                self._wait_ready()
            if ready is not None:
                ready()
            while True:
                self._tick()
                time.sleep(TICK_S)
        except Stopped:
            pass
        finally:
            self._stopping = True
            self.stop()

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise Stopped

    def _start(self, before: Callable[[], None] | None) -> None:
        self._check_ports()
        self.say("starting the servers")
        self.stack.launch()
        self.stack.wait_database()
        now = time.monotonic()
        self._servers = [Watched(s.child, prepare=s.prepare, started_at=now) for s in self.stack.servers]
        self._record()
        if before is not None:
            before()
        # The object store takes longest to come up; our processes load their code meanwhile.
        if self.processes:
            self.say(f"starting {', '.join(self.processes)}")
        for name in self.processes:
            watched = Watched(self._child(name))
            watched.start()
            self._watched.append(watched)
        self._record()
        self.stack.wait_ready()
        for child in self.also:
            watched = Watched(child)
            watched.start()
            self._watched.append(watched)

    def _check_ports(self) -> None:
        host = self.stack.environ.get("CASEWIRE_HTTP_HOST", "127.0.0.1")
        for name, port in self.stack.public_ports.items():
            if self.processes and ports.taken(port, host):
                raise StackError(
                    f"Port {port} is taken by another program; choose another with --{name.replace('_', '-')}."
                )

    def _child(self, name: str) -> Child:
        return Child(
            name=name,
            argv=[sys.executable, "-m", "deploy.serve", *PROCESSES[name.partition(".")[0]]],
            log=self.stack.logs / f"{name}.log",
            env=child_environment(self.stack.settings(name)),
            stop_wait_s=PROCESS_STOP_WAIT_S,
        )

    def _tick(self) -> None:
        now = time.monotonic()
        started = [watched.tick(now, self.say) for watched in (*self._servers, *self._watched)]
        if any(started):
            self._record()

    def _record(self) -> None:
        self.stack.record_running(
            {watched.child.name: watched.child.pid for watched in (*self._servers, *self._watched)}
        )

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WAIT_S
        while (missing := self._not_ready()) is not None:
            self._tick()
            for watched in self._watched:
                if watched.deaths >= DEATHS_BEFORE_READY_MAX:
                    raise watched.child.failure(f"ended {watched.deaths} times before it was ready")
            if time.monotonic() > deadline:
                raise StackError(
                    f"Casewire is not ready after {READY_WAIT_S:g} s: {missing}; see {self.stack.logs}."
                )
            time.sleep(TICK_S)

    def _not_ready(self) -> str | None:
        """Why not, None when all is well. Each process speaks for itself and for what it stands on."""
        addresses = [
            f"http://127.0.0.1:{self.stack.settings(name)['CASEWIRE_INTERNAL_PORT']}"
            for name in self.processes
        ]
        for name, address in zip(self.processes, addresses, strict=True):
            try:
                with urllib.request.urlopen(f"{address}/health/ready", timeout=2):
                    pass
            except urllib.error.HTTPError as problem:
                return f"{name} says {problem.read(500).decode('utf-8', 'replace')}"
            except (urllib.error.URLError, OSError):
                return f"{name} does not answer"
        return None

    def stop(self) -> None:
        """Stop in order, what people talk to first, so that nothing new arrives while the rest finishes."""
        for watched in reversed(self._watched):
            watched.child.ask_to_stop()
        deadline = time.monotonic() + PROCESS_STOP_WAIT_S
        for watched in reversed(self._watched):
            if not watched.child.wait(max(0.0, deadline - time.monotonic())):
                watched.child.kill()
        self.stack.stop()


def run_step(arguments: Sequence[str], env: Mapping[str, str]) -> None:
    """Run `casewire ARGUMENTS` in a process of its own that shares our terminal. Raises `StackError` when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env=child_environment(env),
        preexec_fn=die_with_parent(signal.SIGKILL),
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"`casewire {' '.join(arguments)}` failed with code {done.returncode}.")


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment with exactly these `CASEWIRE_*`, and with this checkout importable. Who asks AWS's KMS for the
    root key has AWS's credentials too, and nobody else."""
    kept = ("CASEWIRE_",) if "CASEWIRE_ROOT_KMS" in settings else ("CASEWIRE_", "AWS_")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(kept)}
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return inherited | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"} | dict(settings)
