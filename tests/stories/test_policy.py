"""A real browser, on every page of the client: its content security policy is never in its way, and holds."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.app import Office, World
from tests.house import House
from tests.stories.test_browser import signed_in

CHROMIUM = shutil.which("chromium")
ROUTER = Path(__file__).parents[2] / "hub" / "web" / "src" / "app" / "router.tsx"
LISTEN = """window.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.refusedByPolicy.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));"""
SETTLED_MS = 10_000

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


def pages(office: Office, talk: Any) -> list[str]:
    """Every address of the client's router, with ids of things that are there."""
    found = set(re.findall(r'path: "([^"$]+)"', ROUTER.read_text()))
    alone = sorted(path if path.startswith("/") else f"/organisation/{path}" for path in found if path != "/")
    case = f"/cases/{office.case}"
    tabs = ["conversations", "documents", "deadlines", "tasks", "timeline", "people", "parties", "overview"]
    return [
        "/",
        *alone,
        f"/public/{office.org}",
        *(f"{case}/{tab}" for tab in tabs),
        f"{case}/conversations/{talk}",
    ]


async def watched(context: BrowserContext, said: list[str]) -> Page:
    await context.add_init_script(LISTEN)
    page = await context.new_page()
    page.on(
        "console", lambda message: said.append(message.text) if "Content Security" in message.text else None
    )
    return page


async def test_no_page_breaks_the_policy(
    running: World, house: House, browser: Browser, tmp_path: Path
) -> None:
    office = await running.office()
    talk = await office.conversation()
    problems: list[str] = []
    said: list[str] = []
    page = await signed_in(browser, house, running, office.admin, problems)
    await page.context.add_init_script(LISTEN)
    page.on(
        "console", lambda message: said.append(message.text) if "Content Security" in message.text else None
    )
    broken: dict[str, Any] = {}
    visited = pages(office, talk)
    assert len(visited) >= 20
    for path in visited:
        if path in ("/sign-out", "/signed-out"):
            continue
        await page.goto(f"http://localhost:{house.http_port}{path}", wait_until="load")
        await expect(page.locator("#root > *").first).to_be_attached(timeout=SETTLED_MS)
        await page.wait_for_load_state("networkidle", timeout=SETTLED_MS)
        if found := await page.evaluate("window.refusedByPolicy"):
            broken[path] = found
    assert broken == {} and said == []
    await page.goto(f"http://localhost:{house.http_port}/docs/", wait_until="networkidle")
    assert await page.evaluate("window.refusedByPolicy") == [] and said == []


async def test_the_policy_holds(running: World, house: House, browser: Browser) -> None:
    said: list[str] = []
    page = await watched(await browser.new_context(), said)
    await page.goto(f"http://localhost:{house.http_port}/sign-in", wait_until="load")
    await page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const style = document.createElement("style");
            style.textContent = "body { color: red }";
            document.head.append(style);
            const frame = document.createElement("iframe");
            frame.src = "https://elsewhere.test/";
            document.body.append(frame);
            const image = document.createElement("img");
            image.setAttribute("onerror", "window.ran = true");
            image.src = "https://elsewhere.test/x.png";
            document.body.append(image);
            fetch("https://elsewhere.test/").catch(() => undefined);
        }"""
    )
    await page.wait_for_function("window.refusedByPolicy.length >= 5", timeout=SETTLED_MS)
    refused = {one.split(" ")[0] for one in await page.evaluate("window.refusedByPolicy")}
    assert refused >= {"script-src-elem", "style-src-elem", "frame-src", "img-src", "connect-src"}
    assert await page.evaluate("window.ran") is None
