"""A browser's session that nobody uses ends; one in use goes on, to its last day. Tokens have their term."""

from datetime import timedelta
from typing import Any

import pytest

from hub.context import Hub
from schemas.limits import LINK_SESSION_DAYS, SESSION_DAYS
from schemas.settings import Settings, SettingsError
from storage.postgres.access import holders
from tests.app import Person, World, refused
from tests.browsers import Browser, Site, with_password

IDLE = timedelta(hours=5)


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub, session_idle_hours=5)


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person(await world.organisation()))


@pytest.fixture
async def home(site: Site, person: Person) -> Browser:
    return await site.browser().signed_in(person.email)


async def row(owner: Any, person: Person) -> Any:
    return await owner.fetchrow("select * from sessions where person = $1 and kind = 'browser'", person.id)


async def grow_old(owner: Any, person: Person, by: timedelta) -> None:
    """As if all that happened in the session had happened so much earlier."""
    await owner.execute(
        "update sessions set made_at = made_at - $2::interval, used_at = used_at - $2::interval, "
        "expires_at = expires_at - $2::interval, until = until - $2::interval where person = $1 and kind = 'browser'",
        person.id, by,
    )  # fmt: skip


def forget(site: Site) -> None:
    """As another process, or minutes later, which notes a use again."""
    vars(site.hub.uses)["_noted"].clear()


async def test_unused_it_ends(site: Site, home: Browser, person: Person, owner: Any) -> None:
    """For HTTP, for the process that knows the secret by heart, and for the socket, whose handshake asks `holders`."""
    held = (await row(owner, person))["token_hash"]
    assert (await home.get("/v1/me")).status_code == 200
    await grow_old(owner, person, IDLE - timedelta(minutes=1))
    assert await holders(site.hub.database.signin, [held], site.clock())
    await grow_old(owner, person, timedelta(minutes=2))
    assert not await holders(site.hub.database.signin, [held], site.clock())
    for _ in range(2):  # the first one does not wake it
        refused(await home.get("/v1/me"), 401, "unauthenticated")
        forget(site)


async def test_each_use_that_is_noted_keeps_it(site: Site, home: Browser, person: Person, owner: Any) -> None:
    assert (await row(owner, person))["expires_at"] == site.clock() + IDLE
    for _ in range(3):
        await grow_old(owner, person, IDLE - timedelta(minutes=1))
        forget(site)
        assert (await home.get("/v1/me")).status_code == 200
        kept = await row(owner, person)
        assert kept["expires_at"] == kept["used_at"] + IDLE == site.clock() + IDLE


async def test_used_or_not_it_has_a_last_day(site: Site, home: Browser, person: Person, owner: Any) -> None:
    last = (await row(owner, person))["until"]
    assert last == site.clock() + timedelta(days=SESSION_DAYS)
    await owner.execute(
        "update sessions set until = $2 where person = $1", person.id, site.clock() + timedelta(hours=5, minutes=1)
    )  # fmt: skip
    site.clock.ahead += timedelta(hours=1)
    forget(site)
    assert (await home.get("/v1/me")).status_code == 200
    assert (await row(owner, person))["expires_at"] == (await row(owner, person))["until"]


async def test_a_link_s_session_lasts_no_longer_for_it(hub: Hub, world: World, owner: Any) -> None:
    from hub.sessions.actions import open_session

    person = await world.person()
    _, session = await open_session(hub, person.id, "browser", "x", LINK_SESSION_DAYS)
    assert session.expires_at == session.made_at + timedelta(days=LINK_SESSION_DAYS)
    _, token = await open_session(hub, person.id, "token", "x", 300)
    assert token.expires_at == token.made_at + timedelta(days=300)
    await owner.execute("select signin_touch($1, '', $2)", token.id, token.made_at + timedelta(days=1))
    assert await owner.fetchval("select expires_at from sessions where id = $1", token.id) == token.expires_at


async def test_an_ended_one_is_not_touched(home: Browser, site: Site, person: Person, owner: Any) -> None:
    assert (await home.call("DELETE", "/v1/session")).status_code == 204
    before = await row(owner, person)
    await owner.execute("select signin_touch($1, '', $2)", before["id"], site.clock() + timedelta(hours=1))
    assert await row(owner, person) == before


@pytest.mark.parametrize("hours", ["0", "337"])
def test_the_hours_have_bounds(hours: str) -> None:
    with pytest.raises(SettingsError, match="SESSION_IDLE_HOURS"):
        Settings.read({"CASEWIRE_SESSION_IDLE_HOURS": hours})
