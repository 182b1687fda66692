"""Forward-only migrations: files `NNNN_name.sql` beside this one, applied in order, each in its own transaction."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import asyncpg

LOCK = 0x43575F4D49475241  # "CW_MIGRA": held while migrating, so that two starts do not race
LOCK_WAIT_MAX = "60s"
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

TABLE = """
create table if not exists schema_migrations (
    number      integer primary key,
    name        text not null,
    checksum    text not null,
    applied_at  timestamptz not null default now()
)
"""


class MigrationError(Exception):
    """The database and this code do not fit together; the message is one sentence that says how."""


class Migration(NamedTuple):
    """One file: its number, its name and its text."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def label(self) -> str:
        return f"{self.number:04d}_{self.name}"


def available(folder: Path = Path(__file__).parent) -> list[Migration]:
    """The migrations in `folder`, in order. Raises `MigrationError` for a gap or a doubled number."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name} is not named like 0001_what_it_does.sql.")
        found.append(Migration(int(match[1]), match[2], path.read_text()))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(
            f"The migrations in {folder.name} are not numbered 1 to {len(found)} without gap or double."
        )
    return found


async def migrate(owner_dsn: str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Bring the database of `owner_dsn` up to date and answer the names of what was applied now.

    Raises `MigrationError` when an applied file has changed since, or the database knows migrations that this code
    does not. A file that fails leaves the database as the one before it did.
    """
    wanted = available() if migrations is None else list(migrations)
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute(f"set lock_timeout = '{LOCK_WAIT_MAX}'")
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        await connection.execute("reset lock_timeout")
        await connection.execute(TABLE)
        done = {
            row["number"]: row["checksum"]
            for row in await connection.fetch("select * from schema_migrations")
        }
        _check(wanted, done)
        applied: list[str] = []
        for migration in wanted:
            if migration.number not in done:
                await _apply(connection, migration)
                applied.append(migration.label)
        return applied
    finally:
        await connection.close()


def _check(wanted: Sequence[Migration], done: dict[int, str]) -> None:
    known = {migration.number for migration in wanted}
    if newer := sorted(set(done) - known):
        raise MigrationError(
            f"The database was migrated to {newer[-1]:04d} by a newer Casewire and this one ends at {len(known):04d}; "
            "start the newer one."
        )
    for migration in wanted:
        if done.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationError(
                f"{migration.label}.sql has changed since it was applied to this database; restore the file and put "
                "the change into a new migration."
            )


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)",
                migration.number, migration.name, migration.checksum,
            )  # fmt: skip
    except asyncpg.PostgresError as problem:
        raise MigrationError(f"{migration.label}.sql failed and changed nothing: {problem}") from problem
