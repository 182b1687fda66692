"""Who may what by now, beside the backups: so that a restore to before something was taken away does not give it back.

`authority-PRINT.jsonl`, signed like the ledger of what was destroyed: a head (the moment, and what keeps people out, as
ids), and the prints of all that lets somebody in (`storage.postgres.authority`). Each backup and the follower write it
anew when something of it has changed.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
from msgspec import Struct

from deploy.backup.keys import Keys
from deploy.backup.ledger import file_of, files, read_signed, write_signed
from deploy.backup.log import position
from deploy.backup.shelf import Shelf
from deploy.embedded.child import StackError
from hub.sessions.passwords import hash_password
from storage.postgres import authority
from storage.postgres.authority import PRINT_BYTES

NAME = "authority"
WALL = ("Raised again after a restore", "This wall stood when the backups were last written.")


class Head(Struct, frozen=True, kw_only=True):
    """`lsn` is where the log of the history `epoch` was by then."""

    epoch: str
    at: datetime
    lsn: str
    denials: dict[str, list[Any]]


class Standing(NamedTuple):
    head: Head
    prints: list[bytes]

    def later_than(self, epoch: str, lsn: str | None, at: datetime) -> bool:
        """Whether it was written after the moment to which a database was restored: by the log where both are of one
        history, else by the clock. Later than the last change is never too late: what stands has not changed since."""
        if self.head.epoch == epoch and lsn is not None:
            return position(lsn) < position(self.head.lsn)
        return at < self.head.at


async def keep(connection: Any, shelf: Shelf, keys: Keys) -> None:
    """Write what stands now, unless that stands there already."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        moment, denials, prints = await authority.moment(connection)
    file = file_of(shelf.place, NAME, keys)
    if file.exists():
        there = _read(file, [keys])
        if there.head.epoch == moment["epoch"] and (there.head.denials, there.prints) == (denials, prints):
            return
    head = msgspec.json.encode(Head(**moment, denials=denials)).decode()
    write_signed(file, [head, base64.b64encode(b"".join(prints)).decode()], keys)


def read(shelf: Shelf, sets: Sequence[Keys]) -> Standing | None:
    """What was written last. None where nobody wrote any. Raises `StackError` for a file that nobody with one of these
    sets of keys wrote."""
    found = [_read(file, sets) for file in files(shelf.place, NAME)]
    return max(found, key=lambda one: one.head.at, default=None)


async def apply(connection: Any, standing: Standing, administrators: Sequence[str]) -> dict[str, int]:
    """Bring a restored database down to it; how much of each kind went. `administrators` are addresses of people who
    keep that place though they hold it no longer. Raises `StackError` for an address that nobody has."""
    # Nobody knows of what: who has it sets another one by mail.
    nobody = hash_password(secrets.token_urlsafe(32))
    people = [row[0] for row in await connection.fetch(authority.NAMED, list(administrators))]
    if len(people) != len({address.casefold() for address in administrators}):
        raise StackError(f"Nobody had the address {' or '.join(administrators)} at that moment.")
    try:
        async with connection.transaction():
            return await authority.bring_down(
                connection, standing.head.denials, standing.prints, nobody, people, WALL
            )
    except asyncpg.PostgresError as problem:
        raise StackError(f"What was taken away since could not be taken away again: {problem}") from None


async def nobody_administers(connection: Any) -> list[str]:
    """The names of organisations that have people and no administrator."""
    return [row["name"] for row in await connection.fetch(authority.NOBODY_ADMINISTERS)]


def said(done: Mapping[str, int]) -> list[str]:
    """A line for each kind."""
    return [f"{what}: {n}" for what, n in done.items()]


def _read(file: Path, sets: Sequence[Keys]) -> Standing:
    lines = read_signed(file, sets)
    try:
        head, prints = lines
        data = base64.b64decode(prints, validate=True)
        each = [data[n : n + PRINT_BYTES] for n in range(0, len(data), PRINT_BYTES)]
        return Standing(msgspec.json.decode(head, type=Head), each)
    except ValueError:
        raise StackError(f"{file} is of another version of Casewire; use the one that wrote it.") from None
