"""`casewire audit key` and `casewire audit checkpoint`: what a verifier needs, for the person at the machine."""

import asyncio
import json
import sys
from typing import Any
from uuid import UUID

import asyncpg

from deploy.audit_show import printable
from deploy.embedded.child import StackError
from schemas.settings import Settings
from storage.postgres import audit_log
from storage.postgres.pool import PASSING

NOBODYS = "the house: what belongs to no organisation"


def key(settings: Settings, *, as_json: bool = False) -> None:
    """Print the public keys of the record, the newest first, one a line."""
    rows = _asked(settings, audit_log.KEYS)
    if not rows:
        raise StackError("Nothing was signed yet; `worker sequence` makes its key known when it starts.")
    _print([{"key": row["key"], "since": row["since"].isoformat()} for row in rows], "key", as_json=as_json)


def checkpoint(settings: Settings, log: str = "", *, as_json: bool = False) -> None:
    """Print the newest checkpoint of each log, or of one, with a line `---` after each. Whose each is is said on
    stderr, beside it: the file that somebody keeps holds checkpoints alone."""
    rows = _asked(settings, audit_log.HEADS_OF_ALL)
    if log:
        try:
            wanted = UUID(log)
        except ValueError:
            raise StackError(f"{log} is no log; name an organisation by its id.") from None
        rows = [row for row in rows if row["log"] == wanted]
    if not rows:
        raise StackError("No such log has a checkpoint yet.")
    found = [
        {"log": str(row["log"]), "name": row["name"] or NOBODYS, "size": row["size"], "note": row["note"]}
        for row in rows
    ]
    if not as_json:
        for one in found:
            sys.stderr.write(f"{one['log']}  {one['size']:>9,} entries  {printable(one['name'])}\n")
        sys.stderr.flush()
    _print(found, "note", as_json=as_json, after="---")


def _print(found: list[dict[str, Any]], field: str, *, as_json: bool, after: str = "") -> None:
    if as_json:
        print(json.dumps(found))
        return
    for one in found:
        sys.stdout.write(one[field].rstrip("\n") + "\n" + (after + "\n" if after else ""))


def _asked(settings: Settings, statement: str) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await asyncpg.connect(settings.postgres_system)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except asyncpg.UndefinedTableError:
        raise StackError("The database lacks the record; run `casewire migrate`.") from None
    except PASSING as problem:
        raise StackError(f"PostgreSQL does not answer: {problem}.") from None
