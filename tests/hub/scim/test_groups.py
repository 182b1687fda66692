"""Groups of a directory are teams, and what a team opens opens to whom the directory puts into it."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.app import Office, World, refused
from tests.hub.scim.conftest import GROUP, Directory, service_of, wrong

DESK = [{"value": "desk"}]


@pytest.fixture
async def directory(world: World, office: Office) -> Directory:
    return Directory(world, office.org, office.admin, await service_of(world, office.org))


def members(group: dict[str, Any]) -> set[str]:
    return {one["value"] for one in group.get("members", [])}


async def test_a_group_is_a_team(directory: Directory, office: Office, owner: Any) -> None:
    user = await directory.user(roles=DESK)
    group = await directory.group("Tax", user["id"], str(office.lead.id))
    assert members(group) == {user["id"], str(office.lead.id)}
    assert group["members"][0]["type"] == "User"
    assert group["members"][0]["$ref"].endswith(f"/Users/{group['members'][0]['value']}")
    team = (await office.lead.get(f"/v1/orgs/{office.org}/teams/{group['id']}")).json()["item"]
    assert (team["name"], set(team["members"])) == ("Tax", members(group))
    shown = (await directory.call("GET", f"/Users/{user['id']}")).json()
    assert shown["groups"] == [{"value": group["id"], "display": "Tax"}]
    told = await owner.fetch("select type, data from events where stream = $1 and thing = $2", office.org,
                             UUID(group["id"]))  # fmt: skip
    assert {row["type"] for row in told} == {"team.changed"}


async def test_who_is_put_into_a_group_sees_its_cases_and_who_is_taken_out_does_not(
    directory: Directory, office: Office, world: World
) -> None:
    lawyer, group = await world.person(office.org, "desk"), await directory.group()
    case, path = f"/v1/cases/{office.case}", f"/Groups/{group['id']}"
    # Of staff alone, so that it is the team which opens it.
    await world.pool.execute(
        "update cases set audience = array_remove(audience, 'desk') where id = $1", office.case
    )
    await office.lead.made(f"{case}/teams", {"team": group["id"]})
    refused(await lawyer.get(case), 404, "not_found")
    put = {"op": "Add", "path": "members", "value": [{"value": str(lawyer.id)}]}
    assert members((await directory.patch(path, put)).json()) == {str(lawyer.id)}
    assert (await lawyer.get(case)).status_code == 200
    taken = {"op": "Remove", "path": f'members[value eq "{lawyer.id}"]'}
    assert members((await directory.patch(path, taken)).json()) == set()
    refused(await lawyer.get(case), 404, "not_found")
    await directory.patch(path, put)
    assert (await lawyer.get(case)).status_code == 200
    # As one of the large directories writes it.
    after = await directory.patch(
        path, {"op": "Remove", "path": "members", "value": [{"value": str(lawyer.id)}]}
    )
    assert members(after.json()) == set()
    refused(await lawyer.get(case), 404, "not_found")
    await directory.patch(path, put)
    assert (await directory.call("DELETE", path)).status_code == 204
    refused(await lawyer.get(case), 404, "not_found")
    wrong(await directory.call("GET", path), 404)


async def test_who_is_put_out_is_in_no_group(directory: Directory, office: Office) -> None:
    user = await directory.user(roles=DESK)
    group = await directory.group(None, user["id"])
    await directory.patch(f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": False})
    assert members((await directory.call("GET", f"/Groups/{group['id']}")).json()) == set()


async def test_a_group_is_replaced_whole(directory: Directory, office: Office) -> None:
    one, two = await directory.user(roles=DESK), await directory.user(roles=DESK)
    group = await directory.group(None, one["id"])
    path, name = f"/Groups/{group['id']}", uuid4().hex
    body = {"schemas": [GROUP], "displayName": name, "externalId": "g1", "members": [{"value": two["id"]}]}
    answer = await directory.call("PUT", path, body, headers={"if-match": group["meta"]["version"]})
    after = answer.json()
    assert (after["displayName"], after["externalId"], members(after)) == (name, "g1", {two["id"]})
    assert answer.headers["etag"] == after["meta"]["version"] != group["meta"]["version"]
    wrong(await directory.call("PUT", path, body, headers={"if-match": group["meta"]["version"]}), 412)
    by_member = [f'members eq "{two["id"]}"', f'members[value eq "{two["id"]}"]']
    by_name = f'displayName eq "{name.upper()}"'
    for filter in (*by_member, by_name, f"{by_name} and {by_member[0]}", 'externalId eq "g1" and members pr'):
        found = (await directory.call("GET", "/Groups", filter=filter)).json()
        assert [shown["id"] for shown in found["Resources"]] == [group["id"]], filter
    found = (await directory.call("GET", "/Groups", filter=f'members eq "{one["id"]}"')).json()
    assert found["totalResults"] == 0


async def test_all_of_a_change_or_nothing(directory: Directory, office: Office, world: World) -> None:
    staff = await directory.user(roles=DESK)
    group = await directory.group(None, staff["id"])
    path = f"/Groups/{group['id']}"
    client = office.outside
    foreign = await world.person(await world.organisation(), "desk")
    for other in (str(client.id), str(foreign.id), str(UUID(int=7))):
        answer = await directory.patch(
            path,
            {"op": "replace", "path": "displayName", "value": uuid4().hex},
            {"op": "remove", "path": "members"},
            {"op": "add", "path": "members", "value": [{"value": str(office.lead.id)}, {"value": other}]},
        )
        assert other in wrong(answer, 400, "invalidValue")["detail"]
    wrong(
        await directory.patch(path, {"op": "add", "path": "members", "value": [{"value": "x"}]}),
        400,
        "invalidValue",
    )
    assert (await directory.call("GET", path)).json() == group


async def test_a_name_is_there_once_also_for_racers(directory: Directory) -> None:
    name = uuid4().hex
    group = await directory.group(name)
    other = await directory.group()
    body = {"schemas": [GROUP], "displayName": name.upper()}
    wrong(await directory.call("POST", "/Groups", body), 409, "uniqueness")
    taken = {"op": "replace", "path": "displayName", "value": name}
    wrong(await directory.patch(f"/Groups/{other['id']}", taken), 409, "uniqueness")
    assert (await directory.patch(f"/Groups/{group['id']}", taken)).status_code == 200
    body = {"schemas": [GROUP], "displayName": uuid4().hex}
    answers = await asyncio.gather(*(directory.call("POST", "/Groups", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_service_in_a_team_stays_when_the_directory_replaces_its_people(
    directory: Directory, office: Office, world: World
) -> None:
    robot = await service_of(world, office.org, "read", role="desk")
    group = await directory.group()
    await world.pool.execute(
        "insert into team_members (team, person, org, since) values ($1, $2, $3, now())",
        UUID(group["id"]), robot.id, office.org,
    )  # fmt: skip
    path = f"/Groups/{group['id']}"
    body = {
        "schemas": [GROUP],
        "displayName": group["displayName"],
        "members": [{"value": str(office.lead.id)}],
    }
    assert members((await directory.call("PUT", path, body)).json()) == {str(office.lead.id)}
    team = (await office.lead.get(f"/v1/orgs/{office.org}/teams/{group['id']}")).json()["item"]
    assert set(team["members"]) == {str(office.lead.id), str(robot.id)}
