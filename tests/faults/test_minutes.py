"""The network swallows everything between clients, a gateway and NATS for minutes (`FAULT_HOLE_S=150`; seconds else):
who can goes elsewhere, who stays resumes, and what is dead is put away."""

import asyncio
import os
import re

import httpx
import pytest

from schemas.limits import DEAD_PEER_S
from tests.faults.book import broken
from tests.faults.town import Town, crowd
from tests.faults.voices import until

HOLE_S = float(os.environ.get("FAULT_HOLE_S", "10"))
NOTICED_WITHIN_S = 10  # of the gateway's clock, which looks every second
ONLY_LINES = ("clients gateway", "gateway nats")


async def metric(place: Town, process: str, name: str) -> float:
    port = place.house.settings(process).internal_port
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


@pytest.mark.timeout(240 + 2 * HOLE_S)
async def test_a_hole_in_the_network_loses_nothing(place: Town) -> None:
    voices, rooms = await crowd(place, pause_s=0.1)
    office_case = rooms[0].case
    lead = next(one.person for one in voices.listeners if one.name == "lead me")
    # This one has nowhere else to go.
    wants = {room.conversation: room.case for room in rooms if room.case == office_case}
    faithful = voices.follow("faithful", lead, f"case:{office_case}", wants, gateways=place.gateways[:1])
    await voices.begin()
    await voices.going_on("the start")
    sockets, connections = await metric(place, "gateway", "casewire_gateway_sockets"), faithful.connections
    assert sockets > 1
    loop = asyncio.get_running_loop()
    began = loop.time()
    for name in ONLY_LINES:
        place.lines[name].hole()
    try:
        followed = await metric(place, "gateway", "casewire_gateway_events_total")
        sent = dict(voices.sent)
        await until(
            lambda: all(number > sent[name] + 5 for name, number in voices.sent.items()),
            lambda: f"everybody writes through the other gateway: {sent} {voices.sent}",
        )
        # It reads what happens from PostgreSQL while NATS is out of its sight.
        while await metric(place, "gateway", "casewire_gateway_events_total") < followed + 20:
            assert loop.time() - began < max(HOLE_S, 60.0), "the gateway follows without NATS"
            await asyncio.sleep(0.2)
        while loop.time() - began < HOLE_S:
            await asyncio.sleep(0.2)
            if sockets and not (sockets := await metric(place, "gateway", "casewire_gateway_sockets")):
                print(f"the dead were gone after {loop.time() - began:.1f} s")
        assert not sockets or HOLE_S < DEAD_PEER_S + NOTICED_WITHIN_S
    finally:
        for name in ONLY_LINES:
            place.lines[name].heal()
    await voices.going_on("the hole")
    book = await voices.close(place.world.pool, rooms)
    assert broken(book) == []
    assert faithful.connections > connections
