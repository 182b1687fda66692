"""What lasts: refresh tokens, who ends them, and that what an app held is worth nothing from that moment on."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.browsers import PASSWORD, proved
from tests.hub.oauth.conftest import AppSide, Scene


async def dead(app: AppSide, token: dict[str, Any]) -> bool:
    """Whether neither half is worth anything."""
    first = (await app.me(token["access_token"])).status_code
    second = await app.by_refresh(token["refresh_token"])
    return (first, second.status_code, second.json().get("error")) == (401, 400, "invalid_grant")


async def test_a_refresh_token_gives_the_next_one(scene: Scene) -> None:
    app = await scene.app()
    first = await app.connected(scene.person)
    second = (await app.by_refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await app.me(second["access_token"])).status_code == 200
    assert second["scope"] == first["scope"] and "id_token" in second


async def test_a_used_refresh_token_ends_the_family(scene: Scene) -> None:
    app = await scene.app()
    first = await app.connected(scene.person)
    other = await app.connected(scene.person)
    second = (await app.by_refresh(first["refresh_token"])).json()
    assert (await app.by_refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert await dead(app, second)
    assert (await app.me(other["access_token"])).status_code == 200  # another sign-in, another family


async def test_of_two_who_race_with_one_refresh_token_neither_goes_on(scene: Scene) -> None:
    app = await scene.app()
    token = await app.connected(scene.person)
    answers = await asyncio.gather(*(app.by_refresh(token["refresh_token"]) for _ in range(20)))
    given = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(given) == 1 and await dead(app, given[0])


async def test_scopes_get_fewer_and_never_more(scene: Scene) -> None:
    app = await scene.app()
    token = await app.connected(scene.person)
    less = (await app.by_refresh(token["refresh_token"], scope="read")).json()
    assert less["scope"] == "read" and "id_token" not in less
    for wider in ("read write", "openid read offline_access admin", "write"):
        answer = await app.by_refresh(less["refresh_token"], scope=wider)
        assert answer.json()["error"] == "invalid_scope"
    assert (await app.by_refresh(less["refresh_token"])).json()["scope"] == token["scope"]


async def test_another_app_has_no_use_for_it(scene: Scene) -> None:
    app, other = await scene.app(), await scene.app()
    token = await app.connected(scene.person)
    assert (await other.by_refresh(token["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.by_refresh(token["refresh_token"])).status_code == 200  # nor has it ended anything


async def test_without_offline_access_there_is_none_and_all_ends_with_the_browsers_session(
    scene: Scene,
) -> None:
    app = await scene.app()
    online = await app.connected(scene.person, scope="openid read")
    offline = await app.connected(scene.person)
    assert "refresh_token" not in online
    assert (await scene.person.call("DELETE", "/v1/session")).status_code == 204
    assert (await app.me(online["access_token"])).status_code == 401
    assert (await app.me(offline["access_token"])).status_code == 200


async def test_an_access_token_is_over_after_ten_minutes_and_a_family_after_ninety_days(scene: Scene) -> None:
    app = await scene.app()
    token = await app.connected(scene.person)
    scene.site.clock.ahead += timedelta(seconds=601)
    found = await app.post("/oauth/introspect", token=token["access_token"])
    assert found.json() == {"active": False}
    answer = await app.by_refresh(token["refresh_token"])
    while answer.status_code == 200:
        assert scene.site.clock.ahead < timedelta(days=91)
        scene.site.clock.ahead += timedelta(days=13)
        answer = await app.by_refresh(answer.json()["refresh_token"])
    assert scene.site.clock.ahead > timedelta(days=90) and answer.json()["error"] == "invalid_grant"


async def test_a_refresh_token_that_nobody_uses_is_over(scene: Scene) -> None:
    app = await scene.app()
    token = await app.connected(scene.person)
    scene.site.clock.ahead += timedelta(days=15)
    assert (await app.by_refresh(token["refresh_token"])).json()["error"] == "invalid_grant"


async def test_each_of_these_ends_what_an_app_holds(scene: Scene) -> None:
    """Removing the app, another password, ending all else, leaving the organisation, ending the app, a scope less."""
    for way in ("disconnect", "password", "others", "left", "ended", "narrowed", "revoked"):
        who, browser = await scene.someone()
        app = await scene.app()
        token = await app.connected(browser)
        assert (await app.me(token["access_token"])).status_code == 200, way
        org_app = f"/v1/orgs/{scene.org}/apps/{app.id}"
        if way == "disconnect":
            done = await browser.call("DELETE", f"/v1/apps/{app.id}")
        elif way == "password":
            done = await browser.call(
                "PUT", "/v1/password", {"old": PASSWORD, "new": "another long password of mine"}
            )
        elif way == "others":
            done = await browser.call("DELETE", "/v1/sessions")
        elif way == "left":
            done = await scene.admin.call("DELETE", f"/v1/orgs/{scene.org}/people/{who.id}")
        elif way == "ended":
            done = await scene.admin.call("DELETE", org_app)
        elif way == "narrowed":
            done = await scene.admin.call("PATCH", org_app, {"scopes": ["openid"]}, **{"if-match": '"1"'})
        else:
            done = await app.post("/oauth/revoke", token=token["refresh_token"])
        assert done.status_code in (200, 204), (way, done.text)
        assert (await app.me(token["access_token"])).status_code == 401, way
        after = (await app.by_refresh(token["refresh_token"])).json()
        assert after["error"] in ("invalid_grant", "invalid_client"), way


async def test_another_place_in_the_organisation_ends_nothing(scene: Scene) -> None:
    app = await scene.app()
    token = await app.connected(scene.person)
    body = {"org": str(scene.org), "email": scene.who.email, "name": "Somebody", "role": "desk"}
    answer = await scene.admin.post("/v1/people", body)
    assert answer.json()["item"]["membership"] == "desk", answer.text
    assert (await app.me(token["access_token"])).status_code == 200
    assert (await app.by_refresh(token["refresh_token"])).status_code == 200


async def test_a_removed_app_asks_again(scene: Scene) -> None:
    app = await scene.app()
    await app.connected(scene.person)
    listed = (await scene.person.get("/v1/apps")).json()["items"]
    assert [(one["app"], one["sign_ins"]) for one in listed] == [(app.id, 1)]
    assert sorted(listed[0]["scopes"]) == ["offline_access", "openid", "read"]
    assert (await scene.person.call("DELETE", f"/v1/apps/{app.id}")).status_code == 204
    assert (await scene.person.get("/v1/apps")).json()["items"] == []
    answer = await scene.person.get(app.question(prompt="none"))
    assert "error=consent_required" in answer.headers["location"]


async def test_what_ends_closes_sockets(scene: Scene) -> None:
    """Each session that ends is told on its person's stream: gateways close its sockets by that."""
    app = await scene.app()
    for way in ("disconnect", "reuse"):
        token = await app.connected(scene.person)
        if way == "reuse":
            await app.by_refresh(token["refresh_token"])
            await app.by_refresh(token["refresh_token"])
        else:
            await scene.person.call("DELETE", f"/v1/apps/{app.id}")
        told = await scene.world.pool.fetchval(
            "select count(*) from events e join sessions s on s.id = e.thing where e.type = 'session.ended' "
            "and e.stream = $1 and s.kind = 'app' and s.ended_at is not null",
            scene.who.id,
        )
        live = await scene.world.pool.fetchval(
            "select count(*) from sessions where person = $1 and kind = 'app' and ended_at is null",
            scene.who.id,
        )
        ended = await scene.world.pool.fetchval(
            "select count(*) from sessions where person = $1 and kind = 'app' and ended_at is not null",
            scene.who.id,
        )
        assert (told, live) == (ended, 0) and ended > 0, way


async def test_an_app_does_what_its_scopes_say_and_nothing_dangerous(scene: Scene) -> None:
    app = await scene.app()
    token = (await app.connected(scene.admin))["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    http = app.browser.http
    assert (await http.get("/v1/cases", headers=headers)).status_code == 200
    for method, path in (
        ("POST", "/v1/cases"), ("GET", f"/v1/orgs/{scene.org}/apps"), ("GET", "/v1/apps"), ("DELETE", "/v1/sessions"),
        ("POST", "/v1/tokens"), ("GET", "/v1/factors"), ("PUT", "/v1/password"), ("POST", "/v1/apps/devices"),
    ):  # fmt: skip
        answer = await http.request(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json()["code"]) in ((403, "scope"), (403, "forbidden")), (
            path,
            answer.text,
        )


async def test_a_token_that_was_made_otherwise_is_no_apps(scene: Scene) -> None:
    app = await scene.app()
    other = await proved(scene.world, await scene.world.person(scene.org, "admin"))
    assert (await app.post("/oauth/introspect", token=other.token)).json() == {"active": False}
    answer = await app.browser.http.get("/oauth/userinfo", headers={"authorization": f"Bearer {other.token}"})
    assert answer.status_code == 401
