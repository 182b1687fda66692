"""A flood of sign-ins, good ones and guesses, each from an address of its own; and what everybody else notices of it.

Clients ask at a fixed pace for a case, for who they are, and post messages, first alone, then while the flood goes on.
Their milliseconds count from when each request was due. How long the hub's event loop did not come round is measured
inside the hub (`storage/stalls.py`). The flood is as many connections as `FLOOD`, each of which tries again at once:
whoever is told that too many sign in waits for 50 ms.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.bench._http import Client, Post, connect
from deploy.bench._metrics import metrics
from deploy.bench._rig import Rig, latencies, run
from deploy.bench._scene import Scene, scene
from hub.sessions.passwords import hash_password
from storage.postgres import operator

FLOOD, QUICK_FLOOD = 48, 6
RUN_S, QUICK_S = 15.0, 1.0
PACE_PER_S, PROBES = 60.0, 6
GOOD_PART = 0.3
P99_MS_MAX, STALL_MS_MAX = 100.0, 20.0
SENT_AWAY_S = 0.05
PASSWORD = "four words that nobody guesses"
HELD = 'casewire_loop_held_seconds_bucket{le="%s"}'
GAP = 'casewire_loop_gap_seconds_bucket{le="%s"}'
UNSERVED = "casewire_loop_unserved_seconds_total"


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    # Each sign-in of the flood comes from another address, or they would be slowed down long before they are a flood.
    return run(
        "signin", measure, data, json=json, quick=quick, environ={"CASEWIRE_TRUSTED_PROXIES": "127.0.0.1"}
    )


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    seconds, flood = (QUICK_S, QUICK_FLOOD) if rig.quick else (RUN_S, FLOOD)
    port = rig.settings.http_port
    async with scene(rig.settings, people=8, cases=2) as set_up:
        emails = await _with_passwords(set_up)
        await _probed(set_up, port, seconds / 3)  # plans, caches and connections
        alone = await _probed(set_up, port, seconds)
        before = await metrics(rig, "hub")
        answers: Counter[int] = Counter()
        until = time.perf_counter() + seconds + 1.0
        flooding = [asyncio.create_task(_flood(port, emails, until, answers)) for _ in range(flood)]
        await asyncio.sleep(0.5)
        under = await _probed(set_up, port, seconds)
        await asyncio.gather(*flooding)
        after = await metrics(rig, "hub")
    looks = _between(before, after, GAP % "+Inf")
    longer = {
        name: looks - _between(before, after, GAP % le) for name, le in (("20", "0.02"), ("50", "0.05"))
    }
    held = _between(before, after, HELD % "+Inf") - _between(before, after, HELD % "0.02")
    reads, posts = latencies("read_", under["read"]), latencies("post_", under["post"])
    failed = sum(len(times) == 0 for times in under.values()) + alone["failed"][0] + under["failed"][0]
    figures = {
        **reads,
        **posts,
        "requests": len(under["read"]) + len(under["post"]),
        "signed_in_per_s": answers[200] / (seconds + 1.0),
        "refused_guesses_per_s": answers[401] / (seconds + 1.0),
        "sent_away_per_s": answers[429] / (seconds + 1.0),
        "loop_looks": looks,
        "loop_stalls_over_20_ms": longer["20"],
        "loop_stalls_over_50_ms": longer["50"],
        "loop_held_over_20_ms": held,
        "loop_without_processor_ms": 1e3 * _between(before, after, UNSERVED),
        "failed": failed + sum(count for status, count in answers.items() if status not in (200, 401, 429)),
    }
    floors = {**latencies("read_alone_", alone["read"]), **latencies("post_alone_", alone["post"])}
    slowest = max(reads["read_p99_ms"], posts["post_p99_ms"])
    passed = slowest < P99_MS_MAX and not longer["20"] and not figures["failed"]
    verdict = (
        f"{figures['signed_in_per_s'] + figures['refused_guesses_per_s']:.0f} passwords looked at a second; everybody "
        f"else's p99 is {slowest:.0f} ms (bound {P99_MS_MAX:.0f} ms); the event loop was held up for more than "
        f"{STALL_MS_MAX:.0f} ms {longer['20']:.0f} times in {looks:.0f} looks (bound 0), "
        f"{held:.0f} times by the hub itself and not for want of a processor"
    )
    return figures, floors, passed, verdict


def _between(before: Mapping[str, float], after: Mapping[str, float], name: str) -> float:
    return after.get(name, 0.0) - before.get(name, 0.0)


async def _with_passwords(set_up: Scene) -> list[str]:
    """People who can sign in: others than those who measure."""
    hashed, now = hash_password(PASSWORD), set_up.hub.clock()
    emails = [f"signs-in-{n}@{set_up.org}.test" for n in range(8)]
    for email in emails:
        await set_up.hub.database.system.execute(
            operator.MAKE_PERSON, uuid4(), email, "Somebody", "UTC", hashed, now
        )
    return emails


async def _flood(port: int, emails: list[str], until: float, answers: "Counter[int]") -> None:
    client = await connect(port)
    try:
        while time.perf_counter() < until:
            good = random.random() < GOOD_PART
            email = random.choice(emails) if good else f"{uuid4().hex}@guess.test"
            status, _ = await client.send(_sign_in(port, email, PASSWORD if good else "a wrong password"))
            answers[status] += 1
            if status == 429:
                await asyncio.sleep(SENT_AWAY_S)
    finally:
        client.close()


def _sign_in(port: int, email: str, password: str) -> bytes:
    address = ".".join(str(random.randrange(1, 250)) for _ in range(4))
    body = f'{{"email":"{email}","password":"{password}"}}'
    return (
        f"POST /v1/session HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-forwarded-for: {address}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _probed(set_up: Scene, port: int, seconds: float) -> dict[str, Any]:
    """Requests at fixed times whatever the answers do; `read` and `post` in seconds from when each was due."""
    taken: dict[str, Any] = {"read": [], "post": [], "failed": [0]}
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()

    async def work(n: int, client: Client) -> None:
        token = set_up.people[1 + n % 7].token
        case, room = set_up.rooms[n % len(set_up.rooms)]
        post = Post(port, token, room)
        while (job := await due.get()) is not None:
            turn, planned = job
            kind = "post" if turn % 3 == 2 else "read"
            path = "/v1/me" if turn % 3 else f"/v1/cases/{case}"
            status, at = await client.send(post.request() if kind == "post" else _get(port, token, path))
            if status in (200, 201):
                taken[kind].append(at - planned)
            else:
                taken["failed"][0] += 1

    clients = [await connect(port) for _ in range(PROBES)]
    working = [asyncio.create_task(work(n, client)) for n, client in enumerate(clients)]
    begun = time.perf_counter()
    for turn in range(int(PACE_PER_S * seconds)):
        planned = begun + turn / PACE_PER_S
        if (ahead := planned - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        due.put_nowait((turn, planned))
    for _ in clients:
        due.put_nowait(None)
    await asyncio.gather(*working)
    for client in clients:
        client.close()
    return taken


def _get(port: int, token: str, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\r\n"
    ).encode()
