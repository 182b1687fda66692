"""Who reads what is privileged is in the record before they read it: pages, events, what search shows of it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.audit import Entry
from schemas.ids import new_id
from tests.app import Office, World
from tests.hub.audit.entries import count, newest
from tests.rows import Rows


@pytest.fixture
async def matter(world: World) -> Office:
    return await world.office("legal_matter")


async def reads(owner: Any, before: int) -> list[Entry]:
    return [one for one in await newest(owner, before) if one.act.startswith("conversation.")]


async def test_each_page_of_a_privileged_conversation_leaves_one(matter: Office, owner: Any) -> None:
    talk = await matter.conversation()
    before = await count(owner)
    for _ in range(2):
        assert (await matter.outside.get(f"/v1/conversations/{talk}/messages")).status_code == 200
    found = await reads(owner, before)
    assert [(one.act, one.thing, one.case) for one in found] == [("conversation.read", talk, matter.case)] * 2
    assert {one.by.person for one in found} == {matter.outside.id} and found[0].log == matter.org


async def test_events_and_what_search_shows_leave_one_each(matter: Office, owner: Any) -> None:
    talk, word = await matter.conversation(), f"w{uuid4().hex}"
    await matter.lead.made(f"/v1/conversations/{talk}/messages", {"body": f"Of {word}"})
    before = await count(owner)
    assert (await matter.lead.get(f"/v1/cases/{matter.case}/events")).status_code == 200
    (heard,) = await reads(owner, before)
    assert (heard.act, heard.case) == ("conversation.heard", matter.case)
    before = await count(owner)
    assert len((await matter.lead.get("/v1/search", q=word)).json()["items"]) == 1
    assert (await matter.lead.get("/v1/search", q=f"{word}x")).json()["items"] == []
    (shown,) = await reads(owner, before)
    assert (shown.act, shown.case, shown.by.person) == ("conversation.found", matter.case, matter.lead.id)


async def test_what_is_not_privileged_leaves_none(world: World, owner: Any) -> None:
    office = await world.office("service_request")
    talk = await office.conversation()
    before = await count(owner)
    assert (await office.lead.get(f"/v1/conversations/{talk}/messages")).status_code == 200
    assert (await office.lead.get(f"/v1/cases/{office.case}/events")).status_code == 200
    assert await reads(owner, before) == []


async def test_what_cannot_be_written_down_is_not_shown(matter: Office, owner: Any) -> None:
    talk = await matter.conversation()
    await matter.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Privileged"})
    await owner.execute("revoke insert on audit_entries from casewire_app, casewire_system")
    try:
        answer = await matter.lead.get(f"/v1/conversations/{talk}/messages")
    finally:
        await owner.execute("grant insert on audit_entries to casewire_app, casewire_system")
    assert answer.status_code == 503 and "Privileged" not in answer.text


async def test_it_says_through_whose_eyes(matter: Office, owner: Any) -> None:
    before = await count(owner)
    events = f"/v1/cases/{matter.case}/events"
    assert (await matter.lead.get(events, **{"as": matter.outside.id})).status_code == 200
    (entry,) = await reads(owner, before)
    assert (entry.by.person, entry.by.viewing) == (matter.lead.id, matter.outside.id)


async def test_it_says_by_which_app(matter: Office, world: World, owner: Any) -> None:
    """A person's session that an app holds: they did it, by this app."""
    app, family = new_id(), new_id()
    asks = await world.token(matter.lead, kind="app")
    await (await Rows.on(owner)).put("oauth_apps", id=app, org=matter.org)
    await (await Rows.on(owner)).put("oauth_families", id=family, app=app, person=matter.lead.id)
    await owner.execute("update sessions set family = $2 where id = $1", asks.session, family)
    before = await count(owner)
    assert (await asks.get(f"/v1/cases/{matter.case}/events")).status_code == 200
    made = await asks.made(f"/v1/cases/{matter.case}/tasks", {"title": "Do"})
    found = await newest(owner, before)
    assert [one.thing for one in found] == [matter.case, UUID(made["id"])]
    assert {(one.by.kind, one.by.person, one.by.session, one.by.via) for one in found} == {
        ("app", matter.lead.id, asks.session, app)
    }
