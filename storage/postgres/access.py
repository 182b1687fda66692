"""The wall's facts, fetched: who holds a session, what people hold, and what guards a case or a conversation."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas.access import Viewer
from schemas.people import Me, Seat

SESSIONS = """select h.hash, s.id, s.person, s.kind, s.expires_at, s.scopes, s.roles, s.opens, s.via
    from unnest($1::bytea[]) as h(hash) cross join lateral signin_session(h.hash, $2) s"""
GRANTS = "select person, scope, role from grants where person = any($1::uuid[])"
CASES = "select id, org, audience, '{}'::uuid[] from cases where id = any($1::uuid[])"
CONVERSATION = "select case_id, org, audience, people from conversations where id = $1"
PEOPLE = """select p.id, p.name, coalesce(p.email::text, '') as email, p.zone,
        coalesce((select json_agg(json_build_object('org', json_build_object('id', o.id, 'name', o.name, 'zone', o.zone,
            'case_types', o.case_types), 'role', g.role) order by o.name)
            from grants g join organisations o on o.id = g.scope where g.person = p.id), '[]')::text as seats
    from people p where p.id = any($1::uuid[])"""


# Makes grants what participants, teams and walls say; answers whom it changed something for. Null is all.
SETTLE = "select person, seat, head from settle_grants($1, $2, $3, $4)"
SEATED = "select seated($1, $2, $3)"
KEPT_OUT = "select kept_out($1, $2)"
RAISE = "select raise_access($1, $2)"
COUNTERS = "select access_counters($1, $2)"


class Holder(NamedTuple):
    """A session that holds, and what its person holds, both as of one moment."""

    session: UUID
    kind: str
    expires_at: datetime
    viewer: Viewer
    scopes: frozenset[str]
    via: UUID | None  # the app that holds it


class Thing(NamedTuple):
    """What guards a case or a conversation: `schemas.access.Guarded`."""

    case_id: UUID
    org: UUID
    audience: Sequence[str]
    people: Sequence[UUID]


async def holders(on: Any, hashes: Iterable[bytes], now: datetime) -> dict[bytes, Holder]:
    """The sessions behind SHA-256 hashes of tokens; those unknown, ended or expired are absent. `on`: sign-in role."""
    return {
        row["hash"]: Holder(
            row["id"],
            row["kind"],
            row["expires_at"],
            Viewer(row["person"], frozenset(zip(row["scopes"], row["roles"], strict=True))),
            frozenset(row["opens"]),
            row["via"],
        )
        for row in await on.fetch(SESSIONS, list(hashes), now)
    }


async def viewers(on: Any, people: Iterable[UUID]) -> dict[UUID, Viewer]:
    """What each of `people` holds now. `on`: system role."""
    held: dict[UUID, set[tuple[UUID, str]]] = {person: set() for person in people}
    for person, scope, role in await on.fetch(GRANTS, list(held)):
        held[person].add((scope, role))
    return {person: Viewer(person, frozenset(grants)) for person, grants in held.items()}


async def case_things(on: Any, cases: list[UUID]) -> dict[UUID, Thing]:
    return {row[0]: Thing(*row) for row in await on.fetch(CASES, cases)}


async def conversation_thing(on: Any, conversation: UUID) -> Thing | None:
    row = await on.fetchrow(CONVERSATION, conversation)
    return Thing(*row) if row else None


async def people(on: Any, ids: Iterable[UUID], *, live_url: str, files_url: str) -> dict[UUID, Me]:
    """People with their memberships, as each is told about themselves. `on`: system role."""
    return {
        row["id"]: Me(
            id=row["id"],
            name=row["name"],
            email=row["email"],
            zone=row["zone"],
            seats=msgspec.json.decode(row["seats"], type=list[Seat]),
            live_url=live_url,
            files_url=files_url,
        )
        for row in await on.fetch(PEOPLE, list(ids))
    }
