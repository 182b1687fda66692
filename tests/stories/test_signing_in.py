"""Signing in carefully, in a real browser: passkeys by chromium's own authenticator, codes, the rule, and sessions."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.app import Person, World
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
async def desk(browser: Browser, house: House) -> AsyncIterator[Desk]:
    desk = await Desk.fresh(browser, house)
    yield desk
    assert desk.problems == []
    await desk.page.context.close()


@pytest.fixture
async def person(running: World) -> Person:
    return await with_password(running, await running.person(await running.organisation(), "desk"))


async def test_a_passkey_is_second_factor_and_only_factor(desk: Desk, person: Person) -> None:
    devtools, authenticator = await desk.with_authenticator()
    await desk.sign_in(person)
    await desk.open("/security")
    await desk.press("Add a passkey")
    await expect(desk.page.get_by_test_id("recovery-codes").locator("code")).to_have_count(10)
    await expect(desk.page.get_by_test_id("factors")).to_contain_text("Passkey (Chrome, Linux)")
    kept = await devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    assert [one["isResidentCredential"] for one in kept["credentials"]] == [True]
    await desk.sign_out()
    await desk.press("Sign in with a passkey")  # with no name and no password
    await desk.inside()
    await desk.sign_out()
    await desk.type_password(person)
    await desk.says("Your password was right.")
    await desk.press("Use a passkey")
    await desk.inside()
    # A browser that has not got the passkey says so, and signs nobody in.
    await desk.sign_out()
    await devtools.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
    await desk.press("Sign in with a passkey")
    await desk.says("No passkey was used.")


async def test_codes_and_recovery_codes(desk: Desk, person: Person) -> None:
    await desk.sign_in(person)
    await desk.open("/security")
    app = await desk.set_up_app()
    await desk.sign_out()
    await desk.type_password(person)
    code = desk.page.get_by_label("Code", exact=True)
    await code.fill("000000")
    await desk.page.keyboard.press("Enter")
    await desk.says("That code is not right")
    await code.fill(app.code(1))
    await desk.page.keyboard.press("Enter")
    await desk.inside()
    await desk.sign_out()
    await desk.type_password(person)
    await desk.press("Use a recovery code")
    await desk.page.get_by_label("Recovery code").fill(app.recovery[0])
    await desk.page.keyboard.press("Enter")
    await desk.inside()
    await desk.open("/security")
    await desk.says("9 are left")


async def test_a_dangerous_act_asks_who_is_there_and_goes_on(desk: Desk, person: Person, running: World) -> None:
    await desk.sign_in(person)
    await desk.open("/security")
    await running.pool.execute(
        "update sessions set proved_at = now() - interval '11 minutes' where person = $1", person.id
    )
    await desk.press("Set up an authenticator app")
    await desk.says("Confirm that it is you")
    await desk.page.get_by_role("dialog").locator("input[type=password]").fill("not my password")
    await desk.page.keyboard.press("Enter")
    await desk.says("That is not your password.")
    await desk.page.get_by_role("dialog").locator("input[type=password]").fill(PASSWORD)
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_test_id("secret")).to_be_visible()


async def test_who_lacks_a_required_factor_is_led_to_it(
    desk: Desk, browser: Browser, house: House, running: World
) -> None:
    org = await running.organisation()
    admin, staff = [
        await with_password(running, await running.person(org, role)) for role in ("admin", "desk")
    ]
    other = await Desk.fresh(browser, house)
    await other.sign_in(staff)
    await desk.sign_in(admin)
    await desk.open("/organisation/second-factor")
    rule = desk.page.get_by_test_id("mfa-rule")
    await rule.get_by_label("Staff").click()
    await desk.says("Set up a second factor for yourself first")
    await desk.open("/security")
    await desk.set_up_app()
    await desk.open("/organisation/second-factor")
    await rule.get_by_label("Staff").click()
    await expect(rule.get_by_label("Staff")).to_be_checked()
    # Whoever is inside without a factor is out at once: the socket says so, nobody has to press anything.
    await other.says("You were signed out.")
    await other.type_password(staff)
    await other.says("Set up a second factor")
    await other.open("/cases")
    await expect(other.page).to_have_url(re.compile("/second-factor"))
    await other.set_up_app()
    await other.press("Continue to Casewire")
    await other.inside()
    assert other.problems == []
    await other.page.context.close()


async def test_a_new_password_signs_out_everywhere_else(
    desk: Desk, browser: Browser, house: House, person: Person
) -> None:
    other = await Desk.fresh(browser, house)
    await other.sign_in(person)
    await desk.sign_in(person)
    await desk.open("/security")
    await expect(desk.page.get_by_test_id("sessions").get_by_role("listitem")).to_have_count(2)
    await desk.says("127.0.0.1")
    await desk.press("Change password")
    await desk.page.get_by_label("Current password").fill(PASSWORD)
    await desk.page.get_by_label("New password").fill("password12345")
    await desk.page.keyboard.press("Enter")
    await desk.says("tried first")
    await desk.page.get_by_label("New password").fill("seven green kettles hum")
    await desk.page.keyboard.press("Enter")
    await desk.says("Everywhere else you were signed out.")
    await other.says("You were signed out.")
    await expect(desk.page.get_by_test_id("sessions").get_by_role("listitem")).to_have_count(1)
    await other.page.context.close()


async def test_signing_out_everywhere_else_asks_first_and_says_how_much(
    desk: Desk, browser: Browser, house: House, person: Person
) -> None:
    other = await Desk.fresh(browser, house)
    await other.sign_in(person)
    await desk.sign_in(person)
    await desk.open("/security")
    await desk.press("Sign out everywhere else")
    await desk.says("Sign out in 1 other place?")
    await desk.confirm("Sign out everywhere else")
    await other.says("You were signed out.")
    await expect(desk.page.get_by_test_id("sessions").get_by_role("listitem")).to_have_count(1)
    await expect(desk.page.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
    await other.page.context.close()
