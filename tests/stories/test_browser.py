"""A lawyer and a client in two browsers: what one does the other sees, with no reload, also after an outage."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from hub.sessions.passwords import hash_password
from tests.app import Office, Person, World
from tests.house import House

CHROMIUM = shutil.which("chromium")
PASSWORD = "a long enough password"
SEEN_WITHIN_MS = 30_000  # only ends a broken run

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
    pytest.mark.timeout(240),
]

expect.set_options(timeout=SEEN_WITHIN_MS)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def office(running: World) -> Office:
    return await running.office()


async def signed_in(
    browser: Browser, house: House, world: World, person: Person, problems: list[str]
) -> Page:
    """A page of a fresh browser profile, signed in through the form."""
    await world.pool.execute(
        "update people set password_hash = $2 where id = $1", person.id, hash_password(PASSWORD)
    )
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(SEEN_WITHIN_MS)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(f"http://localhost:{house.http_port}/sign-in")
    await page.get_by_label("E-mail").fill(person.email)
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).not_to_have_url("**/sign-in")
    return page


async def open_talk(page: Page, house: House, office: Office, talk: Any) -> None:
    await page.goto(f"http://localhost:{house.http_port}/cases/{office.case}/conversations/{talk}")
    await expect(page.get_by_label("Write a message")).to_be_visible()


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Write a message").fill(text)
    await page.keyboard.press("Enter")


def heard(page: Page, text: str) -> Locator:
    return page.get_by_test_id("messages").get_by_text(text, exact=True)


async def test_a_lawyer_and_a_client_talk(
    running: World, house: House, office: Office, browser: Browser
) -> None:
    problems: list[str] = []
    talk = await office.conversation()
    lawyer = await signed_in(browser, house, running, office.lead, problems)
    client = await signed_in(browser, house, running, office.outside, problems)
    for page in (lawyer, client):
        await open_talk(page, house, office, talk)
        await page.evaluate("window.neverReloaded = true")
    await say(lawyer, "The hearing is on Monday.")
    await expect(heard(client, "The hearing is on Monday.")).to_be_visible()
    await say(client, "I will be there. <b>Promise</b>")
    await expect(heard(lawyer, "I will be there. <b>Promise</b>")).to_be_visible()
    # The gateway dies: what is said meanwhile comes when it is back, once, and nobody has to do anything.
    await asyncio.to_thread(house.kill, "gateway")
    await say(client, "Can you still hear me?")
    await expect(heard(lawyer, "Can you still hear me?")).to_be_visible()
    await say(lawyer, "I can.")
    await expect(heard(client, "I can.")).to_be_visible()
    for page in (lawyer, client):
        for text in ("The hearing is on Monday.", "Can you still hear me?"):
            await expect(heard(page, text)).to_have_count(1)
        assert await page.evaluate("window.neverReloaded") is True
    said = [message["body"] for message in await office.lead.all(f"/v1/conversations/{talk}/messages")]
    assert said == [
        "I can.",
        "Can you still hear me?",
        "I will be there. <b>Promise</b>",
        "The hearing is on Monday.",
    ]
    assert problems == []
