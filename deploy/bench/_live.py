"""The product under a fan-out: a case, a crowd that listens to it, and events that go the whole way."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.bench._crowd import Crowd, crowd, everyone
from deploy.bench._http import Client, Post, connect
from deploy.bench._rig import Rig
from deploy.bench._rounds import Round, Sender
from deploy.bench._scene import Scene, people_for, scene

WARM_EVENTS = 5


class Live:
    """Made by `live`. The first person posts, the others listen."""

    def __init__(self, rig: Rig, set_up: Scene, listening: Crowd, poster: Client, characters: int) -> None:
        self.scene, self.crowd, self._poster = set_up, listening, poster
        self.case, self.conversation = set_up.rooms[0]
        self.sender = Sender(rig.pids.get("gateway"), listening)
        self._post = Post(rig.settings.http_port, set_up.people[0].token, self.conversation, characters)

    async def post(self) -> None:
        """One event, marked with the time at which its request is sent."""
        status, _ = await self._poster.send(self._post.request(f"t={time.perf_counter_ns()};"))
        if status != 201:
            raise AssertionError(f"a post was answered with {status}: {self._poster.answered[:300]!r}")

    async def paced(self, events: int, pace_s: float) -> None:
        """Each when it is due, or as soon as the one before it is answered."""
        begun = time.perf_counter()
        for event in range(events):
            await asyncio.sleep(begun + event * pace_s - time.perf_counter())
            await self.post()

    async def round(self, events: int, pace_s: float) -> Round:
        await self.sender.begin()
        await self.paced(events, pace_s)
        return await self.sender.end(events)


@asynccontextmanager
async def live(
    rig: Rig, sockets: int, *, characters: int = 200, rooms: tuple[int, int] | None = None
) -> AsyncIterator[Live]:
    """`sockets` of them subscribed to one case, into which messages of so many characters are posted. `rooms` gives the
    first so many sockets a receive buffer of so many bytes in the kernel."""
    async with scene(rig.settings, people=people_for(sockets), cases=1) as set_up:
        tokens = [person.token for person in set_up.people[1:]]
        async with crowd(
            rig.settings.live_port, everyone(tokens, [set_up.rooms[0][0]], sockets)
        ) as listening:
            if rooms is not None:
                await listening.room(0, *rooms)
            there = await listening.connect()
            if there.ready != sockets:
                raise AssertionError(f"the gateway let in {there.ready} of {sockets}: {there.error}")
            poster = await connect(rig.settings.http_port)
            try:
                yield Live(rig, set_up, listening, poster, characters)
            finally:
                poster.close()
