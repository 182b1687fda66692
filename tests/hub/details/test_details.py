"""Intake fields that not everybody in a case sees: of every type that has some."""

from typing import Any
from uuid import UUID

import pytest

from schemas.access import expand
from schemas.casetypes import CASE_TYPES, CURRENT, CaseType
from tests.app import Office, Person, World, opening, refused

HIDING = sorted(name for name, type_ in CURRENT.items() if type_.hidden)
each_hiding = pytest.mark.parametrize("name", HIDING)


def canaries(type_: CaseType) -> dict[str, str]:
    """A word for each hidden field, which stands nowhere else."""
    return {field: f"canary{field.replace('_', '')}" for field in type_.hidden}


async def opened_with(office: Office, fields: dict[str, Any]) -> UUID:
    """A case in which the outside person takes part, with these hidden fields."""
    body = opening(office.org, office.type)
    made = await office.lead.made("/v1/cases", body | {"intake": body["intake"] | fields})
    case = UUID(made["case"]["id"])
    await office.lead.made(
        f"/v1/cases/{case}/participants", {"person": office.outside.id, "role": office.role}
    )
    return case


async def fields_of(person: Person, case: UUID) -> dict[str, Any]:
    """What somebody sees of the hidden fields of a case."""
    found: dict[str, Any] = {}
    for one in await person.all(f"/v1/cases/{case}/details"):
        found |= one["fields"]
    return found


@each_hiding
async def test_a_role_sees_the_fields_that_are_declared_for_it_and_no_trace_of_others(
    world: World, name: str
) -> None:
    office = await world.office(name)
    words = canaries(office.type)
    case = await opened_with(office, words)
    theirs = {field: word for field, word in words.items() if office.role in office.type.hidden[field]}
    assert await fields_of(office.outside, case) == theirs
    assert await fields_of(office.lead, case) == words == await fields_of(office.admin, case)
    everything = "".join(
        [
            (await office.outside.get(path)).text
            for path in (
                f"/v1/cases/{case}",
                f"/v1/cases/{case}/details",
                f"/v1/cases/{case}/events",
                "/v1/cases",
            )
        ]
    )
    for field, word in words.items():
        assert (word in everything) is (field in theirs), field
        assert (f'"{field}"' in everything) is (field in theirs), field
    # The case itself, which all its readers get, holds none of them, whoever reads it.
    for path in (f"/v1/cases/{case}", "/v1/cases"):
        assert not [word for word in words.values() if word in (await office.lead.get(path)).text]


@each_hiding
async def test_an_event_of_hidden_fields_reaches_those_who_see_them_alone(world: World, name: str) -> None:
    office = await world.office(name)
    case = await opened_with(office, canaries(office.type))
    for one in await office.lead.all(f"/v1/cases/{case}/details"):
        fields = {field: f"{word} again" for field, word in one["fields"].items()}
        answer = await office.lead.patch(f"/v1/details/{one['id']}", {"fields": fields}, 1)
        assert (answer.status_code, answer.json()["item"]["fields"]) == (200, fields)
        for person in (office.lead, office.outside):
            told = [
                event
                for event in await person.all(f"/v1/cases/{case}/events")
                if event["type"] == "detail.changed" and event["data"]["detail"]["id"] == one["id"]
            ]
            mine = person is office.lead or office.role in one["audience"]
            assert [event["data"]["detail"]["fields"] for event in told] == ([fields] if mine else [])


@each_hiding
async def test_the_case_takes_no_field_that_is_hidden_and_a_detail_only_its_own(
    world: World, name: str
) -> None:
    office = await world.office(name)
    case = await opened_with(office, canaries(office.type))
    shown = (await office.lead.get(f"/v1/cases/{case}")).json()["item"]["case"]["intake"]
    for field in office.type.hidden:
        body = {"intake": shown | {field: "x"}}
        refused(await office.lead.patch(f"/v1/cases/{case}", body, 1), 400, "bad_input")
    for one in await office.lead.all(f"/v1/cases/{case}/details"):
        for field in office.type.intake.__struct_fields__:
            answer = await office.lead.patch(f"/v1/details/{one['id']}", {"fields": {field: 7}}, 1)
            problem = refused(answer, 400, "bad_input")
            own = field in one["fields"]
            assert [at["at"] for at in problem["fields"]] == [f"$.fields.{field}" if own else "$.fields"]
    # A change of the case leaves what others see as it is.
    assert (await office.lead.patch(f"/v1/cases/{case}", {"intake": shown}, 1)).status_code == 200
    assert await fields_of(office.lead, case) == canaries(office.type)


async def test_whoever_opens_a_case_from_outside_fills_in_what_they_will_see(world: World) -> None:
    office = await world.office("service_request")
    resident = await world.person(office.org)
    body = opening(office.org, office.type)
    made = await resident.made("/v1/cases", body | {"intake": body["intake"] | {"contact_phone": "555 0100"}})
    case = UUID(made["case"]["id"])
    assert await fields_of(resident, case) == {"contact_phone": "555 0100"}
    # What only staff see is there for them to fill in, though the opener could not read it.
    assert await fields_of(office.lead, case) == {"contact_phone": "555 0100", "estimate": ""}
    problem = refused(
        await resident.post("/v1/cases", body | {"intake": body["intake"] | {"estimate": "1"}}),
        400,
        "bad_input",
    )
    assert [one["at"] for one in problem["fields"]] == ["$.intake.estimate"]


async def test_a_case_of_an_older_version_stays_as_it_was_opened(world: World, owner: Any) -> None:
    for name in HIDING:
        office = await world.office(name)
        older = CASE_TYPES[name, office.type.version - 1]
        case = await opened_with(office, {})
        await owner.execute("update cases set type_version = $2 where id = $1", case, older.version)
        await owner.execute("delete from details where case_id = $1", case)
        await owner.execute(
            "update cases set intake = intake || $2 where id = $1", case, '{"contact_phone": "555 0100"}'
        )
        found = (await office.outside.get(f"/v1/cases/{case}")).json()["item"]["case"]
        assert found["type_version"] == older.version and found["intake"]["contact_phone"] == "555 0100"
        assert await fields_of(office.lead, case) == {}
        intake = {k: v for k, v in found["intake"].items() if k in older.intake.__struct_fields__}
        answer = await office.lead.patch(f"/v1/cases/{case}", {"intake": intake}, found["revision"])
        assert answer.status_code == 200, answer.text
    anybody = await world.person()
    types = (await anybody.get("/v1/case-types", all=True)).json()
    assert {(one["name"], one["version"]) for one in types} == set(CASE_TYPES)
    assert {(one["name"], one["version"]) for one in types if one["current"]} == {
        (name, type_.version) for name, type_ in CURRENT.items()
    }


def test_the_groups_of_every_type_are_the_audiences_of_its_fields() -> None:
    for type_ in CASE_TYPES.values():
        stored = [expand(group, open_to_staff=type_.open_to_staff) for group in type_.groups]
        assert len(set(stored)) == len(stored) == len(set(type_.hidden.values()))
        named = {name for group in type_.groups for name in type_.part(group).__struct_fields__}
        assert named == set(type_.hidden)
        assert set(type_.part(None).__struct_fields__) == set(type_.intake.__struct_fields__) - named


async def test_hidden_fields_are_found_by_those_who_see_them_alone(world: World) -> None:
    office = await world.office("legal_matter")
    (detail,) = await office.lead.all(f"/v1/cases/{office.case}/details")
    body = {"fields": {"assessment": "a thixotropic matter of causation"}}
    assert (await office.lead.patch(f"/v1/details/{detail['id']}", body, 1)).status_code == 200
    for person, found in ((office.lead, 1), (office.admin, 1), (office.outside, 0), (office.foreign, 0)):
        for q in ("thixotropic", "thixo"):
            answer = (await person.get("/v1/search", q=q)).json()
            hits = [hit for hit in answer["items"] if hit["case"] == str(office.case)]
            assert len(hits) == found
            assert all("causation" in hit["snippet"] for hit in hits)
    # Of a hit by its title no snippet shows it to others, though the field holds the same word.
    (case,) = (await office.outside.get("/v1/search", q="matter", **{"in": "cases"})).json()["items"]
    assert "thixotropic" not in str(case)
