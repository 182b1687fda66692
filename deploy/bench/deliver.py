"""From a commit to those who listen: 500 sockets in 25 cases, at a steady rate, beside the floor of every step.

The bench commits in its own process, through the hub's action, so that it knows when the commit was done. What a client
of the HTTP API sees, from its request to the subscriber, is measured with the same sockets.
"""

import asyncio
import gc
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from deploy.bench._crowd import Crowd, crowd
from deploy.bench._hops import hops
from deploy.bench._http import Client, Post, connect
from deploy.bench._rig import Rig, latencies, percentile, run
from deploy.bench._scene import Scene, people_for, scene
from hub.messages.actions import post_message
from schemas.messages import PostMessage
from schemas.subjects import WAKE_RELAY
from storage.bus import Bus

ROOMS, SOCKETS_EACH = 25, 20
RATE_PER_S = 200
HTTP_RATE_PER_S = 50
ROUNDS, QUICK_ROUNDS = 5, 1
SECONDS, QUICK_SECONDS = 2.0, 0.5  # of a round, for each arm
SETTLE_S = 5.0  # how long to wait for the last events
REPEAT_S = 0.05  # what comes twice would come then
RATIO_MAX = 1.6
P99_MS_MAX = 10.0
BODY = "." * 180


class Committed(Bus):
    """Notes when the relay is woken: that is the first thing that happens after a commit."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.at_ns = 0

    async def wake(self, subject: str = WAKE_RELAY) -> None:
        self.at_ns = time.perf_counter_ns()
        await self._bus.wake(subject)


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("deliver", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if rig.quick else (ROUNDS, SECONDS)
    listeners = ROOMS * SOCKETS_EACH
    from_commit: list[float] = []
    from_request: list[float] = []
    lost = repeated = 0
    gc.disable()  # what it would find is little, and the commits that it holds up would count as slow
    async with scene(rig.settings, people=people_for(listeners), cases=ROOMS) as set_up:
        readers = [person.token for person in set_up.people[1:]]
        plan = [
            (readers[n % len(readers)], f"case:{set_up.rooms[n // SOCKETS_EACH][0]}")
            for n in range(listeners)
        ]
        async with (
            crowd(rig.settings.live_port, plan) as listening,
            hops(rig.settings, SOCKETS_EACH) as floors,
        ):
            there = await listening.connect()
            if there.ready != listeners:
                raise AssertionError(f"the gateway let in {there.ready} of {listeners}: {there.error}")
            poster = await connect(rig.settings.http_port)
            try:
                await _committed(set_up, listening, ROOMS)  # warm
                for _ in range(rounds):
                    await floors.measure(int(RATE_PER_S * seconds / 4), 1 / RATE_PER_S)
                    taken = await _committed(set_up, listening, int(RATE_PER_S * seconds))
                    asked = await _requested(rig, set_up, listening, poster, int(HTTP_RATE_PER_S * seconds))
                    from_commit += taken[0]
                    from_request += asked[0]
                    lost, repeated = lost + taken[1] + asked[1], repeated + taken[2] + asked[2]
            finally:
                poster.close()
    at_least = {f"{name}_p50_ms": percentile(times, 0.5) * 1e3 for name, times in floors.steps.items()}
    floor = sum(at_least.values())
    figures: dict[str, Any] = {
        "rate_per_s": RATE_PER_S,
        "sockets": listeners,
        "deliveries": len(from_commit),
        **latencies("commit_to_subscriber_", from_commit),
        "ratio_to_floors": percentile(from_commit, 0.5) * 1e3 / floor,
        **latencies("request_to_subscriber_", from_request),
        "lost": lost,
        "repeated": repeated,
    }
    p50, p99 = figures["commit_to_subscriber_p50_ms"], figures["commit_to_subscriber_p99_ms"]
    passed = not lost and not repeated and (rig.quick or (p50 <= RATIO_MAX * floor and p99 <= P99_MS_MAX))
    verdict = (
        f"commit to subscriber p50 {p50:.2f} ms, {p50 / floor:.2f} x the {floor:.2f} ms of its steps alone, p99 "
        f"{p99:.1f} ms; {listeners} sockets in {ROOMS} cases, {RATE_PER_S} events/s, {lost} lost, {repeated} repeated"
    )
    return figures, at_least | {"sum_of_p50_ms": floor}, passed, verdict


async def _committed(set_up: Scene, listening: Crowd, posts: int) -> tuple[list[float], int, int]:
    """Seconds from commit to each arrival; how many arrivals are missing, and how many came twice."""
    done: dict[int, int] = {}

    async def post(mark: int) -> None:
        bus = Committed(set_up.hub.bus)
        hub = msgspec.structs.replace(set_up.hub, bus=bus)
        request = PostMessage(body=f"t={mark};{BODY}")
        await post_message(hub, set_up.people[0].who, set_up.rooms[mark % ROOMS][1], request, uuid4())
        done[mark] = bus.at_ns

    await listening.clear()
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as posting:
        for mark in range(posts):
            await asyncio.sleep(begun + mark / RATE_PER_S - time.perf_counter())
            posting.create_task(post(mark))
    return await _arrived(listening, done)


async def _requested(
    rig: Rig, set_up: Scene, listening: Crowd, poster: Client, posts: int
) -> tuple[list[float], int, int]:
    """The same from the sending of a request to the hub."""
    begun_ns: dict[int, int] = {}
    ways = [Post(rig.settings.http_port, set_up.people[0].token, room) for _, room in set_up.rooms]
    await listening.clear()
    begun = time.perf_counter()
    for mark in range(posts):
        await asyncio.sleep(begun + mark / HTTP_RATE_PER_S - time.perf_counter())
        at_ns = time.perf_counter_ns()
        status, _ = await poster.send(ways[mark % ROOMS].request(f"t={mark};{BODY}"))
        if status != 201:
            raise AssertionError(f"a post was answered with {status}")
        begun_ns[mark] = at_ns
    return await _arrived(listening, begun_ns)


async def _arrived(listening: Crowd, begun_ns: dict[int, int]) -> tuple[list[float], int, int]:
    await listening.until(len(begun_ns) * SOCKETS_EACH, SETTLE_S)
    await asyncio.sleep(REPEAT_S)
    arrivals = await listening.arrivals()
    came = {(one.mark, one.socket) for one in arrivals}
    right = {(mark, (mark % ROOMS) * SOCKETS_EACH + n) for mark in begun_ns for n in range(SOCKETS_EACH)}
    seconds = [(one.at_ns - begun_ns[one.mark]) / 1e9 for one in arrivals if one.mark in begun_ns]
    return seconds, len(right - came), len(arrivals) - len(came & right)
