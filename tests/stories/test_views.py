"""A lawyer looks at a case as the client would, and a town shows its cases to everybody: in real browsers."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.app import World
from tests.house import House
from tests.stories.test_browser import CHROMIUM, browser, signed_in

__all__ = ["browser"]  # a fixture

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
    pytest.mark.timeout(240),
]


async def test_a_lawyer_sees_the_case_as_the_client_would_and_comes_back(
    browser: Browser, house: House, running: World
) -> None:
    problems: list[str] = []
    office = await running.office("legal_matter")
    talk = await office.conversation()
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Open to both of us"})
    page = await signed_in(browser, house, running, office.lead, problems)
    await expect(page.get_by_role("navigation", name="Main navigation")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    address = f"http://localhost:{house.http_port}/cases/{office.case}"
    await page.goto(f"{address}/details")
    hidden = page.get_by_test_id("hidden-fields")
    await hidden.get_by_role("button").click()
    await page.get_by_label("Fee arrangement").fill("A third of what is recovered")
    await page.get_by_role("button", name="Save").click()
    await expect(hidden).to_contain_text("A third of what is recovered")
    await page.goto(f"{address}/people")
    client = page.get_by_test_id("participant").filter(has_text="Client")
    await client.get_by_test_id("view-as").click()
    banner = page.get_by_test_id("looking")
    await expect(banner).to_be_visible()
    await expect(banner.get_by_role("button")).to_be_focused()
    # The portal as the client has it: no field of the office, no tab of the office, nothing to write.
    sent.clear()
    await page.get_by_role("link", name="About").click()
    await expect(page.get_by_test_id("hidden-fields")).to_have_count(0)
    await expect(page.get_by_text("A third of what is recovered")).to_have_count(0)
    await expect(page.get_by_role("link", name="Tasks")).to_have_count(0)
    await page.get_by_role("link", name="Messages").click()
    await expect(page.get_by_text("Open to both of us")).to_be_visible()
    await expect(page.get_by_label("Write a message")).to_have_count(0)
    about = [one for one in sent if f"/v1/cases/{office.case}" in one or "/v1/conversations/" in one]
    assert about and all(one.startswith("GET ") and f"as={office.outside.id}" in one for one in about), about
    await page.keyboard.press("Home")
    await banner.get_by_role("button").press("Enter")
    await expect(banner).to_have_count(0)
    await page.goto(f"{address}/details")
    await expect(page.get_by_test_id("hidden-fields")).to_contain_text("A third of what is recovered")
    assert problems == []


async def test_whoever_leaves_the_case_is_themselves_again(
    browser: Browser, house: House, running: World
) -> None:
    problems: list[str] = []
    office = await running.office("legal_matter")
    page = await signed_in(browser, house, running, office.lead, problems)
    await expect(page.get_by_role("navigation", name="Main navigation")).to_be_visible()
    await page.goto(f"http://localhost:{house.http_port}/cases/{office.case}/people")
    await page.get_by_test_id("participant").filter(has_text="Client").get_by_test_id("view-as").click()
    await expect(page.get_by_test_id("looking")).to_be_visible()
    await page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Cases").click()
    await expect(page.get_by_test_id("looking")).to_have_count(0)
    await page.go_back()
    await expect(page.get_by_role("link", name="Tasks")).to_be_visible()
    await expect(page.get_by_test_id("looking")).to_have_count(0)
    assert problems == []


async def test_everybody_reads_what_a_town_publishes_at_the_width_of_a_phone(
    browser: Browser, house: House, running: World
) -> None:
    problems: list[str] = []
    town = await running.office("service_request")
    page = await (await browser.new_context(viewport={"width": 380, "height": 800})).new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    address = f"http://localhost:{house.http_port}/public/{town.org}"
    await page.goto(address)
    await expect(page.get_by_test_id("empty")).to_be_visible()
    chief = await running.token(town.admin, kind="browser", proved=True)
    origin = {"origin": f"http://localhost:{house.http_port}"}
    types: dict[str, Any] = {"types": [town.type.name]}
    answer = await chief.post(f"/v1/orgs/{town.org}/publication", types, headers=origin)
    assert answer.status_code == 200, answer.text
    await page.reload()
    cases = page.get_by_test_id("public-cases")
    number = (await town.lead.get(f"/v1/cases/{town.case}")).json()["item"]["case"]["number"]
    await expect(cases).to_contain_text(number)
    await expect(cases).to_contain_text(town.type.statuses[town.type.initial].title)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_label("Status").select_option("closed")
    await expect(page.get_by_test_id("empty")).to_be_visible()
    await page.get_by_role("button", name="Show all").click()
    await expect(cases).to_contain_text(number)
    assert problems == []
