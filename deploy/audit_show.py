"""`casewire audit show`: a log of the record, for the person at the machine; also the house's, which no page shows."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from deploy.embedded.child import StackError
from schemas.audit import HOUSE
from schemas.audit_questions import Question, Recorded
from schemas.settings import Settings
from storage.postgres import audit_questions as asking
from storage.postgres.audit_questions import Asked
from storage.postgres.pool import PASSING

SHOWN_MAX = 10_000
PEOPLE = "select id, name from people where id = any($1::uuid[])"


def main(
    settings: Settings, log: str, *, since: str, acts: Sequence[str], limit: int, refused: bool, as_json: bool
) -> None:
    """Print the newest entries of a log, the newest last, as people read them at a terminal."""
    if not 1 <= limit <= SHOWN_MAX:
        raise StackError(f"--limit is between 1 and {SHOWN_MAX}.")
    asked = Asked(
        _log(log),
        Question(act=tuple(acts), from_=_moment(since), outcome="refused" if refused else None),
    )
    try:
        rows, names = asyncio.run(_read(settings, asked, limit))
    except asyncpg.UndefinedTableError:
        raise StackError("The database lacks the record; run `casewire migrate`.") from None
    except PASSING as problem:
        raise StackError(f"PostgreSQL does not answer: {problem}.") from None
    for row in reversed(rows):
        sys.stdout.write((row["entry"].decode() if as_json else _line(row, names)) + "\n")
    if not rows and not as_json:
        print("Nothing in this log fits.")


def _log(text: str) -> UUID:
    if text == "house":
        return HOUSE
    try:
        return UUID(text)
    except ValueError:
        raise StackError(
            f"{text} is no log: say `house`, or the id of an organisation; `casewire audit checkpoint` lists them."
        ) from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise StackError(f"{text} is no moment; say one as in 2026-03-01 or 2026-03-01T09:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _read(settings: Settings, asked: Asked, limit: int) -> tuple[list[Any], dict[UUID, str]]:
    connection = await asyncpg.connect(settings.postgres_system)
    try:
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=str, decoder=msgspec.json.decode
        )
        statement, values = asking.page(asked, None, limit)
        rows = await connection.fetch(statement, *values)
        people = [row["person"] for row in rows if row["person"] is not None]
        return rows, {row["id"]: row["name"] for row in await connection.fetch(PEOPLE, people)}
    finally:
        await connection.close()


def _line(row: Any, names: dict[UUID, str]) -> str:
    one: Recorded = asking.recorded(row, address=True)
    who = names.get(one.by.person, str(one.by.person)) if one.by.person else one.by.kind
    parts = [
        one.at.isoformat(timespec="seconds"), "REFUSED" if one.outcome == "refused" else "done   ", one.act,
        f"by {who}", f"on {one.thing}" if one.thing else "",
        f"in {one.case}" if one.case else "", f"from {one.address}" if one.address else "", f"({one.rule})",
    ]  # fmt: skip
    return printable("  ".join(part for part in parts if part))


def printable(text: str) -> str:
    """Names are people's own words: none of them moves the cursor of a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
