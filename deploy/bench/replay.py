"""A client comes back to a case after 100,000 events, again and again, beside the same rows read and written bare.

Most of them are read from PostgreSQL, the newest come from the gateway's ring, as they would.
"""

import asyncio
import socket
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg

from deploy.bench._cpu import Meter
from deploy.bench._crowd import Crowd, crowd
from deploy.bench._history import write
from deploy.bench._memory import Watch
from deploy.bench._rig import Rig, run
from deploy.bench._scene import scene
from schemas.settings import Settings

EVENTS, QUICK_EVENTS = 100_000, 1500
ROUNDS, QUICK_ROUNDS = 3, 1
EVENTS_PER_S_MIN = 25_000
GROWTH_BYTES_MAX = 16 << 20
FOLLOW_S = 120.0  # until relay and gateway have passed on what was written
REPLAY_S = 60.0
PAGE_ROWS = 2000
ROWS = """select seq, tx, id, type, at::text as at, actor, data::text as data from events
    where stream = $1 and seq > $2 order by seq limit $3"""


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("replay", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    events, rounds = (QUICK_EVENTS, QUICK_ROUNDS) if rig.quick else (EVENTS, ROUNDS)
    gateway = rig.pids.get("gateway")
    meter = Meter(rig.pids, "gateway", "postgres")
    ours: list[float] = []
    bare: list[float] = []
    async with scene(rig.settings, people=2, cases=1) as set_up:
        case, topic = set_up.rooms[0][0], f"case:{set_up.rooms[0][0]}"
        # One for each round, and one that stays and hears when the gateway has followed everything.
        plan = [(set_up.people[1].token, topic)] * (rounds + 1)
        async with crowd(rig.settings.live_port, plan) as clients:
            await clients.connect()
            start = (await clients.sockets())[0].seq
            await clients.drop(0, rounds)
            end = await write(set_up, set_up.rooms[0], events)
            followed = await clients.until(events, FOLLOW_S)
            lost = events - followed.events + followed.gaps
            repeated = followed.repeats
            await clients.drop(rounds, 1)
            cpu = dict.fromkeys(("gateway", "postgres"), 0.0)
            async with Watch(gateway) as memory:
                for number in range(rounds):
                    meter.start()
                    rate, missing, twice = await _replay(clients, number, events)
                    for name, spent in meter.us_per(events).items():
                        if name in cpu:
                            cpu[name] += spent / rounds
                    ours.append(rate)
                    lost, repeated = lost + missing, repeated + twice
                    bare.append(events / await _bare(rig.settings, case, start, end))
    rate, floor = median(ours), median(bare)
    growth = memory.growth
    figures = {
        "events": events,
        "events_per_s": rate,
        "events_per_s_worst": min(ours),
        "gateway_cpu_us_per_event": cpu["gateway"] if gateway else None,
        "postgres_cpu_us_per_event": cpu["postgres"] if rig.pids.get("postgres") else None,
        "gateway_growth_bytes": growth,
        "ratio_to_bare": rate / floor,
        "lost": lost,
        "repeated": repeated,
    }
    flat = growth is not None and growth <= GROWTH_BYTES_MAX
    fast = rig.quick or (rate >= EVENTS_PER_S_MIN and flat)
    verdict = (
        f"{rate:,.0f} events/s to a client that was away for {events:,} (at least {EVENTS_PER_S_MIN:,}; the same rows "
        f"read and written bare {floor:,.0f}/s), the gateway grew by {(growth or 0) / 2**20:.1f} MiB, {lost} lost"
    )
    return figures, {"bare_events_per_s": floor}, fast and not lost and not repeated, verdict


async def _replay(clients: Crowd, socket: int, events: int) -> tuple[float, int, int]:
    """Events a second from the connection on, how many were missing, and how many came twice or out of order."""
    await clients.clear()
    begun = time.perf_counter()
    await clients.resume(socket, 1)
    heard = await clients.until(events, REPLAY_S)
    took = time.perf_counter() - begun
    await clients.drop(socket, 1)
    return events / took, max(events - heard.events, heard.gaps, events - heard.replayed), heard.repeats


async def _bare(settings: Settings, case: UUID, after: int, upto: int) -> float:
    """Seconds to read the rows and write them to a socket, as the same frames, one page after another."""
    connection = await asyncpg.connect(settings.postgres_system)
    near, far = socket.socketpair()
    reader = await asyncio.create_subprocess_exec("cat", stdin=far.fileno(), stdout=subprocess.DEVNULL)
    try:
        far.close()
        begun = time.perf_counter()
        while after < upto:
            rows = await connection.fetch(ROWS, case, after, PAGE_ROWS)
            frames: list[bytes] = []
            for seq, tx, id, type, at, actor, data in rows:
                payload = (
                    f'{{"op":"event","topic":"case:{case}","case":"{case}","seq":{seq},"pos":"{tx}-{id}","type":"{type}",'
                    f'"at":"{at}","actor":"{actor}","data":{data}}}'
                ).encode()
                frames.append(b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload)
            near.sendall(b"".join(frames))
            after = rows[-1]["seq"]
        return time.perf_counter() - begun
    finally:
        near.close()
        await asyncio.wait_for(reader.wait(), 10)
        await connection.close()
