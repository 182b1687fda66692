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
    await desk.page.get_by_role("combobox", name="Who").fill(office.outside.email)
    await desk.page.get_by_role("option").filter(has_text=office.outside.email).click()
    await expect(entries).to_have_count(1)
    saved = await _saved(desk, "For a spreadsheet (CSV)")
    rows = list(csv.DictReader(io.StringIO(saved.decode("utf-8-sig"))))
    assert [(row["act"], row["outcome"]) for row in rows] == [("add_task", "refused")]
    await desk.press("Clear")

    # Reading is left out until it is asked for, here and in what is taken along.
    await expect(entries.filter(has_text="opened the case")).to_have_count(1)
    await expect(entries.filter(has_text="exported the record")).to_have_count(0)
    saved = await _saved(desk, "For a spreadsheet (CSV)")
    acts = {row["act"] for row in csv.DictReader(io.StringIO(saved.decode("utf-8-sig")))}
    assert "case.opened" in acts and "audit.exported" not in acts
    await desk.page.get_by_text("Reading too", exact=True).click()
    await expect(desk.page.get_by_test_id("record")).to_contain_text("exported the record")
    saved = await _saved(desk, "For a spreadsheet (CSV)")
    acts = {row["act"] for row in csv.DictReader(io.StringIO(saved.decode("utf-8-sig")))}
    assert {"case.opened", "audit.exported"} <= acts
    saved = await _saved(desk, "Signed, to be checked (JSON)")
    assert "audit.exported" in {one["entry"]["act"] for one in json.loads(saved)["export"]["entries"]}


async def _saved(desk: Desk, choice: str) -> bytes:
    await desk.press("Export the record")
    async with desk.page.expect_download() as waiting:
        await desk.page.get_by_role("menuitem", name=choice).click()
    return Path(await (await waiting.value).path()).read_bytes()


async def test_a_case_a_document_and_oneself_are_asked_about(desk: Desk, office: Office) -> None:
    document = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Last will"})
    for _ in range(3):
        assert (await office.lead.get(f"/v1/documents/{document['id']}/audit")).status_code == 200
    await desk.open(f"/cases/{office.case}/documents")
    await desk.press("Who has seen Last will")
    await desk.says("Nobody has opened it yet")
    await desk.page.keyboard.press("Escape")
    await desk.page.get_by_role("link", name="Record", exact=True).click()
    entries = desk.page.get_by_test_id("entry")
    await expect(entries.filter(has_text="added a document")).to_contain_text("Last will")
    await expect(entries.filter(has_text="read the record")).to_have_count(0)
    # That somebody asked about the document stands one key away: what was the same again and again is one line.
    await desk.page.get_by_role("radio", name="Changes and refusals").focus()
    await desk.page.keyboard.press("ArrowRight")
    again = desk.page.get_by_test_id("entries").filter(has_text="Last will")
    await expect(again).to_contain_text("3 times")
    await again.locator("summary").first.focus()
    await desk.page.keyboard.press("Enter")
    await expect(again.get_by_test_id("entry")).to_have_count(3)
    await again.locator("summary").nth(1).click()
    await expect(again.get_by_text("By which rule").first).to_be_visible()
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
