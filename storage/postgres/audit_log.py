"""The logs' trees in PostgreSQL: what the sequencer reads and writes, checkpoints, and what proofs are made of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from schemas import merkle
from schemas.merkle import Range, TileId
from schemas.positions import Position
from storage.postgres.events import XMIN

POSITION = "select tx, id from audit_position"
# As the relay reads events: nothing may come before what was read, so it stops at the oldest open transaction.
SETTLED = f"""select tx, id, log, entry from audit_entries
    where (tx, id) > ($1, $2) and tx < {XMIN} order by tx, id limit $3"""
# All that has no place yet, what waits for an open transaction too: how many (at most $3), and the first of them.
WAITING = """select (select count(*) from (select from audit_entries where (tx, id) > ($1, $2) limit $3) e) as entries,
    (select entry from audit_entries where (tx, id) > ($1, $2) order by tx, id limit 1) as first"""

# Logs with the tiles that are not full. Level 6 holds 256^7 leaves.
HEADS = """select l.log, l.size, t.level, t.n, t.hashes from audit_logs l
        cross join generate_series(0, 6) as v left join audit_tiles t
            on t.log = l.log and t.level = v and t.n = l.size >> (8 * (v + 1))
    where l.log = any($1::uuid[])"""

# One statement, so one commit: leaves, tiles, sizes and the position stand together or not at all. It moves on only
# from where it was read ($3, $4): a leader that others took for dead moves nothing.
SEQUENCE = """with moved as (update audit_position set tx = $1, id = $2 where tx = $3 and id = $4 returning true),
    leaves as (insert into audit_leaves (log, n, tx, id, hash, at, act, outcome, person, case_id, thing, entry)
        select u.* from moved, unnest($5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bytea[],
            $10::timestamptz[], $11::text[], $12::text[], $13::uuid[], $14::uuid[], $15::uuid[], $16::uuid[]) as u),
    tiles as (insert into audit_tiles (log, level, n, hashes)
        select u.* from moved, unnest($17::uuid[], $18::smallint[], $19::bigint[], $20::bytea[]) as u
        on conflict (log, level, n) do update set hashes = excluded.hashes),
    logs as (insert into audit_logs (log, size) select u.* from moved, unnest($21::uuid[], $22::bigint[]) as u
        on conflict (log) do update set size = excluded.size)
    select exists (select from moved)"""

# What grew and was not signed since $1, and all that was not signed since $2.
DUE = """select log from audit_logs where signed_at is null or signed_at <= $2 or (size > signed and signed_at <= $1)
    order by signed_at nulls first limit $3"""
SIGN = """with u as (select * from unnest($1::uuid[], $2::bigint[], $3::text[]) as u(log, size, note)),
    kept as (insert into audit_checkpoints (log, size, at, note) select log, size, $4, note from u
        on conflict (log, size) do nothing)
    update audit_logs l set signed = u.size, signed_at = $4, note = u.note from u where l.log = u.log"""
INTRODUCE = "insert into audit_keys (key, since) values ($1, $2) on conflict (key) do nothing"
KEYS = "select key, since from audit_keys order by since desc, key"

# Newest checkpoints that a witness ($1) was not told of; the one that waits longest first.
UNTOLD = """select c.log, c.size, c.note, c.at, coalesce(w.size, 0) as told from audit_logs l
        join audit_checkpoints c on c.log = l.log and c.size = l.signed
        left join audit_witnessed w on w.witness = $1 and w.log = l.log
    where l.signed > coalesce(w.size, 0) and l.log <> all ($2::uuid[]) order by w.at nulls first limit $3"""
TOLD = """insert into audit_witnessed (witness, log, size, at) values ($1, $2, $3, $4)
    on conflict (witness, log) do update set size = excluded.size, at = excluded.at
    where audit_witnessed.size < excluded.size"""

# For whoever may see it: policies say who.
HEAD = """select (select role from grants where person = (select me()) and scope = $1) as role, l.signed as size, l.note
    from (select) one left join audit_logs l on l.log = $1"""
_leaf = """select f.n, f.hash, l.signed as size, l.note from audit_leaves f join audit_logs l on l.log = f.log
    where f.log = $1 and l.note is not null and"""
LEAF_OF = f"{_leaf} f.entry = $2"
LEAF_AT = f"{_leaf} f.n = $2"
NOTES = "select size, note from audit_checkpoints where log = $1 and size = any($2::bigint[])"
# Each by its key (`offset 0`): where the table has grown since it was last analyzed, a join reads the whole log's.
TILES = """select t.* from unnest($2::smallint[], $3::bigint[]) as u(level, n), lateral (
    select level, n, hashes from audit_tiles where log = $1 and level = u.level and n = u.n offset 0) as t"""
# For the person at the machine.
HEADS_OF_ALL = """select l.log, l.signed as size, l.note, o.name from audit_logs l
    left join organisations o on o.id = l.log where l.note is not null order by o.name nulls last, l.log"""
# One log as files, up to what was signed of it; in one snapshot.
SIGNED = "select signed, note from audit_logs where log = $1 and note is not null"
LOGGED = """select l.n, e.entry, e.private from audit_leaves l join audit_entries e on (e.tx, e.id) = (l.tx, l.id)
    where l.log = $1 and l.n < $2 order by l.n"""
SIGNED_NOTES = "select note from audit_checkpoints where log = $1 and size <= $2 order by size"


class Head(NamedTuple):
    """How many leaves a log has, and the tiles that are not full."""

    size: int
    edge: Mapping[TileId, bytes]

    @property
    def root(self) -> bytes:
        return merkle.root(self.edge, 0, self.size)


EMPTY = Head(0, {})


async def position(on: Any) -> Position:
    return Position(*await on.fetchrow(POSITION))


async def heads(on: Any, logs: Collection[UUID]) -> dict[UUID, Head]:
    """Of those that have leaves. `on` is of the system role, as for all that follows down to `tiles`."""
    found: dict[UUID, tuple[int, dict[TileId, bytes]]] = {}
    for row in await on.fetch(HEADS, list(logs)):
        _, edge = found.setdefault(row["log"], (row["size"], {}))
        if row["hashes"] is not None:
            edge[row["level"], row["n"]] = row["hashes"]
    return {log: Head(size, edge) for log, (size, edge) in found.items()}


class Leaf(NamedTuple):
    """A row of `audit_leaves`."""

    log: UUID
    n: int
    tx: int
    id: int
    hash: bytes
    at: datetime
    act: str
    outcome: str
    person: UUID | None
    case: UUID | None
    thing: UUID | None
    entry: UUID


class Batch(NamedTuple):
    """What one statement writes: leaves, the tiles that they change, and the sizes that the logs have then."""

    leaves: Sequence[Leaf]
    tiles: Sequence[tuple[UUID, int, int, bytes]]
    sizes: Sequence[tuple[UUID, int]]


async def sequence(on: Any, before: Position, after: Position, batch: Batch) -> bool:
    """Give the leaves their places. False, and nothing is written, where somebody else has moved on from `before`."""
    columns = (*_columns(batch.leaves, 12), *_columns(batch.tiles, 4), *_columns(batch.sizes, 2))
    return await on.fetchval(SEQUENCE, *after, *before, *columns)


async def sign(on: Any, checkpoints: Sequence[tuple[UUID, int, str]], at: datetime) -> None:
    await on.execute(SIGN, *_columns(checkpoints, 3), at)


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(count)]


async def tiles(on: Any, log: UUID, ranges: Sequence[Range]) -> dict[TileId, bytes]:
    """The tiles from which the roots of these ranges come. As the app: those that the reader may see."""
    wanted = list(merkle.tiles_of(ranges))
    if not wanted:
        return {}
    rows = await on.fetch(TILES, log, [level for level, _ in wanted], [n for _, n in wanted])
    return {(row["level"], row["n"]): row["hashes"] for row in rows}
