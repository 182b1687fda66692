"""Teams: who makes them, what they open, and that leaving closes at once what nothing else gives."""

from typing import Any
from uuid import UUID, uuid4

from schemas.casetypes.kernel import Side
from tests.app import ABSENT, Office, Person, World, opening, refused


async def a_team(office: Office, *people: Person, name: str = "") -> UUID:
    team = await office.admin.made(f"/v1/orgs/{office.org}/teams", {"name": name or f"Team {uuid4().hex}"})
    for person in people:
        await office.admin.made(f"/v1/orgs/{office.org}/teams/{team['id']}/members", {"person": person.id})
    return UUID(team["id"])


async def closed_case(office: Office) -> UUID:
    """A case that only its participants and administrators see."""
    made = await office.lead.made("/v1/cases", opening(office.org, office.type))
    return UUID(made["case"]["id"])


async def events_of(owner: Any, stream: UUID) -> list[Any]:
    return await owner.fetch(
        "select type, data::text, audience from events where stream = $1 order by seq", stream
    )


async def test_make_rename_and_dissolve(office: Office, owner: Any) -> None:
    path, key = f"/v1/orgs/{office.org}/teams", uuid4()
    first = await office.admin.post(path, {"name": "Mergers"}, key=key)
    again = await office.admin.post(path, {"name": "Mergers"}, key=key)
    assert first.status_code == again.status_code == 201 and first.json()["item"] == again.json()["item"]
    team = first.json()["item"]
    refused(await office.admin.post(path, {"name": "mergers"}), 409, "conflict")
    renamed = await office.admin.patch(f"{path}/{team['id']}", {"name": "Deals"}, team["revision"])
    assert (renamed.json()["item"]["name"], renamed.json()["item"]["revision"]) == ("Deals", 2)
    refused(await office.admin.patch(f"{path}/{team['id']}", {"name": "X"}, 1), 412, "stale")
    assert [one["name"] for one in await office.lead.all(path)] == ["Deals"]
    gone = await office.admin.delete(f"{path}/{team['id']}")
    assert gone.json()["item"]["dissolved_at"] and await office.lead.all(path) == []
    assert (await office.admin.delete(f"{path}/{team['id']}")).json()["item"] == gone.json()["item"]
    refused(await office.admin.patch(f"{path}/{team['id']}", {"name": "X"}, 3), 409, "conflict")
    told = [row["type"] for row in await events_of(owner, office.org) if row["type"].startswith("team.")]
    assert told == ["team.changed"] * 3


async def test_refused_by_who_one_is(office: Office) -> None:
    team = await a_team(office)
    path = f"/v1/orgs/{office.org}/teams"
    calls = [
        ("POST", path, {"name": "Other"}), ("PATCH", f"{path}/{team}", {"name": "Other"}),
        ("DELETE", f"{path}/{team}", None), ("POST", f"{path}/{team}/members", {"person": office.lead.id}),
        ("DELETE", f"{path}/{team}/members/{office.lead.id}", None),
    ]  # fmt: skip
    for method, at, body in calls:
        refused(await office.lead.call(method, at, body, revision=1), 403, "forbidden")
        for person in (office.outside, office.foreign):
            hidden = refused(await person.call(method, at, body, revision=1), 404, "not_found")
            absent = at.replace(str(office.org), str(ABSENT))
            assert refused(await person.call(method, absent, body, revision=1), 404, "not_found") == hidden
    for person in (office.outside, office.foreign):
        refused(await person.get(path), 404, "not_found")
        refused(await person.get(f"{path}/{team}"), 404, "not_found")
    refused(await office.admin.get(f"{path}/{ABSENT}"), 404, "not_found")


async def test_only_staff_are_in_teams(office: Office) -> None:
    path = f"/v1/orgs/{office.org}/teams/{await a_team(office)}/members"
    for person in (office.outside.id, office.foreign.id, ABSENT):
        refused(await office.admin.post(path, {"person": person}), 400, "bad_input")


async def test_a_team_opens_a_case_and_leaving_it_closes(world: World) -> None:
    office = await world.office("legal_matter")
    lead, other = await world.person(office.org, "desk"), await world.person(office.org, "desk")
    case = await closed_case(office)
    team = await a_team(office, lead)
    assert (await lead.get(f"/v1/cases/{case}")).status_code == 404
    key = uuid4()
    body = {"team": team}
    given = await office.lead.post(f"/v1/cases/{case}/teams", body, key=key)
    assert given.status_code == 201, given.text
    assert (await office.lead.post(f"/v1/cases/{case}/teams", body, key=key)).json()["item"] == given.json()[
        "item"
    ]
    refused(await office.lead.post(f"/v1/cases/{case}/teams", body), 409, "conflict")
    assert (await lead.get(f"/v1/cases/{case}")).json()["item"]["roles"] == ["staff"]
    assert [row["case"]["id"] for row in await lead.all("/v1/cases", mine="true")] == [str(case)]
    # Whoever joins later sees it, and is known by name there; a client is not told of teams.
    members = f"/v1/orgs/{office.org}/teams/{team}/members"
    await office.admin.made(members, {"person": other.id})
    assert (await other.get(f"/v1/cases/{case}")).status_code == 200
    assert str(other.id) in {card["id"] for card in await office.lead.all(f"/v1/cases/{case}/people")}
    assert (
        await office.lead.post(f"/v1/cases/{case}/tasks", {"title": "x", "assignee": other.id})
    ).status_code == 201
    await office.admin.delete(f"{members}/{other.id}")
    refused(await other.get(f"/v1/cases/{case}"), 404, "not_found")
    assert (await lead.get(f"/v1/cases/{case}")).status_code == 200
    taken = await office.lead.delete(f"/v1/cases/{case}/teams/{given.json()['item']['id']}")
    assert taken.status_code == 200 and taken.json()["item"]["revoked_at"]
    refused(await lead.get(f"/v1/cases/{case}"), 404, "not_found")
    back = await office.lead.made(f"/v1/cases/{case}/teams", body)
    assert back["id"] == given.json()["item"]["id"] and back["revision"] == 3
    assert (await lead.get(f"/v1/cases/{case}")).status_code == 200
    await office.admin.delete(f"/v1/orgs/{office.org}/teams/{team}")
    refused(await lead.get(f"/v1/cases/{case}"), 404, "not_found")


async def test_one_cause_less_is_not_none(world: World) -> None:
    """Who takes part twice, by themselves and by a team, stays until both are gone."""
    office = await world.office("legal_matter")
    lead, case = await world.person(office.org, "desk"), await closed_case(office)
    team = await a_team(office, lead)
    on = await office.lead.made(f"/v1/cases/{case}/teams", {"team": team})
    alone = await office.lead.made(f"/v1/cases/{case}/participants", {"person": lead.id, "role": "staff"})
    await office.lead.delete(f"/v1/cases/{case}/participants/{alone['id']}")
    assert (await lead.get(f"/v1/cases/{case}")).status_code == 200
    await office.lead.made(f"/v1/cases/{case}/participants", {"person": lead.id, "role": "staff"})
    await office.lead.delete(f"/v1/cases/{case}/teams/{on['id']}")
    assert (await lead.get(f"/v1/cases/{case}")).status_code == 200
    await office.lead.delete(f"/v1/cases/{case}/participants/{alone['id']}")
    refused(await lead.get(f"/v1/cases/{case}"), 404, "not_found")


async def test_leaving_the_organisation_or_its_staff_leaves_its_teams(world: World, owner: Any) -> None:
    office = await world.office("legal_matter")
    case, people = await closed_case(office), [await world.person(office.org, "desk") for _ in range(2)]
    team = await a_team(office, *people)
    await office.lead.made(f"/v1/cases/{case}/teams", {"team": team})
    assert (await office.admin.delete(f"/v1/orgs/{office.org}/people/{people[0].id}")).status_code == 204
    body = {"org": office.org, "email": people[1].email, "name": "?", "role": "outside"}
    assert (await office.admin.post("/v1/people", body)).status_code == 201
    for person in people:
        refused(await person.get(f"/v1/cases/{case}"), 404, "not_found")
    item = (await office.admin.get(f"/v1/orgs/{office.org}/teams/{team}")).json()["item"]
    assert item["members"] == []
    told = [row for row in await events_of(owner, office.org) if row["type"] == "team.changed"]
    assert str(item["revision"]) in told[-1]["data"] and len(told) == item["revision"]


async def test_a_team_takes_part_as_staff_alone(office: Office) -> None:
    team = await a_team(office, office.lead)
    path = f"/v1/cases/{office.case}/teams"
    outside = next(name for name, role in office.type.roles.items() if role.side is Side.OUTSIDE)
    refused(await office.lead.post(path, {"team": team, "role": outside}), 400, "bad_input")
    refused(await office.lead.post(path, {"team": ABSENT}), 400, "bad_input")
    refused(await office.outside.post(path, {"team": team}), 403, "forbidden")
    for person in (office.stranger, office.foreign):
        refused(await person.post(path, {"team": team}), 404, "not_found")
        refused(await person.get(path), 404, "not_found")
    given = await office.lead.made(path, {"team": team})
    assert [one["id"] for one in await office.lead.all(path)] == [given["id"]]
    assert await office.outside.all(path) == []  # which teams an office has is not the client's to know
    refused(await office.outside.delete(f"{path}/{given['id']}"), 404, "not_found")
    seen = {event["type"] for event in await office.outside.all(f"/v1/cases/{office.case}/events")}
    assert "team_case.granted" not in seen
    assert "team_case.granted" in {
        e["type"] for e in await office.lead.all(f"/v1/cases/{office.case}/events")
    }


async def test_which_cases_a_team_opens_is_said_of_those_that_one_sees(office: Office, world: World) -> None:
    member, other = await world.person(office.org, "desk"), await world.person(office.org, "desk")
    team = await a_team(office, member)
    path = f"/v1/orgs/{office.org}/teams/{team}/cases"
    assert await member.all(path) == []
    given = await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": team})
    (shown,) = await member.all(path)
    assert (shown["id"], shown["case"], shown["role"]) == (given["id"], str(office.case), "staff")
    assert await other.all(path) == []
    refused(await office.stranger.get(path), 404, "not_found")
    refused(await office.foreign.get(path), 404, "not_found")
