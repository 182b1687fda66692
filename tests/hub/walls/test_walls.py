"""Ethical walls: they beat every grant, at once; who is kept out sees nothing of them and cannot get round them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.ids import new_id
from tests.app import ABSENT, Office, Person, World, refused
from tests.browsers import proved
from tests.hub.teams.test_teams import a_team

REASON = "Acted for the other side"


@pytest.fixture
async def office(world: World) -> Office:
    """`admin` has just proved who they are, and so may raise walls."""
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


def against(office: Office, *people: Person, **more: Any) -> dict[str, Any]:
    return {
        "title": "Roe, other side", "reason": REASON, "cases": [office.case], "people": [one.id for one in people]
    } | more  # fmt: skip


async def raised(office: Office, *people: Person, **more: Any) -> dict[str, Any]:
    return await office.admin.made(f"/v1/orgs/{office.org}/walls", against(office, *people, **more))


async def lifted(office: Office, wall: dict[str, Any]) -> None:
    answer = await office.admin.post(f"/v1/orgs/{office.org}/walls/{wall['id']}/lift", {"reason": "Settled"})
    assert answer.status_code == 200, answer.text


async def sees(person: Person, office: Office) -> bool:
    answer = await person.get(f"/v1/cases/{office.case}")
    assert answer.status_code in (200, 404), answer.text
    listed = str(office.case) in {row["case"]["id"] for row in await person.all("/v1/cases")}
    assert listed is (answer.status_code == 200)
    return listed


async def another_admin(world: World, office: Office) -> Person:
    return await proved(world, await world.person(office.org, "admin"))


async def test_a_wall_beats_every_grant_until_it_is_lifted(office: Office, world: World) -> None:
    member, admin = await world.person(office.org, "desk"), await another_admin(world, office)
    await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": await a_team(office, member)})
    for person in (office.lead, office.outside, member, admin):
        assert await sees(person, office)
        wall = await raised(office, person)
        assert not await sees(person, office) and await sees(office.admin, office)
        await lifted(office, wall)
        assert await sees(person, office)


async def test_every_route_of_the_case_answers_as_if_it_was_not_there(office: Office, world: World) -> None:
    """Of an administrator, who sees all else."""
    admin = await another_admin(world, office)
    talk = await office.conversation()
    made = {
        "message": await office.lead.made(
            f"/v1/conversations/{talk}/messages", {"body": "privileged canary"}
        ),
        "party": await office.lead.made(
            f"/v1/cases/{office.case}/parties", {"name": "Canary", "role": "other"}
        ),
        "task": await office.lead.made(f"/v1/cases/{office.case}/tasks", {"title": "Canary"}),
        "deadline": await office.lead.made(
            f"/v1/cases/{office.case}/deadlines", {"title": "Canary", "due_on": "2030-01-01"}
        ),
    }
    assert (await admin.get("/v1/search", q="canary")).json()["items"]
    await raised(office, admin)
    case = f"/v1/cases/{office.case}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", case + tail, None)
        for tail in ("", "/parties", "/participants", "/entries", "/conversations", "/documents", "/deadlines",
                     "/tasks", "/events", "/people", "/teams")
    ]  # fmt: skip
    calls += [
        ("GET", f"/v1/conversations/{talk}/messages", None), ("PATCH", case, {"title": "x"}),
        ("POST", f"/v1/conversations/{talk}/messages", {"body": "x"}),
        ("POST", f"/v1/conversations/{talk}/read", {"upto": 1}),
        ("POST", f"{case}/participants", {"person": admin.id, "role": "staff"}),
        ("POST", f"{case}/participants", {"email": admin.email, "role": "staff"}),
        ("POST", f"{case}/teams", {"team": await a_team(office, admin)}),
        ("POST", f"{case}/transitions", {"name": "close"}),
        ("POST", f"{case}/entries", {"text": "x", "occurred_on": "2026-01-01"}),
        ("DELETE", f"{case}/participants/{office.participant}", None),
        ("PATCH", f"/v1/messages/{made['message']['id']}", {"body": "x"}),
        ("DELETE", f"/v1/parties/{made['party']['id']}", None),
        ("PATCH", f"/v1/tasks/{made['task']['id']}", {"title": "x"}),
        ("PATCH", f"/v1/deadlines/{made['deadline']['id']}", {"title": "x"}),
    ]  # fmt: skip
    hidden = {office.case, talk, office.participant, *(UUID(one["id"]) for one in made.values())}
    for method, path, body in calls:
        absent = path
        for id in hidden:
            absent = absent.replace(str(id), str(ABSENT))
        gone = refused(await admin.call(method, absent, body, revision=1), 404, "not_found")
        assert refused(await admin.call(method, path, body, revision=1), 404, "not_found") == gone, path
    assert (await admin.get("/v1/search", q="canary")).json()["items"] == []
    assert (await admin.get("/v1/search", q="canary", case=office.case)).json()["items"] == []


async def test_who_is_kept_out_hears_nothing_of_the_wall(office: Office, world: World, owner: Any) -> None:
    admin = await another_admin(world, office)
    wall = await raised(office, admin)
    path = f"/v1/orgs/{office.org}/walls"
    assert await admin.all(path, lifted="true") == []
    absent = refused(await admin.get(f"{path}/{ABSENT}"), 404, "not_found")
    one = f"{path}/{wall['id']}"
    assert refused(await admin.get(one), 404, "not_found") == absent
    assert refused(await admin.patch(one, {"people": []}, 1), 404, "not_found") == absent
    assert refused(await admin.post(f"{one}/lift", {"reason": "x"}), 404, "not_found") == absent
    mine = await owner.fetch("select type, data::text from events where stream = $1", admin.id)
    assert [row["type"] for row in mine] == ["grant.changed"]
    assert not any(word in mine[0]["data"] for word in ("wall", str(office.case), str(wall["id"])))
    await lifted(office, wall)
    assert await admin.all(path, lifted="true") == []  # nor later: it was about them
    assert [item["lift_reason"] for item in await office.admin.all(path, lifted="true")] == ["Settled"]
    assert await office.admin.all(path) == []


async def test_who_could_not_see_the_case_notices_nothing(office: Office, world: World, owner: Any) -> None:
    desk = await world.person(office.org, "desk")
    await raised(office, desk, office.stranger)
    for person in (desk, office.stranger):
        assert await owner.fetchval("select count(*) from events where stream = $1", person.id) == 0


async def test_an_administrator_behind_one_wall_does_not_see_others_of_its_cases(
    office: Office, world: World
) -> None:
    """What a wall says of a case is of the case."""
    admin = await another_admin(world, office)
    other = await raised(office, office.outside)
    path = f"/v1/orgs/{office.org}/walls/{other['id']}"
    assert (await admin.get(path)).status_code == 200
    await raised(office, admin)
    refused(await admin.get(path), 404, "not_found")
    refused(await admin.post(f"{path}/lift", {"reason": "x"}), 404, "not_found")


async def test_none_but_administrators_hear_of_walls(office: Office) -> None:
    wall = await raised(office, office.stranger)
    path = f"/v1/orgs/{office.org}/walls"
    for person in (office.lead, office.outside, office.foreign):
        refused(await person.get(path), 404, "not_found")
        refused(await person.get(f"{path}/{wall['id']}"), 404, "not_found")
        refused(await person.post(path, against(office, office.stranger)), 404, "not_found")
        refused(await person.patch(f"{path}/{wall['id']}", {"title": "x"}, 1), 404, "not_found")
        refused(await person.post(f"{path}/{wall['id']}/lift", {"reason": "x"}), 404, "not_found")


async def test_it_asks_who_you_are_once_more(office: Office, world: World) -> None:
    wall = await raised(office, office.stranger)
    path = f"/v1/orgs/{office.org}/walls"
    await world.pool.execute(
        "update sessions set proved_at = now() - interval '1 hour' where id = $1", office.admin.session
    )
    for answer in (
        await office.admin.post(path, against(office, office.stranger)),
        await office.admin.patch(f"{path}/{wall['id']}", {"title": "x"}, 1),
        await office.admin.post(f"{path}/{wall['id']}/lift", {"reason": "x"}),
    ):
        refused(answer, 403, "step_up_needed")


async def test_raising_repeats_for_free_and_so_does_lifting(office: Office, owner: Any) -> None:
    path, key = f"/v1/orgs/{office.org}/walls", uuid4()
    first = await office.admin.post(path, against(office, office.outside), key=key)
    again = await office.admin.post(path, against(office, office.outside), key=key)
    assert first.status_code == again.status_code == 201 and first.json()["item"] == again.json()["item"]
    refused(await office.admin.post(path, against(office, office.stranger), key=key), 409, "key_reused")
    one = f"{path}/{first.json()['item']['id']}"
    done = await office.admin.post(f"{one}/lift", {"reason": "Settled"})
    assert (await office.admin.post(f"{one}/lift", {"reason": "Again"})).json()["item"] == done.json()["item"]
    told = await owner.fetch(
        "select type, audience, case_id from events where stream = $1 order by seq", office.org
    )
    assert [row["type"] for row in told if row["type"].startswith("wall.")] == ["wall.raised", "wall.lifted"]
    assert all(
        row["audience"] == ["admin"] and row["case_id"] is None for row in told if "wall" in row["type"]
    )


async def test_a_wall_changes_by_its_revision(office: Office, world: World) -> None:
    other = await world.person(office.org, "desk")
    wall = await raised(office, office.lead)
    path = f"/v1/orgs/{office.org}/walls/{wall['id']}"
    changed = await office.admin.patch(path, {"people": [other.id, office.outside.id]}, 1)
    assert changed.status_code == 200 and changed.json()["item"]["revision"] == 2
    assert await sees(office.lead, office) and not await sees(office.outside, office)
    refused(await office.admin.patch(path, {"title": "x"}, 1), 412, "stale")
    refused(await office.admin.patch(path, {"title": "x"}, None), 428, "revision_missing")
    same = await office.admin.patch(path, {"title": wall["title"]}, 2)
    assert same.json()["item"]["revision"] == 2
    await lifted(office, wall)
    refused(await office.admin.patch(path, {"title": "x"}, 3), 409, "conflict")


async def test_refused_when_it_names_what_is_not_there(office: Office, world: World) -> None:
    path = f"/v1/orgs/{office.org}/walls"
    foreign = await world.office()
    team = await a_team(foreign)
    for more, at in (
        ({"cases": []}, "$.cases"), ({"cases": [office.case, foreign.case]}, "$.cases[1]"),
        ({"cases": [ABSENT]}, "$.cases[0]"), ({"people": []}, "$.people"), ({"teams": [team]}, "$.teams[0]"),
        ({"people": [office.foreign.id]}, "$.people[0]"), ({"reason": ""}, "$.reason"), ({"title": ""}, "$.title"),
        ({"cases": [str(new_id()) for _ in range(201)]}, "$.cases"),
    ):  # fmt: skip
        problem = refused(
            await office.admin.post(path, against(office, office.lead) | more), 400, "bad_input"
        )
        assert [one["at"] for one in problem["fields"]] == [at]


async def test_somebody_remains_who_may_lift_it(office: Office, world: World) -> None:
    """However it would come about that nobody does."""
    path = f"/v1/orgs/{office.org}/walls"
    refused(await office.admin.post(path, against(office, office.admin)), 409, "conflict")
    assert await sees(office.admin, office)
    # A service does not count, though it administers: it cannot prove who it is.
    await office.admin.made(f"/v1/orgs/{office.org}/services", {"name": "Import", "role": "admin"})
    refused(await office.admin.post(path, against(office, office.admin)), 409, "conflict")
    second = await another_admin(world, office)
    wall = await raised(office, second)
    # Behind another wall of the same case, in a team that a wall names, out of the organisation, or demoted.
    refused(await office.admin.post(path, against(office, office.admin)), 409, "conflict")
    team = await a_team(office)
    await raised(office, teams=[team])
    refused(
        await second.post(f"/v1/orgs/{office.org}/teams/{team}/members", {"person": office.admin.id}),
        409,
        "conflict",
    )
    told = await second.delete(f"/v1/orgs/{office.org}/people/{office.admin.id}")
    refused(told, 409, "conflict")
    assert "wall" not in told.text.lower()  # that they are behind
    body = {"org": office.org, "email": office.admin.email, "name": "?", "role": "outside"}
    refused(await second.post("/v1/people", body), 409, "conflict")
    assert await sees(office.admin, office) and not await sees(second, office)
    third = await another_admin(world, office)
    assert (await second.delete(f"/v1/orgs/{office.org}/people/{office.admin.id}")).status_code == 204
    assert (await third.get(f"{path}/{wall['id']}")).status_code == 200


async def test_an_administrator_may_raise_one_against_themselves(office: Office, world: World) -> None:
    await another_admin(world, office)
    wall = await raised(office, office.admin)
    assert not await sees(office.admin, office)
    refused(await office.admin.get(f"/v1/orgs/{office.org}/walls/{wall['id']}"), 404, "not_found")


Way = Callable[[Office, Person, UUID], Awaitable[Any]]


async def leave_the_team(office: Office, walled: Person, team: UUID) -> None:
    await walled.delete(f"/v1/orgs/{office.org}/teams/{team}/members/{walled.id}")


async def dissolve_the_team(office: Office, walled: Person, team: UUID) -> None:
    await walled.delete(f"/v1/orgs/{office.org}/teams/{team}")


async def join_a_team_of_the_case(office: Office, walled: Person, team: UUID) -> None:
    other = await a_team(office)
    await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": other})
    await walled.made(f"/v1/orgs/{office.org}/teams/{other}/members", {"person": walled.id})


async def be_let_in_by_a_colleague(office: Office, walled: Person, team: UUID) -> None:
    body = {"person": walled.id, "role": "staff"}
    refused(await office.lead.post(f"/v1/cases/{office.case}/participants", body), 409, "conflict")


async def get_another_token(office: Office, walled: Person, team: UUID) -> None:
    await walled.post("/v1/tokens", {"label": "x", "scopes": ["read", "write", "admin"], "days": 1})


@pytest.mark.parametrize(
    "way", [leave_the_team, dissolve_the_team, join_a_team_of_the_case, be_let_in_by_a_colleague, get_another_token],
    ids=lambda way: way.__name__,
)  # fmt: skip
async def test_there_is_no_way_round(office: Office, world: World, way: Way) -> None:
    """Of an administrator whom the wall keeps out by a team."""
    walled = await another_admin(world, office)
    team = await a_team(office, walled)
    await raised(office, teams=[team])
    assert not await sees(walled, office)
    await way(office, walled, team)
    assert not await sees(walled, office)


async def test_who_comes_back_to_the_organisation_comes_back_behind_it(office: Office, world: World) -> None:
    walled = await another_admin(world, office)
    await raised(office, walled)
    assert (await office.admin.delete(f"/v1/orgs/{office.org}/people/{walled.id}")).status_code == 204
    await world.seat(walled.id, office.org, "admin")
    assert not await sees(walled, office)


async def test_who_joins_a_team_joins_its_walls(office: Office, world: World) -> None:
    team = await a_team(office)
    await raised(office, teams=[team])
    assert await sees(office.lead, office)
    await office.admin.made(f"/v1/orgs/{office.org}/teams/{team}/members", {"person": office.lead.id})
    assert not await sees(office.lead, office)


async def test_who_left_before_it_was_raised_is_not_kept_out(office: Office, world: World) -> None:
    member = await world.person(office.org, "admin")
    team = await a_team(office, member)
    await office.admin.delete(f"/v1/orgs/{office.org}/teams/{team}/members/{member.id}")
    await raised(office, teams=[team])
    assert await sees(member, office)


async def test_work_and_talk_are_not_given_to_who_is_kept_out(office: Office) -> None:
    await office.lead.made(
        f"/v1/cases/{office.case}/participants", {"person": office.admin.id, "role": "staff"}
    )
    second = office.outside
    await raised(office, second)
    case = f"/v1/cases/{office.case}"
    shared = {"audience": office.shared}
    body = {"title": "x", "assignee": second.id} | shared
    refused(await office.lead.post(f"{case}/tasks", body), 400, "bad_input")
    refused(await office.lead.post(f"{case}/deadlines", body | {"due_on": "2030-01-01"}), 400, "bad_input")
    named = {"title": "x", "people": [second.id]}
    refused(await office.lead.post(f"{case}/conversations", named), 409, "conflict")


async def test_removing_somebody_reaches_cases_that_the_remover_may_not_see(
    office: Office, world: World, owner: Any
) -> None:
    """An administrator behind a wall removes a client of the case: nothing of theirs is left, should they come back."""
    admin = await another_admin(world, office)
    await raised(office, admin)
    assert (await admin.delete(f"/v1/orgs/{office.org}/people/{office.outside.id}")).status_code == 204
    assert await owner.fetchval("select count(*) from grants where person = $1", office.outside.id) == 0
    participants = await office.admin.all(f"/v1/cases/{office.case}/participants")
    ended = next(one for one in participants if one["person"] == str(office.outside.id))
    assert ended["revoked_at"]
    told = (await office.admin.all(f"/v1/cases/{office.case}/events"))[-1]
    assert (told["type"], told["actor"]) == ("participant.revoked", None)
    assert told["data"]["participant"] == ended
