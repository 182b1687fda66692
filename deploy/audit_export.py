"""`casewire audit export-log`: an organisation's record as files, as `deploy/verify/README.md` says."""

import asyncio
import os
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import asyncpg
import msgspec

from deploy.embedded.child import StackError
from schemas.settings import Settings
from storage.postgres import audit_log

ROWS = 2_000


def main(settings: Settings, org: str, to: Path, *, private: bool) -> None:
    """Raises `StackError` where there is nothing to write, or something lies there already."""
    try:
        log = UUID(org)
    except ValueError:
        raise StackError(f"{org!r} is no id of an organisation; `casewire audit checkpoint` lists them.") from None
    if to.exists() and any(to.iterdir()):
        raise StackError(f"{to} is not empty; name a folder that is not there yet.")
    size = asyncio.run(export(settings, log, to, private=private))
    print(f"{size:,} entries are in {to}; `casewire audit verify {to}` checks them")


async def export(settings: Settings, log: UUID, to: Path, *, private: bool = False) -> int:
    """Write the record folder, in one snapshot; how many entries. A row at a time is in memory."""
    connection: Any = await asyncpg.connect(settings.postgres_system)
    try:
        await connection.execute(
            "begin isolation level repeatable read read only; set local transaction_timeout = 0;"
            " set local statement_timeout = 0"
        )
        head = await connection.fetchrow(audit_log.SIGNED, log)
        if head is None:
            raise StackError(f"Nothing was signed of a log {log} yet; `casewire audit checkpoint` lists them.")
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = [row["key"] for row in await connection.fetch(audit_log.KEYS)]
        (to / "key.txt").write_text("".join(f"{key}\n" for key in keys))
        # Addresses and salts, if any, for their owner alone.
        opens = _own(to / "private.jsonl") if private else None
        try:
            with (to / "entries.jsonl").open("wb") as entries, (to / "checkpoints.txt").open("w") as notes:
                cursor = await connection.cursor(audit_log.LOGGED, log, head["signed"])
                while rows := await cursor.fetch(ROWS):
                    for row in rows:
                        entries.write(row["entry"] + b"\n")
                        if opens is not None and row["private"] is not None:
                            one = {"n": row["n"], **msgspec.json.decode(row["private"])}
                            opens.write(msgspec.json.encode(one, order="sorted") + b"\n")
                written = ""
                cursor = await connection.cursor(audit_log.SIGNED_NOTES, log, head["signed"])
                while rows := await cursor.fetch(ROWS):
                    for row in rows:
                        written = row["note"]
                        notes.write(written + "---\n")
                if head["note"] != written:
                    notes.write(head["note"])
        finally:
            if opens is not None:
                opens.close()
    finally:
        await connection.close()
    return head["signed"]


def _own(path: Path) -> IO[bytes]:
    """A file for its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
