"""An office that has a provider, bent or not, and somebody who is known there."""

from typing import Any
from uuid import UUID

import httpx
import msgspec

from hub.providers.knowing import Knowledge
from schemas.ids import new_id
from tests.app import Person, World
from tests.browsers import Browser, Site, proved, with_password
from tests.hub.providers.bent import CLIENT, SECRET, Mall, Shop


class Office:
    """`ann` belongs to it and is known to the provider as `shop.subject`; `admin` administers it."""

    def __init__(
        self, world: World, site: Site, shop: Shop, org: UUID, admin: Person, ann: Person, id: UUID
    ) -> None:
        self.world, self.site, self.shop, self.org, self.admin, self.ann, self.id = (
            world,
            site,
            shop,
            org,
            admin,
            ann,
            id,
        )

    async def departed(self, browser: Browser) -> dict[str, str]:
        """What the browser brings back from the provider."""
        answer = await browser.post(f"/v1/session/providers/{self.id}/start")
        assert answer.status_code == 200, answer.text
        return self.shop.visit(answer.json()["url"])

    async def returned(self, browser: Browser, brought: dict[str, Any]) -> httpx.Response:
        body = {"provider": str(self.id), **brought}
        return await browser.post(
            "/v1/session/providers/return", {k: v for k, v in body.items() if v is not None}
        )

    async def enter(self, browser: Browser | None = None) -> httpx.Response:
        browser = browser or self.site.browser()
        return await self.returned(browser, await self.departed(browser))

    async def link(self, person: UUID, subject: str = "") -> None:
        await self.world.pool.execute(
            "insert into identities (id, person, provider, issuer, subject, made_at) "
            "values ($1, $2, $3, $4, $5, now())",
            new_id(), person, self.id, self.shop.issuer, subject or self.shop.subject,
        )  # fmt: skip

    async def sessions(self, person: UUID) -> int:
        return await self.world.pool.fetchval("select count(*) from sessions where person = $1", person)


class Town:
    """Makes offices, with a provider each, on one hub; `own` gives an office a hub whose clock it may move."""

    def __init__(self, world: World, site: Site, bent: Mall) -> None:
        self.world, self.site, self.bent = world, site, bent

    async def office(self, *, own: bool = False, **more: Any) -> Office:
        shop = self.bent.shop()
        site = Site(msgspec.structs.replace(self.site.hub, knowledge=Knowledge())) if own else self.site
        org = await self.world.organisation()
        admin = await proved(self.world, await self.world.person(org, "admin"))
        ann = await with_password(self.world, await self.world.person(org, "desk"))
        body = {"name": "Bent", "issuer": shop.issuer, "client_id": CLIENT, "client_secret": SECRET} | more
        answer = await admin.post(f"/v1/orgs/{org}/providers", body)
        assert answer.status_code == 201, answer.text
        made = Office(self.world, site, shop, org, admin, ann, UUID(answer.json()["item"]["id"]))
        await made.link(ann.id)
        return made
