"""An organisation with an app, people at browsers who use it, and what an app says and hears."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from hub.context import Hub
from tests.app import Person, World
from tests.browsers import PASSWORD, Browser, Site, with_password

BACK = "https://app.test/done"


class AppSide:
    """An app as it talks to the hub: without cookies, by forms. `secret` is None for one that keeps none."""

    def __init__(self, site: Site, id: str, secret: str | None, back: str = BACK) -> None:
        self.site, self.id, self.secret, self.back = site, id, secret, back
        self.browser = site.browser()
        self.verifier = secrets.token_urlsafe(48)

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def question(self, **other: Any) -> str:
        """The address at which a person's browser asks; None takes a parameter away."""
        said: dict[str, Any] = {
            "response_type": "code", "client_id": self.id, "redirect_uri": self.back,
            "scope": "openid offline_access read", "state": "a state", "nonce": "a nonce",
            "code_challenge": self.challenge, "code_challenge_method": "S256",
        } | other  # fmt: skip
        return "/oauth/authorize?" + urlencode(
            {name: value for name, value in said.items() if value is not None}
        )

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """A form, with the app's secret in it unless headers say another way; None leaves a field away."""
        sent: dict[str, Any] = {"client_id": self.id}
        if self.secret and not headers:
            sent["client_secret"] = self.secret
        sent |= fields
        more = {"content-type": "application/x-www-form-urlencoded"} | (headers or {})
        body = urlencode({name: value for name, value in sent.items() if value is not None})
        http = self.browser.http
        http.cookies.clear()
        return await http.request("POST", path, content=body, headers=more)

    async def token(self, **fields: Any) -> httpx.Response:
        return await self.post("/oauth/token", **fields)

    async def by_code(self, code: str, **other: Any) -> httpx.Response:
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": self.verifier,
        }
        return await self.token(**(said | other))

    async def by_refresh(self, token: str, **other: Any) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token, **other)

    async def me(self, token: str) -> httpx.Response:
        self.browser.http.cookies.clear()
        return await self.browser.http.get("/v1/me", headers={"authorization": f"Bearer {token}"})

    async def connected(self, browser: Browser, **other: Any) -> dict[str, Any]:
        """What the app holds after the person at `browser` has said yes."""
        answer = await self.by_code(await allowed(browser, self.question(**other)))
        assert answer.status_code == 200, answer.text
        return answer.json()


async def asked(browser: Browser, question: str) -> httpx.Response:
    return await browser.call("GET", question)


def where(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where a browser is sent, and what is said there."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


async def allowed(browser: Browser, question: str, *, allow: bool = True) -> str:
    """The code that comes of a question which is put to the person; "" where they decline."""
    to, said = where(await asked(browser, question))
    if "code" in said:  # given before
        return said["code"]
    request = to.rpartition("/connect/")[2]
    UUID(request)
    shown = await browser.get(f"/v1/apps/requests/{request}")
    assert shown.status_code == 200, shown.text
    answer = await browser.post(f"/v1/apps/requests/{request}", {"allow": allow})
    assert answer.status_code == 200, answer.text
    return parse_qs(urlsplit(answer.json()["to"]).query).get("code", [""])[0]


class Scene:
    """`admin` manages the organisation's apps at a browser, `person` uses them."""

    def __init__(self, site: Site, world: World, org: UUID) -> None:
        self.site, self.world, self.org = site, world, org
        self.admin: Browser
        self.person: Browser
        self.who: Person

    async def someone(self, role: str = "outside") -> tuple[Person, Browser]:
        who = await with_password(self.world, await self.world.person(self.org, role))
        return who, await self.site.browser().signed_in(who.email, PASSWORD)

    async def app(self, kind: str = "web", **other: Any) -> AppSide:
        body: dict[str, Any] = {
            "name": f"App {uuid4().hex[:6]}", "kind": kind, "redirect_uris": [BACK],
            "scopes": ["openid", "profile", "email", "offline_access", "read", "write"],
        } | other  # fmt: skip
        answer = await self.admin.post(f"/v1/orgs/{self.org}/apps", body)
        assert answer.status_code == 201, answer.text
        item = answer.json()["item"]
        uris = item["app"]["redirect_uris"]
        return AppSide(self.site, item["app"]["id"], item["secret"], uris[0] if uris else BACK)


@pytest.fixture
async def scene(hub: Hub, world: World) -> Scene:
    scene = Scene(Site(hub), world, await world.organisation())
    _, scene.admin = await scene.someone("admin")
    scene.who, scene.person = await scene.someone()
    return scene
