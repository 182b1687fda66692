"""Events of a case by the ten thousand, written as posts are, a few thousand in each transaction."""

from typing import Any
from uuid import UUID

from deploy.bench._scene import Scene

AT_ONCE = 4000
LOCK = "select pg_advisory_xact_lock_shared(lock_key($1)), pg_advisory_xact_lock(lock_key($2))"
FACTS = "select audience, stream_head($1) as head from conversations where id = $2"
WRITE = """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data)
    select $1, 'case', $2, $3 + n, $2, 'message.posted', $4, '{}', access_counters($1, $2), now(), $5,
        gen_random_uuid(), json_build_object('message', json_build_object(
            'id', gen_random_uuid(), 'case', $2::uuid, 'conversation', $6::uuid, 'author', $5::uuid,
            'body', rpad('n=' || n || ';', 200, '.'), 'attachments', '[]'::json, 'posted_at', now(), 'edited_at', null,
            'retracted_at', null, 'seq', $3 + n, 'revision', 1))
    from generate_series(1, $7) n"""


async def write(set_up: Scene, room: tuple[UUID, UUID], count: int) -> int:
    """`count` messages of 200 characters in a conversation with its case; answers the case's last seq."""
    case, conversation = room
    author = set_up.people[0].who.person
    head = 0
    async with set_up.hub.database.system.acquire() as connection:
        for begun in range(0, count, AT_ONCE):
            some = min(AT_ONCE, count - begun)
            async with connection.transaction():
                await connection.execute(LOCK, set_up.org, case)
                facts = await connection.fetchrow(FACTS, case, conversation)
                head = facts["head"] + some
                values: list[Any] = [set_up.org, case, facts["head"], facts["audience"], author, conversation]
                await connection.execute(WRITE, *values, some)
    return head
