"""Through somebody else's eyes: what the asker sees, and of that what the other would; and nothing is written so."""

import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.casetypes import CURRENT
from tests.app import ABSENT, Office, Person, World, refused
from tests.contract.test_state_and_events import Life
from tests.routes import all_routes
from tests.uploads import document, upload

# Lists of a case; messages and texts hang below others.
LISTS = ("participants", "parties", "entries", "conversations", "documents", "versions", "deadlines", "tasks",
         "details", "people")  # fmt: skip


async def everything(person: Person, case: UUID, **query: Any) -> dict[str, list[dict[str, Any]]]:
    """All that somebody reads of a case, by list; read in small pages where there are pages."""
    first = await person.get(f"/v1/cases/{case}", **query)
    assert first.status_code == 200, first.text
    found = {"case": [first.json()["item"]]}
    for name in LISTS:
        found[name] = await person.all(
            f"/v1/cases/{case}/{name}", limit=None if name == "people" else 3, **query
        )
    found["messages"] = []
    for talk in found["conversations"]:
        found["messages"] += await person.all(f"/v1/conversations/{talk['id']}/messages", limit=3, **query)
    found["events"], after = [], 0
    while True:
        page = (await person.get(f"/v1/cases/{case}/events", limit=7, after=after, **query)).json()
        found["events"] += page["items"]
        if page["next"] is None:
            return found
        after = int(page["next"])


def both(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in theirs if one in mine]


@pytest.mark.parametrize("name", sorted(CURRENT))
@pytest.mark.parametrize("seed", [3, 58])
async def test_as_somebody_is_what_they_see_less_what_the_asker_does_not(
    world: World, name: str, seed: int
) -> None:
    """After a random life of a case, of everybody in it by everybody who may look."""
    office = await world.office(name)
    second = await world.person(office.org, "desk")
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": second.id, "role": "staff"})
    talks = [await office.conversation(), await office.conversation("staff")]
    life = Life(office, talks, random.Random(seed))
    for _ in range(60):
        await life.step()
    # Conversations among people by name, in and out of the asker's eyes.
    for people in ([second.id], [office.outside.id]):
        talk = {"title": "Apart", "people": people}
        made = await office.lead.post(f"/v1/cases/{office.case}/conversations", talk)
        if made.status_code == 201:
            await office.lead.post(
                f"/v1/conversations/{made.json()['item']['id']}/messages", {"body": "apart"}
            )
    assert len(set(life.done)) > 5, "nothing happened"
    seen = {p: await everything(p, office.case) for p in (office.lead, office.admin, office.outside, second)}
    for asker in (office.lead, office.admin, second):
        for other, theirs in seen.items():
            got = await everything(asker, office.case, **{"as": other.id})
            for noun, items in got.items():
                wanted = both(seen[asker][noun], theirs[noun])
                if noun == "case":
                    wanted = theirs[noun]  # the same case, in the roles of the other
                if noun == "people":  # the same names; addresses as the other would be told them
                    known = {one["id"] for one in seen[asker][noun]}
                    wanted = [one for one in theirs[noun] if one["id"] in known]
                assert items == wanted, (noun, seed)
        assert await everything(asker, office.case, **{"as": asker.id}) == seen[asker]


async def test_hidden_and_absent_are_alike_through_other_eyes(office: Office) -> None:
    secret = await office.conversation("staff")
    helpless = {"as": office.outside.id}
    absent = refused(await office.lead.get(f"/v1/cases/{ABSENT}/parties", **helpless), 404, "not_found")
    for place, query in (
        (f"/v1/conversations/{secret}/messages", helpless),
        (f"/v1/cases/{office.case}/parties", {"as": office.stranger.id}),  # who sees nothing of it
        (f"/v1/cases/{office.case}", {"as": office.stranger.id}),
        (f"/v1/cases/{office.case}/parties", {"as": office.foreign.id}),  # whom the office does not know
        (f"/v1/cases/{office.case}", {"as": ABSENT}),
    ):
        assert refused(await office.lead.get(place, **query), 404, "not_found") == absent
    # Who may not let people in does not look through their eyes, not even through their own.
    for person in (office.outside, office.stranger, office.foreign):
        for other in (office.lead, office.outside):
            for below in ("", "/parties", "/events", "/people", "/details"):
                answer = await person.get(f"/v1/cases/{office.case}{below}", **{"as": other.id})
                assert refused(answer, 404, "not_found") == absent


async def test_the_bytes_and_texts_of_a_version_are_asked_for_as_the_other(
    office: Office, owner: Any
) -> None:
    for audience, status in (("staff", 404), (office.shared, 200)):
        version = await upload(office.lead, await document(office.lead, office.case, audience), b"plain text")
        await owner.execute(
            "update versions v set status = 'cleared', people = '{}', audience = d.audience from documents d "
            "where v.id = $1 and d.id = v.document",
            version,
        )
        for below in ("content", "text"):
            place = f"/v1/versions/{version}/{below}"
            assert (await office.lead.get(place)).status_code == 200
            assert (await office.lead.get(place, **{"as": office.outside.id})).status_code == status


async def test_who_looks_as_somebody_else_only_reads(office: Office) -> None:
    before = await office.admin.all(f"/v1/cases/{office.case}/events")
    talk = await office.conversation()
    path = f"/v1/conversations/{talk}/messages"
    before = await office.admin.all(f"/v1/cases/{office.case}/events")
    for method, place, body in (
        ("POST", path, {"body": "as somebody"}),
        ("POST", f"/v1/cases/{office.case}/tasks", {"title": "x"}),
        ("PATCH", f"/v1/cases/{office.case}", {"title": "x"}),
        ("POST", f"/v1/conversations/{talk}/read", {"upto": 1}),
    ):
        eyes: dict[str, Any] = {"as": str(office.outside.id)}
        answer = await office.lead.call(method, place, body, revision=1, **eyes)
        refused(answer, 403, "forbidden")
    assert await office.admin.all(f"/v1/cases/{office.case}/events") == before


async def test_every_read_looks_through_the_eyes_or_says_that_it_cannot(office: Office) -> None:
    """A read that passed `as` over would show its asker's things as the other's."""
    looks = {"cases", "conversations", "versions"}
    for route in all_routes():
        if route.method != "GET" or route.public or not route.path.startswith("/v1/"):
            continue
        place = route.path
        for parameter, value in (
            ("{case:uuid}", office.case), ("{org:uuid}", office.org), ("{person:uuid}", office.outside.id),
        ):  # fmt: skip
            place = place.replace(parameter, str(value))
        if "{" in place:
            place = place[: place.index("{")] + str(uuid4()) + place[place.index("}") + 1 :]
        query: dict[str, Any] = {"as": office.outside.id} | (
            {"org": office.org} if place == "/v1/people" else {}
        )
        if place == "/v1/search":
            query["q"] = "x"
        if place.endswith("/audit/proof"):
            query["n"] = 0
        if place.endswith("/audit/consistency"):
            query |= {"from": 1, "to": 1}
        answer = await office.lead.get(place, **query)
        if answer.status_code in (401, 403):
            continue  # not for this asker at all
        if answer.status_code == 400:
            assert [one["at"] for one in answer.json().get("fields", ())] == ["as"], (place, answer.text)
        else:
            assert place.split("/")[2] in looks and answer.status_code in (200, 404), place
    bad = refused(await office.lead.get(f"/v1/cases/{office.case}", **{"as": "nobody"}), 400, "bad_input")
    assert [one["at"] for one in bad["fields"]] == ["as"]
