"""Proofs over the record's log: that an entry is in it, and that what was signed earlier is its beginning.

They hold hashes and sizes alone, so asking for one tells nothing that would be worth an entry.
"""

from base64 import b64encode
from typing import Any
from uuid import UUID

from hub.context import Hub, Who
from hub.people.rules import may_administer
from schemas import merkle
from schemas.answers import Answer
from schemas.audit_log import ConsistencyProof, InclusionProof, LogHead, LogKey, LogKeys
from schemas.errors import Refused, bad_input
from schemas.merkle import Range
from schemas.positions import AsOf
from storage.postgres import audit_log, people
from storage.postgres.rows import read

UNSIGNED = "Nothing of this record was signed yet; ask again in a moment."


async def read_head(hub: Hub, who: Who, org: UUID) -> Answer[LogHead]:
    """The newest checkpoint of an organisation's log, for its administrators."""
    async with hub.reading(who) as connection:
        head = await _head(connection, org)
    return Answer(LogHead(org, head["size"], head["note"]), AsOf(hub.database.epoch))


async def read_keys(hub: Hub, who: Who, org: UUID) -> Answer[LogKeys]:
    """The keys that sign and signed, newest first, for administrators. They are the same for every organisation."""
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
    rows = await hub.database.system.fetch(audit_log.KEYS)
    return Answer(LogKeys([read(row, LogKey) for row in rows]), AsOf(hub.database.epoch))


async def prove_entry(
    hub: Hub, who: Who, org: UUID, entry: UUID | None, n: int | None, size: int | None
) -> Answer[InclusionProof]:
    """For whoever may read the entry. An entry that has no place yet is not found."""
    if (entry is None) == (n is None):
        raise bad_input("entry", "say either `entry`, an id, or `n`, a place")
    async with hub.reading(who) as connection:
        if entry is not None:
            row = await connection.fetchrow(audit_log.LEAF_OF, org, entry)
        else:
            row = await connection.fetchrow(audit_log.LEAF_AT, org, n)
        if row is None:
            raise Refused("not_found")
        if row["n"] >= row["size"]:
            raise Refused("conflict", UNSIGNED)
        wanted = row["size"] if size is None else size
        if not row["n"] < wanted <= row["size"]:
            raise bad_input("size", f"a size from {row['n'] + 1} to {row['size']}, which is signed")
        note = row["note"] if wanted == row["size"] else await _note(connection, org, wanted)
        path = await _path(connection, org, merkle.inclusion(row["n"], wanted))
    proof = InclusionProof(org, row["n"], wanted, _text(row["hash"]), path, note)
    return Answer(proof, AsOf(hub.database.epoch))


async def prove_growth(hub: Hub, who: Who, org: UUID, old: int, size: int | None) -> Answer[ConsistencyProof]:
    """That nothing of the first `old` leaves was changed since, for administrators."""
    async with hub.reading(who) as connection:
        head = await _head(connection, org)
        wanted = head["size"] if size is None else size
        if not wanted <= head["size"]:
            raise bad_input("to", f"at most {head['size']}, which is signed")
        if not old <= wanted:
            raise bad_input("from", "a log does not shrink: `from` is at most `to`")
        path = await _path(connection, org, merkle.consistency(old, wanted))
        earlier = [size for size in {old, wanted} if 0 < size < head["size"]]
        rows = await connection.fetch(audit_log.NOTES, org, earlier) if earlier else []
    notes = {row["size"]: row["note"] for row in rows} | {head["size"]: head["note"]}
    proof = ConsistencyProof(org, old, wanted, path, notes.get(old, ""), notes.get(wanted, ""))
    return Answer(proof, AsOf(hub.database.epoch))


async def _head(connection: Any, org: UUID) -> Any:
    row = await connection.fetchrow(audit_log.HEAD, org)
    may_administer(row["role"])
    if row["note"] is None:
        raise Refused("conflict", UNSIGNED)
    return row


async def _note(connection: Any, org: UUID, size: int) -> str:
    rows = await connection.fetch(audit_log.NOTES, org, [size])
    return rows[0]["note"] if rows else ""


async def _path(connection: Any, org: UUID, ranges: list[Range]) -> list[str]:
    tiles = await audit_log.tiles(connection, org, ranges)
    return [_text(merkle.root(tiles, *one)) for one in ranges]  # at most the hashes of six tiles, 48 KiB


def _text(hash: bytes) -> str:
    return b64encode(hash).decode()
