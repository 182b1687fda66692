"""The event log, read: in the order of everything for relay and followers, and per stream for replays.

`(tx, id)` is a total order only below the oldest transaction that still runs: one with a lower id could yet commit.
Every statement that reads across streams therefore stops at `pg_snapshot_xmin(pg_current_snapshot())`.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Raw

from schemas.events import Access, Event
from schemas.positions import START, Position

COLUMNS = """tx, id, org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing,
    data::text as data"""
XMIN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

EVENTS_AFTER = f"""select {COLUMNS} from events
    where (tx, id) > ($1, $2) and tx < {XMIN} order by tx, id limit $3"""
EVENTS_BETWEEN = f"""select {COLUMNS} from events
    where (tx, id) > ($1, $2) and (tx, id) <= ($3, $4) and kind = 'case' order by tx, id limit $5"""
STREAM_BETWEEN = f"""select {COLUMNS} from events
    where stream = $1 and seq > $2 and seq <= $3 order by seq limit $4"""
# The last event that is settled: whatever commits later comes after it.
HEAD = f"select tx, id from events where tx < {XMIN} order by tx desc, id desc limit 1"
BEFORE = "select tx, id from events where (tx, id) < ($1, $2) order by tx desc, id desc limit 1"
KNOWN = "select exists (select from events where tx = $1 and id = $2)"
# The last seq of a stream as of a position: what came later is still to be followed.
STREAM_HEAD = """select seq from events where stream = $1 and (tx, id) <= ($2, $3)
    order by seq desc limit 1"""
STREAM_LAST = "select seq from events where stream = $1 order by seq desc limit 1"
# What a replay would hold, without its content: enough to count what one viewer may see.
BRIEF_STREAM = """select org, case_id, audience, people from events
    where stream = $1 and seq > $2 and seq <= $3 order by seq limit $4"""
BRIEF_BETWEEN = """select org, case_id, audience, people from events
    where (tx, id) > ($1, $2) and (tx, id) <= ($3, $4) and kind = 'case' order by tx, id limit $5"""
# For readers: those of a case ($1) after seq $2, under their own policies.
PAGE = """select stream_head(c.id) as f_head, e.* from cases c left join lateral (
        select tx, id, seq, type, case_id, at, actor, data from events where stream = c.id and seq > $2
        order by seq limit $3) e on true
    where c.id = $1 order by e.seq"""
# Committed, but behind a transaction that still runs: the relay must wait for that one.
HIDDEN = f"select at from events where tx >= {XMIN} order by tx, id limit 1"
SETTLED_AFTER = f"""select {COLUMNS}, ({HIDDEN}) as hidden from events
    where (tx, id) > ($1, $2) and tx < {XMIN} order by tx, id limit $3"""
HOLDER = """select pid, usename, application_name, state, extract(epoch from now() - xact_start)::float8 as age_s
    from pg_stat_activity where backend_xid is not null order by age(backend_xid) desc limit 1"""
EPOCH = "select value from epoch"

# Settings of a session that reads in this order many times a second. For each value of a position PostgreSQL would plan
# anew, which takes five times as long as the reading; and a plan made while the table was small must not scan it later.
READS_IN_ORDER = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_sort": "off"}


class Brief(NamedTuple):
    """The wall's facts about an event of a case."""

    org: UUID
    case_id: UUID
    audience: list[str]
    people: list[UUID]


class Holder(NamedTuple):
    """The database session whose open write holds back everything after it. `age_s` is None where it is not shown."""

    pid: int
    role: str | None
    application: str | None
    state: str | None
    age_s: float | None


def from_row(row: Any) -> Event:
    return Event(
        tx=row["tx"],
        id=row["id"],
        org=row["org"],
        kind=row["kind"],
        stream=row["stream"],
        seq=row["seq"],
        case_id=row["case_id"],
        type=row["type"],
        audience=row["audience"],
        people=row["people"],
        access=Access(*row["access"]),
        at=row["at"],
        actor=row["actor"],
        thing=row["thing"],
        data=Raw(row["data"].encode()),
    )


async def events_after(on: Any, position: Position, limit: int) -> list[Event]:
    """At most `limit` settled events after `position`, in order. `on` is a connection or pool of the system role."""
    return [from_row(row) for row in await on.fetch(EVENTS_AFTER, *position, limit)]


async def settled_after(on: Any, position: Position, limit: int) -> tuple[list[Event], datetime | None]:
    """What `events_after` answers, and what `hidden_since` does as of then; one round trip where there are events."""
    rows = await on.fetch(SETTLED_AFTER, *position, limit)
    if not rows and (hidden := await hidden_since(on)):
        return [], hidden
    # What was hidden at the first look and is not at the second has settled in between.
    rows = rows or await on.fetch(SETTLED_AFTER, *position, limit)
    return [from_row(row) for row in rows], rows[0]["hidden"] if rows else None


async def events_between(on: Any, after: Position, upto: Position, limit: int) -> list[Event]:
    """Events of cases in `(after, upto]`, in order."""
    return [from_row(row) for row in await on.fetch(EVENTS_BETWEEN, *after, *upto, limit)]


async def stream_between(on: Any, stream: UUID, after: int, upto: int, limit: int) -> list[Event]:
    """Events of one stream with `after < seq <= upto`, in order. Under the app role: those the reader may see."""
    return [from_row(row) for row in await on.fetch(STREAM_BETWEEN, stream, after, upto, limit)]


async def brief_stream(on: Any, stream: UUID, after: int, upto: int, limit: int) -> list[Brief]:
    return [Brief(*row) for row in await on.fetch(BRIEF_STREAM, stream, after, upto, limit)]


async def brief_between(on: Any, after: Position, upto: Position, limit: int) -> list[Brief]:
    return [Brief(*row) for row in await on.fetch(BRIEF_BETWEEN, *after, *upto, limit)]


async def head(on: Any) -> Position:
    """The position of the last settled event; `START` when there is none."""
    row = await on.fetchrow(HEAD)
    return Position(*row) if row else START


async def before(on: Any, position: Position) -> Position:
    """The position of the event before; `START` when there is none."""
    row = await on.fetchrow(BEFORE, *position)
    return Position(*row) if row else START


async def known(on: Any, position: Position) -> bool:
    """Whether an event stands at exactly this position."""
    return await on.fetchval(KNOWN, *position)


async def stream_head(on: Any, stream: UUID, position: Position) -> int:
    """The last seq of `stream` as of `position`; 0 when it has none."""
    return await on.fetchval(STREAM_HEAD, stream, *position) or 0


async def stream_last(on: Any, stream: UUID) -> int:
    """The last committed seq of `stream`; 0 when it has none."""
    return await on.fetchval(STREAM_LAST, stream) or 0


async def hidden_since(on: Any) -> datetime | None:
    """When the first event was written that is committed but not settled; None when all are settled."""
    return await on.fetchval(HIDDEN)


async def holder(on: Any) -> Holder | None:
    """Who holds back the order: the session with the oldest open write."""
    row = await on.fetchrow(HOLDER)
    return Holder(*row) if row else None


async def epoch(on: Any) -> str:
    return await on.fetchval(EPOCH)


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Event).decode
