"""Two gateways and two hubs at once: it makes no difference which of them somebody reaches."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.app import Office, refused
from tests.faults.town import Town
from tests.live import Live, live

ROOT = Path(__file__).parents[2]
CLOSED_WITHIN_S = 30.0  # only ends a broken run


@pytest.fixture
async def office(place: Town) -> Office:
    return await place.world.office()


async def closed(client: Live) -> int | None:
    """The code with which the gateway closes this socket."""
    async with asyncio.timeout(CLOSED_WITHIN_S):
        await client.socket.wait_closed()
    return client.socket.close_code


async def test_what_is_posted_at_one_gateway_is_seen_at_the_other(place: Town, office: Office) -> None:
    one, other = place.house.live_urls
    room, _ = await place.rooms(office, office.case)
    async with live(one, office.lead.token) as lead, live(other, office.outside.token) as outside:
        for client in (lead, outside):
            await client.ask("subscribe", topic=f"case:{office.case}")
        ack = await lead.post(room.conversation, "Here?")
        seen = await outside.until("event", type="message.posted")
        assert (seen["seq"], seen["data"]["message"]["id"]) == (ack["seq"], ack["id"])
        await outside.post(room.conversation, "There.")
        assert (await lead.until("event", seq=seen["seq"] + 1))["data"]["message"]["body"] == "There."
        await lead.send("typing", conversation=room.conversation)
        assert (await outside.until("signal"))["actor"] == str(office.lead.id)


async def test_who_leaves_one_gateway_resumes_at_the_other(place: Town, office: Office) -> None:
    room, inner = await place.rooms(office, office.case)
    topic = f"case:{office.case}"
    urls = place.house.live_urls
    async with live(urls[0], office.outside.token) as client:
        at = await client.ask("subscribe", topic=topic)
    after = {"epoch": at["epoch"], "seq": at["seq"]}
    for turn in range(6):
        async with live(urls[turn % 2], office.outside.token) as client:
            await office.lead.made(
                f"/v1/conversations/{inner.conversation}/messages", {"body": "Not for them."}
            )
            sent = await office.lead.made(
                f"/v1/conversations/{room.conversation}/messages", {"body": f"{turn}"}
            )
            await client.ask("subscribe", topic=topic, after=after)
            seen = await client.until("event")
            assert (seen["seq"], seen["data"]["message"]["body"]) == (sent["seq"], str(turn))
            after["seq"] = seen["seq"]
            await office.lead.made(f"/v1/conversations/{room.conversation}/messages", {"body": "live"})
            seen = await client.until("event")
            assert seen["data"]["message"]["body"] == "live"
            after["seq"] = seen["seq"]


async def test_a_revocation_through_one_hub_ends_the_case_at_both_gateways(
    place: Town, office: Office
) -> None:
    one, other = place.house.live_urls
    async with live(one, office.outside.token) as first, live(other, office.outside.token) as second:
        for client in (first, second):
            await client.ask("subscribe", topic=f"case:{office.case}")
        revoked = await office.lead.delete(
            f"{place.house.hub_urls[0]}/v1/cases/{office.case}/participants/{office.participant}", 1
        )
        assert revoked.status_code == 200, revoked.text
        for client in (first, second):
            assert (await client.until("ended"))["topic"] == f"case:{office.case}"
    for url in place.house.hub_urls:
        refused(await office.outside.get(f"{url}/v1/cases/{office.case}"), 404, "not_found")


async def test_signing_out_at_one_hub_closes_the_sockets_at_both_gateways(
    place: Town, office: Office
) -> None:
    one, other = place.house.live_urls
    async with live(one, office.outside.token) as first, live(other, office.outside.token) as second:
        assert (await office.outside.delete(f"{place.house.hub_urls[1]}/v1/session")).status_code == 204
        assert [await closed(client) for client in (first, second)] == [4503, 4503]
    for url in place.house.hub_urls:
        refused(await office.outside.get(f"{url}/v1/me"), 401, "unauthenticated")


async def test_a_key_is_known_to_both_hubs(place: Town, office: Office) -> None:
    room, _ = await place.rooms(office, office.case)
    path, key = f"/v1/conversations/{room.conversation}/messages", "018f3c00-0000-7000-8000-000000000001"
    answers = await asyncio.gather(
        *(office.lead.post(url + path, {"body": "once"}, key=key) for url in place.house.hub_urls * 4)
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["item"]["id"] for answer in answers}) == 1


async def test_the_doctor_looks_at_each_of_them(place: Town) -> None:
    found = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", "doctor", "--data", str(place.house.data),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said = (await found.communicate())[0].decode().splitlines()
    names = {line.split()[1] for line in said}
    assert {"hub", "hub.2", "gateway", "gateway.2", "relay", "relay.2"} <= names, said
