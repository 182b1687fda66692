"""The floor of `post`: the same statements as a post makes, in a bare asyncpg loop on as many connections.

The statements are recorded from one real post in each room, so that the floor is of this product and no other.
"""

import asyncio
import time
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from deploy.bench._scene import Person, Scene
from hub.messages.actions import post_message
from schemas.ids import new_id
from schemas.messages import PostMessage
from schemas.settings import Settings
from storage.postgres import messages
from storage.postgres.pool import Database

BODY = "." * 200
_done: dict[UUID, int] = {}


class Recorded(NamedTuple):
    begin: str
    event: dict[str, Any]
    insert: list[Any]


def done(set_up: Scene) -> int:
    """How many messages the floor's runs on this scene have written."""
    return _done.get(set_up.org, 0)


async def rate(settings: Settings, set_up: Scene, seconds: float) -> float:
    """Messages a second."""
    people = [set_up.people[n % len(set_up.people)] for n in range(settings.postgres_pool)]
    loops = [await _record(settings, set_up, person, n) for n, person in enumerate(people)]
    written = 0
    database = await Database.open(settings, roles=("app",))
    try:
        connections = [await database.app.acquire() for _ in loops]
        begun = time.perf_counter()
        until = begun + seconds
        pairs = zip(connections, loops, strict=True)
        written = sum(
            await asyncio.gather(*(_loop(connection, recorded, until) for connection, recorded in pairs))
        )
        took = time.perf_counter() - begun
        for connection in connections:
            await database.app.release(connection)
    finally:
        _done[set_up.org] = done(set_up) + written + 2 * len(loops)
        await database.close()
    return written / took


async def _record(settings: Settings, set_up: Scene, person: Person, n: int) -> Recorded:
    """What a post of this person says to the database, in their room."""
    said: list[Any] = []
    database = await Database.open(msgspec.structs.replace(settings, postgres_pool=1), roles=("app",))
    try:
        hub = msgspec.structs.replace(set_up.hub, database=database)
        room = set_up.rooms[n % len(set_up.rooms)][1]
        # The first post on a connection also asks what the types are; the second one is what every other is.
        await post_message(hub, person.who, room, PostMessage(body=BODY), uuid4())
        async with database.app.acquire() as connection:
            connection.add_query_logger(said.append)
        await post_message(hub, person.who, room, PostMessage(body=BODY), uuid4())
    finally:
        await database.close()
    queries = [one.query for one in said]
    if queries[1:] != [messages.CONVERSATION, messages.INSERT, "commit"]:
        raise AssertionError(f"a post is made of other statements now: {queries}")
    (event,) = msgspec.json.decode(bytes(said[2].args[0]))
    return Recorded(queries[0], event, list(said[2].args))


async def _loop(connection: Any, recorded: Recorded, until: float) -> int:
    begin, event, insert = recorded
    conversation = insert[4]
    encode = msgspec.json.Encoder().encode
    count = 0
    while time.perf_counter() < until:
        key, id = uuid4(), new_id()
        await connection.execute(begin)
        row = await connection.fetchrow(messages.CONVERSATION, conversation, key)
        seq = row["f_head"] + 1
        message = {**event["data"]["message"], "id": id, "seq": seq}
        batch = encode([{**event, "seq": seq, "thing": id, "key": key, "data": {"message": message}}])
        await connection.execute(
            messages.INSERT, msgspec.Raw(batch), id, *insert[2:8], insert[8], seq, *insert[10:]
        )
        await connection.execute("commit")
        count += 1
    return count
