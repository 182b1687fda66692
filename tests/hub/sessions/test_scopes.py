"""A token opens what its scopes say, and never more than its person may."""

from uuid import uuid4

import httpx
import pytest

from schemas.limits import TOKENS_MAX
from schemas.scopes import OF_BROWSERS
from tests.app import Office, World, opening, refused
from tests.routes import all_routes
from tests.tidy.test_routes import address

ROUTES = [route for route in all_routes() if not route.public]
SCOPES = (*OF_BROWSERS, "scim", "openid")


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_token_of_one_scope_opens_the_routes_of_that_scope_alone(
    http: httpx.AsyncClient, world: World, scope: str
) -> None:
    token = await world.token(await world.person(), scope)
    for route in ROUTES:
        if route.scope == "any":
            continue
        headers = {"authorization": f"Bearer {token.token}", "idempotency-key": str(uuid4())}
        answer = await http.request(route.method, address(route.path), headers=headers)
        if route.scope == "own":
            assert answer.json()["code"] == "forbidden", route
        elif route.scope != scope and not route.path.startswith("/scim/"):
            problem = refused(answer, 403, "scope")
            assert route.scope in problem["detail"], route
            assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
        elif route.scope != scope:  # in the words of RFC 7644, section 3.12
            assert (answer.status_code, answer.json()["status"]) == (403, "403"), (route, answer.text)
            assert route.scope in answer.json()["detail"]
        else:
            assert "urn:casewire:problem:scope" not in answer.text, route


async def test_a_token_without_a_scope_opens_nothing_and_can_be_ended(
    http: httpx.AsyncClient, world: World
) -> None:
    token = await world.token(await world.person(), "none")
    refused(await token.get("/v1/me"), 403, "scope")
    assert (await token.delete("/v1/session")).status_code == 204
    assert await world.pool.fetchval("select ended_at is not null from sessions where id = $1", token.session)


async def test_a_token_opens_no_more_than_its_person_may(office: Office, world: World) -> None:
    for scope in SCOPES:
        token = await world.token(office.foreign, "read", "write", scope)
        refused(await token.get(f"/v1/cases/{office.case}"), 404, "not_found")
    reader = await world.token(office.lead, "read")
    assert (await reader.get(f"/v1/cases/{office.case}")).status_code == 200
    refused(await reader.post("/v1/cases", opening(office.org, office.type)), 403, "scope")


async def test_scope_is_refused_before_anything_is_said_of_what_there_is(
    office: Office, world: World
) -> None:
    """Absent and present answer alike."""
    writer = await world.token(office.lead, "write")
    there = refused(await writer.get(f"/v1/cases/{office.case}"), 403, "scope")
    assert there == refused(await writer.get(f"/v1/cases/{uuid4()}"), 403, "scope")


async def test_a_personal_token_has_the_scopes_it_was_made_with(office: Office, world: World) -> None:
    browser = await world.token(office.admin, kind="browser", proved=True)
    for scopes in (["read"], ["write"], ["admin"], ["read", "write", "admin"]):
        answer = await browser.post("/v1/tokens", {"label": "x", "scopes": scopes})
        assert answer.json()["session"]["scopes"] == sorted(scopes)
        headers = {"authorization": f"Bearer {answer.json()['token']}"}
        for method, path, needed in (
            ("GET", f"/v1/cases/{office.case}", "read"),
            ("POST", f"/v1/cases/{office.case}/tasks", "write"),
            ("PUT", f"/v1/orgs/{office.org}/mfa", "admin"),
        ):
            code = (await office.lead.http.request(method, path, headers=headers)).json().get("code")
            assert (code == "scope") == (needed not in scopes), (scopes, needed, code)


async def test_tokens_are_bounded_in_number(office: Office, world: World) -> None:
    browser = await world.token(office.lead, kind="browser", proved=True)
    for _ in range(TOKENS_MAX - 1):  # the lead has one already
        await world.token(office.lead)
    refused(await browser.post("/v1/tokens", {"label": "x"}), 409, "conflict")
