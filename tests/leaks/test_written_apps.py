"""What apps are given and give back leaves one entry each: by the app, on behalf of whom, and by what it showed."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from hub.oauth.keys import published
from schemas.audit import HOUSE
from schemas.credentials import token_hash
from tests.hub.oauth.conftest import AppSide, Scene, asked, scene, where
from tests.leaks.written import Ledger, Left, Someone, proves

__all__ = ["scene"]  # a fixture

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


async def opened(owner: Any, left: Left) -> UUID:
    """The session of the token that was given."""
    return await owner.fetchval(
        "select id from sessions where token_hash = $1", token_hash(left.answer.json()["access_token"])
    )


async def given(
    ledger: Ledger, owner: Any, scene: Scene, app: AppSide, request: Any, act: str, rule: str, person: UUID
) -> Left:
    """The app got a token; the record says for whom, by which app, what it showed, and from where."""
    left = await ledger.did("POST /oauth/token", request, act)
    session = await opened(owner, left)
    by = Someone("app", person, session, UUID(app.id))
    left.says(act, by, rule=rule, thing=session, log=HOUSE)
    assert left.came_from(act)
    return left


@proves(
    "GET /oauth/authorize", "POST /oauth/authorize", "POST /v1/apps/requests/{request_id:uuid}", "POST /oauth/token",
    "POST /oauth/introspect", "POST /oauth/userinfo", "POST /oauth/revoke", "DELETE /v1/apps/{app:uuid}",
)  # fmt: skip
async def test_an_app_of_the_web(ledger: Ledger, scene: Scene, owner: Any) -> None:
    await published(scene.site.hub)  # the keys that sign identity tokens are there
    app, home, me = await scene.app(), scene.person, scene.who.id
    id = UUID(app.id)
    question = app.question()
    await ledger.nothing("POST /oauth/authorize", app.post("/oauth/authorize", response_type="code"))
    put = await ledger.by("GET /oauth/authorize", home, asked(home, question), "authorize", thing=id)
    request = where(put.answer)[0].rpartition("/connect/")[2]
    path, route = f"/v1/apps/requests/{request}", "POST /v1/apps/requests/{request_id:uuid}"
    yes = await ledger.by(route, home, home.post(path, {"allow": True}), "app.allowed", thing=id)
    code = yes.answer.json()["to"].partition("code=")[2].partition("&")[0]
    first = await given(ledger, owner, scene, app, app.by_code(code), "app.tokens_made", "code", me)
    said = first.answer.json()
    bearer = {"authorization": f"Bearer {said['access_token']}"}
    await ledger.nothing("POST /oauth/introspect", app.post("/oauth/introspect", token=said["access_token"]))
    await ledger.nothing("POST /oauth/userinfo", app.post("/oauth/userinfo", bearer))
    renewal = app.by_refresh(said["refresh_token"])
    await given(ledger, owner, scene, app, renewal, "app.tokens_renewed", "refresh", me)
    # Somebody has this refresh token as well: what the app holds ends by the one who showed it, who is refused.
    stolen = await ledger.watch(app.by_refresh(said["refresh_token"]))
    assert stolen.acts == ["app.tokens_ended", "app.tokens_made"]
    by_app = Someone("app", None, None, id)
    stolen.says("app.tokens_ended", by_app, rule="refresh token used twice")
    stolen.says("app.tokens_made", by_app, "refused", rule="invalid_grant", thing=id)
    assert stolen.came_from("app.tokens_ended")
    token = (await app.connected(home))["access_token"]
    revoking = app.post("/oauth/revoke", token=token)
    left = await ledger.did("POST /oauth/revoke", revoking, "app.tokens_ended")
    left.says("app.tokens_ended", by_app, rule="revoked by the app")
    assert left.came_from("app.tokens_ended")
    await ledger.no_more(app.post("/oauth/revoke", token=token))
    await app.connected(home)
    back = home.call("DELETE", f"/v1/apps/{id}")
    await ledger.by("DELETE /v1/apps/{app:uuid}", home, back, "app.disconnected", thing=id)
    await ledger.no_more(home.call("DELETE", f"/v1/apps/{id}"))
    # A code whose person has signed out is used up, and opens nothing.
    put = where(await asked(home, question))[0].rpartition("/connect/")[2]
    to = (await home.post(f"/v1/apps/requests/{put}", {"allow": True})).json()["to"]
    assert (await home.call("DELETE", "/v1/session")).status_code == 204
    over = await ledger.watch(app.by_code(to.partition("code=")[2].partition("&")[0]))
    assert over.acts == ["app.nothing_made", "app.tokens_made"], over.acts
    over.says("app.nothing_made", by_app, thing=id)
    over.says("app.tokens_made", by_app, "refused", rule="invalid_grant")


@proves(
    "POST /oauth/device_authorization", "POST /v1/apps/devices", "POST /v1/apps/devices/answer", "POST /oauth/token",
)  # fmt: skip
async def test_a_device_and_a_service(ledger: Ledger, scene: Scene, owner: Any) -> None:
    device, home = await scene.app("native", redirect_uris=[]), scene.person
    id = UUID(device.id)
    begun = await ledger.did(
        "POST /oauth/device_authorization",
        device.post("/oauth/device_authorization", scope="read"),
        "device.asked",
    )
    begun.says("device.asked", Someone("app", None, None, id), thing=id)
    assert begun.came_from("device.asked")
    said = begun.answer.json()
    waiting = await ledger.watch(device.token(grant_type=DEVICE, device_code=said["device_code"]))
    assert waiting.answer.json()["error"] == "authorization_pending" and waiting.acts == []
    code = {"code": said["user_code"]}
    await ledger.someone(home)
    await ledger.nothing("POST /v1/apps/devices", home.post("/v1/apps/devices", code))
    yes = home.post("/v1/apps/devices/answer", code | {"allow": True})
    await ledger.by("POST /v1/apps/devices/answer", home, yes, "app.allowed", thing=id)
    scene.site.clock.ahead += timedelta(seconds=6)
    shown = device.token(grant_type=DEVICE, device_code=said["device_code"])
    await given(ledger, owner, scene, device, shown, "app.tokens_made", "device", scene.who.id)

    service = (
        await scene.admin.post(f"/v1/orgs/{scene.org}/services", {"name": "Robot", "role": "desk"})
    ).json()
    robot = UUID(service["item"]["id"])
    app = await scene.app("service", service=str(robot), redirect_uris=[], scopes=["read"])
    itself = app.token(grant_type="client_credentials")
    await given(ledger, owner, scene, app, itself, "app.tokens_made", "service", robot)
    # The app ends: by whose hand stands with all that ended with it.
    ending = await ledger.watch(scene.admin.call("DELETE", f"/v1/orgs/{scene.org}/apps/{app.id}"))
    assert ending.acts == ["app.ended", "app.tokens_ended"]
    for act in ending.acts:
        ending.says(act, await ledger.someone(scene.admin), thing=UUID(app.id))


@proves("GET /oauth/logout", "POST /oauth/logout")
async def test_signing_out_because_an_app_asks(ledger: Ledger, scene: Scene) -> None:
    await published(scene.site.hub)
    app, home = await scene.app(), scene.person
    hint = (await app.connected(home))["id_token"]
    me = await ledger.someone(home)
    await ledger.nothing("POST /oauth/logout", app.post("/oauth/logout", id_token_hint=hint))
    leaving = home.get(f"/oauth/logout?id_token_hint={quote(hint)}")
    left = await ledger.did("GET /oauth/logout", leaving, "session.ended")
    left.says("session.ended", me, thing=me.session)
