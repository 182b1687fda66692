"""What an office does with its cases, people, rules and keeping leaves one entry each, where others would need a
scene that the town has not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.context import Hub
from schemas.audit import HOUSE, Actor
from tests.app import Office, World
from tests.browsers import Site, proved, with_password
from tests.hub.notices.test_inbox import put as notices
from tests.leaks.test_written_own import mailed
from tests.leaks.written import NOBODY, WORKER, Ledger, proves
from tests.uploads import declared, document, put
from workers import retention

DATA = b"The lessee pays on the first of each month.\n"


@pytest.fixture
async def office(world: World) -> Office:
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


@proves(
    "DELETE /v1/cases/{case:uuid}/participants/{participant:uuid}", "DELETE /v1/cases/{case:uuid}/teams/{id:uuid}",
    "PATCH /v1/orgs/{org:uuid}/teams/{team:uuid}", "POST /v1/versions/{version:uuid}/complete",
    "DELETE /v1/orgs/{org:uuid}/teams/{team:uuid}/members/{person:uuid}", "PATCH /v1/details/{detail:uuid}",
    "POST /v1/inbox/{notice:uuid}/ack",
)  # fmt: skip
async def test_of_a_case(ledger: Ledger, office: Office, owner: Any) -> None:
    lead, admin, case, org = office.lead, office.admin, f"/v1/cases/{office.case}", f"/v1/orgs/{office.org}"
    of_case = {"log": office.org, "case": office.case}
    team = await admin.made(f"{org}/teams", {"name": "Litigators"})
    member = f"{org}/teams/{team['id']}/members"
    assert (await admin.post(member, {"person": lead.id})).status_code == 200
    given = await lead.made(f"{case}/teams", {"team": team["id"]})
    route = "PATCH /v1/orgs/{org:uuid}/teams/{team:uuid}"
    revision = (await admin.get(f"{org}/teams/{team['id']}")).json()["item"]["revision"]
    named = admin.patch(f"{org}/teams/{team['id']}", {"name": "Trial team"}, revision)
    of_team = {"log": office.org, "thing": UUID(team["id"])}
    await ledger.by(route, admin, named, "team.changed", **of_team)
    route = "DELETE /v1/orgs/{org:uuid}/teams/{team:uuid}/members/{person:uuid}"
    await ledger.by(route, admin, admin.delete(f"{member}/{lead.id}"), "team.changed", **of_team)
    await ledger.no_more(admin.delete(f"{member}/{lead.id}"))
    taken = lead.delete(f"{case}/teams/{given['id']}")
    route = "DELETE /v1/cases/{case:uuid}/teams/{id:uuid}"
    await ledger.by(route, lead, taken, "team_case.revoked", thing=UUID(given["id"]), **of_case)
    await ledger.no_more(lead.delete(f"{case}/teams/{given['id']}"))

    details = await lead.all(f"{case}/details")
    fields = details[0]["fields"]
    changed = lead.patch(f"/v1/details/{details[0]['id']}", {"fields": fields}, details[0]["revision"])
    route = "PATCH /v1/details/{detail:uuid}"
    await ledger.by(route, lead, changed, "detail.changed", thing=UUID(details[0]["id"]), **of_case)
    (notice,) = await notices(owner, office, office.outside)
    acked = office.outside.call("POST", f"/v1/inbox/{notice}/ack")
    route = "POST /v1/inbox/{notice:uuid}/ack"
    await ledger.by(route, office.outside, acked, "notice.acked", thing=UUID(notice), **of_case)
    await ledger.no_more(office.outside.call("POST", f"/v1/inbox/{notice}/ack"))

    begun = await lead.made(f"/v1/documents/{await document(lead, office.case)}/versions", declared(DATA))
    version = UUID(begun["version"]["id"])
    assert await put(begun["upload"]["url"], DATA) == 200
    complete = lead.post(f"/v1/versions/{version}/complete")
    route = "POST /v1/versions/{version:uuid}/complete"
    done = await ledger.by(route, lead, complete, "version.received", thing=version, **of_case)
    of = done.entry("version.received").of
    assert of is not None and (of.version, of.sha256) == (version, declared(DATA)["sha256"])

    out = f"{case}/participants/{office.participant}"
    route = "DELETE /v1/cases/{case:uuid}/participants/{participant:uuid}"
    await ledger.by(route, lead, lead.delete(out), "participant.revoked", thing=office.participant, **of_case)
    await ledger.no_more(lead.delete(out))
    # Who sees it no more, and who never did, is refused: the one as of the case, the other as of nothing that there is.
    title = {"title": "Mine"}
    await ledger.refused(
        office.foreign, office.foreign.patch(case, title, 1), 404, "change_case", log=HOUSE, thing=office.case
    )


@proves(
    "POST /v1/orgs/{org:uuid}/walls/{wall:uuid}/lift", "POST /v1/orgs/{org:uuid}/holds/{hold:uuid}/release",
    "POST /v1/orgs/{org:uuid}/apps/{app:uuid}/secret", "POST /v1/orgs/{org:uuid}/scim",
    "DELETE /v1/orgs/{org:uuid}/services/{service:uuid}/tokens/{token:uuid}",
)  # fmt: skip
async def test_of_its_rules(ledger: Ledger, office: Office) -> None:
    admin, org, reason = office.admin, f"/v1/orgs/{office.org}", {"reason": "Over"}
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [office.stranger.id]}
    id = (await admin.made(f"{org}/walls", wall))["id"]
    lift = f"{org}/walls/{id}/lift"
    route = "POST /v1/orgs/{org:uuid}/walls/{wall:uuid}/lift"
    await ledger.by(route, admin, admin.post(lift, reason), "wall.lifted", log=office.org, thing=UUID(id))
    await ledger.no_more(admin.post(lift, reason))
    for kind, thing, act, case in (
        ("case", office.case, "hold.released", office.case),
        ("person", office.stranger.id, "person_hold.released", None),
    ):
        id = (await admin.made(f"{org}/holds", {"kind": kind, "thing": thing, "reason": "R"}))["id"]
        release = f"{org}/holds/{id}/release"
        route = "POST /v1/orgs/{org:uuid}/holds/{hold:uuid}/release"
        await ledger.by(
            route, admin, admin.post(release, reason), act, log=office.org, case=case, thing=UUID(id)
        )
        await ledger.no_more(admin.post(release, reason))
    body = {"name": "A", "kind": "web", "scopes": ["read"], "redirect_uris": ["https://app.test/done"]}
    app = (await admin.made(f"{org}/apps", body))["app"]
    secret = admin.post(f"{org}/apps/{app['id']}/secret", revision=app["revision"])
    route = "POST /v1/orgs/{org:uuid}/apps/{app:uuid}/secret"
    await ledger.by(route, admin, secret, "app.changed", log=office.org, thing=UUID(app["id"]))
    rule = admin.post(f"{org}/scim", {"role": "outside"})
    await ledger.by(
        "POST /v1/orgs/{org:uuid}/scim", admin, rule, "set_rule", log=office.org, thing=office.org
    )
    service = (await admin.made(f"{org}/services", {"name": "Robot"}))["id"]
    tokens = f"{org}/services/{service}/tokens"
    token = (await admin.post(tokens, {"label": "x", "scopes": ["read"]})).json()["session"]["id"]
    route = "DELETE /v1/orgs/{org:uuid}/services/{service:uuid}/tokens/{token:uuid}"
    ended = await ledger.did(route, admin.delete(f"{tokens}/{token}"), "session.ended")
    ended.says("session.ended", await ledger.someone(admin), log=office.org, thing=UUID(token))
    await ledger.no_more(admin.delete(f"{tokens}/{token}"))


@proves(
    "POST /v1/invitations/accept", "POST /v1/invitations/{invitation:uuid}/answer",
    "POST /v1/orgs/{org:uuid}/invitations/{invitation:uuid}/resend",
    "DELETE /v1/orgs/{org:uuid}/invitations/{invitation:uuid}",
)  # fmt: skip
async def test_of_who_is_asked_in(ledger: Ledger, office: Office, world: World, hub: Hub, owner: Any) -> None:
    admin, org, site = office.admin, f"/v1/orgs/{office.org}", Site(hub)
    email = f"new{office.org.hex}@mail.test"
    await admin.made("/v1/people", {"org": office.org, "email": email, "name": "New", "role": "desk"})
    (waits,) = await admin.all(f"{org}/invitations")
    again = admin.post(f"{org}/invitations/{waits['id']}/resend")
    route, thing = "POST /v1/orgs/{org:uuid}/invitations/{invitation:uuid}/resend", UUID(waits["id"])
    await ledger.by(route, admin, again, "resend_invitation", log=office.org, thing=thing)
    browser = site.browser()
    token = await mailed(owner, email, "invitation")
    body = {"token": token, "name": "New", "password": "seven green kettles hum"}
    accept = browser.post("/v1/invitations/accept", body)
    came = await ledger.did("POST /v1/invitations/accept", accept, "invitation.accepted", "session.opened")
    them = await ledger.someone(browser)
    came.says("invitation.accepted", NOBODY, thing=them.person)
    came.says("session.opened", them, rule="invitation")

    ann = await with_password(world, await world.person(await world.organisation(), "desk"))
    await owner.execute("update people set email_proved_at = now() where id = $1", ann.id)
    home = await site.browser().signed_in(ann.email)
    asked = {"org": office.org, "email": ann.email, "name": "Ann", "role": "desk"}
    await admin.made("/v1/people", asked)
    (waits,) = (await home.get("/v1/invitations")).json()["items"]
    path, route = f"/v1/invitations/{waits['id']}/answer", "POST /v1/invitations/{invitation:uuid}/answer"
    yes = home.post(path, {"accept": True})
    await ledger.by(route, home, yes, "member.added", log=office.org, thing=ann.id)
    await ledger.no_more(home.post(path, {"accept": True}))
    gone = admin.delete(f"{org}/people/{ann.id}")
    left = await ledger.watch(gone)
    left.says("member.removed", await ledger.someone(admin), log=office.org, thing=ann.id)
    await admin.made("/v1/people", asked)
    (waits,) = (await home.get("/v1/invitations")).json()["items"]
    withdrawal = admin.delete(f"{org}/invitations/{waits['id']}")
    route, thing = "DELETE /v1/orgs/{org:uuid}/invitations/{invitation:uuid}", UUID(waits["id"])
    await ledger.by(route, admin, withdrawal, "withdraw_invitation", log=office.org, thing=thing)
    await ledger.no_more(admin.delete(f"{org}/invitations/{waits['id']}"))


@proves(
    "POST /v1/erasures", "POST /v1/orgs/{org:uuid}/erasures/{erasure:uuid}/refuse",
    "POST /v1/orgs/{org:uuid}/people/{person:uuid}/erasure", "POST /v1/orgs/{org:uuid}/people/{person:uuid}/export",
)  # fmt: skip
async def test_of_who_wants_to_be_forgotten(ledger: Ledger, office: Office, world: World) -> None:
    admin, org, them = office.admin, f"/v1/orgs/{office.org}", await proved(world, office.stranger)
    ask = them.post("/v1/erasures", {"org": office.org, "reason": "I left"})
    asked = await ledger.by("POST /v1/erasures", them, ask, "erasure.asked", log=office.org)
    id = UUID(asked.answer.json()["item"]["id"])
    assert asked.entry("erasure.asked").thing == id
    await ledger.no_more(them.post("/v1/erasures", {"org": office.org, "reason": "I left"}))
    route = "POST /v1/orgs/{org:uuid}/erasures/{erasure:uuid}/refuse"
    no = {"reason": "We have to keep it"}
    refusal = admin.post(f"{org}/erasures/{id}/refuse", no)
    await ledger.by(route, admin, refusal, "erasure.refused", log=office.org, thing=id)
    await ledger.no_more(admin.post(f"{org}/erasures/{id}/refuse", no))
    copy = admin.post(f"{org}/people/{them.id}/export")
    route = "POST /v1/orgs/{org:uuid}/people/{person:uuid}/export"
    await ledger.by(route, admin, copy, "person.exported", log=office.org, thing=them.id, rule="admin")
    erasing = admin.post(f"{org}/people/{them.id}/erasure", {"reason": "They asked again"})
    route = "POST /v1/orgs/{org:uuid}/people/{person:uuid}/erasure"
    # What they still had open closes: that is done by nobody, after the act and because of it.
    gone = await ledger.did(route, erasing, "person.erased", "session.ended")
    gone.says("person.erased", await ledger.someone(admin), log=office.org, thing=them.id)
    gone.says("session.ended", WORKER, thing=them.session, rule="erased")


@proves(
    "POST /v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/keep",
    "POST /v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/approve",
)  # fmt: skip
async def test_of_what_is_due(ledger: Ledger, office: Office, world: World, hub: Hub, owner: Any) -> None:
    admin, org = office.admin, f"/v1/orgs/{office.org}"
    await office.close()
    since = datetime.now(UTC) - timedelta(days=8 * 365.3)
    await owner.execute("update cases set closed_at = $2 where id = $1", office.case, since)
    of_case = {"log": office.org, "case": office.case}

    found = await ledger.watch(retention.propose(hub))
    (proposal,) = [one.entry for one in found.said if one.entry.log == office.org]
    (due,) = await admin.all(f"{org}/dispositions", state="due")
    one, id = due["disposition"], UUID(due["disposition"]["id"])
    assert (proposal.act, proposal.by, proposal.thing) == ("disposition.due", Actor(kind="worker"), id)
    assert proposal.case == office.case
    later = {"until": "2090-01-01", "reason": "A claim may come"}
    keeping = admin.post(f"{org}/dispositions/{id}/keep", later, revision=one["revision"])
    route = "POST /v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/keep"
    await ledger.by(route, admin, keeping, "disposition.kept", thing=id, **of_case)
    # The day has come, and its worker has listed it again.
    await owner.execute("update dispositions set state = 'due', keep_until = null where id = $1", id)
    approval = admin.post(
        f"{org}/dispositions/{id}/approve", {"reason": "Reviewed"}, revision=one["revision"] + 1
    )
    route = "POST /v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/approve"
    await ledger.by(route, admin, approval, "disposition.approved", thing=id, **of_case)
