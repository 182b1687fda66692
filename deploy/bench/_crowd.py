"""A crowd of sockets in one C process (`tests/bench/crowd.c`), commanded from here."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from struct import Struct as Layout
from typing import NamedTuple

import msgspec
from msgspec import Struct

from deploy.bench._native import built
from schemas.frames import SUBPROTOCOL

NOTHING = "-"
ANSWER_S = 30.0  # beyond what a command itself may take

_ARRIVAL, _SOCKET = Layout("=IIqq"), Layout("=IIqq")
STATES = ("new", "connecting", "shaking", "joining", "ready", "away", "closed", "failed")


class Counts(Struct, frozen=True):
    """Since the last clear, but for `ready` and `away`, which are now; `cpu_s` is the crowd's own since it began.

    `gaps` and `repeats` count events whose seq was not the next one; `seconds` is how long the command took.
    """

    ready: int
    away: int
    events: int
    gaps: int
    repeats: int
    resets: int
    ended: int
    errors: int
    replayed: int
    came_back: int
    failed: int
    bytes: int
    reads: int
    seconds: float
    cpu_s: float
    closes: dict[str, int]
    error: str


class Arrival(NamedTuple):
    """An event at a socket: its mark (-1 without one), and when it was read in ns of `time.perf_counter_ns`."""

    socket: int
    bytes: int
    mark: int
    at_ns: int


class Held(NamedTuple):
    """Where a socket stands: `code` is the close code it was told, `seq` the last one it has."""

    state: str
    code: int
    seq: int
    events: int


class Crowd:
    """Made by `crowd`. Sockets are named by their place in the plan; `first` and `count` mean a range of them."""

    def __init__(self, process: asyncio.subprocess.Process, place: Path, size: int) -> None:
        self._process, self._place, self.size = process, place, size

    async def connect(
        self, first: int = 0, count: int | None = None, *, at_once: int = 50, seconds: float = 60.0
    ) -> Counts:
        """Until all are subscribed or have failed."""
        return await self._say(f"connect {first} {self._some(count)} {at_once} {seconds}", seconds)

    async def resume(
        self, first: int = 0, count: int | None = None, *, at_once: int = 50, seconds: float = 60.0
    ) -> Counts:
        """Like `connect`, after the epoch and seq that each holds."""
        return await self._say(f"resume {first} {self._some(count)} {at_once} {seconds}", seconds)

    async def drop(self, first: int = 0, count: int | None = None) -> Counts:
        return await self._say(f"drop {first} {self._some(count)}")

    async def room(self, first: int, count: int, size: int) -> Counts:
        """What the kernel may keep for a socket that does not read, in bytes; before it connects."""
        return await self._say(f"room {first} {count} {size}")

    async def stall(self, first: int, count: int) -> Counts:
        """Stop reading."""
        return await self._say(f"stall {first} {count}")

    async def read(self, first: int, count: int) -> Counts:
        return await self._say(f"read {first} {count}")

    async def come_back(self, yes: bool) -> Counts:
        """Whether sockets that the server cut come back after the delay it named."""
        return await self._say(f"again {int(yes)}")

    async def until(self, events: int, seconds: float) -> Counts:
        """Until so many events came since the last clear, at most so long."""
        return await self._say(f"until {events} {seconds}", seconds)

    async def counts(self) -> Counts:
        return await self._say("counts")

    async def clear(self) -> Counts:
        return await self._say("clear")

    async def arrivals(self) -> list[Arrival]:
        """Every event since the last clear, in the order read; clears."""
        file = self._place / "arrivals"
        await self._say(f"arrivals {file}")
        return [Arrival(*fields) for fields in _ARRIVAL.iter_unpack(file.read_bytes())]

    async def sockets(self) -> list[Held]:
        file = self._place / "sockets"
        await self._say(f"sockets {file}")
        return [
            Held(STATES[state], code, seq, events)
            for state, code, seq, events in _SOCKET.iter_unpack(file.read_bytes())
        ]

    def _some(self, count: int | None) -> int:
        return self.size if count is None else count

    async def _say(self, command: str, seconds: float = 0.0) -> Counts:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        return await self.answer(seconds)

    async def answer(self, seconds: float = 0.0) -> Counts:
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds + ANSWER_S):
            line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the crowd is gone")
        return msgspec.json.decode(line, type=Counts)


@asynccontextmanager
async def crowd(
    port: int,
    sockets: Iterable[tuple[str, str]],
    *,
    path: str = "/v1/live",
    subprotocol: str = SUBPROTOCOL,
    hello: str = NOTHING,
    ready: str = NOTHING,
) -> AsyncIterator[Crowd]:
    """A crowd with a socket for each (token, topic); for a server that is not ours both are `NOTHING`, and `hello` is
    what a socket says after the handshake, `ready` a text by which it knows that it is in."""
    plan = [f"{token} {topic}\n" for token, topic in sockets]
    with built("crowd") as program:
        file = program.parent / "plan"
        file.touch(0o600)  # it holds tokens
        file.write_text("".join(plan))
        process = await asyncio.create_subprocess_exec(
            program, str(port), path, subprotocol, hello, ready, str(file),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            made = Crowd(process, program.parent, len(plan))
            await made.answer()
            yield made
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def everyone(tokens: Sequence[str], cases: Sequence[object], count: int) -> list[tuple[str, str]]:
    """`count` sockets, each of which subscribes to one case; tokens and cases in turn."""
    return [(tokens[n % len(tokens)], f"case:{cases[n % len(cases)]}") for n in range(count)]
