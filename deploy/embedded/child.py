"""One child process: started in a session of its own, tied to the life of its parent, logged to a file."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_KEPT_BYTES_MAX = 8 * 1024 * 1024
LOG_TAIL_BYTES_MAX = 4096

_libc = ctypes.CDLL(None, use_errno=True)


class StackError(Exception):
    """The stack cannot run; the message is one sentence for the person at the machine. Commands exit with 2."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Another user to run a child as; only for a superuser whose kernel has no user namespaces."""

    uid: int
    gid: int


@dataclass(kw_only=True)
class Child:
    """A process that ends when we end, however we end.

    The kernel sends `death_signal` when the *thread* that started the child is gone, so `start` belongs in a thread
    that lives as long as the program: the main one. `stop_signal` asks politely; after `stop_wait_s` the whole
    session of the child is killed.
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    stop_wait_s: float = 3.0
    identity: Identity | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The child's process id, 0 when it has none."""
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start the process; raises `StackError` when the program cannot be executed."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        _rotate(self.log)
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    list(self.argv),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(self.env) if self.env is not None else None,
                    cwd=self.cwd,
                    start_new_session=True,
                    preexec_fn=die_with_parent(self.death_signal, self.identity),  # noqa: PLW1509 - no other thread yet
                )
        except OSError as problem:
            raise StackError(f"{self.name} could not be started: {problem.strerror or problem}.") from problem

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child alone, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def ask_to_stop(self) -> None:
        self.signal(self.stop_signal)

    def wait(self, timeout_s: float) -> bool:
        """Whether the child is gone within `timeout_s`."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask, wait, and at last kill the child's whole session. Harmless when it is already gone."""
        if self._process is None:
            return
        self.ask_to_stop()
        if not self.wait(self.stop_wait_s):
            self.kill()

    def kill(self) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def tail(self) -> str:
        """The end of the log, for an error message."""
        try:
            with self.log.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - LOG_TAIL_BYTES_MAX))
                return log.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def failure(self, doing: str) -> StackError:
        """What to tell a person when the child is gone or never became ready."""
        tail = self.tail()
        if "No space left on device" in tail or "disk is full" in tail.lower():
            return StackError(f"The disk under {self.log.parent.parent} is full, so {self.name} cannot run.")
        lines = [line for line in tail.splitlines() if line.strip()]
        last = f" Its last line: {lines[-1].strip()[:300]}" if lines else ""
        return StackError(f"{self.name} {doing}; see {self.log}.{last}")


def die_with_parent(death_signal: signal.Signals, identity: Identity | None = None) -> Callable[[], None]:
    """What a child runs between fork and exec so that the kernel sends it `death_signal` when its parent is gone."""
    parent = os.getpid()

    def in_child() -> None:
        # A change of user clears the death signal, so it is set last. A parent that died in between is noticed here.
        if identity is not None:
            os.setgroups([])
            os.setgid(identity.gid)
            os.setuid(identity.uid)
        if _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(1)

    return in_child


def wait_until(child: Child, ready: Callable[[], bool], timeout_s: float) -> None:
    """Poll `ready` until it is true; raises `StackError` when the child ends before or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if not child.running:
            raise child.failure(f"ended with code {child.returncode} before it was ready")
        if time.monotonic() > deadline:
            raise child.failure(f"was not ready after {timeout_s:g} s")
        time.sleep(0.02)


def _rotate(log: Path) -> None:
    """Keep one older log when the current one has grown past its limit, so that logs stay bounded."""
    try:
        if log.stat().st_size > LOG_KEPT_BYTES_MAX:
            log.replace(log.with_suffix(".old.log"))
    except FileNotFoundError:
        pass
