"""8,000 sockets, signed in and subscribed, of 200 people in 25 cases: what each costs while nothing happens.

Beside them what as many take in a server that only shook hands with them: see `_shake.py`.
"""

import asyncio
from pathlib import Path
from typing import Any

from deploy.bench._crowd import crowd, everyone
from deploy.bench._history import write
from deploy.bench._memory import kernel_bytes, resident_bytes
from deploy.bench._rig import Rig, cpu_s, run
from deploy.bench._scene import people_for, scene
from deploy.bench._shake import shaker

SOCKETS, CASES = 8000, 25
QUICK_SOCKETS, QUICK_CASES = 60, 3
WARM_PART = 100  # of all sockets, one in so many comes and goes before: what is built once is not theirs
AT_ONCE = 200
SETTLE_S = 2.0
WATCH_S, QUICK_WATCH_S = 10.0, 0.5
ARRIVE_S = 20.0
BYTES_MAX = 12 << 10


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("idle", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str, dict[str, Any]]:
    sockets, cases = (QUICK_SOCKETS, QUICK_CASES) if rig.quick else (SOCKETS, CASES)
    gateway = rig.pids.get("gateway")
    async with scene(rig.settings, people=people_for(sockets), cases=cases) as set_up:
        tokens = [person.token for person in set_up.people[1:]]
        plan = everyone(tokens, [case for case, _ in set_up.rooms], sockets)
        async with crowd(rig.settings.live_port, plan) as clients:
            await clients.connect(0, sockets // WARM_PART, at_once=AT_ONCE)
            await clients.drop()
            await asyncio.sleep(SETTLE_S)
            before, kernel = resident_bytes(gateway), kernel_bytes()
            there = await clients.connect(at_once=AT_ONCE)
            if there.ready != sockets:
                raise AssertionError(f"the gateway let in {there.ready} of {sockets}: {there}")
            await asyncio.sleep(SETTLE_S)
            after, kernel = resident_bytes(gateway), kernel_bytes() - kernel
            used = cpu_s(gateway)
            watched = QUICK_WATCH_S if rig.quick else WATCH_S
            await asyncio.sleep(watched)
            used = (cpu_s(gateway) or 0.0) - used if used is not None else None
            await clients.clear()
            for room in set_up.rooms:
                await write(set_up, room, 1)
            heard = await clients.until(sockets, ARRIVE_S)
        bare = await _others("bare", tokens, sockets)
        served = await _others("serve", tokens, sockets)
    each = (after - before) / sockets if after is not None and before is not None else None
    figures = {
        "sockets": sockets,
        "resident_bytes_each": each,
        "resident_bytes": after,
        "kernel_bytes_each": kernel / sockets,
        "gateway_cpu_percent": used / watched * 100 if used is not None else None,
        "lost": max(sockets - heard.events, heard.gaps),
        "repeated": heard.repeats,
        "closed": sum(heard.closes.values()),
    }
    whole = not figures["lost"] and not figures["repeated"] and not figures["closed"]
    passed = whole and (rig.quick or (each is not None and each <= BYTES_MAX))
    verdict = (
        f"{sockets} sockets that wait take {(each or 0) / 1024:.1f} KiB of the gateway's memory each (at most "
        f"{BYTES_MAX / 1024:.0f}), and the next event reaches all but {figures['lost']}"
    )
    return (
        figures,
        {"bare_protocol_resident_bytes_each": bare},
        passed,
        verdict,
        {"websockets_serve_resident_bytes_each": served},
    )


async def _others(kind: str, tokens: list[str], sockets: int) -> float:
    async with shaker(kind, [tokens[n % len(tokens)] for n in range(sockets)]) as there:
        return there.resident_bytes_each
