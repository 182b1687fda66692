"""Writes history for tests of the wire: organisations, people, cases, and events as the unit of work writes them."""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schemas.events import EVENTS
from schemas.ids import new_id
from schemas.messages import Message
from schemas.scopes import OF_BROWSERS

LOCK = "select pg_advisory_xact_lock_shared(lock_key($1)), pg_advisory_xact_lock(lock_key($2))"
APPEND = """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data)
    select $1, $2, $3, coalesce((select max(seq) from events where stream = $3), 0) + 1, $4, $5, $6, $7,
        access_counters($1, $4), now(), $8, $9, $10::text::json returning seq"""
STAFF = ("admin", "staff")
SHARED = ("admin", "client", "staff")


def now() -> datetime:
    return datetime.now(UTC)


class History:
    """`pool` is of the system role; `settings` of nobody: rows are written as they are."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool

    async def organisation(self) -> UUID:
        org = new_id()
        await self.pool.execute(
            "insert into organisations (id, name, zone, case_types, made_at) values ($1, 'Firm', 'UTC', '{}', $2)",
            org,
            now(),
        )
        return org

    async def person(self) -> UUID:
        person = new_id()
        await self.pool.execute(
            "insert into people (id, email, name, zone, made_at) values ($1, $2, 'Somebody', 'UTC', $3)",
            person,
            f"{person}@mail.test",
            now(),
        )
        return person

    async def token(self, person: UUID, *scopes: str, seconds: float = 3600) -> tuple[str, UUID]:
        """A signed-in session, of all scopes that people have unless some are named: its token and id."""
        session = new_id()
        token = f"t{session.hex}"
        await self.pool.execute(
            "insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, scopes) "
            "values ($1, $2, $3, 'token', '', $4, $5, $6)",
            session,
            hashlib.sha256(token.encode()).digest(),
            person,
            now(),
            now() + timedelta(seconds=seconds),
            list(scopes or OF_BROWSERS),
        )
        return token, session

    async def grant(self, person: UUID, scope: UUID, role: str, org: UUID) -> None:
        await self.pool.execute(
            "insert into grants (person, scope, role, org, since) values ($1, $2, $3, $4, $5)",
            person,
            scope,
            role,
            org,
            now(),
        )

    async def case(self, org: UUID, opened_by: UUID) -> UUID:
        case = new_id()
        await self.pool.execute(
            "insert into cases (id, org, type, type_version, number, title, status, is_open, intake, zone, opened_at, "
            "opened_by, audience) "
            "values ($1, $2, 'legal_matter', 1, $3, 'A case', 'open', true, '{}', 'UTC', $4, $5, $6)",
            case,
            org,
            f"M-{case.hex[-8:]}",
            now(),
            opened_by,
            list(SHARED),
        )
        return case

    async def conversation(self, case: UUID, org: UUID, by: UUID, audience: Collection[str] = SHARED) -> UUID:
        conversation = new_id()
        await self.pool.execute(
            "insert into conversations (id, case_id, org, title, audience, people, opened_at, opened_by) "
            "values ($1, $2, $3, 'Talk', $4, '{}', $5, $6)",
            conversation,
            case,
            org,
            list(audience),
            now(),
            by,
        )
        return conversation

    async def append(
        self,
        type: str,
        *,
        org: UUID | None,
        stream: UUID,
        data: Any,
        actor: UUID | None = None,
        audience: Collection[str] = SHARED,
        people: Collection[UUID] = (),
        thing: UUID | None = None,
        connection: Any = None,
        lock: bool = True,
    ) -> int:
        """One event in a transaction of its own, or in that of `connection`. Returns its seq."""
        if connection is None:
            async with self.pool.acquire() as fresh, fresh.transaction():
                if lock:
                    await fresh.execute(LOCK, org or stream, stream)
                return await self.append(
                    type, org=org, stream=stream, data=data, actor=actor, audience=audience, people=people,
                    thing=thing, connection=fresh,
                )  # fmt: skip
        kind = EVENTS[type].stream
        body = msgspec.json.encode({EVENTS[type].noun: data}).decode()
        return await connection.fetchval(
            APPEND, org, kind, stream, stream if kind == "case" else None, type, list(audience), list(people), actor,
            thing or new_id(), body,
        )  # fmt: skip

    async def post(self, case: UUID, org: UUID, author: UUID, body: str, **more: Any) -> int:
        """A message.posted whose content is `body`; no row of messages stands behind it."""
        message = Message(
            id=new_id(), case=case, conversation=new_id(), author=author, body=body, attachments=[], posted_at=now(),
            edited_at=None, retracted_at=None, seq=0, revision=1,
        )  # fmt: skip
        return await self.append(
            "message.posted", org=org, stream=case, data=message, actor=author, thing=message.id, **more
        )
