"""20 events at once to 1,000 sockets, by joining what piled up; beside a loop that write()s each delivery.

The burst is one unit of work that posts 20 messages to a case and commits, as an import or a batch of entries does:
they become visible in one instant, well within 5 ms, and go through relay, NATS, the wall and the gateway like any
other event. 20 posts of their own would stand in line for the lock of their case, milliseconds each, and never pile
up. A peer is told to send 20 frames one after another, without a pause. The rate is that of the arrivals, from the
first at any socket to the last at any.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from deploy.bench._live import Live, live
from deploy.bench._peers import FLOOR, WAYS, peers, versions
from deploy.bench._rig import Measured, Rig, percentile, run
from deploy.bench._rounds import Round, cpu_us, ratio, trouble
from hub.messages import rules
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.messages import PostMessage
from storage.postgres import locks, messages

SOCKETS, QUICK_SOCKETS = 1000, 20
BURST = 20  # events of one commit
ROUNDS, QUICK_ROUNDS = 9, 2  # a burst of every arm in each
PAUSE_S = 0.1  # before each, so that nothing is left of the one before
BODY_CHARACTERS = 200
OTHERS = ("broadcast", "ws", "socketio", "channels")
RATIO_TO_FLOOR_MIN = 3.0


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("burst", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> Measured:
    sockets = QUICK_SOCKETS if rig.quick else SOCKETS
    ours: list[Round] = []
    waits: list[float] = []  # from before the commit to the last arrival
    async with AsyncExitStack() as stack:
        product = await stack.enter_async_context(live(rig, sockets))
        warm, _ = await _burst(product)
        beside, missing = await stack.enter_async_context(peers((FLOOR, *OTHERS), sockets))
        theirs: dict[str, list[Round]] = {each.name: [] for each in beside}
        for each in beside:
            await each.round(1, BURST, 0.0, warm.size)
        for _ in range(QUICK_ROUNDS if rig.quick else ROUNDS):
            await asyncio.sleep(PAUSE_S)
            taken, waited = await _burst(product)
            ours.append(taken)
            waits.append(waited)
            for each in beside:
                await asyncio.sleep(PAUSE_S)
                theirs[each.name].append(await each.round(1, BURST, 0.0, warm.size))
        cut = sockets - (await product.crowd.counts()).ready
    rates = {name: median(one.deliveries_per_s for one in took) for name, took in theirs.items()}
    rate = median(one.deliveries_per_s for one in ours)
    figures = {
        "sockets": sockets,
        "bursts": len(ours),
        "events": BURST * len(ours),
        "frame_bytes": warm.size,
        "deliveries": sum(len(one.arrivals) for one in ours),
        **_of(ours),
        "gateway_cpu_us_per_delivery": cpu_us(ours),
        **{f"ratio_to_{name}": ratio(rate, theirs) for name, theirs in rates.items()},
        "commit_to_last_p50_ms": percentile(waits, 0.5) * 1e3,
        "commit_to_last_p99_ms": percentile(waits, 0.99) * 1e3,
        **trouble(ours),
        "cut": cut,
    }
    floors = _named(FLOOR, theirs[FLOOR])
    others = {key: value for name in OTHERS for key, value in _named(name, theirs.get(name)).items()}
    others |= {f"{name}_version": version for name, version in versions().items() if name in OTHERS}
    joined = figures["ratio_to_c_write"]
    whole = not any(figures[name] for name in ("lost", "repeated", "disordered", "cut"))
    passed = whole and (rig.quick or (joined is not None and joined >= RATIO_TO_FLOOR_MIN))
    said = [f"{WAYS[name].title} {theirs:,.0f}/s" for name, theirs in rates.items()]
    said += [f"{WAYS[name].title} is not measured: {why}" for name, why in missing.items()]
    verdict = (
        f"bursts of {BURST} events to {sockets} sockets: {rate:,.0f} deliveries/s, {joined or 0:.1f} x what a write() "
        f"for each gives (at least {RATIO_TO_FLOOR_MIN}), {figures['frames_per_read']:.1f} frames a read; "
        f"{'; '.join(said)}; commit to last arrival p50 {figures['commit_to_last_p50_ms']:.0f} ms; "
        f"{figures['lost']} lost, {figures['repeated']} repeated, {figures['disordered']} out of order"
    )
    return figures, floors, passed, verdict, others


async def _burst(product: Live) -> tuple[Round, float]:
    """One burst, and the seconds from just before its commit to the last arrival."""
    await product.sender.begin()
    committing = await _commit(product, [f"t={time.perf_counter_ns()};" for _ in range(BURST)])
    taken = await product.sender.end(BURST)
    last = max((one.at_ns for one in taken.arrivals), default=committing)
    return taken, (last - committing) / 1e9


async def _commit(product: Live, texts: Sequence[str]) -> int:
    """Post all in one unit of work; answers when it was about to commit, in ns."""
    hub, who = product.scene.hub, product.scene.people[0].who
    async with hub.writing(who, locks.of_row("conversations", product.conversation)) as unit:
        facts, row = await unit.facts(messages.CONVERSATION, product.conversation)
        audience, people = row["audience"], row["people"]
        for text in texts:
            request = PostMessage(body=text.ljust(BODY_CHARACTERS, "."))
            message = rules.post(facts, product.conversation, request, [], id=new_id(), now=unit.now)
            unit.append(
                facts.stream, NewEvent("message.posted", message.id, message, tuple(audience), tuple(people))
            )
            await unit.write(
                messages.INSERT, message.id, facts.case, facts.org, product.conversation, who.person, message.body,
                message.attachments, unit.now, message.seq, audience, people,
            )  # fmt: skip
        return time.perf_counter_ns()


def _of(took: list[Round]) -> dict[str, Any]:
    return {
        "deliveries_per_s": median(one.deliveries_per_s for one in took),
        "frames_per_read": median(one.frames_per_read for one in took),
    }


def _named(name: str, took: list[Round] | None) -> dict[str, Any]:
    """A peer's figures under its name; None for one that could not be had."""
    values = {**_of(took), "cpu_us_per_delivery": cpu_us(took)} if took else {"deliveries_per_s": None}
    return {f"{name}_{key}": value for key, value in values.items()}
