"""One event to 1,000 sockets, paced, through relay, NATS, the wall and the gateway; beside peers in the same run."""

import asyncio
import resource
import time
from pathlib import Path
from statistics import median
from typing import Any

from deploy.bench import _peers
from deploy.bench._http import Post, connect
from deploy.bench._rig import Rig, cpu_s, latencies, run
from deploy.bench._scene import scene
from deploy.bench._socket import listen, until

SOCKETS, QUICK_SOCKETS = 1000, 20
EVENTS, QUICK_EVENTS = 100, 4
PAUSE_S = 0.1
SOCKETS_EACH = 40  # of one person; the gateway lets nobody hold more than 50
WARM_EVENTS = 3
SETTLE_S = 10.0
SPARE_FILES = 200
RATIO_TO_BROADCAST_MAX = 0.75


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("fanout", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    sockets = _room(QUICK_SOCKETS if rig.quick else SOCKETS)
    events = QUICK_EVENTS if rig.quick else EVENTS
    figures = await _gateway(rig, sockets, events)
    floors = {
        f"{kind}_cpu_us_per_delivery": await _peers.cpu_us_per_delivery(kind, sockets, events, PAUSE_S / 2)
        for kind in ("loop", "broadcast")
    }
    ours, theirs = figures["gateway_cpu_us_per_delivery"], floors["broadcast_cpu_us_per_delivery"]
    ratio = ours / theirs if ours is not None else None
    figures |= {
        "ratio_to_broadcast": ratio,
        "ratio_to_loop": ours / floors["loop_cpu_us_per_delivery"] if ours is not None else None,
    }
    whole = not figures["lost"] and not figures["repeated"] and sockets >= (0 if rig.quick else SOCKETS)
    # A tiny run is too short for the clock by which the kernel counts CPU.
    passed = whole and (rig.quick or ratio is None or ratio <= RATIO_TO_BROADCAST_MAX)
    cost = f"{ours:.1f} µs of gateway CPU each" if ours is not None else "the gateway is not of this machine"
    verdict = (
        f"{events} events to {sockets} sockets: {cost} (websockets.broadcast {theirs:.1f} µs), p50 "
        f"{figures['p50_ms']:.0f} ms, p99 {figures['p99_ms']:.0f} ms, {figures['lost']} lost"
    )
    return figures, floors, passed, verdict


async def _gateway(rig: Rig, sockets: int, events: int) -> dict[str, Any]:
    arrived: dict[int, list[float]] = {}
    sent: dict[int, float] = {}
    async with scene(rig.settings, people=1 + -(-sockets // SOCKETS_EACH), cases=1) as set_up:
        case, conversation = set_up.rooms[0]
        poster = await connect(rig.settings.http_port)
        post = Post(rig.settings.http_port, set_up.people[0].token, conversation)
        readers = set_up.people[1:]
        tokens = [readers[n % len(readers)].token for n in range(sockets)]
        listeners = await listen(
            rig.settings.live_port, tokens, case, lambda mark, at: arrived.setdefault(mark, []).append(at)
        )
        try:
            for _ in range(WARM_EVENTS):
                await poster.send(post.request())
                await asyncio.sleep(PAUSE_S)
            before = cpu_s(rig.pids.get("gateway"))
            for mark in range(events):
                at = time.perf_counter()
                status, _ = await poster.send(post.request(f"t={mark};"))
                if status == 201:
                    sent[mark] = at
                await asyncio.sleep(max(0.0, at + PAUSE_S - time.perf_counter()))
            await until(lambda: sum(map(len, arrived.values())) >= len(sent) * sockets, SETTLE_S)
            after = cpu_s(rig.pids.get("gateway"))
            cut = sum(listener.closed for listener in listeners)
        finally:
            poster.close()
            for listener in listeners:
                listener.close()
    deliveries = sum(map(len, arrived.values()))
    spans = [len(times) / (max(times) - min(times)) for times in arrived.values() if max(times) > min(times)]
    used = after - before if before is not None and after is not None else None
    return {
        "sockets": sockets,
        "events": len(sent),
        "deliveries": deliveries,
        "deliveries_per_s_within_an_event": median(spans) if spans else 0.0,
        **latencies("", [at - sent[mark] for mark, times in arrived.items() for at in times if mark in sent]),
        "gateway_cpu_us_per_delivery": used / deliveries * 1e6 if used is not None and deliveries else None,
        "lost": sum(max(0, sockets - len(arrived.get(mark, ()))) for mark in range(events)),
        "repeated": sum(max(0, len(times) - sockets) for times in arrived.values()),
        "cut": cut,
    }


def _room(wanted: int) -> int:
    """As many sockets as this process may open, after asking for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + SPARE_FILES
    if soft < need:
        soft = need if hard == resource.RLIM_INFINITY else min(need, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(wanted, soft - SPARE_FILES)
