"""Clients that nobody here wrote, against a hub that listens: `openid-client` of Node.js, Authlib's over httpx, and
`oidc-client-ts` in a page of chromium."""

import asyncio
import contextlib
import fcntl
import http.server
import json
import re
import shutil
import subprocess
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.async_api import async_playwright, expect

from deploy.embedded import ports
from hub.app import make_app
from hub.context import Hub
from tests.app import World
from tests.browsers import PASSWORD, Site
from tests.hub.oauth.conftest import Scene

with warnings.catch_warnings():  # it would rather have httpx2, and works with httpx
    warnings.simplefilter("ignore")
    from authlib.integrations import httpx_client

AsyncOAuth2Client: Any = httpx_client.AsyncOAuth2Client

CLIENTS = Path(__file__).parent / "clients"
DIST = Path(__file__).parents[3] / "hub" / "web" / "dist"
INSTALL_S = 120
ENDS_WITHIN_S = 90  # only ends a broken run
CHROMIUM = shutil.which("chromium")
NODE, NPM = shutil.which("node"), shutil.which("npm")


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js with the clients installed, which this does when they are not."""
    if NODE is None or NPM is None:
        pytest.skip("no Node.js on this machine")
    with (CLIENTS / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two workers may begin together
        if not (CLIENTS / "node_modules" / "openid-client").exists():
            subprocess.run([NPM, "ci"], cwd=CLIENTS, check=True, capture_output=True, timeout=INSTALL_S)
    return NODE


@pytest.fixture
async def listening(hub: Hub, world: World) -> AsyncIterator[Scene]:
    """A scene whose hub listens on a port of this machine; its time is the machine's."""
    (port,) = ports.free(1)
    site = Site(hub, http_port=port, public_url=f"http://localhost:{port}")
    site.hub = msgspec.structs.replace(site.hub, clock=hub.clock)
    site.clock = hub.clock  # type: ignore[assignment]
    site.app = make_app(site.hub)
    server = uvicorn.Server(
        uvicorn.Config(
            site.app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off"
        )
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    scene = Scene(site, world, await world.organisation())
    _, scene.admin = await scene.someone("admin")
    scene.who, scene.person = await scene.someone()
    yield scene
    server.should_exit = True
    await running


def path_of(scene: Scene, url: str) -> str:
    return url.removeprefix(scene.site.hub.settings.public_url)


async def test_openid_client(listening: Scene, node: str) -> None:
    scene = listening
    back, bye = "https://app.test/done", "https://app.test/bye"
    web = await scene.app(redirect_uris=[back], logout_uris=[bye])
    native = await scene.app("native", redirect_uris=["http://127.0.0.1/done"])
    made = await scene.admin.post(f"/v1/orgs/{scene.org}/services", {"name": "Importer", "role": "desk"})
    service = await scene.app("service", service=made.json()["item"]["id"], redirect_uris=[], scopes=["read"])
    told = {
        "issuer": scene.site.hub.settings.public_url, "back": back,
        "web": {"id": web.id, "secret": web.secret, "bye": bye},
        "native": {"id": native.id}, "service": {"id": service.id, "secret": service.secret},
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        node, "openid.mjs", json.dumps(told), cwd=CLIENTS, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr
    done: dict[str, Any] = {}
    async with asyncio.timeout(ENDS_WITHIN_S):
        while not done:
            line = await process.stdout.readline()
            assert line, (await process.stderr.read()).decode()
            said = json.loads(line)
            if "visit" in said:
                to = await answered(scene, path_of(scene, said["visit"]))
                process.stdin.write(json.dumps({"to": to}).encode() + b"\n")
            elif "type" in said:
                answer = await scene.person.post(
                    "/v1/apps/devices/answer", {"code": said["type"], "allow": True}
                )
                assert answer.status_code == 204, answer.text
                process.stdin.write(b"{}\n")
            else:
                done = said["done"]
        await process.wait()
    sub = str(scene.who.id)
    for way in ("basic", "post"):
        assert done[way] == {
            "sub": sub, "email": scene.who.email, "active": True, "scope": "openid profile email offline_access read",
            "me": sub, "after": False,
        }  # fmt: skip
    # Another issuer's answer, or one that does not say whose it is, is refused before its code is shown to anybody.
    assert done["mixed"] == done["silent"] == "OAUTH_INVALID_RESPONSE"
    assert done["reused"] == "invalid_grant"
    assert done["device"] == {"sub": sub, "refreshed": "string"}
    assert done["service"] == made.json()["item"]["id"]
    left = await scene.person.get(path_of(scene, done["leave"]))
    assert left.headers["location"] == bye


async def answered(scene: Scene, question: str) -> str:
    """Where the person's browser ends up, after they have said yes where they are asked."""
    to = (await scene.person.get(question)).headers["location"]
    waiting = re.search(r"/connect/([0-9a-f-]{36})", to)
    if waiting is None:
        return to
    return (await scene.person.post(f"/v1/apps/requests/{waiting[1]}", {"allow": True})).json()["to"]


async def test_authlibs_client(listening: Scene) -> None:
    scene = listening
    app = await scene.app()
    issuer = scene.site.hub.settings.public_url
    async with httpx.AsyncClient() as plain:
        known = (await plain.get(f"{issuer}/.well-known/openid-configuration")).json()
        published = KeySet.import_key_set((await plain.get(known["jwks_uri"])).json())
    async with AsyncOAuth2Client(
        app.id, app.secret, scope="openid offline_access read", redirect_uri=app.back, code_challenge_method="S256",
        token_endpoint=known["token_endpoint"], revocation_endpoint_auth_method="client_secret_basic",
    ) as client:  # fmt: skip
        url, state = client.create_authorization_url(
            known["authorization_endpoint"], code_verifier=app.verifier, nonce="n"
        )
        to = await answered(scene, path_of(scene, url))
        token = await client.fetch_token(
            known["token_endpoint"], authorization_response=to, state=state, code_verifier=app.verifier
        )
        assert jwt.decode(token["id_token"], published, algorithms=["RS256"]).claims["nonce"] == "n"
        assert (await client.get(f"{issuer}/v1/me")).json()["id"] == str(scene.who.id)
        await client.refresh_token(known["token_endpoint"])
        looked = await client.introspect_token(
            known["introspection_endpoint"], token=client.token["access_token"]
        )
        assert looked.json()["active"] is True
        await client.revoke_token(known["revocation_endpoint"], token=client.token["refresh_token"])
        assert (await client.get(f"{issuer}/v1/me")).status_code == 401


PAGE = """<!doctype html><title>An app</title><script src="/oidc-client-ts.min.js"></script>"""


@pytest.fixture
def page_of_an_app(node: str, tmp_path: Path) -> Iterator[str]:
    """A single-page app on an origin of its own, with oidc-client-ts; each of its addresses is the same page."""
    shutil.copy(CLIENTS / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", tmp_path)
    for name in ("index.html", "done.html", "silent.html", "bye.html"):
        (tmp_path / name).write_text(PAGE)
    with (tmp_path / "silent.html").open("a") as silent:  # tells the page around it what came
        silent.write('<script src="/silent.js"></script>')
    said = '{authority: "x", client_id: "x", redirect_uri: "x"}'
    (tmp_path / "silent.js").write_text(f"new oidc.UserManager({said}).signinSilentCallback()")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)")
@pytest.mark.skipif(
    not (DIST / "index.html").exists(), reason="the web client is not built (python -m deploy up)"
)
@pytest.mark.timeout(180)
async def test_oidc_client_ts_in_a_browser(listening: Scene, page_of_an_app: str) -> None:
    """Signing in by redirect, with our own pages between; a silent try that is refused across sites; refreshing;
    signing out."""
    scene, spa = listening, page_of_an_app
    app = await scene.app(
        "browser", redirect_uris=[f"{spa}/done.html", f"{spa}/silent.html"], logout_uris=[f"{spa}/bye.html"]
    )
    settings = json.dumps({
        "authority": scene.site.hub.settings.public_url, "client_id": app.id, "redirect_uri": f"{spa}/done.html",
        "silent_redirect_uri": f"{spa}/silent.html", "post_logout_redirect_uri": f"{spa}/bye.html",
        "scope": "openid profile email offline_access read", "automaticSilentRenew": False, "loadUserInfo": True,
    })  # fmt: skip
    manager = f"new oidc.UserManager({settings})"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{spa}/index.html")
        assert (
            await page.evaluate(
                f"{manager}.signinSilent({{silentRequestTimeoutInSeconds: 20}}).catch(e => e.error)"
            )
        ) == "login_required"
        await page.evaluate(f"void {manager}.signinRedirect()")
        await page.get_by_label("E-mail").fill(scene.who.email)
        await page.locator("input[type=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("asks for access", timeout=30_000)
        await page.get_by_role("button", name="Allow", exact=True).click()
        await page.wait_for_url(f"{spa}/done.html?*")
        user = await page.evaluate(
            f"{manager}.signinCallback().then(u => ({{sub: u.profile.sub, email: u.profile.email}}))"
        )
        assert user == {"sub": str(scene.who.id), "email": scene.who.email}
        renewed = await page.evaluate(
            f"{manager}.signinSilent().then(u => u.access_token)"
        )  # by the refresh token
        assert (await app.me(renewed)).status_code == 200
        await page.evaluate(f"void {manager}.signoutRedirect()")
        await page.wait_for_url(f"{spa}/bye.html*")
        await page.goto(f"{spa}/index.html")
        await page.evaluate(f"void {manager}.signinRedirect()")
        await expect(page.get_by_label("E-mail")).to_be_visible(timeout=30_000)  # signed out here too
        await browser.close()


def test_lock_file_names_no_registry() -> None:
    packages = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)
