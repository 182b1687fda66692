"""What a directory says of people, and what becomes of them."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from hub.context import Hub
from tests.app import Office, Person, World, refused
from tests.browsers import Site, proved, with_password
from tests.hub.scim.conftest import USER, Directory, directory_of, service_of, wrong

Replace = dict[str, Any]


def replace(path: str, value: Any) -> Replace:
    return {"op": "replace", "path": path, "value": value}


async def directory_in(world: World, office: Office, *scopes: str) -> Directory:
    return Directory(world, office.org, office.admin, await service_of(world, office.org, *scopes))


async def events_of(owner: Any, stream: UUID) -> list[str]:
    return [
        row["type"]
        for row in await owner.fetch("select type from events where stream = $1 order by seq", stream)
    ]


async def test_a_new_user_gets_a_place_an_invitation_and_an_address(directory: Directory, owner: Any) -> None:
    name = f"{uuid4().hex}@firm.test"
    answer = await directory.create(
        name, externalId="E 7", displayName="Zoë Quinn", name={"givenName": "Zoë"}, roles=[{"value": "desk"}]
    )
    assert answer.status_code == 201
    user = answer.json()
    assert answer.headers["location"] == user["meta"]["location"]
    assert answer.headers["location"].endswith(f"/scim/v2/{directory.org}/Users/{user['id']}")
    assert answer.headers["etag"] == user["meta"]["version"]
    assert answer.headers["content-type"].startswith("application/scim+json")
    assert user["emails"] == [{"value": name, "type": "work", "primary": True}]
    assert (user["active"], user["externalId"], user["roles"]) == (True, "E 7", [{"value": "desk"}])
    assert await directory.role(user["id"]) == "desk"
    assert dict(await directory.row(user["id"])) == {"name": "Zoë Quinn", "email": name}
    assert await owner.fetchval("select count(*) from mails where recipient = $1", name) == 1
    assert await events_of(owner, directory.org) == ["member.added"]
    assert await events_of(owner, UUID(user["id"])) == ["grant.changed"]
    assert (await directory.call("GET", f"/Users/{user['id']}")).json() == user


async def test_without_a_role_the_rule_of_the_organisation_says(directory: Directory, world: World) -> None:
    assert await directory.role((await directory.user())["id"]) == "outside"
    admin = await proved(world, directory.admin)
    path = f"/v1/orgs/{directory.org}/scim"
    state = (await admin.get(path)).json()
    assert (state["role"], state["people"], state["groups"]) == ("outside", 1, 0) and state["changed_at"]
    assert state["address"].endswith(f"/scim/v2/{directory.org}")
    assert (await admin.post(path, {"role": "desk"})).json() == {"role": "desk"}
    user = await directory.user()
    assert await directory.role(user["id"]) == "desk"
    assert "roles" not in user


async def test_only_administrators_who_prove_it_change_the_rule(directory: Directory, world: World) -> None:
    path = f"/v1/orgs/{directory.org}/scim"
    desk = await proved(world, await world.person(directory.org, "desk"))
    foreign = await proved(world, await world.person(await world.organisation(), "admin"))
    for person in (desk, foreign):
        refused(await person.get(path), 404, "not_found")
        refused(await person.post(path, {"role": "desk"}), 404, "not_found")
    refused(await directory.admin.post(path, {"role": "desk"}), 403, "forbidden")
    assert (await directory.admin.get(path)).json()["role"] == "outside"
    refused(await (await proved(world, directory.admin)).post(path, {"role": "admin"}), 400, "bad_input")


async def test_who_is_elsewhere_is_asked_first(directory: Directory, world: World, hub: Hub) -> None:
    elsewhere = await world.organisation()
    ann = await with_password(world, await world.person(elsewhere, "desk", name="Ann Own"))
    await world.pool.execute("update people set email_proved_at = now() where id = $1", ann.id)
    home = await Site(hub).browser().signed_in(ann.email)
    user = await directory.user(ann.email, displayName="Ann Theirs", roles=[{"value": "desk"}])
    assert (user["id"], user["active"]) == (str(ann.id), False)
    assert await directory.role(user["id"]) is None
    # Saying it again seats nobody, and asks nobody twice.
    again = await directory.patch(f"/Users/{ann.id}", replace("active", True))
    assert (again.status_code, again.json()["active"]) == (200, False)
    (invited,) = (await home.get("/v1/invitations")).json()["items"]
    assert await directory.role(user["id"]) is None
    assert (await home.post(f"/v1/invitations/{invited['id']}/answer", {"accept": True})).status_code in (
        200,
        204,
    )
    assert await directory.role(user["id"]) == "desk"
    assert (await directory.call("GET", f"/Users/{ann.id}")).json()["active"] is True
    # Nor does a directory rename somebody whom others know, or write to them elsewhere.
    after = await directory.patch(
        f"/Users/{ann.id}",
        replace("displayName", "Other"),
        replace('emails[type eq "work"].value', "o@x.test"),
    )
    assert after.json()["displayName"] == "Other"
    assert dict(await directory.row(user["id"])) == {"name": "Ann Own", "email": ann.email}
    # Put out of here, their session goes on: it is theirs elsewhere.
    assert (await directory.patch(f"/Users/{ann.id}", replace("active", False))).json()["active"] is False
    assert await directory.role(user["id"]) is None
    assert (await home.get("/v1/me")).status_code == 200


async def test_nobody_who_has_an_account_is_seated_unasked(directory: Directory, world: World) -> None:
    ann = await with_password(world, await world.person())  # she belongs to no organisation
    user = await directory.user(ann.email, roles=[{"value": "desk"}], active=False)
    own = dict(await directory.row(user["id"]))
    answer = await directory.patch(
        f"/Users/{user['id']}", replace("active", True), replace("displayName", "Somebody"),
        replace('emails[type eq "work"].value', "somebody@x.test"),
    )  # fmt: skip
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert await directory.role(str(ann.id)) is None
    # Nor renamed, nor named to those who only asked.
    assert dict(await directory.row(user["id"])) == own
    asked = (await directory.admin.get(f"/v1/orgs/{directory.org}/invitations")).text
    assert own["name"] not in asked


async def test_clients_of_the_office_are_none_of_the_directorys_business(
    world: World, office: Office
) -> None:
    directory = await directory_in(world, office)
    client = office.outside
    shown = (await directory.call("GET", "/Users")).json()
    assert {user["id"] for user in shown["Resources"]} == {str(office.admin.id), str(office.lead.id)}
    wrong(await directory.call("GET", f"/Users/{client.id}"), 404)
    wrong(await directory.call("DELETE", f"/Users/{client.id}"), 404)
    wrong(await directory.patch(f"/Users/{client.id}", replace("active", False)), 404)
    wrong(await directory.create(client.email, active=False), 400, "invalidValue")
    assert await directory.role(str(client.id)) == "outside"
    # That they are of its people is not its to say, at once or by steps; an administrator's token may.
    desk = [{"value": "desk"}]
    wrong(await directory.create(client.email, roles=desk), 409)
    await directory.user(client.email)
    wrong(await directory.patch(f"/Users/{client.id}", replace("roles", desk)), 409)
    assert await directory.role(str(client.id)) == "outside"
    directory.service = await service_of(world, office.org, "scim", "admin")
    assert (await directory.patch(f"/Users/{client.id}", replace("roles", desk))).status_code == 200
    assert await directory.role(str(client.id)) == "desk"


async def test_a_directorys_own_who_became_a_client_is_made_staff_by_an_administrator(
    world: World, office: Office
) -> None:
    directory, desk = await directory_in(world, office), [{"value": "desk"}]
    users = [await directory.user(roles=[{"value": "outside"}]) for _ in range(2)]
    body = {"person": users[0]["id"], "role": office.role}
    await office.lead.made(f"/v1/cases/{office.case}/participants", body)
    wrong(await directory.patch(f"/Users/{users[0]['id']}", replace("roles", desk)), 409)
    assert (await directory.patch(f"/Users/{users[1]['id']}", replace("roles", desk))).status_code == 200


@pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])
async def test_put_out_means_out_of_everything_at_once(
    world: World, office: Office, owner: Any, way: str
) -> None:
    directory = await directory_in(world, office)
    lawyer = await world.person(office.org, "desk")
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": lawyer.id, "role": "staff"})
    assert (await lawyer.get(f"/v1/cases/{office.case}")).status_code == 200
    path = f"/Users/{lawyer.id}"
    user = (await directory.call("GET", path)).json()
    if way == "PATCH":  # as one of the large directories writes it
        answer = await directory.patch(path, {"op": "Replace", "path": "active", "value": "False"})
        assert answer.json().get("active") is False, answer.text
    elif way == "PUT":
        answer = await directory.call("PUT", path, user | {"active": False})
        assert answer.json().get("active") is False, answer.text
    else:
        answer = await directory.call("DELETE", path)
        assert (answer.status_code, answer.content) == (204, b"")
    refused(await lawyer.get(f"/v1/cases/{office.case}"), 401, "unauthenticated")
    held = await owner.fetch("select scope, role from grants where person = $1", lawyer.id)
    assert held == []
    assert (await events_of(owner, office.org))[-1] == "member.removed"
    assert "participant.revoked" in await events_of(owner, office.case)
    told = await events_of(owner, lawyer.id)
    assert "session.ended" in told and told[-1] == "grant.changed"
    # The person stays in history, by name.
    cards = (await office.lead.get(f"/v1/cases/{office.case}/people")).json()["items"]
    assert str(lawyer.id) in {card["id"] for card in cards}
    gone = await directory.call("GET", path)
    assert gone.status_code == (404 if way == "DELETE" else 200)


async def test_who_was_put_out_comes_back_by_active_alone(directory: Directory, world: World) -> None:
    lawyer = await world.person(directory.org, "desk")
    path = f"/Users/{lawyer.id}"
    user = (await directory.call("GET", path)).json()
    await directory.patch(path, replace("active", False))
    silent = {name: value for name, value in user.items() if name != "active"}
    assert (await directory.call("PUT", path, silent)).json()["active"] is False
    assert await directory.role(str(lawyer.id)) is None
    assert (await directory.patch(path, replace("active", True))).json()["active"] is True
    assert await directory.role(str(lawyer.id)) == "desk"


async def test_an_address_follows_until_somebody_signed_in_with_it(
    directory: Directory, world: World, owner: Any
) -> None:
    user = await directory.user(displayName="Bo")
    path, first, second = f"/Users/{user['id']}", f"{uuid4().hex}@firm.test", f"{uuid4().hex}@firm.test"
    await directory.patch(
        path, replace('emails[type eq "work"].value', first), replace("displayName", "Bo Li")
    )
    assert dict(await directory.row(user["id"])) == {"name": "Bo Li", "email": first}
    assert await owner.fetchval("select count(*) from mails where recipient = $1", first) == 1
    open_ = "select count(*) from invitations where org = $1 and withdrawn_at is null"
    assert await owner.fetchval(open_, directory.org) == 1
    await world.pool.execute("update people set password_hash = 'x' where id = $1", UUID(user["id"]))
    after = await directory.patch(
        path, replace('emails[type eq "work"].value', second), replace("displayName", "B")
    )
    assert after.json()["emails"][0]["value"] == second  # kept as it was said
    assert dict(await directory.row(user["id"])) == {"name": "B", "email": first}
    # Nor does that of who came in by a link, long ago, and has no password.
    proved = "update people set password_hash = null, email_proved_at = now() where id = $1"
    await world.pool.execute(proved, UUID(user["id"]))
    third = f"{uuid4().hex}@firm.test"
    await directory.patch(path, replace('emails[type eq "work"].value', third))
    assert dict(await directory.row(user["id"])) == {"name": "B", "email": first}


async def test_an_administrator_is_not_renamed_or_written_to_elsewhere(
    directory: Directory, world: World
) -> None:
    other = await world.person(directory.org, "admin", name="Root")
    path = f"/Users/{other.id}"
    answer = await directory.patch(
        path, replace("displayName", "Evil"), replace('emails[type eq "work"].value', "evil@x.test")
    )
    assert answer.status_code == 200
    assert dict(await directory.row(str(other.id))) == {"name": "Root", "email": other.email}


async def test_versions(directory: Directory) -> None:
    user = await directory.user()
    path, version = f"/Users/{user['id']}", user["meta"]["version"]
    stale = {"if-match": 'W/"0000"'}
    wrong(await directory.patch(path, replace("displayName", "x"), headers=stale), 412)
    wrong(await directory.call("PUT", path, user, headers=stale), 412)
    wrong(await directory.call("DELETE", path, headers=stale), 412)
    answer = await directory.patch(path, replace("displayName", "x"), headers={"if-match": version})
    assert answer.status_code == 200 and answer.headers["etag"] != version
    wrong(await directory.call("DELETE", path, headers={"if-match": version}), 412)
    assert (await directory.call("DELETE", path, headers={"if-match": "*"})).status_code == 204


async def test_lists_filter_page_and_count(directory: Directory) -> None:
    tag = uuid4().hex[:8]
    made = [
        await directory.user(f"{tag}.{n}@firm.test", externalId=f"x{n}", displayName=f"Ö'{n}%", active=n != 2)
        for n in range(4)
    ]
    admin = str(directory.admin.id)

    async def found(filter: str | None, **more: Any) -> list[str]:
        answer = await directory.call("GET", "/Users", filter=filter, **more)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["itemsPerPage"] == len(page.get("Resources", []))
        return [str(user["id"]) for user in page.get("Resources", [])]

    ids = [user["id"] for user in made]
    assert await found(f'userName eq "{tag.upper()}.1@FIRM.test"') == [ids[1]]
    assert await found('externalId eq "X1"') == [] and await found('externalId eq "x1"') == [ids[1]]
    assert await found(f'id eq "{ids[3]}"') == [ids[3]]
    assert await found(f'userName sw "{tag}" and active eq false') == [ids[2]]
    assert await found(f'userName sw "{tag}" and not (active eq false)') == [ids[0], ids[1], ids[3]]
    assert await found('displayName co "ö\'3%"') == [ids[3]]
    assert await found('displayName co "_"') == []
    assert await found(f'emails[value eq "{tag}.0@firm.test"]') == [ids[0]]
    assert await found(f'emails.value ew "{tag}.0@firm.test" or externalId eq "x3"') == [ids[0], ids[3]]
    assert sorted(await found("externalId pr")) == sorted(ids)
    assert await found('not (externalId eq "x0") and not (externalId pr)') == [admin]
    assert await found("externalId pr", startIndex=2, count=2) == ids[1:3]
    assert await found("externalId pr", startIndex=-5, count=1) == ids[:1]
    assert await found("externalId pr", count=0) == []
    page = (await directory.call("GET", "/Users", filter="externalId pr", startIndex=9)).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (4, 9, 0)
    shown = await directory.call("GET", f"/Users/{ids[0]}", attributes="userName")
    assert set(shown.json()) == {"schemas", "id", "userName"}
    searched = await directory.call(
        "POST", "/.search", {"filter": f'displayName co "ö" and userName sw "{tag}"'}
    )
    assert [one["id"] for one in searched.json()["Resources"]] == ids


async def test_what_large_directories_send_is_taken(directory: Directory) -> None:
    name = f"{uuid4().hex}@firm.test"
    body = {
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": "00u1", "userName": name, "active": True, "password": "s3cret-that-nobody-keeps",
        "name": {"givenName": "Ida", "familyName": "Ro", "middleName": "M"}, "locale": "en-US", "groups": [],
        "emails": [{"primary": True, "type": "work", "value": name, "display": "x"}],
        "title": "Partner", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Tax"},
    }  # fmt: skip
    answer = await directory.call("POST", "/Users", body)
    assert answer.status_code == 201, answer.text
    user = answer.json()
    assert "s3cret" not in answer.text and user["schemas"] == [USER]
    assert (await directory.row(user["id"]))["name"] == "Ida Ro"
    patched = await directory.patch(
        f"/Users/{user['id']}",
        {"op": "Add", "path": "title", "value": "Of counsel"},
        {"op": "Replace", "value": {"displayName": "Ida", "name.familyName": "Roe", "active": True}},
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "ida@home.test"},
    )
    assert patched.status_code == 200, patched.text
    assert patched.json()["name"]["familyName"] == "Roe" and len(patched.json()["emails"]) == 2


async def test_an_administrator_makes_the_service_and_its_token_and_no_rule_shuts_it_out(
    world: World,
) -> None:
    org = await world.organisation()
    admin = await proved(world, await world.person(org, "admin"))
    service = await admin.made(f"/v1/orgs/{org}/services", {"name": "Directory", "role": "admin"})
    body = {"label": "SCIM", "scopes": ["scim"], "days": 30}
    token = (await admin.post(f"/v1/orgs/{org}/services/{service['id']}/tokens", body)).json()["token"]
    program = Person(world.http, UUID(service["id"]), "", token, UUID(int=0))
    await world.pool.execute("update organisations set mfa_roles = '{admin,desk}' where id = $1", org)
    directory = Directory(world, org, admin, program)
    user = await directory.user(roles=[{"value": "desk"}])
    assert await directory.role(user["id"]) == "desk"
    await world.pool.execute("update organisations set mfa_roles = '{}' where id = $1", org)
    ended = await admin.patch(f"/v1/orgs/{org}/services/{service['id']}", {"disabled": True}, revision=1)
    assert ended.status_code == 200, ended.text
    wrong(await directory.create(), 401)


async def test_two_organisations_keep_what_each_said(world: World) -> None:
    one, two = await directory_of(world), await directory_of(world)
    user = await one.user(externalId="of one", displayName="In one")
    other = await two.user(user["userName"], externalId="of two", displayName="In two")
    assert other["id"] == user["id"]
    for directory, word in ((one, "one"), (two, "two")):
        shown: httpx.Response = await directory.call("GET", f"/Users/{user['id']}")
        assert (shown.json()["externalId"], shown.json()["displayName"]) == (f"of {word}", f"In {word}")
    assert (await two.call("DELETE", f"/Users/{user['id']}")).status_code == 204
    assert (await one.call("GET", f"/Users/{user['id']}")).json()["active"] is True
