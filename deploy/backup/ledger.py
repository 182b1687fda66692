"""What was destroyed, beside the backups: so that a restore to before it does not bring it back.

`erasures-PRINT.jsonl` holds the lines of `storage.postgres.ledger` (ids, kinds, dates and reasons) and at last a
signature by the keys: whoever could write a line of it would have a restore destroy something. PRINT is that
of the keys, so that a house whose keys change goes on in a file of its own, and what was signed before counts on.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from deploy.backup.keys import Keys, signed
from deploy.backup.shelf import Shelf
from deploy.embedded.child import StackError
from deploy.embedded.nats import write_private
from storage.postgres import ledger

NAME = "erasures"


async def keep(connection: Any, shelf: Shelf, keys: Keys) -> None:
    """Add what the database knows of to what stands there; a line that is newer takes the older one's place."""
    file = file_of(shelf.place, NAME, keys)
    known = {_id(line): line for line in read_signed(file, [keys])} if file.exists() else {}
    merged = known | {_id(line): line for line in await ledger.lines(connection)}
    if merged != known:
        write_signed(file, list(merged.values()), keys)


def read(shelf: Shelf, sets: Sequence[Keys]) -> list[str]:
    """Every line that was signed with one of these sets of keys. Raises `StackError` for a ledger that nobody with any
    of them wrote."""
    return list(dict.fromkeys(line for file in files(shelf.place, NAME) for line in read_signed(file, sets)))


async def apply(connection: Any, lines: list[str]) -> int:
    """Destroy again what the restored database still has; how much. The workers take the rows away once they run."""
    try:
        return sum((await ledger.apply(connection, lines)).values())
    except asyncpg.PostgresError as problem:
        raise StackError(f"What was erased since could not be erased again: {problem}") from None


def files(folder: Path, name: str) -> list[Path]:
    return sorted([*folder.glob(f"{name}.jsonl"), *folder.glob(f"{name}-*.jsonl")])


def file_of(folder: Path, name: str, keys: Keys) -> Path:
    return folder / f"{name}-{signed(keys, name.encode())[:16]}.jsonl"


def write_signed(file: Path, lines: Sequence[str], keys: Keys) -> None:
    body = "".join(f"{line}\n" for line in lines)
    write_private(file, body + json.dumps({"signature": signed(keys, body.encode())}) + "\n")


def read_signed(file: Path, sets: Sequence[Keys]) -> list[str]:
    """Raises `StackError` for what nobody with one of these sets of keys wrote."""
    try:
        *lines, last = file.read_text().splitlines()
        signature = json.loads(last)["signature"]
        body = "".join(f"{line}\n" for line in lines).encode()
        if any(signature == signed(keys, body) for keys in sets):
            return lines
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise StackError(f"{file} was not written with these keys, or is damaged; put the right one back.")


def _id(line: str) -> tuple[str, str]:
    found: Any = json.loads(line)
    return found["what"], str(found["row"].get("id") or found["row"]["thing"])
