"""Who somebody is says issuer and subject: an address brings in nobody else, and links are one's own."""

import asyncio
import io
import json
import zipfile
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.people import actions as people
from hub.providers import actions, outside
from hub.providers.rules import is_plain, may_bring
from schemas.errors import Refused
from schemas.proxies import networks
from schemas.settings import Settings
from tests.app import ABSENT, Person, refused
from tests.browsers import PASSWORD, Browser, Key, with_password
from tests.hub.providers.bent import CLIENT, SECRET
from tests.hub.providers.offices import Office, Town
from tests.hub.scim.conftest import Directory, service_of

DOMAIN = "office.test"


def fresh() -> str:
    return f"n{uuid4().hex[:12]}@{DOMAIN}"


async def arrives(office: Office, email: Any, *, verified: Any = True, **more: Any) -> Any:
    """Somebody whom the provider has not sent before."""
    told = {"sub": uuid4().hex, "email": email, "email_verified": verified, "name": "Nia  New\n", **more}
    office.shop.more = told
    return await office.enter()


async def home_of(office: Office, person: Person) -> Browser:
    return await office.site.browser().signed_in(person.email)


async def linked(office: Office, browser: Browser, subject: str) -> Any:
    office.shop.more = {"sub": subject, "email": "me@else.test", "email_verified": False}
    answer = await browser.post(f"/v1/identities/{office.id}/start")
    assert answer.status_code == 200, answer.text
    return await office.returned(browser, office.shop.visit(answer.json()["url"]))


async def test_a_provider_brings_new_people_of_its_domain(town: Town) -> None:
    office = await town.office(domains=[DOMAIN], brings="desk")
    email = fresh()
    answer = await arrives(office, email)
    assert answer.status_code == 200, answer.text
    me = answer.json()
    assert (me["email"], me["name"]) == (email, "Nia New")
    assert [(seat["org"]["id"], seat["role"]) for seat in me["seats"]] == [(str(office.org), "desk")]
    again = await office.enter()
    assert again.json()["id"] == me["id"]
    office.shop.more["email"] = "changed@else.test"  # it is the same person, whatever the address is by now
    assert (await office.enter()).json()["id"] == me["id"]
    cards = await office.admin.all("/v1/people", org=office.org)
    assert me["id"] in {one["id"] for one in cards}
    types = await town.world.pool.fetch("select type from events where stream = $1 order by seq", office.org)
    assert [row["type"] for row in types][-1] == "member.added"


async def test_of_racers_who_arrive_one_person_comes(town: Town) -> None:
    office = await town.office(domains=[DOMAIN], brings="outside")
    email = fresh()
    office.shop.more = {"sub": uuid4().hex, "email": email, "email_verified": True}
    answers = await asyncio.gather(*(office.enter() for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}  # of racers one may be told to come again
    assert await town.world.pool.fetchval("select count(*) from people where email = $1", email) == 1


# What is said of an address, and of whom: `victim` is somebody's who signs in here.
ADDRESSES = {
    "not verified": ("victim", False),
    "verified, of somebody who is here": ("victim", True),
    "verified, of somebody who is here, in capitals": ("VICTIM", True),
    "verified says text": (fresh(), "true"),
    "verified says 1": (fresh(), 1),
    "verified is missing": (fresh(), None),
    "of a domain that it does not vouch for": ("n@elsewhere.test", True),
    "of a domain below": (f"n@sub.{DOMAIN}", True),
    "of a domain above": ("n@test", True),
    "of a domain that ends alike": (f"n@evil-{DOMAIN}", True),
    "two signs": (f"n@{DOMAIN}@elsewhere.test", True),
    "two signs, the other way": (f"n@elsewhere.test@{DOMAIN}", True),
    "a letter that looks alike": ("n@оffice.test", True),
    "a letter that folds alike": (f"\u212adaniel@{DOMAIN}", True),
    "a sign that looks alike": (f"n\uff20{DOMAIN}", True),
    "a full stop that looks alike": ("n@office\u3002test", True),
    "an invisible letter": (f"n\u200b@{DOMAIN}", True),
    "a line break": (f"n@{DOMAIN}\nBcc: x@y.test", True),
    "a NUL": (f"n\0@{DOMAIN}", True),
    "a space": (f"n n@{DOMAIN}", True),
    "a name before it": (f"Nia <n@{DOMAIN}>", True),
    "quoted": (f'"n@elsewhere.test"@{DOMAIN}', True),
    "with a comment": (f"n(x)@{DOMAIN}", True),
    "no local part": (f"@{DOMAIN}", True),
    "empty": ("", True),
    "a list": ([f"n@{DOMAIN}"], True),
    "an object": ({"value": f"n@{DOMAIN}"}, True),
    "300 characters": ("n" * 300 + f"@{DOMAIN}", True),
}


@pytest.mark.parametrize("name", ADDRESSES)
async def test_an_address_brings_nobody_in(town: Town, name: str) -> None:
    office = await town.office(domains=[DOMAIN], brings="desk")
    victim, pool = fresh(), town.world.pool
    person = await with_password(town.world, await town.world.person(office.org, "desk"))
    await pool.execute("update people set email = $2 where id = $1", person.id, victim)
    email, verified = ADDRESSES[name]
    email = (
        {"victim": victim, "VICTIM": victim.upper()}.get(email, email) if isinstance(email, str) else email
    )
    people, before = await pool.fetchval("select count(*) from people"), await office.sessions(person.id)
    refused(await arrives(office, email, verified=verified), 401, "bad_credentials")
    assert await pool.fetchval("select count(*) from people") == people
    assert await office.sessions(person.id) == before
    assert await pool.fetchval("select count(*) from identities where person = $1", person.id) == 0


def test_a_word_is_taken_for_the_domain_itself() -> None:
    assert may_bring(f"n@{DOMAIN.upper()}", [DOMAIN])
    assert not any(
        may_bring(one, [DOMAIN]) for one in ("", f"n@sub.{DOMAIN}", f"n@x{DOMAIN}", "n@test", "n@else.test")
    )


def test_plain_addresses_are_plain() -> None:
    assert all(map(is_plain, ("a@b.test", "Ann.O'Neil+x@sub.office.test", "x_1%y@a-b.test")))


async def test_new_people_stay_out_where_it_brings_none(town: Town) -> None:
    office = await town.office(domains=[DOMAIN])
    refused(await arrives(office, fresh()), 401, "bad_credentials")


async def test_a_member_who_never_came_in_is_who_the_provider_says(town: Town) -> None:
    """Invited, or sent by the office's directory: nobody ever signed in as them, so there is nothing to take over."""
    office = await town.office(domains=[DOMAIN])
    email = fresh()
    card = await office.admin.made("/v1/people", {"org": office.org, "email": email, "name": "Nia"})
    assert (await arrives(office, email)).json()["id"] == card["id"]
    # By now there is: another account of the provider with this address opens nothing.
    refused(await arrives(office, email), 401, "bad_credentials")
    # And the mail's secret, which a wrong hand may hold, gives no password any more.
    body = await town.world.pool.fetchval(
        "select body from mails where recipient = $1 order by id limit 1", email
    )
    token = body.partition("/invitation#")[2].split()[0]
    accept = {"token": token, "name": "M", "password": "the attacker's own choice"}
    refused(await office.site.browser().post("/v1/invitations/accept", accept), 404, "not_found")


async def test_a_stranger_who_never_came_in_is_not_the_providers(town: Town) -> None:
    """Another office's invitation made the account: the provider's office does not open it, whatever it vouches for."""
    office, other = await town.office(domains=[DOMAIN], brings="desk"), await town.office()
    email = fresh()
    await other.admin.made("/v1/people", {"org": other.org, "email": email, "name": "Nia"})
    refused(await arrives(office, email), 401, "bad_credentials")


async def ask_in(how: str, other: Office, email: str) -> None:
    """Another office asks for somebody: its administrator by hand, or its directory."""
    if how == "by hand":
        await other.admin.made(
            "/v1/people", {"org": other.org, "email": email, "name": "Nia", "role": "desk"}
        )
        return
    service = await service_of(other.world, other.org, "scim", "admin")
    directory = Directory(other.world, other.org, other.admin, service)
    await directory.user(email, roles=[{"value": "desk"}])


@pytest.mark.parametrize("how", ["by hand", "by directory"])
@pytest.mark.parametrize("known", [False, True], ids=["brought", "invited first"])
async def test_who_vouches_for_an_address_that_is_not_theirs_gets_into_no_other_office(
    town: Town, how: str, known: bool
) -> None:
    """An office says that its provider vouches for a domain of somebody else's, opens an account for an address there,
    makes every key to it that it can, and waits until another office asks for the address."""
    office, other = await town.office(domains=[DOMAIN], brings="outside"), await town.office()
    pool, email, attacker = town.world.pool, fresh(), office.site.browser()
    if known:
        await office.admin.made("/v1/people", {"org": office.org, "email": email, "name": "Nia"})
    office.shop.more = {"sub": uuid4().hex, "email": email, "email_verified": True}
    me = (await office.returned(attacker, await office.departed(attacker))).json()["id"]
    assert (await attacker.call("PUT", "/v1/password", {"new": PASSWORD})).status_code == 204
    await attacker.app()
    token = (await attacker.post("/v1/tokens", {"label": "x", "days": 9})).json()["token"]
    # What the address's holder could be made to press does not show that the account is theirs.
    refused(await office.admin.post(f"/v1/orgs/{office.org}/people/{me}/link"), 409, "conflict")
    (identity,) = (await attacker.get("/v1/identities")).json()["items"]
    assert (await attacker.call("DELETE", f"/v1/identities/{identity['id']}")).status_code == 204
    await office.site.browser().post("/v1/password/ask", {"email": email})
    resets = "select count(*) from links where person = $1 and purpose = 'reset'"
    assert await pool.fetchval(resets, UUID(me)) == 0
    await office.link(UUID(me), office.shop.more["sub"])

    await ask_in(how, other, email)
    row = await pool.fetchrow("select id, person from invitations where org = $1", other.org)
    assert str(row["person"]) == me
    assert (await attacker.get("/v1/invitations")).json()["items"] == []
    yes = {"accept": True}
    refused(await attacker.post(f"/v1/invitations/{row['id']}/answer", yes), 404, "not_found")

    mails = await pool.fetch("select body from mails where recipient = $1 order by id", email)
    secret = mails[-1]["body"].partition("/invitation#")[2].split()[0]
    refused(
        await attacker.post(f"/v1/invitations/{row['id']}/answer", yes | {"token": secret}), 404, "not_found"
    )
    home = office.site.browser()
    accept = {"token": secret, "name": "Nia", "password": "what its holder chose by herself"}
    assert (await home.post("/v1/invitations/accept", accept)).status_code == 200
    seats = {seat["org"]["id"]: seat["role"] for seat in (await home.get("/v1/me")).json()["seats"]}
    assert seats == {str(office.org): "outside", str(other.org): "desk"}

    assert (await attacker.get("/v1/me")).status_code == 401
    answer = await office.admin.http.get("/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    refused(await office.enter(), 401, "bad_credentials")
    refused(await office.site.browser().sign_in(email), 401, "bad_credentials")
    assert await pool.fetchval("select count(*) from factors where person = $1", UUID(me)) == 0
    # From now on they are a person like others, and connect an account under Security themselves.
    assert await pool.fetchval("select not vouched from people where id = $1", UUID(me))


async def waits(town: Town, office: Office, attacker: Browser) -> tuple[Office, UUID, UUID, str]:
    """Another office's invitation of an address for which a provider vouched: the office, who was asked, the invitation
    and the secret of its mail."""
    other, email = await town.office(), fresh()
    office.shop.more = {"sub": uuid4().hex, "email": email, "email_verified": True}
    me = (await office.returned(attacker, await office.departed(attacker))).json()["id"]
    await ask_in("by hand", other, email)
    id = await town.world.pool.fetchval("select id from invitations where org = $1", other.org)
    body = await town.world.pool.fetchval(
        "select body from mails where recipient = $1 and body like '%/invitation#%'", email
    )
    return other, UUID(me), id, body.partition("/invitation#")[2].split()[0]


async def test_a_copy_of_an_account_by_a_providers_word_has_nothing_that_others_sent_to_its_address(
    town: Town,
) -> None:
    office, attacker = await town.office(domains=[DOMAIN], brings="outside"), town.site.browser()
    _, me, _, secret = await waits(town, office, attacker)
    for sent in (False, True):
        if sent:
            await town.world.pool.execute("update mails set sent_at = now(), body = ''")
        answer = await attacker.post("/v1/me/export")
        assert answer.status_code == 200, answer.text
        with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
            data = json.loads(packed.read("data.json"))
        assert data["profile"][0]["id"] == str(me)
        assert data["invitations"] == data["mails"] == [] and secret not in json.dumps(data)


async def test_nothing_made_before_is_of_use_from_the_moment_on_that_the_addresss_holder_takes_the_account(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the hub gets no further than that moment."""
    office, attacker, pool = (
        await town.office(domains=[DOMAIN], brings="outside"),
        town.site.browser(),
        town.world.pool,
    )
    other, me, id, secret = await waits(town, office, attacker)
    token = (await attacker.post("/v1/tokens", {"label": "x", "days": 9})).json()["token"]
    asked = {"name": "App", "kind": "web", "scopes": ["read"], "redirect_uris": ["https://app.test/done"]}
    app = (await office.admin.post(f"/v1/orgs/{office.org}/apps", asked)).json()["item"]["app"]["id"]
    await pool.execute("insert into oauth_consents values ($1, $2, '{read}', now(), now())", UUID(app), me)

    async def no_further(*_: Any) -> None:
        raise Refused("unavailable")

    monkeypatch.setattr(people, "end_all", no_further)
    accept = {"token": secret, "name": "Nia", "password": "what its holder chose by herself"}
    assert (await office.site.browser().post("/v1/invitations/accept", accept)).status_code == 503
    yes = {"accept": True, "token": secret}
    assert (await attacker.post(f"/v1/invitations/{id}/answer", yes)).status_code == 401
    assert (await attacker.get("/v1/me")).status_code == 401
    answer = await office.admin.http.get("/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    for table in ("identities", "factors", "devices", "oauth_consents"):
        assert await pool.fetchval(f"select count(*) from {table} where person = $1", me) == 0, table
    assert await pool.fetchval("select count(*) from grants where person = $1 and scope = $2", me, other.org) == 0
    # Whose address it is goes on by themselves.
    home = await office.site.browser().signed_in(
        (await pool.fetchval("select email::text from people where id = $1", me)), accept["password"]
    )
    assert [one["id"] for one in (await home.get("/v1/invitations")).json()["items"]] == [str(id)]


async def test_who_is_given_another_address_does_not_answer_what_was_asked_of_the_one_before(town: Town) -> None:
    """A directory names somebody who never came in, waits until another office asks for them, and then names an address
    of its own for them."""
    office, other = await town.office(), await town.office()
    pool, email, elsewhere = town.world.pool, fresh(), f"{uuid4().hex}@else.test"
    service = await service_of(town.world, office.org, "scim", "admin")
    directory = Directory(town.world, office.org, office.admin, service)
    user = await directory.user(email)
    await ask_in("by hand", other, email)
    row = await pool.fetchrow("select id, person from invitations where org = $1", other.org)
    assert str(row["person"]) == user["id"]
    address = {"op": "replace", "path": "emails", "value": [{"value": elsewhere, "primary": True}]}
    assert (await directory.patch(f"/Users/{user['id']}", address)).status_code == 200
    assert (await directory.row(user["id"]))["email"] == elsewhere
    asked = {"org": office.org, "email": elsewhere, "name": "Nia", "role": "outside"}
    await office.admin.made("/v1/people", asked)
    body = await pool.fetchval("select body from mails where recipient = $1 order by id desc", elsewhere)
    secret, attacker = body.partition("/invitation#")[2].split()[0], office.site.browser()
    accept = {"token": secret, "name": "Nia", "password": "what its holder chose by herself"}
    assert (await attacker.post("/v1/invitations/accept", accept)).status_code == 200
    assert (await attacker.get("/v1/invitations")).json()["items"] == []
    refused(
        await attacker.post(f"/v1/invitations/{row['id']}/answer", {"accept": True}), 404, "not_found"
    )
    seats = (await attacker.get("/v1/me")).json()["seats"]
    assert [seat["org"]["id"] for seat in seats] == [str(office.org)]


async def test_an_identity_that_goes_while_somebody_comes_in_by_it_opens_no_session(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, real = await town.office(), actions._identity  # pyright: ignore[reportPrivateUsage]
    before = await office.sessions(office.ann.id)
    office.shop.more = {"email": "me@else.test", "email_verified": False}

    async def and_gone(*asked: Any) -> Any:
        found = await real(*asked)
        await town.world.pool.execute("delete from identities where person = $1", office.ann.id)
        return found

    assert (await office.enter()).status_code == 200
    monkeypatch.setattr(actions, "_identity", and_gone)
    refused(await office.enter(), 401, "bad_credentials")
    assert await office.sessions(office.ann.id) == before + 1


async def test_a_member_of_two_offices_who_never_came_in_is_no_providers(town: Town) -> None:
    office, other = await town.office(domains=[DOMAIN], brings="desk"), await town.office()
    email = fresh()
    card = await office.admin.made("/v1/people", {"org": office.org, "email": email, "name": "Nia"})
    await town.world.seat(UUID(card["id"]), other.org, "desk")
    refused(await arrives(office, email), 401, "bad_credentials")


async def test_a_client_who_comes_in_by_links_is_not_the_providers(town: Town) -> None:
    """They have no password, and yet somebody signed in as them: it is theirs, whoever vouches for the address."""
    office, pool = await town.office(domains=[DOMAIN]), town.world.pool
    person, email = await town.world.person(office.org, "outside"), fresh()
    await pool.execute("update people set email = $2 where id = $1", person.id, email)
    assert (await office.admin.post(f"/v1/orgs/{office.org}/people/{person.id}/link")).status_code == 204
    body = await pool.fetchval("select body from mails where recipient = $1", email)
    token = body.partition("/link#")[2].split()[0]
    home = office.site.browser()
    assert (await home.post("/v1/session/link", {"token": token})).status_code == 200
    refused(await arrives(office, email), 401, "bad_credentials")
    assert await pool.fetchval("select count(*) from identities where person = $1", person.id) == 0


async def test_link_and_sign_in_and_remove(town: Town) -> None:
    office = await town.office()
    person = await with_password(town.world, await town.world.person(await town.world.organisation()))
    home, subject = await home_of(office, person), uuid4().hex
    answer = await linked(office, home, subject)
    assert answer.status_code == 200 and answer.json()["linked"]["email"] == "", answer.text
    assert (await linked(office, home, subject)).status_code == 200  # again is free
    (mine,) = (await home.get("/v1/identities")).json()["items"]
    assert (mine["provider"], mine["issuer"]) == (str(office.id), office.shop.issuer)
    assert (await office.enter()).json()["id"] == str(person.id)
    subjects = "select subject from mails where recipient = $1 order by id"
    told = [row["subject"] for row in await town.world.pool.fetch(subjects, person.email)]
    assert any("signs you in" in one for one in told)
    for _ in range(2):
        assert (await home.call("DELETE", f"/v1/identities/{mine['id']}")).status_code == 204
    entries = "select count(*) from audit_entries where person = $1 and entry like '%\"identity.removed\"%'"
    assert await town.world.pool.fetchval(entries, person.id) == 1, "what was absent was not removed"
    refused(await office.enter(), 401, "bad_credentials")
    told = [row["subject"] for row in await town.world.pool.fetch(subjects, person.email)]
    assert any("was removed" in one for one in told)


async def test_an_identity_is_one_persons(town: Town) -> None:
    office = await town.office()
    subject = uuid4().hex
    for n in range(2):
        person = await with_password(town.world, await town.world.person())
        answer = await linked(office, await home_of(office, person), subject)
        assert answer.status_code == (200, 409)[n], answer.text


async def test_another_persons_identity_is_not_removed(town: Town) -> None:
    office = await town.office()
    id = await town.world.pool.fetchval("select id from identities where person = $1", office.ann.id)
    other = await home_of(office, await with_password(town.world, await town.world.person()))
    assert (await other.get("/v1/identities")).json()["items"] == []
    for one in (id, ABSENT):
        assert (await other.call("DELETE", f"/v1/identities/{one}")).status_code == 204
    office.shop.userinfo = {"sub": office.shop.subject}
    assert (await office.enter()).status_code == 200


async def test_linking_ends_in_the_session_in_which_it_began(town: Town) -> None:
    """Nobody makes a victim's browser connect an account of theirs: not with their own session, not without one."""
    office = await town.office()
    attacker = await home_of(office, await with_password(town.world, await town.world.person()))
    victim = await home_of(office, await with_password(town.world, await town.world.person()))
    office.shop.more = {"sub": uuid4().hex, "email": "a@b.test"}
    answer = await attacker.post(f"/v1/identities/{office.id}/start")
    brought = office.shop.visit(answer.json()["url"])
    victim.cookies["casewire-journey"] = attacker.cookies[
        "casewire-journey"
    ]  # even with the attacker's cookie
    refused(await office.returned(victim, brought), 401, "bad_credentials")
    assert (await victim.get("/v1/identities")).json()["items"] == []
    # Begun to sign in, it does not link: it signs in, or nobody.
    refused(await office.returned(victim, await office.departed(victim)), 401, "bad_credentials")
    assert (await victim.get("/v1/identities")).json()["items"] == []


async def test_linking_asks_who_is_there(town: Town) -> None:
    office = await town.office()
    person = await with_password(town.world, await town.world.person())
    home = await home_of(office, person)
    stale = "update sessions set proved_at = now() - interval '1 hour' where person = $1 and kind = 'browser'"
    await town.world.pool.execute(stale, person.id)
    refused(await home.post(f"/v1/identities/{office.id}/start"), 403, "step_up_needed")
    refused(await person.post(f"/v1/identities/{office.id}/start"), 403, "forbidden")  # a token is not enough
    assert (await home.post("/v1/session/proof", {"password": PASSWORD})).status_code == 204
    answer = await home.post(f"/v1/identities/{office.id}/start")
    await town.world.pool.execute(stale, person.id)  # it took long elsewhere
    office.shop.more = {"sub": uuid4().hex, "email": "a@b.test"}
    refused(await office.returned(home, office.shop.visit(answer.json()["url"])), 403, "step_up_needed")


async def test_the_only_way_in_stays(town: Town) -> None:
    office = await town.office(domains=[DOMAIN], brings="outside")
    browser = office.site.browser()
    office.shop.more = {"sub": uuid4().hex, "email": fresh(), "email_verified": True}
    assert (await office.returned(browser, await office.departed(browser))).status_code == 200
    (mine,) = (await browser.get("/v1/identities")).json()["items"]
    refused(await browser.call("DELETE", f"/v1/identities/{mine['id']}"), 409, "conflict")
    key = Key(office.site.hub.settings.public_url)
    asked = (await browser.post("/v1/factors/passkeys/options")).json()
    made = {"pending": asked["pending"], "passkey": key.make(asked["options"])}
    assert (await browser.post("/v1/factors/passkeys", made)).status_code == 201
    assert (await browser.call("DELETE", f"/v1/identities/{mine['id']}")).status_code == 204
    (factor,) = (await browser.get("/v1/factors")).json()["items"]
    refused(
        await browser.call("DELETE", f"/v1/factors/{factor['id']}"), 409, "conflict"
    )  # now the passkey is


async def test_who_has_a_second_factor_here_is_asked_for_it(town: Town) -> None:
    office = await town.office(mfa_amr=["mfa"], mfa_acr=["urn:strong"])
    office.shop.userinfo = {"sub": office.shop.subject}
    app = await (await home_of(office, office.ann)).app()
    browser = office.site.browser()
    for more in ({}, {"amr": ["pwd"]}, {"acr": "urn:weak"}, {"acr": ["urn:strong"]}, {"amr": ["MFA"]}):
        office.shop.more = dict(more)
        asked = (await office.enter(browser)).json()
        assert "totp" in asked["mfa"] and "casewire" not in browser.cookies, more
    done = await browser.post("/v1/session/mfa", {"pending": asked["pending"], "recovery": app.recovery[0]})
    assert done.status_code == 200
    for more in ({"amr": ["pwd", "mfa"]}, {"acr": "urn:strong"}):
        office.shop.more = dict(more)
        assert (await office.enter()).json()["id"] == str(office.ann.id), more


async def test_a_rule_takes_the_word_of_its_own_provider_alone(town: Town) -> None:
    """What one office's administrator counts as a second factor opens nothing of another office."""
    office, other = await town.office(mfa_amr=["mfa"]), await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    office.shop.more = {"amr": ["mfa"]}
    rule = "update organisations set mfa_roles = '{desk}' where id = $1"
    await town.world.pool.execute(rule, office.org)
    browser = office.site.browser()
    assert (await office.enter(browser)).status_code == 200 and (
        await browser.get("/v1/me")
    ).status_code == 200
    await town.world.seat(office.ann.id, other.org, "desk")
    await town.world.pool.execute(rule, other.org)
    answer = await office.enter(browser)
    assert answer.status_code == 403 or (await browser.get("/v1/me")).status_code == 403
    refused(await browser.get("/v1/me"), 403, "mfa_needed")


# --- The administrators' list ------------------------------------------------------------------------------


async def test_administrators_see_change_and_remove(town: Town) -> None:
    office = await town.office()
    path = f"/v1/orgs/{office.org}/providers"
    (made,) = await office.admin.all(path)
    assert made["redirect_uri"].endswith(f"/sign-in/return/{office.id}")
    assert "secret" not in str(made) and SECRET not in str(made)
    stored = await town.world.pool.fetchval("select sealed from providers where id = $1", office.id)
    assert SECRET.encode() not in bytes(stored)
    ways = (await office.site.browser().get("/v1/session/providers")).json()["items"]
    assert {"id": str(office.id), "name": "Bent"} in ways or len(ways) == 50
    body = {"name": "Ours", "domains": [DOMAIN], "brings": "desk", "mfa_amr": ["mfa"], "mfa_acr": []}
    answer = await office.admin.patch(f"{path}/{office.id}", body, made["revision"])
    assert answer.status_code == 200 and answer.json()["item"]["name"] == "Ours", answer.text
    refused(await office.admin.patch(f"{path}/{office.id}", body, made["revision"]), 412, "stale")
    office.shop.userinfo = {"sub": office.shop.subject}
    assert (await office.enter()).status_code == 200  # the secret stayed
    body["client_secret"] = "another one"
    assert (await office.admin.patch(f"{path}/{office.id}", body, made["revision"] + 1)).status_code == 200
    refused(await office.enter(), 401, "bad_credentials")
    for _ in range(2):
        assert (await office.admin.delete(f"{path}/{office.id}")).status_code == 204
    assert await office.admin.all(path) == []


async def test_the_list_is_for_administrators(town: Town) -> None:
    office, other = await town.office(), await town.office()
    path = f"/v1/orgs/{office.org}/providers"
    body = {"name": "B", "issuer": office.shop.issuer, "client_id": "x", "client_secret": "y"}
    edit = {"name": "B", "domains": [], "brings": None, "mfa_amr": [], "mfa_acr": []}
    for person in (office.ann, other.admin):
        refused(await person.get(path), 404, "not_found")
        refused(await person.post(path, body), 404, "not_found")
        refused(await person.patch(f"{path}/{office.id}", edit, 1), 404, "not_found")
        refused(await person.delete(f"{path}/{office.id}"), 404, "not_found")
    # One of another office is not there, by whichever path.
    mine = f"/v1/orgs/{other.org}/providers/{office.id}"
    refused(await other.admin.patch(mine, edit, 1), 404, "not_found")
    assert (await other.admin.delete(mine)).status_code == 204
    assert len(await office.admin.all(path)) == 1


async def test_adding_asks_who_is_there_and_who_it_is(town: Town) -> None:
    office = await town.office()
    path, body = f"/v1/orgs/{office.org}/providers", {"name": "B", "client_id": "x", "client_secret": "y"}
    same = {"name": "Bent", "issuer": office.shop.issuer, "client_id": CLIENT, "client_secret": SECRET}
    assert (await office.admin.post(path, same)).json()["item"]["id"] == str(office.id)
    refused(await office.admin.post(path, same | {"name": "Other"}), 409, "conflict")
    for issuer in (
        office.shop.issuer + "x", office.shop.issuer + "/", office.shop.issuer + "?a", "http://accounts.test",
        "https://10.0.0.1", "https://[::1%25lo]", "ftp://accounts.test", "https://a:b@accounts.test", "https://:0",
        "https://accounts.test:99999", "nonsense", "https://169.254.169.254", "http://[::ffff:7f00:1]:1/",
    ):  # fmt: skip
        problem = refused(await office.admin.post(path, body | {"issuer": issuer}), 400, "bad_input")
        assert problem["fields"][0]["at"] == "$.issuer", issuer
    for wrong in ({"domains": ["Office.TEST"]}, {"domains": ["x@y.test"]}, {"brings": "admin"}, {"name": ""}):
        refused(
            await office.admin.post(path, body | {"issuer": office.shop.issuer} | wrong), 400, "bad_input"
        )
    await town.world.pool.execute("update sessions set proved_at = null where id = $1", office.admin.session)
    refused(await office.admin.post(path, body | {"issuer": office.shop.issuer}), 403, "step_up_needed")
    refused(await office.admin.delete(f"{path}/{office.id}"), 403, "step_up_needed")


# --- Where the hub may connect to --------------------------------------------------------------------------

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "2001:db8::1", "2001:0:1::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "ff0e::1", "localhost", "", "1", "0x7f000001", "2130706433",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_inside_is_closed(address: str) -> None:
    assert not outside.may_connect(address, ())


def test_outside_is_open_and_inside_where_it_is_said() -> None:
    assert outside.may_connect("93.184.216.34", ()) and outside.may_connect("2606:2800:220:1::1", ())
    said = networks("10.1.0.0/16")
    assert outside.may_connect("10.1.2.3", said) and outside.may_connect("::ffff:10.1.2.3", said)
    assert not outside.may_connect("10.2.0.1", said)
    production = Settings(mode="production")
    assert outside.allowed_networks(production) == ()
    with pytest.raises(outside.Unreachable):
        outside.checked(production, "http://127.0.0.1:1/")


async def test_a_name_with_an_inside_address_among_others_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is looked up once: what was judged is what is connected to, and all of it is judged."""
    loop, asked = asyncio.get_running_loop(), list[str]()

    async def found(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(loop, "getaddrinfo", found)
    with pytest.raises(outside.Unreachable, match="private"):
        await outside.ask(Settings(mode="production"), "https://accounts.test/")
    assert asked == ["accounts.test"]
