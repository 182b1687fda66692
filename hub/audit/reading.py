"""Reads that the record holds because it is privileged what they show: conversations, events, what search finds."""

from collections.abc import Collection
from uuid import UUID

from hub.context import Hub, Who
from storage.postgres import audit
from storage.postgres.pool import translated


async def record_read(
    hub: Hub, who: Who, act: str, cases: Collection[UUID], thing: UUID | None = None
) -> None:
    """One entry for each organisation whose privileged cases are among `cases`, before anything of them is told; raises
    `unavailable` where it cannot be written. It names the case where it is one."""
    async with translated():
        found = await hub.privileged.among(hub.database.system, set(cases))
    for org in sorted(set(found.values())):
        of_org = [case for case, its in found.items() if its == org]
        entry, private = audit.made(
            act=act,
            at=hub.clock(),
            by=who.actor,
            rule="read",
            log=org,
            case=of_org[0] if len(of_org) == 1 else None,
            thing=thing,
            address=who.doing.address,
        )
        await hub.recorder.record(entry, private)
