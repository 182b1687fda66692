"""50 of 1,000 sockets stop reading while events go out at a steady pace: what it costs the others, and the gateway.

Rounds without and with the stalled sockets take turns; latency counts from the request that posts, to the other 950
in both. The kernel's buffer of those that stall is small, and events are big, so that what they do not take piles
up in the gateway, until it closes them with 4008. Half of them read again at once: behind what they had not read
stands the close frame. The other half read when the gateway has cut them, which they see as 1006, since a frame
cannot pass a socket that is full. All come back by themselves after the delay they were told, and must then hold
every event once, in order.
"""

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from deploy.bench._live import WARM_EVENTS, Live, live
from deploy.bench._memory import Watch
from deploy.bench._metrics import metrics
from deploy.bench._rig import Measured, Rig, run
from deploy.bench._rounds import REPEAT_S, SETTLE_S, Round, latency_ms, ratio, trouble
from gateway.connection import CLOSE_S, COME_BACK_MS
from gateway.gateway import TICK_S

SOCKETS, QUICK_SOCKETS = 1000, 20
STALLED, QUICK_STALLED = 50, 4
ROUNDS, QUICK_ROUNDS = 2, 1  # without, with, without, with
EVENTS = 70  # of a round: twice what a socket may lag behind
PACE_S, QUICK_PACE_S = 0.1, 0.02
CHARACTERS = 8000  # of a message
ROOM_BYTES = 4096  # of the kernel for one that stalls; the kernel doubles it
BACK_S = COME_BACK_MS[1] / 1e3 + SETTLE_S
P50_RATIO_MAX, P99_RATIO_MAX = 1.1, 1.5
HELD_KIB_MAX = 256.0
HELD, TOO_SLOW = "casewire_gateway_held_bytes", 'casewire_gateway_closed_total{why="too_slow"}'


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("slow", measure, data, json=json, quick=quick)


class Load(NamedTuple):
    """What the others heard, what those who stalled heard in the end, and what they cost until then."""

    others: Round
    stalled: Round
    closed: int
    told: int
    cut: int
    grown: int | None
    held: float
    back_s: float


async def measure(rig: Rig) -> Measured:
    sockets, stalled = (QUICK_SOCKETS, QUICK_STALLED) if rig.quick else (SOCKETS, STALLED)
    pace_s = QUICK_PACE_S if rig.quick else PACE_S
    without: list[Round] = []
    with_them: list[Load] = []
    async with live(rig, sockets, characters=CHARACTERS, rooms=(stalled, ROOM_BYTES)) as product:
        await product.round(WARM_EVENTS, pace_s)
        for _ in range(QUICK_ROUNDS if rig.quick else ROUNDS):
            without.append(_but_first(await product.round(EVENTS, pace_s), stalled))
            with_them.append(await _stalled(rig, product, stalled, pace_s))
        missing = sockets - (await product.crowd.counts()).ready
    others = [load.others for load in with_them]
    figures: dict[str, Any] = {
        "sockets": sockets,
        "stalled": stalled,
        "rounds": len(with_them),
        "events": 2 * len(with_them) * EVENTS,
        "frame_bytes": without[0].size,
        "p50_ms": latency_ms(others, 0.5),
        "p99_ms": latency_ms(others, 0.99),
    }
    floors = {"without_p50_ms": latency_ms(without, 0.5), "without_p99_ms": latency_ms(without, 0.99)}
    figures |= {
        "p50_ratio": ratio(figures["p50_ms"], floors["without_p50_ms"]),
        "p99_ratio": ratio(figures["p99_ms"], floors["without_p99_ms"]),
        "held_kib_for_each": max(load.held for load in with_them) / stalled / 1024,
        "resident_growth_kib_for_each": _largest([load.grown for load in with_them], stalled * 1024),
        "closed_too_slow": sum(load.closed for load in with_them),
        "told_4008": sum(load.told for load in with_them),
        "cut_1006": sum(load.cut for load in with_them),
        "back_s": median(load.back_s for load in with_them),
        **trouble([*without, *others, *(load.stalled for load in with_them)]),
        "missing": missing,
    }
    passed, verdict = _judged(figures, stalled * len(with_them), quick=rig.quick)
    return figures, floors, passed, verdict


def _largest(bytes_: list[int | None], unit: int) -> float | None:
    known = [one for one in bytes_ if one is not None]
    return max(known) / unit if known else None


def _but_first(taken: Round, stalled: int) -> Round:
    """The part of a round that those heard who never stall."""
    heard = [one for one in taken.arrivals if one.socket >= stalled]
    return taken._replace(sockets=taken.sockets - stalled, arrivals=heard)


async def _stalled(rig: Rig, product: Live, stalled: int, pace_s: float) -> Load:
    crowd = product.crowd
    closed = (await metrics(rig, "gateway")).get(TOO_SLOW, 0.0)
    await product.sender.begin()
    await crowd.stall(0, stalled)
    async with Watch(rig.pids.get("gateway")) as watch:
        await product.paced(EVENTS, pace_s)
        await crowd.until((crowd.size - stalled) * EVENTS, SETTLE_S)
    held = await _held(rig)
    meanwhile, arrivals = await crowd.counts(), await crowd.arrivals()
    begun = time.perf_counter()
    await crowd.come_back(True)
    await crowd.read(0, stalled // 2)
    await asyncio.sleep(CLOSE_S + 2 * TICK_S)
    await crowd.read(stalled // 2, stalled - stalled // 2)
    await crowd.until(stalled * EVENTS, BACK_S)
    back_s = time.perf_counter() - begun
    await asyncio.sleep(REPEAT_S)
    await crowd.come_back(False)
    after = await crowd.counts()
    arrivals += await crowd.arrivals()
    return Load(
        Round(
            crowd.size - stalled, EVENTS, None, [one for one in arrivals if one.socket >= stalled], meanwhile
        ),
        Round(stalled, EVENTS, None, [one for one in arrivals if one.socket < stalled], after),
        closed=int((await metrics(rig, "gateway")).get(TOO_SLOW, 0.0) - closed),
        told=after.closes.get("4008", 0),
        cut=after.closes.get("1006", 0),
        grown=watch.growth,
        held=held,
        back_s=back_s,
    )


async def _held(rig: Rig) -> float:
    """The most that the gateway says it keeps for those who lag: it looks every `TICK_S`, and cuts after `CLOSE_S`."""
    at_once = (await metrics(rig, "gateway")).get(HELD, 0.0)
    await asyncio.sleep(TICK_S + 0.1)
    return max(at_once, (await metrics(rig, "gateway")).get(HELD, 0.0))


def _judged(figures: dict[str, Any], stalled: int, *, quick: bool) -> tuple[bool, str]:
    """`stalled` is how many there were in all rounds. A tiny run has no say about latencies."""
    whole = not any(figures[name] for name in ("lost", "repeated", "disordered", "missing"))
    closed = figures["closed_too_slow"] == stalled == figures["told_4008"] + figures["cut_1006"]
    grown = figures["resident_growth_kib_for_each"] or 0.0
    small = figures["held_kib_for_each"] <= HELD_KIB_MAX and (quick or grown <= HELD_KIB_MAX)
    unmoved = figures["p50_ratio"] <= P50_RATIO_MAX and figures["p99_ratio"] <= P99_RATIO_MAX
    verdict = (
        f"{figures['stalled']} of {figures['sockets']} sockets stop reading: the others' p50 is "
        f"{figures['p50_ratio']:.2f} of theirs without (at most {P50_RATIO_MAX}), p99 {figures['p99_ratio']:.2f} "
        f"(at most {P99_RATIO_MAX}); {figures['held_kib_for_each']:.0f} KiB held for each (at most "
        f"{HELD_KIB_MAX:.0f}); {figures['closed_too_slow']} of {stalled} closed with 4008, which "
        f"{figures['told_4008']} read and {figures['cut_1006']} did not in time; all come back: "
        f"{figures['lost']} lost, {figures['repeated']} repeated, {figures['disordered']} out of order"
    )
    return whole and closed and small and (quick or unmoved), verdict
