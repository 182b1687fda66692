"""`casewire backup`: a whole copy of a running house, beside the earlier ones and sharing their objects."""

import asyncio
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from deploy.backup import authority, database, ledger, log
from deploy.backup.keys import Keys, keys_of, prints_of, save_keys
from deploy.backup.objects import EVER, Named, Say, copy_out, named
from deploy.backup.shelf import PART, Held, Manifest, Place, Shelf, lines, place, to_disk
from deploy.embedded.child import StackError
from schemas.audit import HOUSE, OPERATOR, canonical
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.postgres import audit, backups

CONNECT_S = 10.0
SOLD_OUT = 2  # how many times the database's size is asked for: the copy, and the log of meanwhile


class House(NamedTuple):
    """A running Casewire: where its servers are, its data directory, and the keys of its processes."""

    settings: Settings
    data: Path
    keys: Keys

    @classmethod
    def of(cls, settings: Settings, environs: Sequence[Mapping[str, str]]) -> "House":
        keys = keys_of(environs)
        if "secret" not in keys:
            raise StackError(
                "This Casewire's keys are not known here; set CASEWIRE_SECRET as its processes have it."
            )
        return cls(settings, Path(settings.data), keys)


class About(NamedTuple):
    """What a house says of itself."""

    house: str
    epoch: str
    schema: int
    postgres: int
    bytes: int
    database: str
    superuser: str
    now: datetime
    checkpoints: dict[str, str]
    audit_keys: list[str]


def make(house: House, to: Path, keys_file: Path | None, dsn: str | None, say: Say) -> tuple[str, int]:
    """Make a backup in `to`; its name, and how many objects the store has lost.

    Raises `StackError` with one sentence, and leaves nothing then that could be taken for a whole backup.
    """
    shelf = Shelf(to)
    if keys_file is not None and keys_file.absolute().is_relative_to(shelf.place):
        raise StackError(f"Keep the keys apart from what they open: {keys_file} lies in {to}.")
    about = asyncio.run(ask(house))
    shelf.make(about.house)
    with shelf.taken():
        shelf.clear_parts()
        if keys_file is not None and save_keys(keys_file, about.house, house.keys, datetime.now(UTC)):
            say(f"the keys are in {keys_file}; keep it elsewhere than the backups")
        shelf.check_space(about.bytes * SOLD_OUT, "copying the database")
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S-%f")[:-3] + "Z"
        part = shelf.backups / (name + PART)
        part.mkdir(mode=0o700)
        try:
            lost = _fill(house, shelf, part, name, about, dsn, say)
            asyncio.run(_record(house, "backup.made", name))
            asyncio.run(keep_ledger(house, shelf))
            part.replace(shelf.backups / name)
            to_disk(shelf.place)
        except OSError as problem:
            shutil.rmtree(part, ignore_errors=True)
            raise StackError(
                f"The backup could not be written to {shelf.place}: {problem.strerror}."
            ) from None
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        finally:
            shutil.rmtree(shelf.place / "incoming", ignore_errors=True)
    return name, lost


def _fill(house: House, shelf: Shelf, part: Path, name: str, about: About, dsn: str | None, say: Say) -> int:
    """Everything of a backup, the manifest last; how many objects were lost."""
    # Twice: what is examined while the database is copied leaves quarantine, which the copy still names. And what is
    # copied before need not be afterwards, when the next write already waits for the next backup.
    known = shelf.known(about.epoch)
    held, _ = asyncio.run(copy_objects(house, shelf, known, say))
    say("copying the database")
    database.base_backup(dsn or database.copying_dsn(house.settings, house.data, None), part / "postgres")
    ended_at = datetime.now(UTC)
    known |= {place(one): one for one in held if one.version is not None}
    after, lost = asyncio.run(copy_objects(house, shelf, known, say))
    all_held = list(({place(one): one for one in held} | {place(one): one for one in after}).values())
    data = lines(all_held)
    (part / "objects.jsonl").write_bytes(data)
    # What the manifest vouches for is on the disk before it is.
    to_disk(shelf.place)
    salt = secrets.token_hex(16)
    manifest = Manifest(
        name=name,
        house=about.house,
        epoch=about.epoch,
        began_at=about.now,
        ended_at=ended_at,
        schema=about.schema,
        postgres=about.postgres,
        database_bytes=database.base_bytes(part / "postgres"),
        database_sha256=database.base_digest(part / "postgres"),
        objects=len(all_held),
        objects_bytes=sum(one.size for one in {one.sha256: one for one in all_held}.values()),
        objects_sha256=sha256(data).hexdigest(),
        lost=len(lost),
        checkpoints=about.checkpoints,
        audit_keys=about.audit_keys,
        salt=salt,
        prints=prints_of(house.keys, salt),
        database=about.database,
        superuser=about.superuser,
    )
    shelf.write_manifest(part, manifest, house.keys)
    for one in lost[:20]:
        say(f"the object store has lost {one.key}, which the database names")
    return len(lost)


async def copy_objects(
    house: House, shelf: Shelf, known: Mapping[Place, Held], say: Say, since: datetime = EVER
) -> tuple[list[Held], list[Named]]:
    """Copy what the database names now, of versions that changed since; what is held of it, and what is lost: the store
    has not what the database still names afterwards."""
    blobs = Blobs(house.settings)
    connection = await _connect(house)
    try:
        wanted = await named(connection, since)
        held, absent = await copy_out(blobs, shelf, wanted, known, say)
        if absent:
            still = {one.place for one in await named(connection, since)}
            # The text that was found is optional: it is read again out of the bytes.
            absent = [one for one in absent if one.place in still and one.version is not None]
        return held, absent
    finally:
        await connection.close()
        blobs.close()


async def keep_received(house: House, shelf: Shelf, epoch: str, slot: str) -> None:
    """Write down how much of the log a follower has."""
    connection = await _connect(house)
    try:
        await log.note(connection, shelf, epoch, slot, house.keys)
    finally:
        await connection.close()


async def keep_ledger(house: House, shelf: Shelf) -> None:
    """Write beside the backups what has been destroyed by now, and who may what."""
    connection = await _connect(house)
    try:
        await ledger.keep(connection, shelf, house.keys)
        await authority.keep(connection, shelf, house.keys)
    finally:
        await connection.close()


async def ask(house: House) -> About:
    """Raises `StackError` when the database does not answer."""
    connection = await _connect(house)
    try:
        row = await connection.fetchrow(backups.ABOUT)
        notes = {str(one["log"]): one["note"] for one in await connection.fetch(backups.CHECKPOINTS)}
        signers = [one["key"] for one in await connection.fetch(backups.AUDIT_KEYS)]
        id = await connection.fetchval(backups.HOUSE)
        return About(
            id, row["epoch"], row["schema"], row["version"], row["bytes"], row["database"], row["superuser"],
            row["now"], notes, signers,
        )  # fmt: skip
    finally:
        await connection.close()


async def _record(house: House, act: str, name: str) -> None:
    """Say in the record what the person at the machine does. A backup that cannot be recorded is not made."""
    connection = await _connect(house, house.settings.postgres_system)
    try:
        await record(connection, act, name)
    finally:
        await connection.close()


async def record(
    connection: Any, act: str, about: str = "", *, log: UUID = HOUSE, thing: UUID | None = None
) -> None:
    """One entry of what the person at the machine does, in the transaction of `connection`; in the house's own log
    unless an organisation's is named."""
    entry, private = audit.made(
        act=act, at=datetime.now(UTC), by=OPERATOR, rule="operator", about=about, log=log, thing=thing
    )
    await connection.execute(
        audit.RECORD, entry.log, None, None, canonical(entry), msgspec.json.encode(private)
    )


async def _connect(house: House, dsn: str | None = None) -> Any:
    try:
        return await asyncpg.connect(dsn or house.settings.postgres_owner, timeout=CONNECT_S)
    except (OSError, asyncpg.PostgresError) as problem:
        raise StackError(f"The database does not answer ({problem}); `casewire doctor` says more.") from None
