"""Who sees a case, and why: by the function that decides it, for those who may let people in, and no word of walls to
those whom they keep out."""

from typing import Any

from tests.app import ABSENT, Office, Person, World, refused
from tests.hub.teams.test_teams import a_team


async def wall(owner: Any, office: Office, *people: Person) -> None:
    """A wall as it stands in the end: a grant that takes away."""
    for person in people:
        await owner.execute(
            "insert into grants (person, scope, role, org, since) values ($1, $2, 'walled', $3, now())",
            person.id, office.case, office.org,
        )  # fmt: skip


async def reasons(person: Person, office: Office) -> dict[str, tuple[bool, str]]:
    found = await person.all(f"/v1/cases/{office.case}/access", limit=2)
    assert [one["person"] for one in found] == sorted(one["person"] for one in found)
    return {one["person"]: (one["sees"], one["why"]) for one in found}


async def test_everybody_who_sees_a_case_is_listed_with_why(office: Office) -> None:
    titles = office.type.roles
    assert await reasons(office.lead, office) == {
        str(office.admin.id): (True, "administers the organisation"),
        str(office.lead.id): (True, f"takes part in the case as {titles['staff'].title}"),
        str(office.outside.id): (True, f"takes part in the case as {titles[office.role].title}"),
    }
    for one in await office.admin.all(f"/v1/cases/{office.case}/access"):
        assert one["name"].startswith("Person ") and one["thing"] == str(office.case) and one["roles"]


async def test_the_desk_is_listed_where_the_type_is_open_to_it(world: World) -> None:
    for name in ("service_request", "legal_matter"):
        office = await world.office(name)
        clerk = await world.person(office.org, "desk")
        found = (await reasons(office.admin, office)).get(str(clerk.id))
        assert found == (
            (True, "is staff of the organisation, to whom such cases are open")
            if office.type.open_to_staff
            else None
        )


async def test_each_cause_is_said(office: Office) -> None:
    """Who takes one away wants to know what remains."""
    team = await a_team(office, office.lead)
    await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": team})
    sees, said = (await reasons(office.admin, office))[str(office.lead.id)]
    own, by_team = said.split("; ")[:2]
    title = office.type.roles["staff"].title
    assert sees and own == f"takes part in the case as {title}"
    assert by_team.startswith(f"is in it as {title} by the team ")


async def test_refused_alike_to_everybody_else(office: Office) -> None:
    places = (f"/v1/cases/{office.case}/access", f"/v1/cases/{office.case}/access/{office.lead.id}")
    absent = refused(await office.lead.get(f"/v1/cases/{ABSENT}/access"), 404, "not_found")
    for place in places:
        for person in (office.outside, office.stranger, office.foreign):
            assert refused(await person.get(place), 404, "not_found") == absent
    for person in (ABSENT, office.foreign.id):  # of whom the organisation knows nothing
        assert (
            refused(await office.admin.get(f"/v1/cases/{office.case}/access/{person}"), 404, "not_found")
            == absent
        )


async def why(person: Person, office: Office, of: Person, thing: Any = None) -> dict[str, Any]:
    answer = await person.get(f"/v1/cases/{office.case}/access/{of.id}", thing=thing)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_thing_is_explained_by_its_own_audience(office: Office) -> None:
    secret, open_ = await office.conversation("staff"), await office.conversation()
    said = await why(office.lead, office, office.outside, secret)
    assert (said["sees"], said["thing"]) == (False, str(secret))
    told = await why(office.admin, office, office.outside, secret)
    assert (told["sees"], told["why"]) == (False, "holds none of the roles admin, staff")
    assert (await why(office.lead, office, office.outside, open_))["sees"] is True
    body = {"title": "Apart", "people": [office.outside.id]}
    talk = (await office.lead.made(f"/v1/cases/{office.case}/conversations", body))["id"]
    assert (await why(office.lead, office, office.outside, talk))["why"] == "is named in the conversation"
    for kind, body in (
        ("documents", {"name": "Plan", "kind": next(iter(office.type.document_kinds)), "audience": "staff"}),
        ("tasks", {"title": "Copy", "audience": "staff"}),
        ("deadlines", {"title": "Due", "due_on": "2030-01-01", "audience": office.shared}),
        ("parties", {"name": "Roe", "role": "other", "audience": "staff"}),
    ):
        thing = (await office.lead.made(f"/v1/cases/{office.case}/{kind}", body))["id"]
        assert (await why(office.lead, office, office.outside, thing))["sees"] is (
            body["audience"] != "staff"
        )
    message = await office.lead.made(f"/v1/conversations/{secret}/messages", {"body": "between us"})
    assert (await why(office.lead, office, office.outside, message["id"]))["sees"] is False


async def test_what_the_asker_does_not_see_is_not_explained(office: Office, world: World) -> None:
    other = await world.office()
    foreign = await other.conversation()
    helper = await world.person(office.org, "desk")
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": helper.id, "role": "staff"})
    body = {"title": "Apart", "people": [office.outside.id]}
    apart = (await office.lead.made(f"/v1/cases/{office.case}/conversations", body))["id"]
    place = f"/v1/cases/{office.case}/access/{office.lead.id}"
    absent = refused(await helper.get(place, thing=ABSENT), 404, "not_found")
    for person, thing in ((helper, apart), (helper, foreign), (helper, other.case)):
        assert refused(await person.get(place, thing=thing), 404, "not_found") == absent


async def test_a_wall_is_named_to_administrators_and_to_nobody_else(
    office: Office, world: World, owner: Any
) -> None:
    helper, chief = await world.person(office.org, "desk"), await world.person(office.org, "admin")
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": helper.id, "role": "staff"})
    await wall(owner, office, helper, chief)
    known = await reasons(office.admin, office)
    kept_out = (False, "is kept out of the case by a wall")
    assert known[str(helper.id)] == kept_out == known[str(chief.id)]
    # Staff hear neither of the wall nor of those behind it; asked for by name, a wall reads as any other lack.
    assert not {str(helper.id), str(chief.id)} & set(await reasons(office.lead, office))
    walled = await why(office.lead, office, helper)
    nobody = await why(office.lead, office, office.stranger)
    assert walled["sees"] is False
    assert {k: v for k, v in walled.items() if k not in ("person", "name")} == {
        k: v for k, v in nobody.items() if k not in ("person", "name")
    }
    # And those behind it find no case at all.
    absent = refused(await helper.get(f"/v1/cases/{ABSENT}/access"), 404, "not_found")
    for person in (helper, chief):
        for place in ("access", f"access/{person.id}"):
            answer = await person.get(f"/v1/cases/{office.case}/{place}")
            assert refused(answer, 404, "not_found") == absent


async def test_row_level_security_alone_tells_nobody_else_who_holds_what(
    office: Office, world: World, owner: Any
) -> None:
    """The function behind it, called by others than the rules let through."""
    walled = await world.person(office.org, "admin")
    await wall(owner, office, walled)
    for person, sees in (
        (office.lead, True),
        (office.outside, False),
        (office.foreign, False),
        (walled, False),
    ):
        async with owner.acquire() as connection, connection.transaction():
            await connection.execute("select set_config('casewire.person', $1, true)", str(person.id))
            rows = await connection.fetch("select * from case_holders($1, null, null, 100)", office.case)
        assert bool(rows) is sees
