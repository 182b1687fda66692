"""Other ways in than a password, in a real browser: through a provider that nobody here wrote, by a link in the mail;
and the question that an invitation is."""

import email
import re
from collections.abc import AsyncIterator
from email.policy import default
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.app import World
from tests.browsers import proved, with_password
from tests.house import House, wait_for
from tests.hub.providers.elsewhere import Elsewhere, elsewhere
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
async def desk(browser: Browser, house: House) -> AsyncIterator[Desk]:
    desk = await Desk.fresh(browser, house)
    yield desk
    assert desk.problems == []
    await desk.page.context.close()


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as found:
        yield found


async def added(running: World, provider: Elsewhere, name: str) -> None:
    """An office's administrator has added the provider, which brings its people in."""
    org = await running.organisation()
    admin = await proved(running, await running.person(org, "admin"))
    client = {"client_id": f"client-{uuid4().hex}", "client_secret": uuid4().hex}
    body = {"name": name, "issuer": provider.issuer, "domains": ["office.test"], "brings": "desk", **client}
    made = await admin.made(f"/v1/orgs/{org}/providers", body)
    await provider.serve(**client, redirect_uri=made["redirect_uri"])


async def signs_in_there(desk: Desk, name: str) -> None:
    """At the provider's own pages: who one is, and yes."""
    await desk.page.locator("input[name=login]").fill(name)
    await desk.page.locator("input[name=password]").fill("any")
    await desk.page.locator("button[type=submit]").click()
    await desk.page.get_by_role("button", name="Continue").click()


async def test_a_new_person_comes_through_their_office(
    desk: Desk, running: World, provider: Elsewhere
) -> None:
    name, who = f"Office {uuid4().hex[:6]}", f"nia{uuid4().hex[:8]}"
    await added(running, provider, name)
    await desk.open("/sign-in?to=/inbox")
    await desk.press(f"Continue with {name}")
    await signs_in_there(desk, who)
    await desk.inside()
    await expect(desk.page).to_have_url(f"{desk.base}/inbox")
    await desk.open("/security")
    await expect(desk.page.get_by_test_id("identities")).to_contain_text(name)
    await desk.says("You have no password")
    # Once more: the same person, without being asked there again.
    await desk.sign_out()
    await desk.press(f"Continue with {name}")
    await desk.inside()
    assert (
        await running.pool.fetchval("select count(*) from people where email = $1", f"{who}@office.test") == 1
    )


async def test_somebody_who_is_here_connects_it_under_security(
    desk: Desk, running: World, provider: Elsewhere
) -> None:
    name, who = f"Office {uuid4().hex[:6]}", f"kim{uuid4().hex[:8]}"
    await added(running, provider, name)
    person = await with_password(running, await running.person(await running.organisation(), "desk"))
    await running.pool.execute("update people set email = $2 where id = $1", person.id, f"{who}@office.test")
    person.email = f"{who}@office.test"
    # The same address is nobody's word for who one is.
    await desk.open("/sign-in")
    await desk.press(f"Continue with {name}")
    await signs_in_there(desk, who)
    await desk.says("is not connected to anybody here")
    await expect(desk.page).to_have_url(re.compile(r"/sign-in/return/[0-9a-f-]+$"))  # without the code
    await desk.sign_in(person)
    await desk.open("/security")
    await desk.press(f"Connect {name}")
    await expect(desk.page.get_by_test_id("identities")).to_contain_text(name)
    await desk.sign_out()
    await desk.press(f"Continue with {name}")
    await desk.inside()
    await desk.open("/security")
    await desk.press(f"Disconnect {name}")
    await desk.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    await expect(desk.page.get_by_text("None is connected")).to_be_visible()


def mailed(house: House, address: str, to: str = "link") -> list[str]:
    found: list[str] = []
    for path in sorted((house.data / "mail").glob("*.eml"), key=lambda one: one.name):
        message = email.message_from_bytes(Path(path).read_bytes(), policy=default)
        if message["to"] == address:
            found += re.findall(rf"\S+/{to}#\S+", message.get_content())
    return found


async def test_a_client_comes_in_by_a_link(desk: Desk, running: World, house: House) -> None:
    org = await running.organisation()
    staff, client = await running.person(org, "desk"), await running.person(org, "outside")
    assert (await staff.post(f"/v1/orgs/{org}/people/{client.id}/link")).status_code == 204
    await desk.open("/sign-in")
    await desk.press("Mail me a link")
    await desk.page.locator("input[name=link_email]").fill(client.email)
    await desk.press("Send the link")
    await desk.says("Look into your mail")
    wait_for(lambda: len(mailed(house, client.email)) == 2, "both mails")
    url = mailed(house, client.email)[-1]
    await desk.page.goto(url)
    await expect(desk.page).to_have_url(f"{desk.base}/link")  # the secret is out of the address at once
    await desk.press("Come in")
    await desk.inside()
    await desk.page.goto("about:blank")
    await desk.page.goto(url)
    await desk.press("Come in")
    await desk.says("This link was used")


async def test_a_forgotten_password_is_set_anew(desk: Desk, running: World, house: House) -> None:
    person = await with_password(running, await running.person(await running.organisation(), "desk"))
    await desk.open("/sign-in")
    await desk.press("Forgotten your password?")
    await desk.page.locator("input[name=reset_email]").fill(person.email)
    await desk.page.keyboard.press("Enter")
    await desk.says("Look into your mail")
    wait_for(lambda: len(mailed(house, person.email, "reset")) == 1, "the mail")
    (url,) = mailed(house, person.email, "reset")
    await desk.page.goto(url)
    await expect(desk.page).to_have_url(f"{desk.base}/reset")  # the secret is out of the address at once
    field = desk.page.locator("input[name=password]")
    await field.fill("password12345")
    await desk.page.keyboard.press("Enter")
    await desk.says("tried first")  # which uses nothing up
    await field.fill("seven green kettles sing")
    await desk.page.keyboard.press("Enter")
    await desk.says("Your password is set")
    assert (await person.get("/v1/me")).status_code == 401  # all that was signed in is out
    await desk.open("/sign-in")
    await desk.page.locator("input[name=email]").fill(person.email)
    await desk.page.locator("input[type=password]").fill("seven green kettles sing")
    await desk.page.keyboard.press("Enter")
    await desk.inside()
    await desk.page.goto("about:blank")
    await desk.page.goto(url)
    await field.fill("eight green kettles sing")
    await desk.page.keyboard.press("Enter")
    await desk.says("This address was used or is over")


async def test_an_invitation_is_a_question(desk: Desk, running: World) -> None:
    ann = await with_password(running, await running.person(await running.organisation(), "desk"))
    await running.pool.execute("update people set email_proved_at = now() where id = $1", ann.id)
    org = await running.organisation()
    admin = await proved(running, await running.person(org, "admin", name="Ada"))
    await admin.made("/v1/people", {"org": org, "email": ann.email, "name": "Ann", "role": "desk"})
    await desk.sign_in(ann)
    question = desk.page.get_by_test_id("invited")
    await expect(question).to_contain_text("Ada asks, for the place Staff")
    await question.get_by_role("button", name="Join").click()
    await expect(question).to_have_count(0)
    seats = {
        str(row["scope"])
        for row in await running.pool.fetch("select scope from grants where person = $1", ann.id)
    }
    assert str(org) in seats


async def test_the_focus_stays_where_one_works(
    desk: Desk, browser: Browser, house: House, running: World
) -> None:
    """What was pressed is gone afterwards: whoever works by keyboard goes on from what came in its place."""
    ann = await with_password(running, await running.person(await running.organisation(), "desk"))
    other = await Desk.fresh(browser, house)
    await other.sign_in(ann)
    await desk.sign_in(ann)
    await desk.open("/security")
    sessions = desk.page.get_by_role("region", name="Where you are signed in")
    await sessions.get_by_role("button", name=re.compile("^(End|Sign out) .*Chrome")).first.click()
    await expect(sessions).to_be_focused()
    await expect(desk.page.get_by_test_id("sessions").get_by_role("listitem")).to_have_count(1)
    await desk.set_up_app()
    await expect(desk.page.get_by_test_id("recovery-codes")).to_be_focused()
    await desk.press("Make new ones")
    await desk.confirm("Make new ones")
    await expect(desk.page.get_by_test_id("recovery-codes")).to_be_focused()
    await other.page.context.close()
