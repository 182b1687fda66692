"""What comes from outside leaves one entry each: a directory's users and groups, and outside identity providers."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.context import Hub, utc_now
from schemas.audit import HOUSE
from tests.app import World
from tests.browsers import Browser, Site
from tests.hub.providers.bent import CLIENT, SECRET, Mall, mall
from tests.hub.providers.offices import Town as Offices
from tests.hub.scim.conftest import GROUP, PATCH, USER, Directory, directory
from tests.leaks.written import NOBODY, Ledger, Someone, proves

__all__ = ["directory"]  # a fixture

USERS, GROUPS = "/scim/v2/{org:uuid}/Users", "/scim/v2/{org:uuid}/Groups"


@proves(
    f"POST {USERS}", f"PUT {USERS}/{{id:uuid}}", f"PATCH {USERS}/{{id:uuid}}", f"DELETE {USERS}/{{id:uuid}}",
    f"POST {USERS}/.search", f"POST {GROUPS}/.search", "POST /scim/v2/{org:uuid}/.search",
)  # fmt: skip
async def test_users_of_a_directory(ledger: Ledger, directory: Directory) -> None:
    me, of_org = directory.service, {"log": directory.org}
    name = f"{uuid4().hex}@firm.test"
    body = {"schemas": [USER], "userName": name, "displayName": "Nia"}
    made = await ledger.by(
        f"POST {USERS}", me, directory.call("POST", "/Users", body), "member.added", **of_org
    )
    id = made.answer.json()["id"]
    assert made.entry("member.added").thing == UUID(id)
    of_user = of_org | {"thing": UUID(id)}
    await ledger.no_more(directory.call("POST", "/Users", body), 409)
    whole = directory.call("PUT", f"/Users/{id}", body | {"displayName": "Nia Roe"})
    await ledger.by(f"PUT {USERS}/{{id:uuid}}", me, whole, "member.changed", **of_user)
    out = directory.patch(f"/Users/{id}", {"op": "replace", "path": "active", "value": False})
    # Sessions first, then their place, then what the directory says of them: three transactions.
    left = await ledger.did(f"PATCH {USERS}/{{id:uuid}}", out, "patch_user", "member.removed", "patch_user")
    for one in left.said:
        assert (one.entry.by.person, one.entry.thing, one.entry.log) == (me.id, UUID(id), directory.org)
        assert one.private.address
    gone = directory.call("DELETE", f"/Users/{id}")
    left = await ledger.did(f"DELETE {USERS}/{{id:uuid}}", gone, "remove_user")
    left.says("remove_user", await ledger.someone(me), **of_user)
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1}
    for what in ("", "/Users", "/Groups"):
        asked = directory.call("POST", f"{what}/.search", search)
        await ledger.nothing(f"POST /scim/v2/{{org:uuid}}{what}/.search", asked)


@proves(
    f"POST {GROUPS}",
    f"PUT {GROUPS}/{{id:uuid}}",
    f"PATCH {GROUPS}/{{id:uuid}}",
    f"DELETE {GROUPS}/{{id:uuid}}",
)
async def test_groups_of_a_directory(ledger: Ledger, directory: Directory) -> None:
    me = directory.service
    nia = (await directory.user(roles=[{"value": "desk"}]))["id"]
    body: dict[str, Any] = {"schemas": [GROUP], "displayName": "Trial", "members": [{"value": nia}]}
    made = await ledger.by(
        f"POST {GROUPS}", me, directory.call("POST", "/Groups", body), "team.changed", log=directory.org
    )
    id = made.answer.json()["id"]
    of_team = {"log": directory.org, "thing": UUID(id)}
    whole = directory.call("PUT", f"/Groups/{id}", {"schemas": [GROUP], "displayName": "Trial team"})
    await ledger.by(f"PUT {GROUPS}/{{id:uuid}}", me, whole, "team.changed", **of_team)
    part = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": nia}]}]}
    changed = directory.call("PATCH", f"/Groups/{id}", part)
    await ledger.by(f"PATCH {GROUPS}/{{id:uuid}}", me, changed, "team.changed", **of_team)
    gone = directory.call("DELETE", f"/Groups/{id}")
    await ledger.by(f"DELETE {GROUPS}/{{id:uuid}}", me, gone, "team.changed", **of_team)


@pytest.fixture(scope="module")
def shops() -> Iterator[Mall]:
    with mall() as found:
        yield found


@proves(
    "POST /v1/orgs/{org:uuid}/providers", "PATCH /v1/orgs/{org:uuid}/providers/{provider:uuid}",
    "DELETE /v1/orgs/{org:uuid}/providers/{provider:uuid}", "POST /v1/session/providers/{provider:uuid}/start",
    "POST /v1/session/providers/return", "POST /v1/identities/{provider:uuid}/start",
    "DELETE /v1/identities/{identity:uuid}",
)  # fmt: skip
async def test_an_outside_provider(ledger: Ledger, world: World, hub: Hub, shops: Mall, owner: Any) -> None:
    office = await Offices(world, Site(hub), shops).office(domains=["office.test"], brings="desk")
    admin, org, shop = office.admin, f"/v1/orgs/{office.org}/providers", office.shop

    def back(browser: Browser, url: str) -> Any:
        office.site.clock.start = utc_now()  # a provider's clock runs on, and the two may not differ by much
        return office.returned(browser, shop.visit(url))

    body = {"name": "Other", "issuer": shops.shop().issuer, "client_id": CLIENT, "client_secret": SECRET}
    adding = admin.post(org, body)
    added = await ledger.by(
        "POST /v1/orgs/{org:uuid}/providers", admin, adding, "add_provider", log=office.org
    )
    other = added.answer.json()["item"]
    assert added.entry("add_provider").thing == UUID(other["id"])
    await ledger.no_more(admin.post(org, body))
    place, of_other = (
        "/v1/orgs/{org:uuid}/providers/{provider:uuid}",
        {"log": office.org, "thing": UUID(other["id"])},
    )
    named = {"name": "Another", "domains": [], "brings": None, "mfa_amr": [], "mfa_acr": []}
    edit = admin.patch(f"{org}/{other['id']}", named, other["revision"])
    await ledger.by(f"PATCH {place}", admin, edit, "edit_provider", **of_other)
    removal = admin.delete(f"{org}/{other['id']}")
    await ledger.by(f"DELETE {place}", admin, removal, "remove_provider", **of_other)
    await ledger.no_more(admin.delete(f"{org}/{other['id']}"))

    # Somebody who is known there comes in, and somebody new.
    browser, start = office.site.browser(), f"/v1/session/providers/{office.id}/start"
    left = await ledger.nothing("POST /v1/session/providers/{provider:uuid}/start", browser.post(start))
    shop.more = {"email": "ann@else.test", "email_verified": False}
    entering = back(browser, left.answer.json()["url"])
    came = await ledger.did("POST /v1/session/providers/return", entering, "session.opened")
    came.says("session.opened", await ledger.someone(browser), rule="provider")
    assert (await ledger.someone(browser)).person == office.ann.id
    new = office.site.browser()
    shop.more = {"sub": uuid4().hex, "email": f"n{uuid4().hex}@office.test", "email_verified": True}
    arriving = back(new, (await new.post(start)).json()["url"])
    came = await ledger.did(
        "POST /v1/session/providers/return", arriving, "account.arrived", "member.added", "session.opened"
    )
    them = await ledger.someone(new)
    came.says("account.arrived", NOBODY, thing=them.person, rule="provider")
    came.says("member.added", Someone("provider", them.person), thing=them.person, log=office.org)
    came.says("session.opened", them)

    # One's own identity there, linked from a session, and taken away.
    home = await office.site.browser().signed_in(office.ann.email)
    await ledger.someone(home)
    begun = await ledger.nothing(
        "POST /v1/identities/{provider:uuid}/start", home.post(f"/v1/identities/{office.id}/start")
    )
    shop.more = {"sub": uuid4().hex, "email": "me@else.test", "email_verified": False}
    linking = back(home, begun.answer.json()["url"])
    linked = await ledger.by("POST /v1/session/providers/return", home, linking, "identity.linked")
    identity = UUID(linked.answer.json()["linked"]["id"])
    assert linked.entry("identity.linked").thing == identity
    again = (await home.post(f"/v1/identities/{office.id}/start")).json()["url"]
    await ledger.no_more(back(home, again))
    path = f"/v1/identities/{identity}"
    gone = home.call("DELETE", path)
    await ledger.by("DELETE /v1/identities/{identity:uuid}", home, gone, "identity.removed", thing=identity)
    await ledger.no_more(home.call("DELETE", path))
    # Whom the provider may not bring comes in by nothing, and no account arrives.
    await owner.execute("update providers set brings = null where id = $1", office.id)
    stranger = office.site.browser()
    shop.more = {"sub": uuid4().hex, "email": f"n{uuid4().hex}@office.test", "email_verified": True}
    refusal = await ledger.watch(back(stranger, (await stranger.post(start)).json()["url"]))
    assert refusal.answer.status_code == 401 and refusal.acts == ["come_back"]
    refusal.says("come_back", NOBODY, "refused", log=HOUSE)
