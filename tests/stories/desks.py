"""A person at a real browser on the running house, for stories."""

import re
import shutil
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hub.context import utc_now
from tests.app import Person
from tests.browsers import PASSWORD, Authenticator
from tests.house import House

CHROMIUM = shutil.which("chromium")
SEEN_WITHIN_MS = 30_000  # only ends a broken run
IN_A_BROWSER = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
    pytest.mark.timeout(240),
]


class Desk:
    """A page of a fresh browser profile; `problems` holds what broke in it, and what its policy refused."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self.base = page, f"http://localhost:{house.http_port}"
        self.problems: list[str] = []
        page.set_default_timeout(SEEN_WITHIN_MS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.problems.append(message.text)

    @classmethod
    async def fresh(cls, browser: Browser, house: House, **context: Any) -> "Desk":
        return cls(await (await browser.new_context(**context)).new_page(), house)

    async def open(self, path: str) -> None:
        await self.page.goto(self.base + path)

    async def type_password(self, person: Person) -> None:
        await self.open("/sign-in")
        await self.page.get_by_label("E-mail").fill(person.email)
        await self.page.locator("input[type=password]").fill(PASSWORD)
        await self.page.keyboard.press("Enter")

    async def sign_in(self, person: Person) -> None:
        await self.type_password(person)
        await self.inside()

    async def inside(self) -> None:
        await expect(self.page.get_by_role("navigation", name="Main navigation")).to_be_visible()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def confirm(self, name: str) -> None:
        """Press the button of the dialog that is open, and see the dialog go."""
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("button", name=name, exact=True).click()
        await expect(dialog).to_have_count(0)

    async def choose(self, label: str, text: str) -> None:
        """Type into a field that offers what matches, and take what is offered, as people at a keyboard do."""
        field = self.page.get_by_role("dialog").get_by_label(label)
        await field.fill(text)
        await expect(self.page.get_by_role("option").filter(has_text=text)).to_have_count(1)
        await self.page.keyboard.press("ArrowDown")
        await self.page.keyboard.press("Enter")

    async def says(self, text: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def sign_out(self) -> None:
        answer = await self.page.evaluate("fetch('/v1/session', {method: 'DELETE'}).then((r) => r.status)")
        assert answer == 204
        await self.open("/sign-in")

    async def with_authenticator(self) -> Any:
        """An authenticator in this browser, as a laptop has one: it verifies its user by itself."""
        devtools = await self.page.context.new_cdp_session(self.page)
        await devtools.send("WebAuthn.enable")
        made = await devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        return devtools, made["authenticatorId"]

    async def set_up_app(self) -> Authenticator:
        await self.press("Set up an authenticator app")
        secret = (await self.page.get_by_test_id("secret").inner_text()).replace(" ", "")
        app = Authenticator(secret, utc_now)
        await self.page.get_by_label("Code").fill(app.code())
        await self.page.keyboard.press("Enter")
        codes = self.page.get_by_test_id("recovery-codes").locator("code")
        await expect(codes).to_have_count(10)
        app.recovery = await codes.all_inner_texts()
        return app
