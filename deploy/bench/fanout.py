"""One event to 1,000 sockets, paced, through relay, NATS, the wall and the gateway; beside peers that only send.

The arms take turns in every round, with frames of the same size at the same pace. CPU is that of the sending process
alone: of ours the gateway's, of a peer all there is of it. Latency counts from the request that posts (of a peer from
the call that sends), so that of ours holds the commit, the relay and NATS as well.
"""

from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from deploy.bench._live import WARM_EVENTS, live
from deploy.bench._peers import FLOOR, WAYS, peers, versions
from deploy.bench._rig import Measured, Rig, run
from deploy.bench._rounds import Round, cpu_us, latency_ms, ratio, trouble

SOCKETS, QUICK_SOCKETS = 1000, 20
ROUNDS, QUICK_ROUNDS = 5, 1
EVENTS, QUICK_EVENTS = 15, 4  # of a round
PACE_S, QUICK_PACE_S = 0.1, 0.02  # slow enough for every peer here to be idle in between
OTHERS = tuple(name for name in WAYS if name != FLOOR)
RATIO_TO_FLOOR_MAX, RATIO_TO_BROADCAST_MAX = 1.5, 0.75
FAR_BELOW = ("channels", "ws", "socketio")


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("fanout", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> Measured:
    sockets = QUICK_SOCKETS if rig.quick else SOCKETS
    rounds, events = (QUICK_ROUNDS, QUICK_EVENTS) if rig.quick else (ROUNDS, EVENTS)
    pace_s = QUICK_PACE_S if rig.quick else PACE_S
    ours: list[Round] = []
    async with AsyncExitStack() as stack:
        product = await stack.enter_async_context(live(rig, sockets))
        size = (await product.round(WARM_EVENTS, pace_s)).size
        beside, missing = await stack.enter_async_context(peers((FLOOR, *OTHERS), sockets))
        for each in beside:
            await each.round(WARM_EVENTS, 1, pace_s, size)
        theirs: dict[str, list[Round]] = {each.name: [] for each in beside}
        for _ in range(rounds):
            ours.append(await product.round(events, pace_s))
            for each in beside:
                theirs[each.name].append(await each.round(events, 1, pace_s, size))
        cut = sockets - (await product.crowd.counts()).ready
    figures = {
        "sockets": sockets,
        "rounds": rounds,
        "events": rounds * events,
        "frame_bytes": size,
        "deliveries": sum(len(one.arrivals) for one in ours),
        "gateway_cpu_us_per_delivery": cpu_us(ours),
        **{f"ratio_to_{name}": ratio(cpu_us(ours), cpu_us(took)) for name, took in theirs.items()},
        **_times(ours),
        **trouble(ours),
        "cut": cut,
    }
    floors = _of(FLOOR, theirs[FLOOR])
    others = {key: value for name in OTHERS for key, value in _of(name, theirs.get(name)).items()}
    others |= {f"{name}_version": version for name, version in versions().items()}
    passed, verdict = _judged(figures, {**floors, **others}, missing, quick=rig.quick)
    return figures, floors, passed, verdict, others


def _times(took: list[Round]) -> dict[str, float]:
    return {
        "p50_ms": latency_ms(took, 0.5),
        "p99_ms": latency_ms(took, 0.99),
        "deliveries_per_s_within_an_event": median(one.deliveries_per_s_within_an_event for one in took),
    }


def _of(name: str, took: list[Round] | None) -> dict[str, Any]:
    """A peer's figures under its name; None for one that could not be had."""
    values = {"cpu_us_per_delivery": cpu_us(took), **_times(took)} if took else {"cpu_us_per_delivery": None}
    return {f"{name}_{key}": value for key, value in values.items()}


def _judged(
    figures: dict[str, Any], them: dict[str, Any], missing: dict[str, str], *, quick: bool
) -> tuple[bool, str]:
    """A tiny run has no say about CPU. What is not there is not passed."""
    cost = figures["gateway_cpu_us_per_delivery"]
    bounds = {FLOOR: RATIO_TO_FLOOR_MAX, "broadcast": RATIO_TO_BROADCAST_MAX} | dict.fromkeys(FAR_BELOW, 1.0)
    ratios = {name: figures.get(f"ratio_to_{name}") for name in bounds}
    whole = not any(figures[name] for name in ("lost", "repeated", "disordered", "cut"))
    cheap = all(ratio is not None and ratio <= bounds[name] for name, ratio in ratios.items())
    spent = "the gateway is not of this machine" if cost is None else f"{cost:.2f} µs of gateway CPU each"
    said = [
        f"{WAYS[name].title} {them[f'{name}_cpu_us_per_delivery']:.2f} µs (ratio {ratio:.2f}, at most {bounds[name]})"
        for name, ratio in ratios.items()
        if ratio is not None
    ]
    said += [f"{WAYS[name].title} is not measured: {why}" for name, why in missing.items()]
    verdict = (
        f"{figures['events']} events to {figures['sockets']} sockets: {spent}; {'; '.join(said)}; p50 "
        f"{figures['p50_ms']:.1f} ms, p99 {figures['p99_ms']:.1f} ms; {figures['lost']} lost, "
        f"{figures['repeated']} repeated, {figures['disordered']} out of order"
    )
    return whole and (quick or cheap), verdict
