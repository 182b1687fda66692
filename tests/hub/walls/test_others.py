"""Nobody gets round a wall by others: services, whom they let in, and whoever comes by a provider of theirs."""

from typing import Any
from uuid import UUID

import pytest

from schemas.access import ADMIN, DESK, OUTSIDE
from schemas.ids import new_id
from tests.app import Office, Person, World, opening, refused
from tests.browsers import proved
from tests.hub.scim.conftest import Directory
from tests.hub.service_accounts.test_service_accounts import token_of
from tests.hub.walls.test_walls import a_team, another_admin, lifted, office, raised, sees

__all__ = ["office"]  # fixture


async def a_service(admin: Person, office: Office, role: str = ADMIN) -> UUID:
    made = await admin.made(f"/v1/orgs/{office.org}/services", {"name": f"Reader {new_id()}", "role": role})
    return UUID(made["id"])


async def seated(admin: Person, office: Office, person: Person, role: str) -> None:
    body = {"org": office.org, "email": person.email, "name": "Somebody", "role": role}
    answer = await admin.post("/v1/people", body)
    assert answer.status_code in (200, 201), answer.text
    assert answer.json()["item"]["membership"] == role


async def kept_out(pool: Any, person: UUID, office: Office) -> bool:
    sql = "select exists (select 1 from grants where person = $1 and scope = $2 and role = 'walled')"
    return await pool.fetchval(sql, person, office.case)


async def test_a_service_is_kept_out_with_whoever_made_it(office: Office, world: World) -> None:
    admin = await another_admin(world, office)
    before = await token_of(admin, office.org, await a_service(admin, office), "read", "write", "admin")
    assert await sees(before, office)
    wall = await raised(office, admin)
    after = await token_of(admin, office.org, await a_service(admin, office), "read", "write", "admin")
    for service in (before, after):
        assert not await sees(service, office)
        refused(await service.get(f"/v1/cases/{office.case}/people"), 404, "not_found")
        assert await service.all(f"/v1/orgs/{office.org}/walls") == []
    await lifted(office, wall)
    for service in (before, after):
        assert await sees(service, office)


async def test_a_service_is_kept_out_with_whoever_holds_a_token_of_it(office: Office, world: World) -> None:
    admin = await another_admin(world, office)
    service = await a_service(office.admin, office)
    program = await token_of(office.admin, office.org, service, "read")
    await raised(office, admin)
    assert await sees(program, office)
    stolen = await token_of(admin, office.org, service, "read")
    assert not await sees(stolen, office) and not await sees(program, office)
    told = await world.pool.fetch("select type from events where stream = $1 order by seq", service)
    assert [row["type"] for row in told][-1] == "grant.changed"


async def test_a_service_is_kept_out_with_whoever_holds_the_secret_of_an_app_that_acts_as_it(
    office: Office, world: World
) -> None:
    admin = await another_admin(world, office)
    services = [await a_service(office.admin, office) for _ in range(2)]
    app = {"name": "Reader", "kind": "service", "scopes": ["read"], "redirect_uris": []}
    made = await office.admin.made(f"/v1/orgs/{office.org}/apps", app | {"service": services[0]})
    await raised(office, admin)
    assert not await kept_out(world.pool, services[0], office)
    path = f"/v1/orgs/{office.org}/apps/{made['app']['id']}/secret"
    answer = await admin.call("POST", path, None, revision=made["app"]["revision"])
    assert answer.status_code == 200, answer.text
    await admin.made(f"/v1/orgs/{office.org}/apps", app | {"service": services[1]})
    for service in services:
        assert await kept_out(world.pool, service, office)


async def test_whom_somebody_behind_a_wall_makes_staff_is_kept_out_too(office: Office, world: World) -> None:
    admin = await another_admin(world, office)
    await raised(office, admin)
    friend = await world.person(office.org, OUTSIDE)
    for role in (DESK, ADMIN):
        await seated(admin, office, friend, role)
        assert not await sees(friend, office)
    await proved(world, friend)
    further = await world.person(office.org, OUTSIDE)
    await seated(friend, office, further, ADMIN)
    assert not await sees(further, office)
    # Somebody who stands behind no wall answers for them from then on.
    await seated(office.admin, office, further, ADMIN)
    assert await sees(further, office) and not await sees(friend, office)
    await seated(office.admin, office, friend, ADMIN)
    assert await sees(friend, office) and not await sees(admin, office)


async def test_whom_they_ask_in_is_kept_out_too(office: Office, world: World) -> None:
    admin = await another_admin(world, office)
    await raised(office, admin)
    friend = await proved(world, await world.person())
    await world.pool.execute(
        "update people set email_proved_at = now(), password_hash = 'x' where id = $1", friend.id
    )
    body = {"org": office.org, "email": friend.email, "name": "Friend", "role": ADMIN}
    assert (await admin.post("/v1/people", body)).status_code in (200, 201)
    (asked,) = await friend.all("/v1/invitations")
    answer = await friend.post(f"/v1/invitations/{asked['id']}/answer", {"accept": True})
    assert answer.status_code in (200, 204), answer.text
    assert (await friend.get("/v1/me")).json()["id"] == str(friend.id)
    assert not await sees(friend, office)


async def test_who_was_there_before_stays_where_they_were(office: Office, world: World) -> None:
    """A wall against one who let others in does not shut those out who were there, nor does rising by them where they
    work on the case already."""
    admin = await another_admin(world, office)
    early, colleague = await world.person(office.org, OUTSIDE), await world.person(office.org, DESK)
    await seated(admin, office, early, ADMIN)
    await working(office, colleague)
    await raised(office, admin)
    team = await a_team(office)
    await joined(admin, office, team, colleague, office.lead)
    await seated(admin, office, colleague, ADMIN)
    for person in (early, colleague, office.lead):
        assert await sees(person, office)
    # Whom they make staff for the first time is theirs, whatever they had as a party.
    party = await world.person(office.org, OUTSIDE)
    await working(office, party, "client")
    await seated(admin, office, party, DESK)
    assert not await sees(party, office)


@pytest.mark.parametrize("way", ["place", "removal", "team", "work"])
async def test_nobody_is_shut_out_by_being_lowered_and_raised_again(
    office: Office, world: World, way: str
) -> None:
    """What was open to them as staff by others stays open where a hand behind the wall takes it and gives it again."""
    admin, colleague = await another_admin(world, office), await world.person(office.org, DESK)
    team = await a_team(office, colleague)
    on_case = await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": team})
    if way != "team":
        await working(office, colleague)
    if way == "work":
        await office.lead.delete(f"/v1/cases/{office.case}/teams/{on_case['id']}")
    await raised(office, admin)
    for _ in range(2):
        if way == "removal":
            answer = await admin.delete(f"/v1/orgs/{office.org}/people/{colleague.id}")
            assert answer.status_code == 204, answer.text
            await world.seat(colleague.id, office.org, OUTSIDE)
        elif way == "team":
            answer = await admin.delete(f"/v1/orgs/{office.org}/teams/{team}/members/{colleague.id}")
            assert answer.status_code == 200, answer.text
            await joined(admin, office, team, colleague)
        else:
            await seated(admin, office, colleague, OUTSIDE)
        assert not await kept_out(world.pool, colleague.id, office)
        for role in (DESK, ADMIN):
            await seated(admin, office, colleague, role)
            assert not await kept_out(world.pool, colleague.id, office)
    if way != "team":
        await working(office, colleague)
    assert await sees(colleague, office)
    # One who stands behind no wall takes it for good.
    await seated(office.admin, office, colleague, OUTSIDE)
    await seated(admin, office, colleague, DESK)
    assert await kept_out(world.pool, colleague.id, office)


async def test_lowered_and_raised_they_get_no_more_than_was_theirs(office: Office, world: World) -> None:
    """Neither whom that hand had made staff, nor who was staff and did not see the case."""
    admin = await another_admin(world, office)
    theirs, stranger = await world.person(office.org, OUTSIDE), await world.person(office.org, DESK)
    await raised(office, admin)
    await seated(admin, office, theirs, DESK)
    for person in (theirs, stranger):
        await seated(admin, office, person, OUTSIDE)
        await seated(admin, office, person, DESK)
        assert await kept_out(world.pool, person.id, office)


async def working(office: Office, person: Person, role: str = "staff") -> None:
    body = {"person": person.id, "role": role}
    await office.lead.made(f"/v1/cases/{office.case}/participants", body)


async def joined(by: Person, office: Office, team: UUID, *people: Person) -> None:
    for person in people:
        await by.made(f"/v1/orgs/{office.org}/teams/{team}/members", {"person": person.id})


async def test_whom_they_raise_in_their_place_is_kept_out_too(office: Office, world: World) -> None:
    """Of what nobody else had opened to them; and not of cases that the wall does not name."""
    admin = await another_admin(world, office)
    colleague, party = await world.person(office.org, DESK), await world.person(office.org, DESK)
    await working(office, party, office.role)
    other = await office.admin.made("/v1/cases", opening(office.org, office.type))
    wall = await raised(office, admin)
    for person in (colleague, party):
        await seated(admin, office, person, ADMIN)
        assert not await sees(person, office)
        assert (await person.get(f"/v1/cases/{other['case']['id']}")).status_code == 200
    # Who comes by them comes behind it as well.
    further = await world.person(office.org, DESK)
    await proved(world, colleague)
    await seated(colleague, office, further, ADMIN)
    assert not await sees(further, office)
    # Somebody who stands behind no wall answers for them from then on.
    await seated(office.admin, office, party, ADMIN)
    assert await sees(party, office) and not await sees(colleague, office)
    await lifted(office, wall)
    for person in (colleague, further):
        assert await sees(person, office)


@pytest.mark.parametrize("then", [False, True], ids=["of_the_case", "of_the_case_later"])
async def test_whom_they_put_on_a_team_is_kept_out_too(office: Office, world: World, then: bool) -> None:
    """Whether the team works on the case already or is let in later by somebody who knows nothing of it."""
    admin = await another_admin(world, office)
    colleague, again = await world.person(office.org, DESK), await world.person(office.org, DESK)
    team = await a_team(office, again)
    await office.admin.delete(f"/v1/orgs/{office.org}/teams/{team}/members/{again.id}")
    if not then:
        await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": team})
    await raised(office, admin)
    await joined(admin, office, team, colleague, again)
    if then:
        await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": team})
    assert not await sees(colleague, office) and not await sees(again, office)
    late = await world.person(office.org, DESK)
    await joined(office.admin, office, team, late)
    assert await sees(late, office)


async def test_whom_their_directory_raises_or_puts_in_a_group_is_kept_out_too(
    office: Office, world: World
) -> None:
    admin = await another_admin(world, office)
    service = await a_service(admin, office)
    await raised(office, admin)
    directory = Directory(
        world, office.org, office.admin, await token_of(admin, office.org, service, "scim", "admin")
    )
    promoted, grouped = await world.person(office.org, DESK), await world.person(office.org, DESK)
    answer = await directory.patch(
        f"/Users/{promoted.id}", {"op": "replace", "path": "roles", "value": [{"value": "admin"}]}
    )
    assert answer.status_code == 200, answer.text
    assert not await sees(promoted, office)
    group = await directory.group(None, str(grouped.id))
    await office.lead.made(f"/v1/cases/{office.case}/teams", {"team": group["id"]})
    assert not await sees(grouped, office)


async def test_whom_their_directory_sends_is_kept_out_too(office: Office, world: World) -> None:
    admin = await another_admin(world, office)
    service = await a_service(admin, office)
    directory = Directory(
        world, office.org, office.admin, await token_of(admin, office.org, service, "scim", "admin")
    )
    early = UUID((await directory.user(roles=[{"value": "admin"}]))["id"])
    await raised(office, admin)
    late = UUID((await directory.user(roles=[{"value": "admin"}]))["id"])
    assert not await kept_out(world.pool, early, office) and await kept_out(world.pool, late, office)
    # Another address for somebody who never came in is another person.
    answer = await directory.patch(
        f"/Users/{early}",
        {"op": "replace", "path": "emails", "value": [{"value": f"{new_id()}@firm.test", "primary": True}]},
    )
    assert answer.status_code == 200, answer.text
    assert await kept_out(world.pool, early, office)


@pytest.mark.parametrize("known", [True, False])
async def test_who_comes_on_the_word_of_their_provider_is_kept_out_too(
    office: Office, world: World, known: bool
) -> None:
    """Also a colleague who had never come in: whoever runs the provider could say that it is them."""
    admin = await another_admin(world, office)
    await raised(office, admin)
    provider, email = new_id(), f"{new_id()}@firm.test"
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.execute("select set_config('casewire.person', $1, true)", str(admin.id))
        await connection.execute(
            "insert into providers (id, org, name, issuer, client_id, sealed, domains, brings, made_at) "
            "values ($1, $2, 'Ours', 'https://id.firm.test', $3, '', '{firm.test}', 'desk', now())",
            provider, office.org, str(provider),
        )  # fmt: skip
    if known:
        person = await world.person(office.org, DESK)
        await world.pool.execute("delete from sessions where person = $1", person.id)
        await world.pool.execute("update people set email = $2 where id = $1", person.id, email)
        await office.lead.made(
            f"/v1/cases/{office.case}/participants", {"person": person.id, "role": "staff"}
        )
    row = await world.pool.fetchrow(
        "select person from signin_arrive($1, $2, 'https://id.firm.test', $3, $4, 'N', $5, clock_timestamp())",
        new_id(), provider, str(new_id()), email, new_id(),
    )  # fmt: skip
    assert await kept_out(world.pool, row["person"], office)


async def test_of_a_wall_that_was_lifted_they_hear_no_more_than_whom_it_named(
    office: Office, world: World
) -> None:
    admin = await another_admin(world, office)
    wall = await raised(office, admin)
    friend = await world.person(office.org, OUTSIDE)
    await seated(admin, office, friend, ADMIN)
    await lifted(office, wall)
    path = f"/v1/orgs/{office.org}/walls"
    assert await friend.all(path, lifted="true") == await admin.all(path, lifted="true") == []
    assert len(await office.admin.all(path, lifted="true")) == 1
