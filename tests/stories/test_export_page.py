"""A case taken along in the browser: it is seen coming, is called as the files' origin calls it, and can be checked."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, async_playwright, expect

from tests.app import World
from tests.browsers import with_password
from tests.house import House
from tests.stories.desks import CHROMIUM, IN_A_BROWSER, SEEN_WITHIN_MS, Desk

pytestmark = IN_A_BROWSER

# Such as Firefox and Safari: a page cannot ask where to save.
NO_PICKER = "Object.defineProperty(window, 'showSaveFilePicker', {value: undefined})"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=SEEN_WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def test_a_case_is_taken_along(browser: Browser, house: House, running: World) -> None:
    office = await running.office("legal_matter")
    talk = await office.conversation()
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Take me along"})
    desk = await Desk.fresh(browser, house, viewport={"width": 380, "height": 780})
    page = desk.page
    await page.add_init_script(NO_PICKER)
    await desk.sign_in(await with_password(running, office.admin))
    await desk.open(f"/cases/{office.case}")
    await page.get_by_test_id("export-case").click()
    await page.get_by_test_id("export-make").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Messages: 1 · versions of documents: 0")

    async def cut(route: Route) -> None:
        await route.abort("connectionreset")

    # Where it breaks off it says what to do, and the next attempt begins anew.
    files = f"**:{house.files_port}/**"
    await page.route(files, cut)
    await page.get_by_test_id("export-download").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("download again")
    await page.unroute(files, cut)
    async with page.expect_download() as waiting, page.expect_response(files) as answered:
        await page.get_by_test_id("export-download").click()
    told = (await (await answered.value).all_headers())["content-disposition"]
    download = await waiting.value
    assert f'filename="{download.suggested_filename}"' in told
    await expect(dialog).to_contain_text(download.suggested_filename)
    with zipfile.ZipFile(io.BytesIO(Path(await download.path()).read_bytes())) as packed:
        assert packed.testzip() is None
        assert "Take me along" in packed.read("index.html").decode()
    # How to check it, with the key that those who administer may read.
    key = (await office.admin.get(f"/v1/orgs/{office.org}/audit/key")).json()["item"]["keys"][0]["key"]
    command = f'casewire audit verify "{download.suggested_filename}" --key {key}'
    await expect(page.get_by_test_id("export-verify")).to_contain_text(command)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 380
    assert desk.problems == []
    await page.context.close()
