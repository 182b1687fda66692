"""The floor of `post`: the same statements as a post makes, in a bare asyncpg loop on as many connections.

The statements are recorded from a real post in each room, so that the floor is of this product and no other.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from deploy.bench._scene import Person, Scene
from hub.context import Hub
from hub.messages.actions import post_message
from schemas.ids import new_id
from schemas.messages import PostMessage
from schemas.settings import Settings
from storage.postgres import messages
from storage.postgres.pool import Database

BODY = "." * 200


class Recorded(NamedTuple):
    """What a post of one person says to the database."""

    begin: str
    event: dict[str, Any]
    insert: list[Any]
    commit: str  # with its entry in the record


class Floor:
    """Connections, each with the posts that it makes in turn: every person's in their room."""

    def __init__(self, connections: list[Any], loops: list[list[Recorded]]) -> None:
        self._connections, self._loops = connections, loops
        self.made: list[tuple[UUID, int]] = []  # conversation and seq of every message that was committed

    async def run(self, seconds: float) -> float:
        """Messages a second."""
        before = len(self.made)
        begun = time.perf_counter()
        until = begun + seconds
        pairs = zip(self._connections, self._loops, strict=True)
        await asyncio.gather(*(self._loop(connection, loop, until) for connection, loop in pairs))
        return (len(self.made) - before) / (time.perf_counter() - begun)

    async def _loop(self, connection: Any, posts: list[Recorded], until: float) -> None:
        encode = msgspec.json.Encoder().encode
        n = 0
        while time.perf_counter() < until:
            begin, event, insert, commit = posts[n % len(posts)]
            conversation = insert[4]
            key, id = uuid4(), new_id()
            await connection.execute(begin)
            row = await connection.fetchrow(messages.CONVERSATION, conversation, key)
            seq = row["f_head"] + 1
            message = {**event["data"]["message"], "id": id, "seq": seq}
            batch = encode([{**event, "seq": seq, "thing": id, "key": key, "data": {"message": message}}])
            await connection.execute(
                messages.INSERT, msgspec.Raw(batch), id, *insert[2:8], insert[8], seq, *insert[10:]
            )
            await connection.execute(commit)
            self.made.append((conversation, seq))
            n += 1


@asynccontextmanager
async def floor(settings: Settings, set_up: Scene) -> AsyncIterator[Floor]:
    """A floor of as many connections as the hub has, with the posts of everybody shared out among them."""
    size = settings.postgres_pool
    loops: list[list[Recorded]] = [[] for _ in range(size)]
    made: list[tuple[UUID, int]] = []
    alone = await Database.open(msgspec.structs.replace(settings, postgres_pool=1), roles=("app",))
    try:
        hub = msgspec.structs.replace(set_up.hub, database=alone)
        for n, person in enumerate(set_up.people):
            room = set_up.rooms[n % len(set_up.rooms)][1]
            recorded, seqs = await _record(hub, person, room)
            loops[n % size].append(recorded)
            made += [(room, seq) for seq in seqs]
    finally:
        await alone.close()
    database = await Database.open(settings, roles=("app",))
    connections: list[Any] = []
    try:
        connections += [await database.app.acquire() for _ in loops]
        bare = Floor(connections, loops)
        bare.made += made
        yield bare
    finally:
        for connection in connections:
            await database.app.release(connection)
        await database.close()


async def _record(hub: Hub, person: Person, room: UUID) -> tuple[Recorded, list[int]]:
    """What a post of this person says to the database, and the seqs of what was posted to find out."""
    said: list[Any] = []
    # The first post on a connection also asks what the types are; the second one is what every other is.
    first = await post_message(hub, person.who, room, PostMessage(body=BODY), uuid4())
    async with hub.database.app.acquire() as connection:
        connection.add_query_logger(said.append)
    second = await post_message(hub, person.who, room, PostMessage(body=BODY), uuid4())
    async with hub.database.app.acquire() as connection:
        connection.remove_query_logger(said.append)
    queries = [one.query for one in said[:4]]
    ends = queries[3].startswith("execute audit(") and queries[3].endswith("; commit")
    if queries[1:3] != [messages.CONVERSATION, messages.INSERT] or not ends:
        raise AssertionError(f"a post is made of other statements now: {queries}")
    (event,) = msgspec.json.decode(bytes(said[2].args[0]))
    return Recorded(queries[0], event, list(said[2].args), queries[3]), [first.item.seq, second.item.seq]
