"""The whole product as a person starts it: `casewire up` in a process of its own, for stories and fault tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.embedded import ports
from deploy.embedded.child import StackError
from deploy.embedded.stack import read_running
from schemas.settings import Settings
from tests.conftest import NO_LIMIT

ROOT = Path(__file__).parent.parent
READY_WAIT_S = 120.0
STOP_WAIT_S = 30.0
TAKEN, PORTS_TRIED_MAX = "is taken by another program", 4


class House:
    """`casewire up ARGUMENTS` on `data` with free public ports. `start` waits until it says that it is ready.

    `module` is run in the place of the command line.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        module: str = "deploy.cli",
    ) -> None:
        self.data = data
        self.http_port, self.live_port, self.files_port = ports.free(3)
        self.arguments = arguments
        self.environ = {"CASEWIRE_RATES": NO_LIMIT, **(environ or {})}
        self.module = module
        self.output = data.with_name(data.name + ".out")
        self._process: subprocess.Popen[bytes] | None = None
        self._known = False

    def start(self) -> "House":
        """Raises `AssertionError` with what was printed when it ends instead of becoming ready."""
        for tries_left in reversed(range(PORTS_TRIED_MAX)):
            self.launch()
            try:
                self.wait_ready()
                break
            except AssertionError:
                # Somebody else of this machine took one since it was chosen; only who was never up may have others.
                if self._known or TAKEN not in self.printed or not tries_left:
                    raise
                self.http_port, self.live_port, self.files_port = ports.free(3)
        self._known = True
        return self

    def wait_ready(self) -> None:
        """Of a house that was launched. Raises like `start`."""
        wait_for(lambda: self.ready or self.process.poll() is not None, "ready or ended", READY_WAIT_S)
        assert self.ready, f"`casewire up` ended with {self.process.returncode}:\n{self.printed}"

    def launch(self) -> None:
        """Start without waiting."""
        environ = {key: value for key, value in os.environ.items() if not key.startswith("CASEWIRE_")}
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", self.module, "up", "--data", str(self.data),
                    "--http-port", str(self.http_port), "--live-port", str(self.live_port),
                    "--files-port", str(self.files_port), *self.arguments,
                ],
                cwd=ROOT, env=environ | dict(self.environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "not started"
        return self._process

    @property
    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    @property
    def ready(self) -> bool:
        return "is ready" in self.printed or "the servers are up" in self.printed

    def running(self) -> dict[str, Any]:
        return read_running(self.data)

    def pids(self) -> dict[str, int]:
        """Name → process id of every child: objects, postgres, nats, hub, relay, worker, files, gateway."""
        return self.running()["pids"]

    def settings(self, process: str = "operator") -> Settings:
        return Settings.read(self.running()["environ"][process])

    def named(self, kind: str) -> list[str]:
        """The names of the processes of a kind that run: `gateway`, `gateway.2` …"""
        return [name for name in self.pids() if name.partition(".")[0] == kind]

    @property
    def hub_urls(self) -> list[str]:
        """Where each hub answers."""
        return [f"http://127.0.0.1:{self.settings(name).http_port}" for name in self.named("hub")]

    @property
    def live_urls(self) -> list[str]:
        """Where each gateway answers."""
        return [f"ws://127.0.0.1:{self.settings(name).live_port}" for name in self.named("gateway")]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill one child and wait until the supervisor has started it again; the new process id."""
        before = self.pids()[name]
        os.kill(before, number)
        wait_for(lambda: self.pids()[name] not in (0, before), f"a new {name}")
        return self.pids()[name]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop and wait; its exit code. Harmless when it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_WAIT_S)


def wait_for(true: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Poll until it is true. The limit only ends a broken run; nothing here measures time."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"waited {timeout_s:g} s in vain for {what}"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether the process has ended. A zombie has: it only waits for its new parent to notice."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in ("Z", "X")


def stopped(data: Path) -> bool:
    """Whether nobody runs a stack on `data`."""
    try:
        read_running(data)
    except StackError:
        return True
    return False
