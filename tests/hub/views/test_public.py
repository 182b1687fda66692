"""The public side of cases: shown where an administrator says so, gone when they say so, and nothing else ever."""

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from hub.views import rules
from schemas.casetypes import CURRENT
from tests.app import ABSENT, Office, Person, World, opening, refused
from tests.conftest import Database

SHOWN = sorted(name for name, type_ in CURRENT.items() if type_.public is not None)
each_shown = pytest.mark.parametrize("name", SHOWN)


@pytest.fixture
async def chief(world: World, town: Office) -> Person:
    return await world.token(town.admin, kind="browser", proved=True)


@pytest.fixture
async def town(world: World) -> Office:
    return await world.office(SHOWN[0])


async def publish(by: Person, office: Office, *types: str) -> httpx.Response:
    headers = {"origin": str(by.http.base_url).rstrip("/")}
    return await by.post(f"/v1/orgs/{office.org}/publication", {"types": list(types)}, headers=headers)


async def as_nobody(office: Office, path: str = "/cases", **query: Any) -> httpx.Response:
    return await office.lead.http.get(f"/v1/public/{office.org}{path}", params=query)


async def shown(office: Office, **query: Any) -> list[dict[str, Any]]:
    answer = await as_nobody(office, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_nothing_is_public_until_an_administrator_publishes_it_and_nothing_after(
    town: Office, chief: Person, http: httpx.AsyncClient
) -> None:
    absent = refused(await http.get(f"/v1/public/{ABSENT}/cases"), 404, "not_found")
    number = (await town.lead.get(f"/v1/cases/{town.case}")).json()["item"]["case"]["number"]
    places = ("", "/cases", f"/cases/{number}")
    for place in places:
        assert refused(await as_nobody(town, place), 404, "not_found") == absent
    assert (await publish(chief, town, *SHOWN)).json() == {"types": SHOWN, "possible": SHOWN}
    for place in places:
        answer = await as_nobody(town, place)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=60")
    assert [one["number"] for one in await shown(town)] == [number]
    assert (await publish(chief, town)).status_code == 200
    for place in places:
        assert refused(await as_nobody(town, place), 404, "not_found") == absent


async def test_only_an_administrator_who_proved_who_they_are_publishes(
    town: Office, chief: Person, world: World
) -> None:
    for person in (town.lead, town.outside, town.stranger, town.foreign):
        refused(await publish(person, town, *SHOWN), 404, "not_found")
        refused(await person.get(f"/v1/orgs/{town.org}/publication"), 404, "not_found")
    refused(await publish(town.admin, town, *SHOWN), 403, "forbidden")  # by a token
    tired = await world.token(town.admin, kind="browser")
    refused(await publish(tired, town, *SHOWN), 403, "step_up_needed")
    other = next(name for name in CURRENT if name not in SHOWN)
    for types in ([other], ["nothing"]):
        refused(await publish(chief, town, *types), 400, "bad_input")
    found = (await town.admin.get(f"/v1/orgs/{town.org}/publication")).json()
    assert found == {"types": [], "possible": SHOWN}


@each_shown
async def test_a_public_case_holds_what_is_declared_and_no_word_of_anything_else(
    world: World, name: str, http: httpx.AsyncClient
) -> None:
    """A word that stands nowhere else in every text of the case and around it: none of them is public."""
    office = await world.office(name)
    assert office.type.public is not None
    chief = await world.token(office.admin, kind="browser", proved=True)
    body = opening(office.org, office.type, title="canarytitle")
    texts = {
        one.name: f"canary{one.name.replace('_', '')}"
        for one in msgspec.structs.fields(office.type.intake)
        if isinstance(body["intake"].get(one.name, one.default), str)
        and one.name not in office.type.public.fields
    }
    made = await office.lead.made("/v1/cases", body | {"intake": body["intake"] | texts})
    case = made["case"]["id"]
    guest = await world.person(office.org, name="canaryperson")
    await office.lead.made(f"/v1/cases/{case}/participants", {"person": guest.id, "role": office.role})
    await office.lead.made(f"/v1/cases/{case}/parties", {"name": "canaryparty", "role": "other"})
    await office.lead.made(f"/v1/cases/{case}/entries", {"text": "canaryentry", "occurred_on": "2026-03-01"})
    talk = (await office.lead.all(f"/v1/cases/{case}/conversations"))[0]["id"]
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "canarymessage"})
    assert (await publish(chief, office, name)).status_code == 200
    one = (await as_nobody(office, f"/cases/{made['case']['number']}")).json()["item"]
    assert set(one) == {"number", "type", "status", "is_open", "opened_on", "closed_on", "category", "fields"}
    assert set(one["fields"]) == set(office.type.public.fields)
    pages = [await as_nobody(office, place) for place in ("", "/cases", f"/cases/{one['number']}")]
    pages.append(await as_nobody(office, "/cases", limit=1))
    for page in pages:
        assert page.status_code == 200 and "canary" not in page.text
        # Nor whose it is, nor any id by which more of it could be asked for.
        for id in (case, office.case, office.lead.id, guest.id, office.admin.id):
            assert str(id) not in page.text
    assert case not in str(pages[-1].json()["next"])


async def test_a_public_case_follows_the_case(town: Office, chief: Person) -> None:
    await publish(chief, town, *SHOWN)
    (before,) = await shown(town)
    status = await town.close()
    (after,) = await shown(town)
    assert (before["is_open"], after["is_open"], after["status"]) == (True, False, status)
    assert before["closed_on"] is None and after["closed_on"] is not None
    assert (await shown(town, status="open"), len(await shown(town, status="closed"))) == ([], 1)
    assert len(await shown(town, status=status)) == 1 and await shown(town, status=town.type.initial) == []


async def test_a_changed_category_is_the_one_that_is_shown(world: World) -> None:
    town = await world.office("service_request")
    chief = await world.token(town.admin, kind="browser", proved=True)
    await publish(chief, town, town.type.name)
    case = (await town.lead.get(f"/v1/cases/{town.case}")).json()["item"]["case"]
    for category, revision in (("waste", 1), ("noise", 2)):
        intake = case["intake"] | {"category": category}
        answer = await town.lead.patch(f"/v1/cases/{town.case}", {"intake": intake}, revision)
        assert answer.status_code == 200, answer.text
        assert [one["category"] for one in await shown(town, category=category)] == [category]
    assert await shown(town, category="waste") == []
    (field,) = (await as_nobody(town, "")).json()["types"][0]["fields"].values()
    assert "noise" in field["enum"]


async def test_the_pages_are_the_whole_list_once(world: World, town: Office, chief: Person) -> None:
    await publish(chief, town, *SHOWN)
    for _ in range(6):
        await town.lead.made("/v1/cases", opening(town.org, town.type))
    whole = [one["number"] for one in await shown(town)]
    assert len(whole) == 7
    found: list[str] = []
    after = None
    while True:
        page = (await as_nobody(town, limit=2, **({"after": after} if after else {}))).json()
        found += [one["number"] for one in page["items"]]
        if (after := page["next"]) is None:
            break
    assert found == whole
    for bad in ("nonsense", "WyJ4Il0"):
        refused(await as_nobody(town, after=bad), 400, "bad_input")
    refused(await as_nobody(town, limit=501), 400, "bad_input")
    other = await world.office(SHOWN[0])
    assert refused(await as_nobody(other), 404, "not_found")


async def test_row_level_security_alone_keeps_what_is_not_published(
    town: Office, chief: Person, database: Database
) -> None:
    """The statement without any condition, by nobody, with all that the app checks left out."""
    connection = await asyncpg.connect(database.app)
    try:
        count = "select count(*) from public_cases where org = $1"
        assert await connection.fetchval(count, town.org) == 0
        await publish(chief, town, *SHOWN)
        assert await connection.fetchval(count, town.org) == 1
        assert await connection.fetchval("select count(*) from cases") == 0
        for wrong in (
            "insert into publications (org, type, since, by) values ($1, 'x', now(), $1)",
            "delete from publications where org = $1",
            "update public_cases set status = 'x' where org = $1",
            "delete from public_cases where org = $1",
        ):
            try:
                done = await connection.execute(wrong, town.org)
            except asyncpg.InsufficientPrivilegeError:
                continue
            assert done == "UPDATE 0", wrong
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("select set_publications($1, '{}', now())", town.org)
    finally:
        await connection.close()


def test_the_wall_alone_keeps_what_is_not_published() -> None:
    row = {"case_id": uuid4(), "org": uuid4(), "type": SHOWN[0]}
    assert rules.is_public(row, SHOWN)
    assert not rules.is_public(row, [])
    assert not rules.is_public(row | {"type": "another"}, SHOWN)


async def test_what_was_there_before_has_its_public_side(town: Office, chief: Person, owner: Any) -> None:
    """Cases of older versions are written by the same code when they move."""
    await owner.execute("update cases set type_version = 1 where id = $1", town.case)
    await publish(chief, town, *SHOWN)
    assert len(await shown(town)) == 1
    await town.close()
    assert [one["is_open"] for one in await shown(town)] == [False]
