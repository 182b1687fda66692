"""A race between somebody whose access is taken away and those who write: who follows, what they were given, judged."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID, uuid4

from deploy.bench._http import Post, connect
from deploy.bench._scene import Person, Scene
from deploy.bench._socket import Client, masked
from hub.participants.actions import grant_participant
from hub.people.actions import invite_person
from hub.sessions.actions import open_session
from schemas.access import DESK, OUTSIDE
from schemas.casetypes import CURRENT
from schemas.casetypes.kernel import Side
from schemas.errors import CLOSES
from schemas.participants import GrantParticipant
from schemas.people import InvitePerson

Kind = Literal["revoked", "signed_out", "removed"]
KINDS: tuple[Kind, ...] = ("revoked", "signed_out", "removed")
PEOPLE_EACH = 3  # of a lane, beside the administrator: one for each kind

BEFORE_S = 0.05  # at most, from the first events to the request
AFTER_EVENTS = 2  # that others must be given after it, before it is judged what the one was given
WAIT_S = 10.0  # at most, for an end that never comes
MOMENT_S = 0.02  # what would come too much would come then

MARK = re.compile(rb"t=(\d+);")
EVENT = re.compile(rb'\{"op":"event".*?"pos":"(\d+)-')
ENDED = b'{"op":"ended"'
CLOSE = 0x88


class Frame(NamedTuple):
    """`tx` is the transaction of an event, and `mark` what its text names; `code` that of a close, 0 for an `ended`."""

    at: float
    tx: int | None
    code: int | None
    mark: int = -1


class Outcome(NamedTuple):
    """`took_s` is from the answer to the request until it was told, at each socket; it is negative where that overtook
    the answer. `leaked` events were committed after it and given all the same; `late` frames came after the end."""

    kind: Kind
    took_s: list[float]
    open: int
    leaked: int
    late: int
    passed: int

    @property
    def wrong(self) -> int:
        return self.open + self.leaked + self.late


class Socket(Client):
    """Follows a case and keeps what it was given, in its order."""

    def __init__(self, port: int, token: str, case: UUID) -> None:
        subscribe = b'{"op":"subscribe","ref":"1","topic":"case:%s"}' % str(case).encode()
        super().__init__(f"127.0.0.1:{port}", token, masked(subscribe))
        self.frames: list[Frame] = []

    def _frame(self, frame: bytes, now: float) -> None:
        if not self.ready.done():
            if b'"subscribed"' in frame:
                self.ready.set_result(None)
            return
        payload = frame[2 if frame[1] < 126 else 4 if frame[1] == 126 else 10 :]
        if frame[0] == CLOSE:
            self.frames.append(Frame(now, None, int.from_bytes(payload[:2])))
        elif found := EVENT.match(payload):
            mark = MARK.search(payload)
            self.frames.append(Frame(now, int(found[1]), None, int(mark[1]) if mark else -1))
        elif payload.startswith(ENDED):
            self.frames.append(Frame(now, None, 0))

    @property
    def ended(self) -> bool:
        return any(frame.code is not None for frame in self.frames)


def judge(kind: Kind, tx: int, answered: float, given: Sequence[Sequence[Frame]], passed: int) -> Outcome:
    """`given` is what each socket got. In the transaction `tx` access ended: what has a higher one came after it."""
    code = CLOSES["session_ended"].code if kind == "signed_out" else 0
    took: list[float] = []
    leaked = late = 0
    for frames in given:
        ends = [n for n, frame in enumerate(frames) if frame.code == code]
        if ends:
            took.append(frames[ends[0]].at - answered)
            late += len(frames) - ends[0] - 1
        leaked += sum(frame.tx is not None and frame.tx > tx for frame in frames)
    return Outcome(kind, took, len(given) - len(took), leaked, late, passed)


async def follow(port: int, token: str, case: UUID) -> Socket:
    socket = Socket(port, token, case)
    await asyncio.get_running_loop().create_connection(lambda: socket, "127.0.0.1", port)
    async with asyncio.timeout(WAIT_S):
        await socket.ready
    return socket


class Lane:
    """A case into which somebody writes without pause, with three people who lose it, and one socket on each gateway
    that keeps it."""

    def __init__(self, set_up: Scene, n: int, http_port: int, live_ports: Sequence[int]) -> None:
        self._scene, self._admin = set_up, set_up.people[0]
        self._case, self._conversation = set_up.rooms[n]
        self._numbers = range(1 + n * PEOPLE_EACH, 1 + (n + 1) * PEOPLE_EACH)
        self._http_port, self._live_ports = http_port, live_ports
        self._chance = random.Random(n)
        self._participant: UUID | None = None
        self.written: list[float] = []
        self.controls: list[Socket] = []

    async def open(self) -> None:
        self._client = await connect(self._http_port)
        self._poster = await connect(self._http_port)
        await self._seat("revoked", OUTSIDE)
        self.controls = [await follow(port, self._admin.token, self._case) for port in self._live_ports]
        self._writing = asyncio.create_task(self._write())

    async def close(self) -> None:
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)
        for one in (self._client, self._poster, *self.controls):
            one.close()

    async def race(self, kind: Kind) -> Outcome:
        person, token = await self._let_in(kind)
        sockets = [await follow(port, token, self._case) for port in self._live_ports]
        try:
            await self._until(lambda: all(socket.frames for socket in sockets))
            await asyncio.sleep(self._chance.uniform(0, BEFORE_S))
            seen = [len(control.frames) for control in self.controls]
            answered = await self._take_away(kind, person, token)
            tx = await self._scene.hub.database.system.fetchval(
                "select tx from events where stream = $1 order by seq desc limit 1", person.who.person
            )
            await self._until(lambda: all(socket.ended for socket in sockets))

            def passed() -> int:
                """What those who stay were given of what came after, at the gateway that gave least."""
                return min(
                    sum(frame.tx is not None and frame.tx > tx for frame in control.frames[n:])
                    for control, n in zip(self.controls, seen, strict=True)
                )

            await self._until(lambda: passed() >= AFTER_EVENTS)
            await asyncio.sleep(MOMENT_S)
            return judge(kind, tx, answered, [socket.frames for socket in sockets], passed())
        finally:
            for socket in sockets:
                socket.close()

    def event_seconds(self) -> list[float]:
        """From the answer to each post until it was there, at those who stay."""
        return [
            frame.at - self.written[frame.mark]
            for control in self.controls
            for frame in control.frames
            if 0 <= frame.mark < len(self.written)
        ]

    async def _until(self, done: Callable[[], bool]) -> None:
        end = time.perf_counter() + WAIT_S
        while not done() and time.perf_counter() < end and not self._writing.done():  # noqa: ASYNC110 - as `until`
            await asyncio.sleep(0.002)
        if self._writing.done():
            self._writing.result()

    async def _write(self) -> None:
        post = Post(self._http_port, self._admin.token, self._conversation)
        for n in count():
            status, at = await self._poster.send(post.request(f"t={n};"))
            if status != 201:
                raise AssertionError(f"a post was answered with {status}: {self._poster.answered[:300]!r}")
            self.written.append(at)

    async def _let_in(self, kind: Kind) -> tuple[Person, str]:
        person, hub = self._person(kind), self._scene.hub
        if kind == "signed_out":
            token, _ = await open_session(hub, person.who.person, "token", "bench", 1)
            return person, token
        if kind == "removed":
            await self._seat(kind, DESK)
        else:
            request = GrantParticipant(person=person.who.person, role=outside_role())
            given = await grant_participant(hub, self._admin.who, self._case, request, uuid4())
            self._participant = given.item.id
        return person, person.token

    async def _take_away(self, kind: Kind, person: Person, token: str) -> float:
        """When the answer was there."""
        if kind == "signed_out":
            path, by = "/v1/session", token
        elif kind == "removed":
            path, by = f"/v1/orgs/{self._scene.org}/people/{person.who.person}", self._admin.token
        else:
            path, by = f"/v1/cases/{self._case}/participants/{self._participant}", self._admin.token
        request = f"DELETE {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._http_port}\r\nauthorization: Bearer {by}\r\n\r\n"
        status, at = await self._client.send(request.encode())
        if status not in (200, 204):
            raise AssertionError(f"{path} was answered with {status}: {self._client.answered[:300]!r}")
        return at

    async def _seat(self, kind: Kind, role: str) -> None:
        n = self._numbers[KINDS.index(kind)]
        email = f"bench{n}@{self._scene.org}.test"
        request = InvitePerson(org=self._scene.org, email=email, name=f"Bench {n}", role=cast(Any, role))
        await invite_person(self._scene.hub, self._admin.who, request, uuid4())

    def _person(self, kind: Kind) -> Person:
        return self._scene.people[self._numbers[KINDS.index(kind)]]


def outside_role() -> str:
    """One that takes part in the conversation of the scene's rooms."""
    type_ = next(t for t in CURRENT.values() if t.open_to_staff)
    within = type_.audiences[type_.first_conversations[0][1]].roles
    return next(name for name, role in type_.roles.items() if role.side is Side.OUTSIDE and name in within)
