"""Entries with their leaves, written as the sequencer leaves them: for tests of what is asked about them."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from schemas import merkle
from schemas.audit import HOUSE, Actor, Entry, Private, Version, canonical, moment
from schemas.audit_log import Signer
from schemas.ids import new_id

START = datetime(2026, 3, 1, 9, tzinfo=UTC)

ENTER = """insert into audit_entries (log, case_id, person, entry, private) values ($1, $2, $3, $4, $5::text::jsonb)
    returning tx, id"""
# In the house's log, which a sequencer of another test may go on with, they stand far behind all others.
LEAF = """insert into audit_leaves (log, n, tx, id, hash, at, act, outcome, person, case_id, thing,
        entry)
    values ($1, greatest((select coalesce(max(n) + 1, 0) from audit_leaves where log = $1), $12), $2, $3, $4, $5, $6,
        $7, $8, $9, $10, $11) returning n"""
FAR = 10**12
TILE = "insert into audit_tiles (log, level, n, hashes) values ($1, $2, $3, $4)"
CHECKPOINT = "insert into audit_checkpoints (log, size, at, note) values ($1, $2, $3, $4)"


class Leaves:
    """`pool` is the owner's. Each entry is a minute after the one before unless its time is given."""

    def __init__(self, pool: Any) -> None:
        self.pool, self.at = pool, START

    async def add(
        self,
        log: UUID,
        act: str,
        by: UUID | None,
        *,
        at: datetime | None = None,
        case: UUID | None = None,
        thing: UUID | None = None,
        of: Version | None = None,
        outcome: Any = "done",
        address: str = "192.0.2.7",
        kind: str = "browser",
        rule: str = "own",
    ) -> int:
        """Answers the number of its leaf."""
        self.at = self.at + timedelta(minutes=1)
        entry = Entry(
            act=act, at=moment(at or self.at), by=Actor(kind=kind, person=by), case=case, id=new_id(), log=log, of=of,
            outcome=outcome, rule=rule, thing=thing,
        )  # fmt: skip
        data = canonical(entry)
        opens = msgspec.json.encode(Private(salt="00" * 16, address=address)).decode()
        async with self.pool.acquire() as on, on.transaction():
            row = await on.fetchrow(ENTER, log, case, by, data, opens)
            hashed = sha256(b"\0" + data).digest()
            return await on.fetchval(
                LEAF,
                log,
                row["tx"],
                row["id"],
                hashed,
                at or self.at,
                act,
                outcome,
                by,
                case,
                thing,
                entry.id,
                FAR if log == HOUSE else 0,
            )

    async def seal(self, log: UUID, signer: Signer) -> str:
        """The tree over what is there, and its signed checkpoint, as the sequencer makes them."""
        rows = await self.pool.fetch("select hash from audit_leaves where log = $1 order by n", log)
        tiles = merkle.grow({}, 0, [row["hash"] for row in rows])
        await self.pool.executemany(TILE, [(log, level, n, hashes) for (level, n), hashes in tiles.items()])
        note = signer.checkpoint(log, len(rows), merkle.root(tiles, 0, len(rows)), self.at)
        await self.sign(log, len(rows), note)
        return note

    async def sign(self, log: UUID, size: int, note: str = "note") -> datetime:
        self.at = self.at + timedelta(minutes=1)
        await self.pool.execute(CHECKPOINT, log, size, self.at, note)
        return self.at
