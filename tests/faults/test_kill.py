"""Each process killed, each server killed, restarted and robbed of what it stored, in the middle of conversations:
nothing acknowledged is lost, nothing is seen twice, order holds, and all of it heals by itself."""

import signal
from collections.abc import Callable

import pytest

from tests.faults.book import broken
from tests.faults.town import Town, crowd
from tests.faults.voices import until

TOGETHER = 40  # messages between one death and the next


def kill(name: str) -> Callable[[Town], object]:
    return lambda place: place.signal(name, signal.SIGKILL)


def restart(name: str, number: signal.Signals) -> Callable[[Town], object]:
    return lambda place: place.signal(name, number)


DEATHS = {
    "a hub killed": (("hub",), kill("hub")),
    "the other hub killed": (("hub.2",), kill("hub.2")),
    "a gateway killed": (("gateway",), kill("gateway")),
    "the other gateway killed": (("gateway.2",), kill("gateway.2")),
    "both relays killed": (
        ("relay", "relay.2"),
        lambda place: [place.signal(name, signal.SIGKILL) for name in ("relay", "relay.2")],
    ),
    "the worker killed": (("worker",), kill("worker")),
    "nats restarted": (("nats",), restart("nats", signal.SIGTERM)),
    "nats killed": (("nats",), kill("nats")),
    "the store of nats wiped": (("nats",), Town.wipe),
    "postgres restarted": (("postgres",), restart("postgres", signal.SIGINT)),
    "postgres killed": (("postgres",), kill("postgres")),
    "both hubs and both gateways killed": (
        ("hub", "hub.2", "gateway", "gateway.2"),
        lambda place: [place.signal(n, signal.SIGKILL) for n in ("hub", "hub.2", "gateway", "gateway.2")],
    ),
}


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_when_processes_die(place: Town) -> None:
    voices, rooms = await crowd(place)
    await voices.begin()
    await voices.going_on("the start", together=TOGETHER)
    for what, (victims, death) in DEATHS.items():
        before = {name: place.house.pids()[name] for name in victims}
        death(place)
        await until(
            lambda: all(place.house.pids()[name] not in (0, pid) for name, pid in before.items()),  # noqa: B023
            lambda: f"{what}: {before} anew",  # noqa: B023
        )
        await voices.going_on(what, together=TOGETHER)
    book = await voices.close(place.world.pool, rooms)
    assert broken(book) == []
    # The deaths were felt: otherwise this showed nothing.
    assert voices.retries > 0 and all(one.follower.connections > 1 for one in voices.listeners)
