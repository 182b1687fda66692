"""5,000 sockets in 25 cases drop, miss 50 events each and return, beside as many bare handshakes.

At the end all of them come at the same moment: whoever is sent away is told when to come back, and does.
"""

import asyncio
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from deploy.bench._crowd import Counts, Crowd, crowd, everyone
from deploy.bench._history import write
from deploy.bench._metrics import metrics
from deploy.bench._rig import Rig, cpu_s, run
from deploy.bench._scene import Scene, people_for, scene
from deploy.bench._shake import SETTLE_S, shaker

SOCKETS, CASES, MISSED = 5000, 25, 50
QUICK_SOCKETS, QUICK_CASES = 50, 5
ROUNDS, QUICK_ROUNDS = 3, 1
AT_ONCE = 500  # handshakes under way
RATIO_MAX = 1.6
RETURN_S = 30.0
SESSIONS = "casewire_gateway_session_queries_total"
PAGES = "casewire_gateway_replay_queries_total"
OF_RING, OF_POSTGRES = (
    f'casewire_gateway_replayed_total{{source="{source}"}}' for source in ("ring", "postgres")
)


class Return(NamedTuple):
    """`cpu_s` is the gateway's, from the drop to the last event, without what it followed in between."""

    cpu_s: float
    heard: Counts
    seconds: float


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("storm", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str, dict[str, Any]]:
    sockets, cases, rounds = (
        (QUICK_SOCKETS, QUICK_CASES, QUICK_ROUNDS) if rig.quick else (SOCKETS, CASES, ROUNDS)
    )
    returns: list[Return] = []
    bare: list[float] = []
    served: list[float] = []
    async with scene(rig.settings, people=people_for(sockets), cases=cases) as set_up:
        tokens = [person.token for person in set_up.people[1:]]
        shaking = [tokens[n % len(tokens)] for n in range(sockets)]
        # The last ones, one in each case, stay and hear when the gateway has followed what the others miss.
        plan = everyone(tokens, [case for case, _ in set_up.rooms], sockets + cases)
        async with (
            shaker("bare", shaking) as floor,
            shaker("serve", shaking) as peer,
            crowd(rig.settings.live_port, plan) as clients,
        ):
            there = await clients.connect(at_once=200)
            if there.ready != len(plan):
                raise AssertionError(f"the gateway let in {there.ready} of {len(plan)}: {there}")
            before = await metrics(rig, "gateway")
            for _ in range(rounds):
                bare.append(await floor.shake(AT_ONCE))
                returns.append(await _storm(rig, set_up, clients, sockets, AT_ONCE))
                served.append(await peer.shake(AT_ONCE))
            after = await metrics(rig, "gateway")
            await clients.come_back(True)
            flood = await _storm(rig, set_up, clients, sockets, sockets)
    ours, least = median(one.cpu_s for one in returns), median(bare)
    known = rig.pids.get("gateway") is not None
    counted = {name: (after[name] - before.get(name, 0.0)) / rounds for name in after}
    heard = [one.heard for one in (*returns, flood)]
    lost = sum(max(sockets * MISSED - one.events, one.gaps, sockets - one.ready + cases) for one in heard)
    figures = {
        "sockets": sockets,
        "missed_each": MISSED,
        "gateway_cpu_us_per_return": ours / sockets * 1e6 if known else None,
        "ratio_to_bare": ours / least if known else None,
        "seconds": median(one.seconds for one in returns),
        "session_queries": counted.get(SESSIONS),
        "replay_queries": counted.get(PAGES),
        "replayed_from_ring": counted.get(OF_RING),
        "replayed_from_postgres": counted.get(OF_POSTGRES),
        "flood_sent_away": flood.heard.closes.get("4013", 0),
        "flood_seconds": flood.seconds,
        "lost": lost,
        "repeated": sum(one.repeats for one in heard),
        "resets": sum(one.resets for one in heard),
    }
    whole = not lost and not figures["repeated"] and not figures["resets"]
    whole = whole and not figures["replay_queries"] and not figures["replayed_from_postgres"]
    passed = whole and (rig.quick or (known and ours / least <= RATIO_MAX))
    verdict = (
        f"{sockets} sockets return and get {MISSED} events each for {ours / sockets * 1e6:.0f} µs of gateway CPU, "
        f"{ours / least:.2f} × a bare handshake (at most {RATIO_MAX}), {lost} lost"
    )
    return (
        figures,
        {"bare_cpu_us_per_handshake": least / sockets * 1e6},
        passed,
        verdict,
        {"websockets_serve_cpu_us_per_handshake": median(served) / sockets * 1e6},
    )


async def _storm(rig: Rig, set_up: Scene, clients: Crowd, sockets: int, at_once: int) -> Return:
    gateway = rig.pids.get("gateway")
    before = cpu_s(gateway) or 0.0
    await clients.drop(0, sockets)
    await asyncio.sleep(SETTLE_S)
    dropping = (cpu_s(gateway) or 0.0) - before
    await clients.clear()
    for room in set_up.rooms:
        await write(set_up, room, MISSED)
    followed = await clients.until(len(set_up.rooms) * MISSED, RETURN_S)
    if followed.events != len(set_up.rooms) * MISSED or followed.repeats:
        raise AssertionError(f"those who stayed heard {followed.events} events")
    await asyncio.sleep(SETTLE_S)
    await clients.clear()
    before = cpu_s(gateway) or 0.0
    back = await clients.resume(0, sockets, at_once=at_once, seconds=RETURN_S)
    heard = await clients.until(sockets * MISSED, RETURN_S)
    await asyncio.sleep(SETTLE_S / 3)  # what comes twice would come then
    heard = await clients.counts()
    return Return(dropping + (cpu_s(gateway) or 0.0) - before, heard, back.seconds)
