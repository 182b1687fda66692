"""What a client that comes back has missed: where its streams end, how much of it anybody may see, and its pages."""

from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Raw

from schemas.events import Access, Event
from schemas.positions import Position

# The last seq of streams as of a position: what came later is still to be followed.
HEADS = """select s.stream, (select e.seq from events e where e.stream = s.stream and (e.tx, e.id) <= ($2, $3)
        order by e.seq desc limit 1) as seq
    from unnest($1::uuid[]) as s(stream)"""
LAST = "select seq from events where stream = $1 order by seq desc limit 1"

# Arrays are dear to read, and most events are guarded as the one before is: then theirs are null.
_COLUMNS = """tx, id, org, kind, stream, seq, case_id, type,
    case when audience is distinct from lag(audience) over way then audience end as audience,
    case when people is distinct from lag(people) over way then people end as people,
    at, actor, thing, data::text as data"""
STREAM_PAGE = f"""select {_COLUMNS} from events
    where stream = $1 and seq > $2 and seq <= $3 window way as (order by seq) order by seq limit $4"""
# Without content: one row for all events that are guarded alike.
STREAM_COUNT = """select org, case_id, audience, people, count(*) from events
    where stream = $1 and seq > $2 and seq <= $3 group by org, case_id, audience, people"""

# Over all cases, of those in the scopes given (cases or organisations). The range is bounded by whoever asks: see FAR.
PAGE = f"""select {_COLUMNS} from events
    where (tx, id) > ($1, $2) and (tx, id) <= ($3, $4) and kind = 'case'
        and (case_id = any($5::uuid[]) or org = any($5::uuid[]))
    window way as (order by tx, id) order by tx, id limit $6"""
COUNT = """select org, case_id, audience, people, count(*) from events
    where (tx, id) > ($1, $2) and (tx, id) <= ($3, $4) and kind = 'case'
        and (case_id = any($5::uuid[]) or org = any($5::uuid[]))
    group by org, case_id, audience, people"""
# Whether more events than $5, of whatever kind, stand in a range: answered from the index.
FAR = "select exists (select from events where (tx, id) > ($1, $2) and (tx, id) <= ($3, $4) offset $5)"


class Alike(NamedTuple):
    """How many events share these facts of the wall: `schemas.access.Guarded` where there is a case."""

    org: UUID | None
    case_id: UUID | None
    audience: list[str]
    people: list[UUID]
    events: int


# Of when they were written; what they told has been heard long ago.
_ACCESS = Access(0, 0)


def _events(rows: list[Any]) -> list[Event]:
    """Without access counters. Events that are guarded alike, one after another, share their lists."""
    events: list[Event] = []
    audience: list[str] = []
    people: list[UUID] = []
    for tx, id, org, kind, stream, seq, case, type, roles, named, at, actor, thing, data in rows:
        audience = audience if roles is None else roles
        people = people if named is None else named
        events.append(
            Event(
                tx=tx, id=id, org=org, kind=kind, stream=stream, seq=seq, case_id=case, type=type, audience=audience,
                people=people, access=_ACCESS, at=at, actor=actor, thing=thing, data=Raw(data.encode()),
            )
        )  # fmt: skip
    return events


async def heads(on: Any, streams: list[UUID], position: Position) -> dict[UUID, int]:
    """The last seq of each stream as of `position`; 0 where it has none."""
    return {row["stream"]: row["seq"] or 0 for row in await on.fetch(HEADS, streams, *position)}


async def last(on: Any, stream: UUID) -> int:
    """The last committed seq of `stream`; 0 when it has none."""
    return await on.fetchval(LAST, stream) or 0


async def stream_page(on: Any, stream: UUID, after: int, upto: int, limit: int) -> list[Event]:
    """Events of one stream with `after < seq <= upto`, in order."""
    return _events(await on.fetch(STREAM_PAGE, stream, after, upto, limit))


async def stream_count(on: Any, stream: UUID, after: int, upto: int) -> list[Alike]:
    """How many events of the stream of a case are in `(after, upto]`, by what guards them."""
    return [Alike(*row) for row in await on.fetch(STREAM_COUNT, stream, after, upto)]


async def page(on: Any, after: Position, upto: Position, scopes: list[UUID], limit: int) -> list[Event]:
    """Events in `(after, upto]` of cases in `scopes`, in order."""
    return _events(await on.fetch(PAGE, *after, *upto, scopes, limit))


async def count(on: Any, after: Position, upto: Position, scopes: list[UUID]) -> list[Alike]:
    """How many events of cases in `scopes` are in `(after, upto]`, by what guards them."""
    return [Alike(*row) for row in await on.fetch(COUNT, *after, *upto, scopes)]


async def far(on: Any, after: Position, upto: Position, limit: int) -> bool:
    """Whether more than `limit` events stand in `(after, upto]`."""
    return await on.fetchval(FAR, *after, *upto, limit)
