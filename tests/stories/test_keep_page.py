"""Keeping and erasing in the browser: a hold stands in the way of an erasure until it is released, and what is held of
somebody, or proves that it is gone, is taken along."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, async_playwright, expect

from schemas.ids import new_id
from tests.app import Office, Person, World
from tests.browsers import PASSWORD, with_password
from tests.house import House
from tests.stories.desks import CHROMIUM, IN_A_BROWSER, SEEN_WITHIN_MS, Desk

pytestmark = IN_A_BROWSER

NAME = "Zoë Ünsal"


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
async def someone(running: World, office: Office) -> Person:
    return await running.person(office.org, "desk", name=NAME)


@pytest.fixture
async def desk(browser: Browser, house: House, running: World, office: Office) -> AsyncIterator[Desk]:
    """The administrator's."""
    desk = await Desk.fresh(browser, house)
    await desk.sign_in(await with_password(running, office.admin))
    yield desk
    assert desk.problems == []
    await desk.page.context.close()


async def chosen(desk: Desk, act: str) -> Any:
    """The dialog that an act of the menu beside the person opens."""
    await desk.press(f"Actions for {NAME}")
    await desk.page.get_by_role("menuitem", name=act).click()
    return desk.page.get_by_role("dialog")


async def saved(desk: Desk, button: Any) -> bytes:
    async with desk.page.expect_download() as waiting:
        await button.click()
    return Path(await (await waiting.value).path()).read_bytes()


async def test_a_hold_stands_in_the_way_until_it_is_released(
    desk: Desk, office: Office, someone: Person, running: World
) -> None:
    page = desk.page
    await desk.open("/organisation/people")
    dialog = await chosen(desk, "Erase…")
    effects = desk.page.get_by_test_id("effects")
    await expect(effects).to_contain_text("The account: name, address, password")
    # Meanwhile another hold comes: what is pressed now is refused, with its reason.
    held = {"kind": "person", "thing": someone.id, "reason": "A suit is threatened"}
    await office.admin.made(f"/v1/orgs/{office.org}/holds", held)
    await dialog.get_by_label("Reason").fill("They left")
    await dialog.get_by_label(f"Type “{NAME}” to confirm").fill("Zoe")
    await dialog.get_by_role("button", name="Erase for good").click()
    await expect(dialog).to_contain_text("This is not the name.")
    await dialog.get_by_label(f"Type “{NAME}” to confirm").fill(NAME)
    await dialog.get_by_role("button", name="Erase for good").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("A suit is threatened")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name=f"Actions for {NAME}")).to_be_focused()
    # Asked again it says so at once, and leads to the hold.
    dialog = await chosen(desk, "Erase…")
    await expect(page.get_by_test_id("in-the-way")).to_contain_text("A suit is threatened")
    await expect(dialog.get_by_role("button", name="Erase for good")).to_have_count(0)
    await dialog.get_by_role("link", name="Holds").click()
    hold = page.get_by_test_id("hold")
    await expect(hold).to_have_count(1)
    await expect(hold).to_contain_text(NAME)
    await desk.press(f"Release the hold on {NAME}")
    await running.pool.execute(
        "update sessions set proved_at = now() - interval '11 minutes' where person = $1", office.admin.id
    )
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Why is it released?").fill("It was settled")
    await dialog.get_by_role("button", name="Release").click()
    # It is worth a second look who does this, and then it goes on by itself.
    await desk.says("Confirm that it is you")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await desk.says("No hold stands")
    await page.get_by_text("Released", exact=True).click()
    await expect(hold).to_contain_text("It was settled")

    await desk.open("/organisation/people")
    dialog = await chosen(desk, "Export what we hold")
    copy = await saved(desk, dialog.get_by_role("button", name="Export what we hold"))
    assert {"data.json", "index.html"} <= set(zipfile.ZipFile(io.BytesIO(copy)).namelist())
    await expect(dialog).to_have_count(0)
    dialog = await chosen(desk, "Erase…")
    await dialog.get_by_label("Reason").fill("They left")
    await dialog.get_by_label(f"Type “{NAME}” to confirm").fill(NAME)
    await dialog.get_by_role("button", name="Erase for good").click()
    await desk.says(f"{NAME} was erased")
    erased = page.get_by_test_id("erased")
    body = await saved(desk, erased.get_by_role("button", name="Download the certificate"))
    assert json.loads(body)["certificate"]["thing"] == str(someone.id)
    certified = body.removeprefix(b'{"certificate":').partition(b',"note":')[0]
    await erased.get_by_role("button", name="Close").click()
    await expect(page.get_by_test_id("people")).not_to_contain_text(NAME)
    await desk.open("/organisation/keep?show=certificates")
    await expect(page.get_by_test_id("certificate")).to_contain_text(hashlib.sha256(certified).hexdigest())


async def test_a_case_is_held_before_the_eyes_of_whoever_staffs_it(
    desk: Desk, browser: Browser, house: House, running: World, office: Office
) -> None:
    other = await Desk.fresh(browser, house, viewport={"width": 380, "height": 780})
    await other.sign_in(await with_password(running, office.lead))
    await other.open(f"/cases/{office.case}")
    await expect(other.page.get_by_test_id("case-title")).to_be_visible()
    found = (await office.lead.get(f"/v1/cases/{office.case}")).json()["item"]["case"]
    await desk.open("/organisation/keep?show=holds")
    await desk.says("No hold stands")
    await desk.press("Place a hold")
    await desk.choose("Case", found["number"])
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("The court asked for it")
    await desk.confirm("Place a hold")
    await expect(desk.page.get_by_test_id("hold")).to_contain_text(found["number"])
    # Who has the case open sees it come, and cannot release it.
    banner = other.page.get_by_test_id("held")
    await expect(banner).to_contain_text(re.compile("Held since .*The court asked for it"))
    await expect(banner.get_by_role("button")).to_have_count(0)
    await other.page.get_by_test_id("hold-case").click()
    await other.page.get_by_role("dialog").get_by_label("Reason").fill("So do we")
    await other.confirm("Place a hold")
    await expect(banner).to_contain_text("So do we")
    assert await other.page.evaluate("document.documentElement.scrollWidth") <= 380
    # Each release is one hold's; the banner goes with the last.
    await desk.open(f"/cases/{office.case}")
    mine = desk.page.get_by_test_id("held").get_by_role("button")
    for left in (1, 0):
        await mine.first.click()
        await desk.page.get_by_role("dialog").get_by_label("Why is it released?").fill("It is over")
        await desk.confirm("Release")
        await expect(mine).to_have_count(left)
    await expect(banner).to_have_count(0)
    assert other.problems == []
    await other.page.context.close()


async def test_a_document_is_held_from_its_row(desk: Desk, office: Office) -> None:
    page = desk.page
    await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Last will"})
    await desk.open(f"/cases/{office.case}/documents")
    row = page.get_by_test_id("document")
    await expect(row).to_contain_text("Last will")
    await expect(row.get_by_text("Held", exact=True)).to_have_count(0)
    # By keyboard: Escape leaves it alone, and leads back to where one was.
    opener = page.get_by_role("button", name="Place a hold on Last will")
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Reason")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()
    await page.keyboard.press("Enter")
    await dialog.get_by_label("Reason").fill("It is evidence")
    await desk.confirm("Place a hold")
    await expect(row.get_by_text("Held", exact=True)).to_be_visible()
    await expect(page.get_by_test_id("held")).to_contain_text("Last will is held since")
    await desk.open("/organisation/keep?show=holds")
    hold = page.get_by_test_id("hold")
    await expect(hold).to_contain_text("Last will")
    await expect(hold).to_contain_text("It is evidence")
    # What others do while somebody looks comes by itself.
    held = {"kind": "case", "thing": office.case, "reason": "So is all of it"}
    await office.lead.made(f"/v1/orgs/{office.org}/holds", held)
    await expect(hold).to_have_count(2)
    await desk.press("Release the hold on Last will")
    await dialog.get_by_label("Why is it released?").fill("It was returned")
    await desk.confirm("Release")
    await expect(hold).to_have_count(1)
    await expect(hold).to_contain_text("So is all of it")


async def test_what_is_held_of_oneself_is_taken_along_and_asked_to_go(
    desk: Desk, browser: Browser, house: House, running: World, office: Office
) -> None:
    other = await Desk.fresh(browser, house)
    await other.sign_in(await with_password(running, office.outside))
    await desk.open("/organisation/keep?show=requests")
    await desk.says("Nobody asked to be erased")
    await other.open("/security")
    mine = other.page.get_by_role("region", name="What is held of you")
    copy = await saved(other, mine.get_by_role("button", name="Export what is held of me"))
    with zipfile.ZipFile(io.BytesIO(copy)) as packed:
        assert office.outside.email in packed.read("data.json").decode()
    await mine.get_by_role("button", name="Ask to be erased").click()
    await other.page.get_by_role("dialog").get_by_label("Reason").fill("I moved on")
    await other.confirm("Ask to be erased")
    await expect(mine.get_by_test_id("my-erasures")).to_contain_text("Waits")
    # It comes by itself where somebody looks, and so does the answer where it is waited for.
    request = desk.page.get_by_test_id("request")
    await expect(request).to_contain_text("I moved on")
    await request.get_by_role("button", name=re.compile("Refuse")).click()
    await desk.page.get_by_role("dialog").get_by_label("Why not?").fill("The case is open")
    await desk.confirm("Refuse")
    await expect(request).to_contain_text("The case is open")
    await expect(mine.get_by_test_id("my-erasures")).to_contain_text("The case is open")
    assert other.problems == []
    await other.page.context.close()


async def test_what_is_due_is_kept_longer_or_destroyed(desk: Desk, office: Office, running: World) -> None:
    document = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Last will"})
    found = (await office.lead.get(f"/v1/cases/{office.case}")).json()["item"]["case"]
    await office.close()
    # As the worker lists it once an hour.
    for kind, thing in (("document", document["id"]), ("case", office.case)):
        await running.pool.execute(
            "insert into dispositions (id, org, case_id, kind, thing, schedule, due_on, state, proposed_at) "
            "values ($1, $2, $3, $4, $5, 'legal_matter: 7 years after closing', '2026-01-01', 'due', now())",
            new_id(), office.org, office.case, kind, UUID(str(thing)),
        )  # fmt: skip
    await desk.open("/organisation/keep")
    due = desk.page.get_by_test_id("disposition")
    await expect(due).to_have_count(2)
    await desk.press("Keep Last will longer")
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_label("Until").fill("2020-01-01")
    await dialog.get_by_label("Reason").fill("The heirs still ask")
    await dialog.get_by_role("button", name="Keep longer").click()
    await expect(dialog).to_contain_text("a day that is still to come is needed")
    await dialog.get_by_label("Until").fill("2190-01-01")
    await desk.confirm("Keep longer")
    await expect(due).to_have_count(1)
    # Where a hold stands, destroying is not offered, and refused to whoever was faster.
    destroy = desk.page.get_by_role("button", name=f"Destroy {found['number']}")
    await destroy.click()
    held = {"kind": "case", "thing": office.case, "reason": "The court asked"}
    await office.admin.made(f"/v1/orgs/{office.org}/holds", held)
    await dialog.get_by_label("Reason").fill("Reviewed")
    await dialog.get_by_role("button", name="Destroy").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("A legal hold")
    await desk.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    # The list has learnt of it meanwhile.
    await expect(due).to_contain_text("Held: cannot be destroyed")
    await expect(destroy).to_have_count(0)
    await desk.page.get_by_role("link", name="Holds").click()
    await desk.page.get_by_role("button", name="Release the hold on").click()
    await dialog.get_by_label("Why is it released?").fill("Over")
    await desk.confirm("Release")
    await desk.says("No hold stands")
    await desk.open("/organisation/keep")
    await destroy.click()
    await dialog.get_by_label("Reason").fill("Reviewed")
    await desk.confirm("Destroy")
    await desk.says("Nothing is due")
    await desk.open(f"/cases/{office.case}")
    await desk.says("There is nothing here")
