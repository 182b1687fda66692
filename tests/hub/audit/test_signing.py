"""How people come in, and what they do with their ways in, leaves entries in the house's log."""

from typing import Any

import asyncpg
import pytest

from hub.context import Hub
from schemas.audit import HOUSE, committed
from storage.postgres import audit
from tests.app import World
from tests.browsers import Site, with_password
from tests.hub.audit.entries import Found, count, entries, newest


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


async def test_a_sign_in_says_how_and_a_sign_out_too(site: Site, world: World, owner: Any) -> None:
    person = await with_password(world, await world.person())
    before = await count(owner)
    browser = await site.browser().signed_in(person.email)
    (opened,) = await newest(owner, before)
    assert (opened.act, opened.rule, opened.log) == ("session.opened", "password", HOUSE)
    assert opened.by.person == person.id and opened.by.session == opened.thing
    before = await count(owner)
    assert (await browser.call("DELETE", "/v1/session")).status_code == 204
    (ended,) = await newest(owner, before)
    assert (ended.act, ended.by.session, ended.thing) == ("session.ended", opened.thing, opened.thing)


@pytest.mark.parametrize("known", [True, False])
async def test_a_wrong_password_leaves_one_without_the_address_as_text(
    site: Site, world: World, owner: Any, known: bool
) -> None:
    person = await with_password(world, await world.person())
    email = person.email if known else f"not-{person.email}"
    before = await count(owner)
    answer = await site.browser().sign_in(email, "not the password at all")
    assert answer.status_code == 401
    (entry,) = await newest(owner, before)
    assert (entry.act, entry.outcome, entry.rule) == ("sign_in", "refused", "bad_credentials")
    assert (entry.log, entry.by.kind, entry.thing) == (HOUSE, "nobody", person.id if known else None)
    found: Found = (await entries(owner, id=entry.id))[0]
    assert email.encode() not in found.data and found.private.about == email
    assert entry.about == committed(bytes.fromhex(found.private.salt), email.encode())


async def test_a_second_factor_is_named_and_its_changes_are_recorded(
    site: Site, world: World, owner: Any
) -> None:
    person = await with_password(world, await world.person())
    home = await site.browser().signed_in(person.email)
    before = await count(owner)
    app = await home.app()
    made = [entry.act for entry in await newest(owner, before)]
    assert {"factor.added", "factor.confirmed", "recovery_codes.made"} <= set(made)
    other, before = site.browser(), await count(owner)
    pending = (await other.sign_in(person.email)).json()["pending"]
    assert (await other.post("/v1/session/mfa", {"pending": pending, "code": "000000"})).status_code == 401
    (wrong,) = await newest(owner, before)
    assert (wrong.act, wrong.outcome, wrong.thing) == ("prove_second", "refused", person.id)
    pending = (await other.sign_in(person.email)).json()["pending"]
    assert (
        await other.post("/v1/session/mfa", {"pending": pending, "recovery": app.recovery[0]})
    ).status_code == 200
    done = [(entry.act, entry.rule) for entry in await newest(owner, before) if entry.outcome == "done"]
    assert done == [("recovery_code.used", "recovery"), ("session.opened", "password, recovery")]


async def test_nobody_is_let_in_who_cannot_be_written_down(site: Site, world: World, owner: Any) -> None:
    person = await with_password(world, await world.person())
    await owner.execute("revoke execute on function signin_audit from casewire_signin")
    try:
        answer = await site.browser().sign_in(person.email)
    finally:
        await owner.execute("grant execute on function signin_audit to casewire_signin")
    assert answer.status_code == 503 and "set-cookie" not in answer.headers
    kinds = await owner.fetch("select kind from sessions where person = $1", person.id)
    assert [row["kind"] for row in kinds] == ["token"]


async def test_who_is_nobody_and_shows_nothing_leaves_none(site: Site, owner: Any) -> None:
    before = await count(owner)
    assert (await site.browser().get("/v1/me")).status_code == 401
    assert (await site.browser().post("/v1/session/mfa", {"pending": "x"})).status_code in (400, 401)
    assert [entry.act for entry in await newest(owner, before) if entry.by.person] == []


async def test_the_role_that_signs_in_reads_and_changes_nothing_of_it(hub: Hub) -> None:
    for sql in ("select 1 from audit_entries", audit.RECORD, "delete from audit_entries"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await hub.database.signin.execute(sql, *([None] * sql.count("$")))
