"""What people took back after the moment that is restored is taken back once more: by an event of its own, which the
record of the restored history tells of, with what was said put aside as whoever took it back would have done."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from deploy.embedded.child import StackError
from schemas.audit import OPERATOR
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import changed
from schemas.settings import Settings
from storage.postgres import ledger, locks, messages
from storage.postgres.pool import Database


async def apply(settings: Settings, connection: Any, lines: Sequence[str]) -> int:
    """How many were. `lines` are the ledger's; `connection` is of the role that owns the tables, or of one above."""
    due = await ledger.unretracted(connection, lines)
    if not due:
        return 0
    database = await Database.open(settings, roles=("system",))
    try:
        for one in due:
            if not one["retracted"]:
                await _retract(database, one)
            # Second, since a hold lets the events of nothing be blanked but of what was taken back. Whoever died in
            # between is found again by the next.
            await connection.execute(messages.BLANK_AGAIN, one["case_id"], one["id"], one["seq"])
    except Refused as problem:
        raise StackError(f"What was taken back since could not be taken back again: {problem.detail}") from None
    finally:
        await database.close()
    return len(due)


async def _retract(database: Database, one: Any) -> None:
    lock = locks.of_streams(one["org"], one["case_id"])
    async with database.writing_as_system(lock, datetime.now(UTC), by=OPERATOR) as unit:
        unit.rule = "operator"
        facts, row = await unit.facts(messages.MESSAGE, one["id"])
        before = messages.message(row)
        after = changed(before, body=None, attachments=[], retracted_at=one["at"])
        audience, people = tuple(row["audience"]), tuple(row["people"])
        unit.append(facts.stream, NewEvent("message.retracted", before.id, after, audience, people))
        await unit.write(
            messages.RETRACT_UNSEALED, before.id, before.revision, before.body, one["at"], before.author,
            [version.version for version in before.attachments],
        )  # fmt: skip
