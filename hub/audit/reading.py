"""Reads that the record holds: of documents' text, and of what is privileged: conversations, events, what search finds.
Each is written down before anything of it is told; where it cannot be, `unavailable` is raised and nothing is told."""

import asyncio
from collections.abc import Collection
from typing import Any
from uuid import UUID

from hub.context import Hub, Who
from schemas.audit import Version
from storage.postgres import audit
from storage.postgres.pool import translated


async def record_read(
    hub: Hub, who: Who, act: str, cases: Collection[UUID], thing: UUID | None = None
) -> None:
    """One entry for each privileged case among `cases`, which stands in the record of that case."""
    async with translated():
        found = await hub.privileged.among(hub.database.system, set(cases))
    await asyncio.gather(
        *(_record(hub, who, act, log=org, case=case, thing=thing) for case, org in sorted(found.items()))
    )


async def record_document(hub: Hub, who: Who, version: UUID, row: Any) -> None:
    """That the text of a version is read; `row` says of it what `texts.PAGE` does."""
    of = Version(document=row["f_document"], n=row["f_n"], sha256=row["f_sha256"], version=version)
    await _record(hub, who, "document.read", log=row["f_org"], case=row["f_case"], thing=version, of=of)


async def _record(
    hub: Hub, who: Who, act: str, *, log: UUID, case: UUID, thing: UUID | None, of: Version | None = None
) -> None:
    entry, private = audit.made(
        act=act,
        at=hub.clock(),
        by=who.actor,
        rule="read",
        log=log,
        case=case,
        thing=thing,
        of=of,
        address=who.doing.address,
    )
    await hub.recorder.record(entry, private)
