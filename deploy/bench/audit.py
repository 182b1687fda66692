"""What the record costs: a message posted, each with its entry and without, in turns.

Two hubs of the bench's own answer the same requests of the same person over one connection each, one request at a time,
taking turns: one is the product, the other commits its writes without the entry that says who did what
(`_hub_apart.py`). The cost is what a post takes longer, as a part of the whole. Counted is that one leaves an entry for
each of its posts and the other none.
"""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg

from deploy.bench._cpu import Meter
from deploy.bench._http import connect
from deploy.bench._rig import Rig, run
from deploy.bench._scene import scene
from deploy.bench.wall import WARM, Arm, hub_apart, posts_in_turns

ROUNDS, QUICK_ROUNDS = 2000, 12
SHARE_MAX = 0.08
POSTED = "select count(*) from audit_entries where entry like $1"


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    async with AsyncExitStack() as stack:
        set_up = await stack.enter_async_context(scene(rig.settings, people=3, cases=3))
        owner = await asyncpg.connect(rig.settings.postgres_owner)
        stack.push_async_callback(owner.close)
        hubs = [await stack.enter_async_context(hub_apart(rig, without=one)) for one in ("", "--unrecorded")]
        arms = [Arm(await connect(hub.port), hub.port) for hub in hubs]
        for arm in arms:
            stack.callback(arm.client.close)
        rounds = QUICK_ROUNDS if rig.quick else ROUNDS
        meter = Meter({"with": hubs[0].pid, "without": hubs[1].pid}, "with", "without")
        before = await _posted(owner)
        meter.start()
        with_, without = await posts_in_turns(set_up, arms, rounds)
        cpu = meter.us_per(WARM + rounds)
        entries = await _posted(owner) - before
    share = max(0.0, (with_ - without) / with_)
    each = entries / (WARM + rounds)
    figures = {
        "write_p50_ms": with_ * 1e3,
        "write_audit_share": share,
        "hub_cpu_us_per_write": cpu["with"],
        "entries_per_write": each,
    }
    floors = {"write_without_p50_ms": without * 1e3, "hub_cpu_without_us_per_write": cpu["without"]}
    verdict = (
        f"the entry that a post leaves takes {share:.1%} of it (at most {SHARE_MAX:.0%}); "
        f"{each:g} entries for each post with them, and none without"
    )
    return figures, floors, share <= SHARE_MAX and each == 1, verdict


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    """To repeat it: `casewire bench audit`, on a machine that does nothing else."""
    return run("audit", measure, data, json=json, quick=quick)


async def _posted(owner: Any) -> int:
    return int(await owner.fetchval(POSTED, b"%message.posted%"))
