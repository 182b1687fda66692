"""What tests of the record's log share."""

import asyncio
from typing import Any

from workers.sequence import Sequencer

SKIP = """update audit_position p set tx = e.tx, id = e.id
    from (select tx, id from audit_entries order by tx desc, id desc limit 1) e where (p.tx, p.id) < (e.tx, e.id)"""


async def from_here_on(on: Any) -> None:
    """Let a sequencer begin with what is written from now on: tests before may have given places by hand."""
    await on.execute(SKIP)


async def placed(sequencer: Sequencer) -> int:
    """Until each committed entry has its place; how many got one. Whoever writes anywhere in the cluster meanwhile
    holds them back for that long."""
    total = 0
    async with asyncio.timeout(60):
        while (await sequencer.waiting())[0]:
            total += await sequencer.place()
    return total
