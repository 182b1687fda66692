"""The record in the browser: who administers asks it, sees it grow, and takes it along; and everybody their own."""

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.app import Office, World
from tests.browsers import with_password
from tests.house import House
from tests.stories.desks import CHROMIUM, IN_A_BROWSER, SEEN_WITHIN_MS, Desk

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=SEEN_WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def office(running: World) -> Office:
    return await running.office("legal_matter")


@pytest.fixture
async def desk(browser: Browser, house: House, running: World, office: Office) -> AsyncIterator[Desk]:
    """The administrator's."""
    desk = await Desk.fresh(browser, house)
    await desk.sign_in(await with_password(running, office.admin))
    yield desk
    assert desk.problems == []
    await desk.page.context.close()


async def test_the_record_is_asked_grows_and_is_taken_along(desk: Desk, office: Office) -> None:
    talk = await office.conversation()
    entries = desk.page.get_by_test_id("entry")
    await desk.open("/organisation/record")
    await expect(entries.filter(has_text="opened the case")).to_have_count(1)
    # What happens meanwhile comes by itself.
    await expect(entries.filter(has_text="posted a message")).to_have_count(0)
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Hello"})
    posted = entries.filter(has_text="posted a message")
    await expect(posted).to_have_count(1)
    await expect(posted).to_contain_text("About it")
    # By keyboard: the line opens and says how it is known, and since when it is signed.
    await posted.locator("summary").focus()
    await desk.page.keyboard.press("Enter")
    await expect(posted.get_by_text("By which rule")).to_be_visible()
    # Who was refused is told apart.
    answer = await office.outside.post(f"/v1/cases/{office.case}/tasks", {"title": "Not mine"})
    assert answer.status_code == 403
    await expect(desk.page.locator("[data-refused]")).to_have_count(1)
    await desk.page.get_by_label("Outcome").select_option("refused")
    await expect(entries).to_have_count(1)
    await expect(entries).to_contain_text("Refused")
    await desk.press("Clear")
    await expect(entries.filter(has_text="opened the case")).to_have_count(1)

    saved: dict[str, bytes] = {}
    for choice in ("For a spreadsheet (CSV)", "Signed, to be checked (JSON)"):
        await desk.press("Export the record")
        async with desk.page.expect_download() as waiting:
            await desk.page.get_by_role("menuitem", name=choice).click()
        saved[choice[:3]] = Path(await (await waiting.value).path()).read_bytes()
    rows = list(csv.DictReader(io.StringIO(saved["For"].decode("utf-8-sig"))))
    assert "case.opened" in {row["act"] for row in rows}
    assert "audit.exported" in {one["entry"]["act"] for one in json.loads(saved["Sig"])["export"]["entries"]}


async def test_a_case_a_document_and_oneself_are_asked_about(desk: Desk, office: Office) -> None:
    document = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Last will"})
    await desk.open(f"/cases/{office.case}/documents")
    await desk.press("Who has seen Last will")
    await desk.says("Nobody has opened it yet")
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("link", name="Record", exact=True).click()
    entries = desk.page.get_by_test_id("entry")
    await expect(entries.filter(has_text="added a document")).to_contain_text("Last will")
    # That somebody asked about the document stands there too.
    await expect(
        entries.filter(has_text="read the record").filter(has_text="Last will").first
    ).to_be_visible()
    assert document["id"]
    await desk.open("/security")
    mine = desk.page.get_by_role("region", name="What was done in my name")
    await mine.get_by_role("button", name="Show").click()
    await expect(mine.get_by_test_id("entry").first).to_contain_text("You")


async def test_a_narrow_screen_shows_entries_first(
    browser: Browser, house: House, running: World, office: Office
) -> None:
    desk = await Desk.fresh(browser, house, viewport={"width": 380, "height": 780})
    await desk.sign_in(await with_password(running, office.lead))
    await desk.open(f"/cases/{office.case}/record")
    await expect(desk.page.get_by_test_id("entry").first).to_be_visible()
    await expect(desk.page.get_by_label("Outcome")).to_be_hidden()
    await desk.press("Narrow the record")
    await expect(desk.page.get_by_label("Outcome")).to_be_visible()
    assert await desk.page.evaluate("document.documentElement.scrollWidth") <= 380
    assert desk.problems == []
    await desk.page.context.close()
