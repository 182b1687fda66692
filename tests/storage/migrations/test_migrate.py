"""The migration runner: in order, once, each whole or not at all, and only on a database that it knows."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded.postgres import Postgres
from storage.migrations import Migration, MigrationError, available, migrate

FIRST = Migration(1, "first", "create table one (id int); insert into one values (1);")
SECOND = Migration(2, "second", "alter table one add name text;")
BROKEN = Migration(3, "broken", "create table half (id int); select no_such_function();")
# Its own SQL succeeds and the note that it ran does not: the two belong to one transaction.
UNRECORDED = Migration(
    3, "unrecorded", "create table half (id int); alter table schema_migrations drop column checksum;"
)


@pytest.fixture
def empty(shared: dict[str, str], worker: str, tmp_path: Path) -> Iterator[str]:
    """The owner's DSN of an empty database."""
    postgres = Postgres(Path(shared["postgres_home"]), tmp_path / "log", Path(shared["socket_dir"]))
    name = f"casewire_migrate_{worker}"
    postgres.drop_database(name)
    postgres.make_database(name)
    yield postgres.dsn("casewire_owner", name)
    postgres.drop_database(name)


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_is_missing_is_applied_in_order_and_only_once(empty: str) -> None:
    assert await migrate(empty, [FIRST]) == ["0001_first"]
    assert await migrate(empty, [FIRST, SECOND]) == ["0002_second"]
    assert await migrate(empty, [FIRST, SECOND]) == []
    assert await ask(empty, "select count(*) from one") == 1


async def test_two_starts_at_once_apply_each_migration_once(empty: str) -> None:
    answers = await asyncio.gather(*(migrate(empty, [FIRST, SECOND]) for _ in range(4)))
    assert sorted(name for applied in answers for name in applied) == ["0001_first", "0002_second"]
    assert await ask(empty, "select count(*) from one") == 1


@pytest.mark.parametrize("broken", [BROKEN, UNRECORDED], ids=lambda migration: migration.name)
async def test_a_migration_that_fails_leaves_nothing_of_itself(empty: str, broken: Migration) -> None:
    with pytest.raises(MigrationError, match=f"0003_{broken.name}"):
        await migrate(empty, [FIRST, SECOND, broken])
    assert await ask(empty, "select max(number) from schema_migrations") == 2
    assert await ask(empty, "select to_regclass('half') is null")


async def test_a_changed_file_is_refused(empty: str) -> None:
    await migrate(empty, [FIRST])
    with pytest.raises(MigrationError, match=r"^0001_first\.sql has changed"):
        await migrate(empty, [FIRST._replace(sql=FIRST.sql + " "), SECOND])
    assert await ask(empty, "select max(number) from schema_migrations") == 1


async def test_a_database_of_a_newer_casewire_is_refused(empty: str) -> None:
    await migrate(empty, [FIRST, SECOND])
    with pytest.raises(MigrationError, match="0002 by a newer Casewire"):
        await migrate(empty, [FIRST])


@pytest.mark.parametrize("names", [["0001_a.sql", "0003_b.sql"], ["0001_a.sql", "0001_b.sql"], ["first.sql"]])
def test_a_gap_a_double_and_an_odd_name_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("select 1;")
    with pytest.raises(MigrationError):
        available(tmp_path)
