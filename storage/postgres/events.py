"""The event log, read: in the order of everything for relay and followers, and a page of a case for readers.

`(tx, id)` is a total order only below the oldest transaction that still runs: one with a lower id could yet commit.
Every statement that reads across streams therefore stops at `pg_snapshot_xmin(pg_current_snapshot())`.
"""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from schemas.events import Access, Event
from schemas.positions import START, Position

COLUMNS = """tx, id, org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing,
    data::text as data"""
XMIN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

EVENTS_AFTER = f"""select {COLUMNS} from events
    where (tx, id) > ($1, $2) and tx < {XMIN} order by tx, id limit $3"""
# The last event that is settled: whatever commits later comes after it.
HEAD = f"select tx, id from events where tx < {XMIN} order by tx desc, id desc limit 1"
BEFORE = "select tx, id from events where (tx, id) < ($1, $2) order by tx desc, id desc limit 1"
KNOWN = "select exists (select from events where tx = $1 and id = $2)"
# For readers: those of a case ($1) after seq $2, under their own policies.
PAGE = """select stream_head(c.id) as f_head, e.* from cases c left join lateral (
        select tx, id, seq, type, case_id, org, audience, people, at, actor, data from events
        where stream = c.id and seq > $2 order by seq limit $3) e on true
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
