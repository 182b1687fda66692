"""The record's entries about a case, each with the proof that it is in the log that was signed."""

from base64 import b64encode
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas import merkle
from schemas.audit import data_salt
from schemas.merkle import TileId
from storage.postgres import audit_log, exports

AT_ONCE = 200
TILES_KEPT_MAX = 512  # of 8 KiB


class Proven(NamedTuple):
    """An entry's exact bytes, and a line of `proofs.jsonl`: its leaf, the path from it to the root, and the salt that
    opens what it says of events, where that is still kept."""

    entry: bytes
    line: bytes


async def proven(connection: Any, log: UUID, case: UUID, size: int, *, prove: bool = False) -> AsyncIterator[Proven]:
    """Those that the reader may see, in the order of the log, in which `size` leaves are signed; with `prove` their
    proofs, else lines without."""
    tiles: OrderedDict[TileId, bytes] = OrderedDict()
    cursor = await connection.cursor(exports.AUDITED, log, case, size)
    while rows := await cursor.fetch(AT_ONCE):
        for row in rows:
            if not prove:
                yield Proven(row["entry"], b"")
                continue
            ranges = merkle.inclusion(row["n"], size)
            missing = [one for one in ranges if not merkle.tiles_of([one]) <= tiles.keys()]
            if missing:
                tiles.update(await audit_log.tiles(connection, log, missing))
            path = [b64encode(merkle.root(tiles, *one)).decode() for one in ranges]
            for tile in merkle.tiles_of(ranges):
                tiles.move_to_end(tile)
            while len(tiles) > TILES_KEPT_MAX:
                tiles.popitem(last=False)
            line = {"n": row["n"], "path": path}
            if row["salt"] is not None:
                line["data_salt"] = data_salt(bytes.fromhex(row["salt"])).hex()
            yield Proven(row["entry"], msgspec.json.encode(line, order="sorted"))
