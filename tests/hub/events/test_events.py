"""A case's events over HTTP: in order, after a seq, for those who may see them."""

import pytest

from schemas.events import EVENTS
from tests.app import Office, refused


def path(office: Office) -> str:
    return f"/v1/cases/{office.case}/events"


async def test_list_events_goes_on_after_a_seq(office: Office) -> None:
    talk = await office.conversation()
    for n in range(4):
        await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": str(n)})
    whole = await office.lead.all(path(office))
    page = (await office.lead.get(path(office))).json()
    seqs = [event["seq"] for event in whole]
    assert seqs == list(range(1, len(seqs) + 1)) and page["as_of"]["seq"] == seqs[-1]
    for limit in (1, 3):
        assert await office.lead.all(path(office), limit=limit) == whole
    for after in (0, 3, seqs[-1], 10**12):
        answer = (await office.lead.get(path(office), after=after, epoch=page["as_of"]["epoch"])).json()
        assert answer["items"] == [event for event in whole if event["seq"] > after]
    places = [tuple(map(int, event["pos"].split("-"))) for event in whole]
    assert places == sorted(places)
    for event in whole:
        assert list(event["data"]) == [EVENTS[event["type"]].noun]


async def test_list_events_refused_when_the_epoch_is_another(office: Office) -> None:
    refused(await office.lead.get(path(office), epoch="of-a-restored-database"), 410, "reset")


@pytest.mark.parametrize("after", ["-1", "x", "1.5", str(2**63)])
async def test_list_events_refused_when_the_place_is_bad(office: Office, after: str) -> None:
    refused(await office.lead.get(path(office), after=after), 400, "bad_input")


async def test_list_events_shows_each_reader_what_they_may_see(office: Office) -> None:
    await office.conversation("staff")
    await office.conversation()
    lead, outside = await office.lead.all(path(office)), await office.outside.all(path(office))
    hidden = [event for event in lead if event not in outside]
    assert [event for event in lead if event in outside] == outside and hidden
    assert {event["type"] for event in hidden} <= {"conversation.opened", "detail.set"}
