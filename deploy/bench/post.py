"""Posting messages over HTTP: 32 clients, 16 cases, beside the identical statements in a bare loop."""

import asyncio
import time
from pathlib import Path
from typing import Any

from deploy.bench import _bare
from deploy.bench._http import Client, Post, connect
from deploy.bench._rig import Rig, latencies, run
from deploy.bench._scene import Scene, scene

CLIENTS, CASES = 32, 16
RUN_S, QUICK_S = 8.0, 0.5
PACED_P99_MS_MAX = 200.0  # the bound that customers are promised, at half of the top rate


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("post", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    seconds = QUICK_S if rig.quick else RUN_S
    async with scene(rig.settings, people=CLIENTS, cases=CASES) as set_up:
        port = rig.settings.http_port
        clients = [await connect(port) for _ in range(CLIENTS)]
        posts = [Post(port, p.token, set_up.rooms[n % CASES][1]) for n, p in enumerate(set_up.people)]
        try:
            await _full_speed(clients, posts, seconds / 4)  # plans and caches
            before = await _stored(set_up)
            # The arms in turn: half of the floor, the product, the other half.
            bare = await _bare.rate(rig.settings, set_up, seconds / 2)
            full, took, failed = await _full_speed(clients, posts, seconds)
            bare = (bare + await _bare.rate(rig.settings, set_up, seconds / 2)) / 2
            rate = len(full) / took
            paced, late = await _paced(clients, posts, rate / 2, seconds)
        finally:
            for client in clients:
                client.close()
        stored = await _stored(set_up) - before
    acknowledged = len(full) + len(paced) + _bare.done(set_up)
    lost = acknowledged - stored
    timed = latencies("paced_", paced)
    figures = {
        "rate_per_s": rate,
        **latencies("", full),
        "clients": CLIENTS,
        "cases": CASES,
        "posted": len(full),
        "failed": failed + late,
        "lost": lost,
        "paced_rate_per_s": rate / 2,
        **timed,
        "ratio_to_bare": rate / bare,
    }
    passed = timed["paced_p99_ms"] < PACED_P99_MS_MAX and not lost and not failed and not late
    verdict = (
        f"{rate:.0f} messages/s over HTTP, {rate / bare:.2f} of the bare statements ({bare:.0f}/s); at half of that "
        f"p99 is {timed['paced_p99_ms']:.0f} ms (bound {PACED_P99_MS_MAX:.0f} ms), {lost} lost"
    )
    return (
        figures,
        {"bare_statements_per_s": bare, "bare_connections": rig.settings.postgres_pool},
        passed,
        verdict,
    )


async def _stored(set_up: Scene) -> int:
    return await set_up.hub.database.system.fetchval(
        "select count(*) from messages where org = $1", set_up.org
    )


async def _full_speed(
    clients: list[Client], posts: list[Post], seconds: float
) -> tuple[list[float], float, int]:
    """Each client posts as soon as it is answered. Latencies of what succeeded, the time, and how many failed."""
    taken: list[float] = []
    failed = 0
    begun = time.perf_counter()
    until = begun + seconds

    async def work(client: Client, post: Post) -> None:
        nonlocal failed
        while (sent := time.perf_counter()) < until:
            status, at = await client.send(post.request())
            if status == 201:
                taken.append(at - sent)
            else:
                failed += 1

    await asyncio.gather(*(work(client, post) for client, post in zip(clients, posts, strict=True)))
    return taken, time.perf_counter() - begun, failed


async def _paced(
    clients: list[Client], posts: list[Post], rate: float, seconds: float
) -> tuple[list[float], int]:
    """Posts at fixed times whatever the answers do; latency counts from when each was due."""
    due: asyncio.Queue[float | None] = asyncio.Queue()
    taken: list[float] = []
    failed = 0

    async def work(client: Client, post: Post) -> None:
        nonlocal failed
        while (planned := await due.get()) is not None:
            status, at = await client.send(post.request())
            if status == 201:
                taken.append(at - planned)
            else:
                failed += 1

    working = [asyncio.create_task(work(c, p)) for c, p in zip(clients, posts, strict=True)]
    begun = time.perf_counter()
    for n in range(int(rate * seconds)):
        planned = begun + n / rate
        if (ahead := planned - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        due.put_nowait(planned)
    for _ in clients:
        due.put_nowait(None)
    await asyncio.gather(*working)
    return taken, failed
