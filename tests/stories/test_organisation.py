"""An organisation ruled from the browser: teams, walls, services and roles, and who sees what of it at once."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.app import Office, Person, World
from tests.browsers import PASSWORD, with_password
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
async def lawyer(running: World, office: Office) -> Person:
    """Staff of the office who have nothing to do with its case."""
    return await with_password(running, await running.person(office.org, "desk", name="Zoë Ünsal"))


@pytest.fixture
async def desk(browser: Browser, house: House, running: World, office: Office) -> AsyncIterator[Desk]:
    """The administrator's."""
    desk = await Desk.fresh(browser, house)
    await desk.sign_in(await with_password(running, office.admin))
    yield desk
    assert desk.problems == []
    await desk.page.context.close()


@pytest.fixture
async def other(browser: Browser, house: House, lawyer: Person) -> AsyncIterator[Desk]:
    """The lawyer's."""
    desk = await Desk.fresh(browser, house)
    await desk.sign_in(lawyer)
    yield desk
    assert desk.problems == []
    await desk.page.context.close()


async def test_a_team_lets_its_members_in_and_out(desk: Desk, other: Desk, office: Office) -> None:
    case = f"/cases/{office.case}"
    await other.open(case)
    await other.says("There is nothing here")
    await desk.open("/organisation")
    await desk.page.locator(".cw-area-page").get_by_role("link", name="Teams").click()
    await desk.press("Make a team")
    await desk.page.get_by_role("dialog").get_by_label("Name").fill("Night shift")
    await desk.confirm("Make a team")
    await desk.says("Nobody is in this team yet")
    await desk.press("Add a member")
    await desk.choose("Who", "Zoë")
    await desk.confirm("Add")
    await expect(desk.page.get_by_test_id("members").get_by_role("listitem")).to_contain_text(["Zoë Ünsal"])
    await desk.open(f"{case}/people")
    await desk.press("Give a team access")
    await desk.choose("Team", "Night")
    await desk.confirm("Give a team access")
    await expect(desk.page.get_by_test_id("case-teams")).to_contain_text("1 member sees the case by it")
    await desk.press("Show who may see it")
    reasons = desk.page.get_by_test_id("reasons").get_by_role("listitem").filter(has_text="Zoë Ünsal")
    await expect(reasons).to_contain_text("by the team Night shift")
    # Whoever is in it has the case now, and loses it in the middle of reading when she is taken out.
    await other.open(case)
    title = other.page.get_by_test_id("case-title")
    await expect(title).to_be_visible()
    await other.page.evaluate("window.neverReloaded = true")
    await desk.open("/organisation/teams")
    await desk.page.get_by_role("link", name=re.compile("Night shift")).click()
    opened = desk.page.get_by_test_id("team-cases").get_by_role("link")
    await expect(opened).to_have_count(1)
    await expect(opened).to_have_attribute("href", case)
    await desk.press("Take Zoë Ünsal out of the team")
    await desk.confirm("Take out")
    await other.says("Your access to this case has ended.")
    await expect(title).to_have_count(0)
    assert await other.page.evaluate("window.neverReloaded") is True


async def test_a_wall_closes_the_case_before_her_eyes(
    desk: Desk, other: Desk, office: Office, lawyer: Person, running: World
) -> None:
    case = f"/cases/{office.case}"
    await office.lead.made(f"/v1{case}/participants", {"person": lawyer.id, "role": "staff"})
    found = await office.lead.get(f"/v1{case}")
    number = found.json()["item"]["case"]["number"]
    await other.open(case)
    title = other.page.get_by_test_id("case-title")
    await expect(title).to_be_visible()
    await desk.open("/organisation/walls")
    await desk.says("No wall stands")
    await running.pool.execute(
        "update sessions set proved_at = now() - interval '11 minutes' where person = $1", office.admin.id
    )
    await desk.press("Raise a wall")
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_label("Title").fill("Her brother is the witness")
    await desk.choose("People to keep out", "Zoë")
    # The list folds when somebody was chosen, and by Escape, which leaves the dialog.
    options = desk.page.get_by_role("option")
    await expect(options.filter(visible=True)).to_have_count(0)
    await dialog.get_by_label("People to keep out").click()
    await expect(options.filter(visible=True).first).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(options.filter(visible=True)).to_have_count(0)
    await expect(dialog).to_be_visible()
    await desk.choose("Of which cases", number)
    await dialog.get_by_label("Reason").fill("She told us herself.")
    await expect(desk.page.get_by_test_id("wall-effect")).to_contain_text("Zoë Ünsal will see nothing of this case")
    await dialog.get_by_role("button", name="Raise a wall").click()
    # It is worth a second look who does this, and then it goes on by itself.
    await desk.says("Confirm that it is you")
    await desk.page.locator("input[type=password]").fill(PASSWORD)
    await desk.page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    wall = desk.page.get_by_test_id("wall")
    await expect(wall).to_contain_text("Zoë Ünsal")
    await expect(wall).to_contain_text(number)
    await other.says("Your access to this case has ended.")
    await expect(title).to_have_count(0)
    await other.open(case)
    await other.says("There is nothing here")
    await desk.press("Lift Her brother is the witness")
    await desk.page.get_by_role("dialog").get_by_label("Why is it lifted?").fill("He was not called.")
    await desk.confirm("Lift")
    await desk.says("No wall stands")
    await desk.page.get_by_text("Lifted", exact=True).click()
    await expect(wall).to_contain_text("He was not called.")
    await other.open(case)
    await expect(title).to_be_visible()


async def test_a_service_comes_in_by_its_token_until_it_ends(desk: Desk, office: Office, running: World) -> None:
    await desk.open("/organisation/services")
    await desk.press("Make a service")
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Archive")
    await desk.confirm("Make a service")
    await expect(desk.page).to_have_url(re.compile("/organisation/services/.+"))
    service = desk.page.url.rpartition("/")[2]
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": service, "role": office.role})
    await desk.press("Make a token")
    await dialog.get_by_label("What is it for?").fill("nightly")
    await desk.confirm("Make a token")
    token = await desk.page.get_by_test_id("new-token").locator("code").inner_text()
    headers = {"authorization": f"Bearer {token}"}

    async def read(path: str) -> httpx.Response:
        return await running.http.get(path, headers=headers)

    assert (await read(f"/v1/cases/{office.case}")).status_code == 200
    written = await running.http.post(
        f"/v1/cases/{office.case}/transitions",
        headers=headers | {"idempotency-key": service},
        json={"name": "close"},
    )
    assert (written.status_code, written.json()["code"]) == (403, "scope")
    await desk.page.reload()
    await expect(desk.page.get_by_test_id("new-token")).to_have_count(0)
    await expect(desk.page.get_by_test_id("tokens").get_by_role("listitem")).to_contain_text(["nightly"])
    await desk.press("End nightly")
    await desk.confirm("End the token")
    await desk.says("No tokens")
    assert (await read(f"/v1/cases/{office.case}")).status_code == 401


async def test_a_directory_is_told_where_to_speak(desk: Desk, office: Office) -> None:
    await desk.open("/organisation/directory")
    await expect(desk.page.get_by_test_id("directory-address")).to_contain_text(f"/scim/v2/{office.org}")
    await expect(desk.page.get_by_test_id("directory-sent")).to_have_text("Nothing yet.")
    await desk.page.get_by_role("radio", name="Staff").click()
    await desk.says("Saved.")
    state = (await office.admin.get(f"/v1/orgs/{office.org}/scim")).json()
    assert state["role"] == "desk"


async def test_roles_change_and_people_go(desk: Desk, office: Office, lawyer: Person, other: Desk) -> None:
    await desk.open("/organisation/people")
    await desk.page.get_by_label("Find a person").fill("unsal zoe")
    rows = desk.page.get_by_test_id("people").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await desk.press("Actions for Zoë Ünsal")
    await desk.page.get_by_role("menuitem", name="Change role…").click()
    await desk.page.get_by_role("dialog").get_by_label("Outside").check()
    await desk.says("Whoever is outside is on no team")
    await desk.confirm("Save")
    await expect(rows).to_contain_text(["Outside"])
    # Who is outside sees the portal, and no page of the organisation.
    await other.says("You have no cases yet")
    await other.open("/organisation/walls")
    await other.says("There is nothing here")
    await desk.press("Actions for Zoë Ünsal")
    await desk.page.get_by_role("menuitem", name="Remove…").click()
    await desk.confirm("Remove")
    await desk.says("Nobody matches")


async def test_staff_see_their_pages_and_none_of_the_administrators(other: Desk) -> None:
    await other.open("/organisation")
    parts = other.page.locator(".cw-area-page").get_by_role("link")
    await expect(parts.filter(has_text="Teams")).to_have_count(1)
    await expect(parts.filter(has_text="Ethical walls")).to_have_count(0)
    for path in ("invitations", "walls", "services", "second-factor", "published"):
        await other.open(f"/organisation/{path}")
        await other.says("Only administrators see this page")
    await other.page.get_by_role("link", name="Back to the organisation").click()
    await expect(parts.filter(has_text="Teams")).to_have_count(1)
    await other.open("/organisation/teams")
    await other.says("No teams yet")
    await expect(other.page.get_by_role("button", name="Make a team")).to_have_count(0)


async def test_invitations_wait_and_are_withdrawn(desk: Desk) -> None:
    await desk.open("/organisation/people")
    await desk.press("Invite someone")
    dialog = desk.page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Ọlá Adéyẹmí")
    address = f"ola-{uuid4().hex}@mail.test"
    await dialog.get_by_label("E-mail").fill(address)
    await desk.confirm("Invite someone")
    await desk.says(f"An invitation was sent to {address}.")
    await desk.open("/organisation/invitations")
    rows = desk.page.get_by_test_id("invitations").get_by_role("listitem")
    await expect(rows).to_contain_text([re.compile("Ọlá Adéyẹmí.*Waits")])
    await desk.press("Send the invitation to Ọlá Adéyẹmí again")
    await desk.says(f"An invitation was sent to {address}.")
    await desk.press("Withdraw the invitation to Ọlá Adéyẹmí")
    await desk.confirm("Withdraw")
    await expect(rows.filter(has_text="Withdrawn")).to_have_count(1)
    await expect(desk.page.get_by_role("button", name="Send the invitation to Ọlá Adéyẹmí again")).to_have_count(0)


async def test_a_token_of_ones_own_opens_what_was_ticked(other: Desk, running: World) -> None:
    await other.open("/security")
    await other.press("Make a token")
    dialog = other.page.get_by_role("dialog")
    await dialog.get_by_label("What is it for?").fill("backup")
    await expect(dialog.get_by_label("Administer")).to_have_count(0)  # she is no administrator
    await dialog.get_by_role("checkbox", name="Write").uncheck()
    await other.confirm("Make a token")
    token = await other.page.get_by_test_id("new-token").locator("code").inner_text()
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "0f1f3a52-5b1e-4b7c-9a55-0c7b3f2d9e10"}
    assert (await running.http.get("/v1/cases", headers=headers)).status_code == 200
    written = await running.http.post("/v1/cases", headers=headers, json={})
    assert (written.status_code, written.json()["code"]) == (403, "scope")
    row = other.page.get_by_test_id("tokens").get_by_role("listitem").filter(has_text="backup")
    await expect(row).to_contain_text(["Read"])
    await other.press("End backup")
    await other.confirm("End the token")
    await expect(row).to_have_count(0)
    assert (await running.http.get("/v1/cases", headers=headers)).status_code == 401
