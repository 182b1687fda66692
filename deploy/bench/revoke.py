"""A thousand races: somebody follows a case into which others write without pause, and is shut out of it.

In turn their role in the case is taken away, they sign out, they are removed from the organisation, they leave the team
by which they take part, or a wall is raised against them, be they a client or an administrator (and lifted again).
Measured is from that request, so no less than from its commit, until it is told at their sockets, one on each of two
gateways. Whatever was committed after it must never be given to them. A race proves something where each of their
sockets was given an event before, and others at the same gateways were given more that were committed after. The floor
is what any event takes from its request to its arrival, in the same run.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from itertools import count, cycle
from pathlib import Path
from typing import Any

from deploy.bench._race import KINDS, PEOPLE_EACH, Lane, Outcome
from deploy.bench._rig import Measured, Rig, latencies, percentile, run
from deploy.bench._scene import scene

RACES, QUICK_RACES = 1000, 12
LANES, QUICK_LANES = 6, 2  # races at once, each in a case of its own
P99_MS_MAX = 250.0


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("revoke", measure, data, json=json, quick=quick, copies={"gateway": 2})


async def measure(rig: Rig) -> Measured:
    races, lanes = (QUICK_RACES, QUICK_LANES) if rig.quick else (RACES, LANES)
    ports = live_ports(rig)
    async with AsyncExitStack() as exit:
        set_up = await exit.enter_async_context(
            scene(rig.settings, people=1 + lanes * PEOPLE_EACH, cases=lanes, closed=True)
        )
        opened: list[Lane] = []
        for n in range(lanes):
            lane = Lane(set_up, n, rig.settings.http_port, ports)
            exit.push_async_callback(lane.close)
            await lane.open()
            opened.append(lane)
        outcomes = await run_races(opened, races)
        events = [seconds for lane in opened for seconds in lane.event_seconds()]
    took = [seconds for one in outcomes for seconds in one.took_s]
    wrong = {name: sum(getattr(one, name) for one in outcomes) for name in ("leaked", "late", "open")}
    figures: dict[str, Any] = {"races": len(outcomes), "gateways": len(ports)} | latencies("", took)
    figures |= {"slowest_ms": max(took, default=0.0) * 1e3}
    for kind in KINDS:
        figures |= latencies(f"{kind}_", [s for one in outcomes if one.kind == kind for s in one.took_s])
    figures |= {
        "events_given_after_it": wrong["leaked"],
        "frames_after_the_end": wrong["late"],
        "not_ended": wrong["open"],
        "events_after_it": sum(one.passed for one in outcomes),
        "unproven": sum(not one.proven for one in outcomes),
    }
    floors = latencies("event_", events)
    passed = (
        not any(wrong.values()) and not figures["unproven"] and percentile(took, 0.99) * 1e3 <= P99_MS_MAX
    )
    verdict = (
        f"{len(outcomes)} times shut out, {len(outcomes) - figures['unproven']} of them proven, while others wrote "
        f"{figures['events_after_it']} events more: told after "
        f"p50 {figures['p50_ms']:.1f} ms, p99 {figures['p99_ms']:.1f} ms (bound {P99_MS_MAX:.0f} ms) at {len(ports)} "
        f"gateways; given after it {wrong['leaked']}, after the end {wrong['late']}, not ended {wrong['open']}"
    )
    return figures, floors, passed, verdict


async def run_races(lanes: list[Lane], races: int) -> list[Outcome]:
    """As many at once as there are lanes."""
    outcomes: list[Outcome] = []
    numbers = count()

    async def one_after_another(lane: Lane, first: int) -> None:
        for kind in cycle(KINDS[first % len(KINDS) :] + KINDS[: first % len(KINDS)]):
            if next(numbers) >= races:
                return
            outcomes.append(await lane.race(kind))

    async with asyncio.TaskGroup() as group:
        for n, lane in enumerate(lanes):
            group.create_task(one_after_another(lane, n))
    return outcomes


def live_ports(rig: Rig) -> list[int]:
    """Of every gateway of the stack."""
    found: list[Mapping[str, str]] = [
        environ for name, environ in rig.environs.items() if name.partition(".")[0] == "gateway"
    ]
    return [int(environ["CASEWIRE_LIVE_PORT"]) for environ in found] or [rig.settings.live_port]
