"""The record as tests read it: entries as they were written, oldest first, and what opens them."""

from typing import Any, NamedTuple

import msgspec

from schemas.audit import Entry, Private, entry_of


class Found(NamedTuple):
    entry: Entry
    private: Private
    data: bytes  # the entry's exact bytes


async def entries(owner: Any, **wanted: Any) -> list[Found]:
    """All entries whose fields are as `wanted` (`person` is that of the actor)."""
    rows = await owner.fetch("select entry, private from audit_entries order by tx, id")
    found = [
        Found(entry_of(row["entry"]), msgspec.json.decode(row["private"] or "{}", type=Private), row["entry"])
        for row in rows
        if row["private"] is not None
    ]
    return [one for one in found if all(_has(one.entry, name, value) for name, value in wanted.items())]


def _has(entry: Entry, name: str, value: Any) -> bool:
    return (entry.by.person if name == "person" else getattr(entry, name)) == value


async def count(owner: Any) -> int:
    return int(await owner.fetchval("select count(*) from audit_entries"))


async def newest(owner: Any, before: int) -> list[Entry]:
    """What was written after the first `before`, without what was only asked of keys on the way."""
    rows = await owner.fetch("select entry from audit_entries order by tx, id")
    found = [entry_of(row["entry"]) for row in rows[before:]]
    return [one for one in found if not one.act.startswith("key.")]
