"""From a post to those who listen: one socket, then twenty, at a steady rate.

The commit itself cannot be seen from outside. Two times stand around it: when the request was sent (an upper bound of
commit → subscriber) and when its 201 was there, which is after the commit (a lower bound; it can be negative, since
an event may overtake the answer).
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from deploy.bench._http import Client, Post, connect
from deploy.bench._rig import Rig, latencies, run
from deploy.bench._scene import Scene, scene
from deploy.bench._socket import listen, until

RATE_PER_S, SECONDS, QUICK_SECONDS = 50, 10.0, 0.6
GROUPS = (1, 20)
SETTLE_S = 5.0  # how long to wait for the last events
P99_MS_MAX = 200.0


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("deliver", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    posts = int(RATE_PER_S * (QUICK_SECONDS if rig.quick else SECONDS))
    figures: dict[str, Any] = {"rate_per_s": RATE_PER_S, "posts": posts}
    lost = repeated = 0
    async with scene(rig.settings, people=2, cases=len(GROUPS)) as set_up:
        poster = await connect(rig.settings.http_port)
        try:
            await _warm(rig, set_up, poster, 0)
            for n, sockets in enumerate(GROUPS):
                taken = await _group(rig, set_up, poster, n, sockets, posts)
                figures |= latencies(f"sockets_{sockets}_from_request_", taken[0])
                figures |= latencies(f"sockets_{sockets}_after_201_", taken[1])
                lost, repeated = lost + taken[2], repeated + taken[3]
            figures |= {"lost": lost, "repeated": repeated}
        finally:
            poster.close()
        floor = await _hop(posts)
    slowest = figures[f"sockets_{GROUPS[-1]}_from_request_p99_ms"]
    passed = not lost and not repeated and slowest < P99_MS_MAX
    verdict = (
        f"request to subscriber p50 {figures['sockets_1_from_request_p50_ms']:.1f} ms with one socket, p99 "
        f"{slowest:.1f} ms with {GROUPS[-1]}; {lost} lost, {repeated} repeated"
    )
    return figures, latencies("loopback_echo_", floor), passed, verdict


async def _warm(rig: Rig, set_up: Scene, poster: Client, room: int) -> None:
    post = Post(rig.settings.http_port, set_up.people[0].token, set_up.rooms[room][1])
    for _ in range(10):
        await poster.send(post.request())


async def _group(
    rig: Rig, set_up: Scene, poster: Client, room: int, sockets: int, posts: int
) -> tuple[list[float], list[float], int, int]:
    """Seconds from request and from 201 to each arrival; how many arrivals are missing, and how many came twice."""
    case, conversation = set_up.rooms[room]
    arrived: dict[int, list[float]] = {}
    listeners = await listen(
        rig.settings.live_port,
        [set_up.people[1].token] * sockets,
        case,
        lambda mark, at: arrived.setdefault(mark, []).append(at),
    )
    post = Post(rig.settings.http_port, set_up.people[0].token, conversation)
    sent: dict[int, tuple[float, float]] = {}
    begun = time.perf_counter()
    try:
        for mark in range(posts):
            if (ahead := begun + mark / RATE_PER_S - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            at = time.perf_counter()
            status, answered = await poster.send(post.request(f"t={mark};"))
            if status == 201:
                sent[mark] = at, answered
        await until(lambda: sum(map(len, arrived.values())) >= len(sent) * sockets, SETTLE_S)
    finally:
        for listener in listeners:
            listener.close()
    from_request = [at - sent[mark][0] for mark, times in arrived.items() for at in times if mark in sent]
    after_201 = [at - sent[mark][1] for mark, times in arrived.items() for at in times if mark in sent]
    lost = sum(max(0, sockets - len(arrived.get(mark, ()))) for mark in sent) + posts - len(sent)
    repeated = sum(max(0, len(times) - sockets) for times in arrived.values())
    return from_request, after_201, lost, repeated


async def _hop(count: int) -> list[float]:
    """The floor: a message to a bare loopback server and back, in this process."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    taken: list[float] = []
    for _ in range(count):
        at = time.perf_counter()
        writer.write(b"." * 300)
        await reader.readexactly(300)
        taken.append(time.perf_counter() - at)
    writer.close()
    server.close()
    return taken
