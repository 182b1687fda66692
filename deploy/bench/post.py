"""Posting messages, 64 senders in 32 cases: by socket and by HTTP, beside the identical statements in a bare loop."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

from deploy.bench._bare import Floor, floor
from deploy.bench._cpu import Meter
from deploy.bench._rig import Rig, latencies, run
from deploy.bench._scene import Scene, scene
from deploy.bench._sender import Sender, by_http, by_socket

SENDERS, CASES = 64, 32
BODY_CHARACTERS = 200
ROUNDS, RUN_S, QUICK_S = 5, 2.0, 0.4  # the arms take turns, each for so long in every round
PACED_S = 4.0
SOCKET_RATIO_MIN, HTTP_RATIO_MIN = 0.5, 0.35
PACED_P99_MS_MAX = 200.0  # the bound that customers are promised, at half of the top rate
PROCESSES = ("hub", "gateway", "postgres", "nats", "relay")


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("post", measure, data, json=json, quick=quick)


class Taken(NamedTuple):
    """What one run of an arm gave: seconds of each that was acknowledged, and how many were not."""

    seconds: list[float]
    rate: float
    failed: int


class Arm:
    """One way to post: its senders, and every message that was acknowledged to them."""

    def __init__(self, name: str, senders: list[Sender], set_up: Scene) -> None:
        self.name, self.senders = name, senders
        self._rooms = [set_up.rooms[n % CASES][1] for n in range(len(senders))]
        self.made: list[tuple[UUID, int]] = []
        self.full: list[float] = []
        self.rates: list[float] = []
        self.failed = 0
        self.cpu: list[dict[str, float]] = []

    async def full_speed(self, seconds: float) -> float:
        """Each sender posts as soon as it is answered. Answers the rate."""
        taken: list[float] = []
        begun = time.perf_counter()
        until = begun + seconds

        async def work(n: int, sender: Sender) -> None:
            while (sent := time.perf_counter()) < until:
                await self._post(n, sender, sent, taken)

        await asyncio.gather(*(work(n, sender) for n, sender in enumerate(self.senders)))
        self.full += taken
        return len(taken) / (time.perf_counter() - begun)

    async def paced(self, rate: float, seconds: float) -> list[float]:
        """Posts at fixed times whatever the answers do; each one's seconds count from when it was due."""
        due: asyncio.Queue[float | None] = asyncio.Queue()
        taken: list[float] = []

        async def work(n: int, sender: Sender) -> None:
            while (planned := await due.get()) is not None:
                await self._post(n, sender, planned, taken)

        working = [asyncio.create_task(work(n, sender)) for n, sender in enumerate(self.senders)]
        begun = time.perf_counter()
        for n in range(int(rate * seconds)):
            planned = begun + n / rate
            if (ahead := planned - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            due.put_nowait(planned)
        for _ in self.senders:
            due.put_nowait(None)
        await asyncio.gather(*working)
        return taken

    async def _post(self, n: int, sender: Sender, since: float, taken: list[float]) -> None:
        seq, at = await sender.post()
        if seq is None:
            self.failed += 1
        else:
            taken.append(at - since)
            self.made.append((self._rooms[n], seq))

    def close(self) -> None:
        for sender in self.senders:
            sender.close()


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    async with (
        scene(rig.settings, people=SENDERS, cases=CASES) as set_up,
        floor(rig.settings, set_up) as bare,
    ):
        arms: list[Arm] = []
        try:
            for name, connect, port in (
                ("socket", by_socket, rig.settings.live_port),
                ("http", by_http, rig.settings.http_port),
            ):
                to = [(p.token, set_up.rooms[n % CASES][1]) for n, p in enumerate(set_up.people)]
                senders = await asyncio.gather(*(connect(port, *one, BODY_CHARACTERS) for one in to))
                arms.append(Arm(name, senders, set_up))
            figures, floors = await _in_turn(rig, arms, bare)
        finally:
            for arm in arms:
                arm.close()
        lost, repeated = await _compared(set_up, [*bare.made, *(one for arm in arms for one in arm.made)])
    failed = sum(arm.failed for arm in arms)
    figures |= {"senders": SENDERS, "cases": CASES, "failed": failed, "lost": lost, "repeated": repeated}
    by_socket_, over_http = figures["socket_ratio_to_bare"], figures["http_ratio_to_bare"]
    slowest = max(figures["socket_paced_p99_ms"], figures["http_paced_p99_ms"])
    whole = not (failed or lost or repeated)
    passed = (
        whole
        and by_socket_ >= SOCKET_RATIO_MIN
        and over_http >= HTTP_RATIO_MIN
        and slowest < PACED_P99_MS_MAX
    )
    verdict = (
        f"of the bare statements' {floors['bare_statements_per_s']:.0f}/s: {by_socket_:.2f} by socket (at least "
        f"{SOCKET_RATIO_MIN}), {over_http:.2f} over HTTP (at least {HTTP_RATIO_MIN}); at half speed p99 is "
        f"{slowest:.0f} ms (bound {PACED_P99_MS_MAX:.0f} ms); {lost} lost, {repeated} repeated"
    )
    return figures, floors, passed, verdict


async def _in_turn(rig: Rig, arms: list[Arm], bare: Floor) -> tuple[dict[str, Any], dict[str, Any]]:
    seconds, rounds = (QUICK_S, 1) if rig.quick else (RUN_S, ROUNDS)
    meter = Meter(rig.pids, *PROCESSES)
    for arm in arms:  # plans, caches and connections
        await arm.full_speed(seconds / 2)
        arm.full.clear()
    floors: list[float] = []
    floor_cpu: list[dict[str, float]] = []
    for _ in range(rounds):
        before = len(bare.made)
        meter.start()
        floors.append(await bare.run(seconds))
        floor_cpu.append(meter.us_per(len(bare.made) - before))
        for arm in arms:
            before = len(arm.full)
            meter.start()
            arm.rates.append(await arm.full_speed(seconds))
            arm.cpu.append(meter.us_per(len(arm.full) - before))
    figures: dict[str, Any] = {}
    for arm in arms:
        rate = median(arm.rates)
        figures[f"{arm.name}_rate_per_s"] = rate
        figures[f"{arm.name}_ratio_to_bare"] = median(
            one / floor for one, floor in zip(arm.rates, floors, strict=True)
        )
        figures |= latencies(f"{arm.name}_", arm.full)
        figures[f"{arm.name}_paced_rate_per_s"] = rate / 2
        paced = await arm.paced(rate / 2, seconds if rig.quick else PACED_S)
        figures |= latencies(f"{arm.name}_paced_", paced)
        for process in arm.cpu[0]:
            figures[f"{arm.name}_{process}_cpu_us_per_post"] = median(one[process] for one in arm.cpu)
    return figures, {
        "bare_statements_per_s": median(floors),
        "bare_connections": rig.settings.postgres_pool,
        **{
            f"bare_{name}_cpu_us_per_post": median(one[name] for one in floor_cpu)
            for name in ("bench", "postgres")
            if name in floor_cpu[0]
        },
    }


async def _compared(set_up: Scene, acknowledged: list[tuple[UUID, int]]) -> tuple[int, int]:
    """How many acknowledged messages are not stored; how many were stored or acknowledged once too often."""
    rows = await set_up.hub.database.system.fetch(
        "select conversation, seq from messages where org = $1", set_up.org
    )
    stored, told = Counter(tuple(row) for row in rows), Counter(acknowledged)
    return (told - stored).total(), (stored - told).total()
