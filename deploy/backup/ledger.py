"""What was destroyed, beside the backups: so that a restore to before it does not bring it back.

`erasures.jsonl` holds the lines of `storage.postgres.ledger` (ids, kinds, dates and reasons) and at last a signature
by the keys: whoever could write a line of it would have a restore destroy something.
"""

import json
from typing import Any

import asyncpg

from deploy.backup.keys import Keys, signed
from deploy.backup.shelf import Shelf
from deploy.embedded.child import StackError
from deploy.embedded.nats import write_private
from storage.postgres import ledger

FILE = "erasures.jsonl"


async def keep(connection: Any, shelf: Shelf, keys: Keys) -> None:
    """Add what the database knows of to what stands there; a line that is newer takes the older one's place."""
    known = {_id(line): line for line in read(shelf, keys)}
    merged = known | {_id(line): line for line in await ledger.lines(connection)}
    if merged != known:
        body = "".join(f"{line}\n" for line in merged.values())
        write_private(
            shelf.place / FILE, body + json.dumps({"signature": signed(keys, body.encode())}) + "\n"
        )


def read(shelf: Shelf, keys: Keys) -> list[str]:
    """Raises `StackError` for a ledger that nobody with these keys wrote."""
    try:
        *lines, last = (shelf.place / FILE).read_text().splitlines()
        if json.loads(last)["signature"] == signed(keys, "".join(f"{line}\n" for line in lines).encode()):
            return lines
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise StackError(
        f"{shelf.place / FILE} was not written with these keys, or is damaged; put the right one back."
    )


async def apply(connection: Any, lines: list[str]) -> int:
    """Destroy again what the restored database still has; how much. The workers take the rows away once they run."""
    try:
        return sum((await ledger.apply(connection, lines)).values())
    except asyncpg.PostgresError as problem:
        raise StackError(f"What was erased since could not be erased again: {problem}") from None


def _id(line: str) -> tuple[str, str]:
    found: Any = json.loads(line)
    return found["what"], str(found["row"].get("id") or found["row"]["thing"])
