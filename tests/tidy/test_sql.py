"""Every SQL statement of storage prepares against the migrated schema, and the migrations give `storage/schema.sql`."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest

import storage.postgres
from deploy.embedded.postgres import binary
from tests.conftest import Database

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "storage" / "schema.sql"
VERBS = re.compile(r"\s*(select|insert|update|delete|with)\b", re.IGNORECASE)


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(storage.postgres.__path__, "storage.postgres."):
        yield importlib.import_module(found.name)


STATEMENTS = sorted(
    (f"{module.__name__.rpartition('.')[2]}.{name}", value)
    for module in modules()
    for name, value in vars(module).items()
    if isinstance(value, str) and name.isupper() and VERBS.match(value)
)


def test_there_are_statements() -> None:
    assert len(STATEMENTS) > 60


async def test_every_statement_prepares(database: Database) -> None:
    connection = await asyncpg.connect(database.superuser)
    wrong: list[str] = []
    try:
        for name, statement in STATEMENTS:
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                wrong.append(f"{name}: {error}")
    finally:
        await connection.close()
    assert wrong == []


def test_sql_stands_in_storage_alone() -> None:
    """A statement elsewhere would escape the test above. Single calls of a declared function are let through."""
    found: list[str] = []
    for folder in ("hub", "gateway", "workers", "schemas"):
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and re.match(
                        r"\s*(insert into|update \w+ set|delete from|with \w+ as|select .* from (?!\w+\())",
                        node.value,
                        re.IGNORECASE | re.DOTALL,
                    )
                ):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def dumped(database: Database) -> str:
    """The schema as pg_dump gives it, without what differs from run to run."""
    done = subprocess.run(
        [binary("pg_dump"), "--schema-only", "--no-owner", "--no-comments", "--restrict-key=x",
         "--dbname", database.superuser],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\", "SET "))]
    return "\n".join(lines) + "\n"


def test_migrations_give_the_schema(database: Database, request: pytest.FixtureRequest) -> None:
    fresh = dumped(database)
    if request.config.getoption("--write-schema"):
        SCHEMA.write_text(fresh)
    assert SCHEMA.read_text() == fresh, "run: pytest tests/tidy/test_sql.py --write-schema"


def test_every_module_of_storage_says_what_it_is() -> None:
    for module in modules():
        assert inspect.getdoc(module), module.__name__
