"""kill -9 of each process in the middle of a running conversation: nothing acknowledged is lost, nothing is seen twice,
order holds, and all of it heals by itself. `FAULT_ROUNDS=20` runs it for long; the order of deaths is then random."""

import asyncio
import os
import random
from collections.abc import Callable

import pytest

from tests.app import World
from tests.faults.talk import Talk, judge
from tests.house import House

VICTIMS = ("hub", "gateway", "relay", "worker", "nats", "postgres")
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
ACKED_BETWEEN = 40  # messages between one death and the next
HEALED_WITHIN_S = 60.0  # only ends a broken run


async def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    try:
        async with asyncio.timeout(HEALED_WITHIN_S):
            while not true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"in vain: {what()}") from None


@pytest.mark.timeout(120 + 120 * ROUNDS)
async def test_nothing_is_lost_or_doubled_when_processes_are_killed(
    running: World, house: House, live_url: str
) -> None:
    office = await running.office()
    conversation = await office.conversation()
    talk = Talk(live_url, office.case, conversation)
    followers = [talk.follow(person) for person in (office.lead, office.outside, office.admin)]
    await until(lambda: all(f.epoch for f in followers), lambda: "followers subscribe")
    for n, person in enumerate((office.lead, office.outside)):
        talk.send_over_http(person, f"http{n}")
        talk.send_over_socket(person, f"socket{n}")

    async def going_on(count: int, after: str) -> None:
        """Everybody sends and everybody sees again: from each sender, to each follower."""
        sent = dict.fromkeys(("http0", "http1", "socket0", "socket1"), 0)
        known = set(talk.acked)

        def fresh() -> bool:
            new = [body for body in talk.acked if body not in known]
            for name in sent:
                sent[name] = sum(body.startswith(name + " ") for body in new)
            return len(new) >= count and all(sent.values())

        await until(fresh, lambda: f"everybody sends after {after}: {sent}")
        newest = max(seq for body, (_, seq) in talk.acked.items() if body not in known)
        await until(
            lambda: all(f.seq >= newest for f in followers),
            lambda: f"everybody sees {newest} after {after}: {[f.seq for f in followers]}",
        )

    await going_on(ACKED_BETWEEN, "the start")
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    for turn in range(ROUNDS):
        order = list(VICTIMS) if ROUNDS == 1 else random.Random(seed + turn).sample(VICTIMS, len(VICTIMS))
        for victim in order:
            await asyncio.to_thread(house.kill, victim)
            await going_on(ACKED_BETWEEN, f"the death of {victim}")
    await talk.stop_sending()
    history = await office.lead.all(f"/v1/cases/{office.case}/events", limit=500)
    await until(
        lambda: all(f.seq >= history[-1]["seq"] for f in followers),
        lambda: f"all seen: {[f.seq for f in followers]}",
    )
    await talk.stop_following()
    messages = await office.lead.all(f"/v1/conversations/{conversation}/messages", limit=500)
    assert judge(talk, history, messages) == []
    assert len(messages) == len(talk.acked)  # what was not acknowledged at last was not written either
    # The deaths were felt: otherwise this showed nothing.
    assert talk.retries > 0 and all(f.connections > ROUNDS for f in followers)
