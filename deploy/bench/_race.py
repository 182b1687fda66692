"""A race between somebody whose access is taken away and those who write: who follows, what they were given, judged."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid4

import msgspec

from deploy.bench._http import Post, connect
from deploy.bench._scene import Person, Scene
from deploy.bench._socket import Client, masked
from hub.participants.actions import grant_participant
from hub.sessions.actions import open_session
from hub.teams.actions import add_member, make_team
from hub.teams.on_cases import grant_team
from schemas.access import ADMIN, DESK
from schemas.casetypes import CURRENT
from schemas.casetypes.kernel import Side
from schemas.errors import CLOSES
from schemas.participants import GrantParticipant
from schemas.teams import AddMember, GrantTeam, MakeTeam
from storage.postgres import operator

Kind = Literal["revoked", "signed_out", "removed", "left", "walled", "walled_administrator"]
KINDS: tuple[Kind, ...] = ("revoked", "signed_out", "removed", "left", "walled", "walled_administrator")
IN_TEAM: tuple[Kind, ...] = ("removed", "left")  # who take part by a team
WALLS: tuple[Kind, ...] = ("walled", "walled_administrator")
PEOPLE_EACH = len(KINDS)  # of a lane, beside the administrator: one for each kind

BEFORE_S = 0.05  # at most, from the first events to the request
BEFORE_EVENTS = 1  # that each socket must be given before it
AFTER_EVENTS = 2  # that others must be given after it, before it is judged what the one was given
WAIT_S = 10.0  # at most, for what never comes
MOMENT_S = 0.02  # what would come too much would come then

MARK = re.compile(rb"t=(\d+);")
EVENT = re.compile(rb'\{"op":"event".*?"pos":"(\d+)-')
ENDED = b'{"op":"ended"'
MADE = re.compile(rb'"item":\{"id":"([0-9a-f-]{36})"')
CLOSE = 0x88


class Frame(NamedTuple):
    """`tx` is the transaction of an event, and `mark` what its text names; `code` that of a close, 0 for an `ended`."""

    at: float
    tx: int | None
    code: int | None
    mark: int = -1


class Outcome(NamedTuple):
    """`took_s` is from the request until it was told, at each socket: no less than from the commit. `leaked` events
    were committed after it and given all the same; `late` frames came after the end. `heard` are the events that the
    socket which got fewest was given before, and `passed` those committed after that others were given, at the gateway
    that gave fewest."""

    kind: Kind
    took_s: list[float]
    open: int
    leaked: int
    late: int
    heard: int
    passed: int

    @property
    def wrong(self) -> int:
        return self.open + self.leaked + self.late

    @property
    def proven(self) -> bool:
        """Each socket was given events before and would have been given more: what went wrong would have been seen."""
        return self.heard >= BEFORE_EVENTS and self.passed >= AFTER_EVENTS


class Socket(Client):
    """Follows a case and keeps what it was given, in its order."""

    def __init__(self, port: int, token: str, case: UUID) -> None:
        subscribe = b'{"op":"subscribe","ref":"1","topic":"case:%s"}' % str(case).encode()
        super().__init__(f"127.0.0.1:{port}", token, masked(subscribe))
        self.frames: list[Frame] = []
        self.gone = False

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone = True

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


def judge(kind: Kind, tx: int, asked: float, given: Sequence[Sequence[Frame]], passed: int) -> Outcome:
    """`given` is what each socket got. In the transaction `tx` access ended: what has a higher one came after it."""
    code = CLOSES["session_ended"].code if kind == "signed_out" else 0
    took: list[float] = []
    leaked = late = 0
    for frames in given:
        ends = [n for n, frame in enumerate(frames) if frame.code == code]
        if ends:
            took.append(frames[ends[0]].at - asked)
            late += len(frames) - ends[0] - 1
        leaked += sum(frame.tx is not None and frame.tx > tx for frame in frames)
    heard = min(sum(frame.tx is not None and frame.tx < tx for frame in frames) for frames in given)
    return Outcome(kind, took, len(given) - len(took), leaked, late, heard, passed)


async def follow(port: int, token: str, case: UUID) -> Socket:
    socket = Socket(port, token, case)
    await asyncio.get_running_loop().create_connection(lambda: socket, "127.0.0.1", port)
    async with asyncio.timeout(WAIT_S):
        await socket.ready
    return socket


class Lane:
    """A case into which somebody writes without pause, with people who lose it, each in another way, and one socket on
    each gateway that keeps it."""

    def __init__(self, set_up: Scene, n: int, http_port: int, live_ports: Sequence[int]) -> None:
        self._scene, self._admin = set_up, set_up.people[0]
        self._case, self._conversation = set_up.rooms[n]
        self._numbers = range(1 + n * PEOPLE_EACH, 1 + (n + 1) * PEOPLE_EACH)
        self._http_port, self._live_ports = http_port, live_ports
        self._chance = random.Random(n)
        self._participant: UUID | None = None
        self._team: UUID | None = None
        self._wall: re.Match[bytes] | None = None
        self._proof = ""  # of a session in which the administrator has just proved who they are
        self.written: list[float] = []
        self.controls: list[Socket] = []

    async def open(self) -> None:
        self._client = await connect(self._http_port)
        self._poster = await connect(self._http_port)
        await self._make_team()
        for kind in ("signed_out", "walled"):
            await self._take_part(kind)
        await self._seat("walled_administrator", ADMIN)
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
            asked = await self._take_away(kind, person, token)
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
            if kind in WALLS:
                await self._lifted(token)
            return judge(kind, tx, asked, [socket.frames for socket in sockets], passed())
        finally:
            for socket in sockets:
                socket.close()

    def event_seconds(self) -> list[float]:
        """From each post until it was there, at those who stay."""
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
        if any(control.ended or control.gone for control in self.controls):
            raise AssertionError("the socket of one who stays was ended, so nothing can be shown")

    async def _write(self) -> None:
        post = Post(self._http_port, self._admin.token, self._conversation)
        for n in count():
            self.written.append(time.perf_counter())
            status, _ = await self._poster.send(post.request(f"t={n};"))
            if status != 201:
                raise AssertionError(f"a post was answered with {status}: {self._poster.answered[:300]!r}")

    async def _let_in(self, kind: Kind) -> tuple[Person, str]:
        person, hub = self._person(kind), self._scene.hub
        if kind == "signed_out":
            token, _ = await open_session(hub, person.who.person, "token", "bench", 1)
            return person, token
        if kind in IN_TEAM:
            await self._seat(kind, DESK)
            assert self._team is not None
            joins = AddMember(person=person.who.person)
            await add_member(hub, self._admin.who, self._scene.org, self._team, joins)
        elif kind == "revoked":
            self._participant = await self._take_part(kind)
        return person, person.token

    async def _take_away(self, kind: Kind, person: Person, token: str) -> float:
        """When it was asked for."""
        one, org = person.who.person, f"/v1/orgs/{self._scene.org}"
        if kind in WALLS:
            proof, _ = await open_session(
                self._scene.hub, self._admin.who.person, "browser", "bench", 1, proved=True
            )
            wall = {"title": "Bench", "reason": "A race", "cases": [self._case], "people": [one]}
            asked = await self._ask("POST", f"{org}/walls", proof, wall)
            self._wall = MADE.search(self._client.answered)
            self._proof = proof
            return asked
        if kind == "signed_out":
            return await self._ask("DELETE", "/v1/session", token)
        path = {
            "removed": f"{org}/people/{one}",
            "left": f"{org}/teams/{self._team}/members/{one}",
            "revoked": f"/v1/cases/{self._case}/participants/{self._participant}",
        }[kind]
        return await self._ask("DELETE", path, self._admin.token)

    async def _lifted(self, token: str) -> None:
        """Lift the wall again: whom it kept out follows the case once more and is given what is written."""
        assert self._wall is not None
        path = f"/v1/orgs/{self._scene.org}/walls/{self._wall[1].decode()}/lift"
        await self._ask("POST", path, self._proof, {"reason": "The race is over"})
        back = [await follow(port, token, self._case) for port in self._live_ports]
        try:
            await self._until(lambda: all(socket.frames for socket in back))
            if any(socket.ended or not socket.frames for socket in back):
                raise AssertionError("who is behind a wall no more is given nothing")
        finally:
            for socket in back:
                socket.close()

    async def _ask(self, method: str, path: str, by: str, body: Any = None) -> float:
        """When it was asked; it is answered by now."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._http_port}\r\nauthorization: Bearer {by}\r\n"
            f"idempotency-key: {uuid4()}\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        asked = time.perf_counter()
        status, _ = await self._client.send(head.encode() + content)
        if status not in (200, 201, 204):
            raise AssertionError(f"{path} was answered with {status}: {self._client.answered[:300]!r}")
        return asked

    async def _make_team(self) -> None:
        hub, who = self._scene.hub, self._admin.who
        name = MakeTeam(name=f"Bench {uuid4().hex[:8]}")
        self._team = (await make_team(hub, who, self._scene.org, name, uuid4())).item.id
        await grant_team(hub, who, self._case, GrantTeam(team=self._team), uuid4())

    async def _take_part(self, kind: Kind) -> UUID:
        request = GrantParticipant(person=self._person(kind).who.person, role=outside_role())
        return (
            await grant_participant(self._scene.hub, self._admin.who, self._case, request, uuid4())
        ).item.id

    async def _seat(self, kind: Kind, role: str) -> None:
        hub = self._scene.hub
        await hub.database.system.execute(
            operator.SEAT, self._person(kind).who.person, self._scene.org, role, hub.clock()
        )

    def _person(self, kind: Kind) -> Person:
        return self._scene.people[self._numbers[KINDS.index(kind)]]


def outside_role() -> str:
    """One that takes part in the conversation of the scene's rooms."""
    type_ = next(t for t in CURRENT.values() if not t.open_to_staff)
    within = type_.audiences[type_.first_conversations[0][1]].roles
    return next(name for name, role in type_.roles.items() if role.side is Side.OUTSIDE and name in within)
