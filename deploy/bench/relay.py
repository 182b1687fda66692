"""Events that are committed already, by the hundred thousand, into JetStream: by the relay, and by what else publishes.

An open transaction holds them back while they are written; when it ends the relay finds them all at once. The relay is
then killed in the middle of as many again, and the whole is read back.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy.bench._cpu import Meter
from deploy.bench._history import write
from deploy.bench._jetstream import BODY, SUBJECT, headers, stream
from deploy.bench._jetstream import STREAM as PEER_STREAM
from deploy.bench._rig import Rig, run
from deploy.bench._scene import Scene, scene
from deploy.bench._standby import standby
from schemas.positions import Position
from schemas.subjects import HEADER_POS, HEADER_PREV, STREAM, WAKE_RELAY
from storage.bus import Bus
from storage.postgres import events as log
from storage.stream import STRIDE_EVENTS_MAX

EVENTS, QUICK_EVENTS = 100_000, 2000
ROUNDS, QUICK_ROUNDS = 2, 1
KILLED_EVENTS, QUICK_KILLED_EVENTS = 40_000, 6000
AWAITED, QUICK_AWAITED = 4000, 200
PIPELINED, QUICK_PIPELINED = 20_000, 400
EVENTS_PER_S_MIN = 25_000
RATIO_MIN = 4.0
PATIENCE_S = 60.0
LOOK_S = 0.01
FETCH = 1000


class Published(NamedTuple):
    """What a round of the relay's took."""

    per_s: float
    cpu_us: dict[str, float]


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("relay", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str, dict[str, Any]]:
    events, rounds = (QUICK_EVENTS, QUICK_ROUNDS) if rig.quick else (EVENTS, ROUNDS)
    ours: list[Published] = []
    awaited: list[float] = []
    pipelined: list[float] = []
    ready: list[float] = []
    async with scene(rig.settings, people=1, cases=1) as set_up, _operator(rig) as bus:
        js = bus.client.jetstream()
        _end_others(rig)
        await _settled(set_up, js)
        start = await log.head(set_up.hub.database.system)
        first = await _last(js) + 1
        async with stream(bus):
            for _ in range(rounds):
                awaited.append(await _awaited(js, QUICK_AWAITED if rig.quick else AWAITED))
                ours.append(await _relayed(rig, set_up, bus, js, events))
                pipelined.append(await _pipelined(js, QUICK_PIPELINED if rig.quick else PIPELINED))
                ready.append(await _ready(bus, js, events))
        stopped_s = await _killed(rig, set_up, bus, js)
        problems = await _read_back(set_up, js, start, first)
    rate, others = median(one.per_s for one in ours), median(awaited)
    cpu = {name: median(one.cpu_us[name] for one in ours) for name in ("relay", "postgres", "nats")}
    figures: dict[str, Any] = {
        "events": events,
        "rounds": rounds,
        "events_per_s": rate,
        "events_per_s_worst": min(one.per_s for one in ours),
        "ratio_to_awaited": rate / others,
        **{f"{name}_cpu_us_per_event": value for name, value in cpu.items()},
        "killed_and_on_again_s": stopped_s,
        **problems,
    }
    floors = {"ready_events_per_s": median(ready)}
    peers = {"awaited_publish_per_s": others, "nats_py_publish_async_per_s": median(pipelined)}
    whole = not any(problems.values())
    passed = whole and (rig.quick or (rate >= EVENTS_PER_S_MIN and rate >= RATIO_MIN * others))
    verdict = (
        f"{events:,} committed events at {rate:,.0f}/s, {rate / others:.1f} x an awaited publish ({others:,.0f}/s); "
        f"after a kill in the middle {problems['lost']} lost, {problems['repeated']} repeated, "
        f"{problems['disordered']} out of order"
    )
    return figures, floors, passed, verdict, peers


# -- the relay --------------------------------------------------------------------------------------------


async def _relayed(rig: Rig, set_up: Scene, bus: Bus, js: JetStreamContext, count: int) -> Published:
    meter = Meter(rig.pids, "relay", "postgres", "nats")
    async with _held(set_up, bus):
        await write(set_up, set_up.rooms[0], count)
        end = await _last(js) + count
        meter.start()
        begun = time.perf_counter()
    await _reaches(js, end)
    took = time.perf_counter() - begun
    cpu = dict.fromkeys(("relay", "postgres", "nats"), 0.0) | meter.us_per(count)
    return Published(count / took, cpu)


async def _killed(rig: Rig, set_up: Scene, bus: Bus, js: JetStreamContext) -> float | None:
    """kill -9 where half of the events are through; how long the stream then stood still, None where it is not ours."""
    count = QUICK_KILLED_EVENTS if rig.quick else KILLED_EVENTS
    pid = rig.pids.get("relay", 0)
    async with standby(rig.settings):
        async with _held(set_up, bus):
            await write(set_up, set_up.rooms[0], count)
            begin = await _last(js)
        if not _ours(pid):
            await _reaches(js, begin + count)
            return None
        await _reaches(js, begin + count // 2, 0)
        os.kill(pid, signal.SIGKILL)
        killed = time.perf_counter()
        await asyncio.sleep(2 * LOOK_S)  # what it had sent is stored
        stood = await _last(js)
        await _reaches(js, min(stood + 1, begin + count))
        on_again = time.perf_counter() - killed
        await _reaches(js, begin + count)
    return on_again


@asynccontextmanager
async def _held(set_up: Scene, bus: Bus) -> AsyncIterator[None]:
    """What is committed meanwhile is relayed when the block ends, all at once."""
    async with set_up.hub.database.system.acquire() as connection:
        await connection.execute("begin; set local transaction_timeout = 0; select pg_current_xact_id()")
        try:
            yield
        finally:
            await connection.execute("rollback")
    await bus.wake(WAKE_RELAY)


def _ours(pid: int) -> bool:
    """Whether it is a child of this process: somebody's running stack is not ours to kill."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return int(stat.rpartition(")")[2].split()[1]) == os.getpid()


def _end_others(rig: Rig) -> None:
    """On a stack of the bench's own, what would only take the processor away."""
    for name in ("gateway", "hub"):
        if _ours(rig.pids.get(name, 0)):
            os.kill(rig.pids[name], signal.SIGTERM)


# -- the stream -------------------------------------------------------------------------------------------


@asynccontextmanager
async def _operator(rig: Rig) -> AsyncIterator[Bus]:
    bus = await Bus.connect(rig.settings, "bench")
    try:
        yield bus
    finally:
        await bus.close()


async def _last(js: JetStreamContext, of: str = STREAM) -> int:
    return (await js.stream_info(of)).state.last_seq


async def _reaches(js: JetStreamContext, seq: int, pause_s: float = LOOK_S, of: str = STREAM) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await _last(js, of) < seq:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(pause_s)


async def _settled(set_up: Scene, js: JetStreamContext) -> None:
    """Until the stream ends with what stands last in the log."""
    system = set_up.hub.database.system
    async with asyncio.timeout(PATIENCE_S):
        while True:
            head, seq = await log.head(system), await _last(js)
            last = await js.get_msg(STREAM, seq=seq) if seq else None  # a new stream holds nothing yet
            told = (last.headers or {}).get(HEADER_POS) if last else None
            if told == str(head) and await log.hidden_since(system) is None:
                return
            await asyncio.sleep(0.05)


async def _read_back(set_up: Scene, js: JetStreamContext, start: Position, first: int) -> dict[str, int]:
    """What the stream holds since `first`, against what the log holds since `start`."""
    last = await _last(js)
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=first,
        ack_policy=AckPolicy.NONE,
        headers_only=True,
        mem_storage=True,
    )
    consumer = await js.pull_subscribe("", stream=STREAM, config=config)
    links: list[tuple[str, str]] = []
    for begun in range(first, last + 1, FETCH):
        for message in await consumer.fetch(min(FETCH, last + 1 - begun), timeout=PATIENCE_S):
            told = message.headers or {}
            links.append((told[HEADER_PREV], told[HEADER_POS]))
    await consumer.unsubscribe()
    rows = await set_up.hub.database.system.fetch(
        "select tx, id from events where (tx, id) > ($1, $2) order by tx, id", *start
    )
    wanted = [str(Position(*row)) for row in rows]
    held = [position for _, position in links]
    chained = links[:1] == [(str(start), wanted[0])] and all(b[0] == a[1] for a, b in pairwise(links))
    return {
        "lost": len(set(wanted) - set(held)),
        "repeated": len(held) - len(set(held)),
        "disordered": sum(a != b for a, b in zip(wanted, held, strict=False)),
        "broken_chains": int(not chained),
    }


# -- what else publishes ----------------------------------------------------------------------------------


async def _awaited(js: JetStreamContext, count: int) -> float:
    """One, its acknowledgement, the next."""
    at = await _last(js, PEER_STREAM)
    begun = time.perf_counter()
    for n in range(at, at + count):
        await js.publish(SUBJECT, BODY, headers=headers(n))
    return count / (time.perf_counter() - begun)


async def _pipelined(js: JetStreamContext, count: int) -> float:
    """As the client publishes without waiting, an acknowledgement for each."""
    at = await _last(js, PEER_STREAM)
    begun = time.perf_counter()
    answers = [await js.publish_async(SUBJECT, BODY, headers=headers(n)) for n in range(at, at + count)]
    await asyncio.gather(*answers)
    return count / (time.perf_counter() - begun)


async def _ready(bus: Bus, js: JetStreamContext, count: int) -> float:
    """The floor: bytes made beforehand, as fast as the server stores them."""
    at = await _last(js, PEER_STREAM)
    strides: list[bytes] = []
    for begun in range(at, at + count, STRIDE_EVENTS_MAX):
        some = range(begun, min(begun + STRIDE_EVENTS_MAX, at + count))
        strides.append(b"".join(_command(n) for n in some))
    begun = time.perf_counter()
    for stride in strides:
        await bus.send([stride])
        await bus.client.flush(timeout=int(PATIENCE_S))
    await _reaches(js, at + count, 0.001, PEER_STREAM)
    return count / (time.perf_counter() - begun)


def _command(n: int) -> bytes:
    head = "NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers(n).items()) + "\r\n"
    line = f"HPUB {SUBJECT}  {len(head)} {len(head) + len(BODY)}\r\n"
    return (line + head).encode() + BODY + b"\r\n"
