"""What is taken away from people after a moment, and what a house restored to it says of that."""

import asyncio
from typing import Any
from uuid import UUID

from deploy.backup import authority
from schemas.access import DESK
from schemas.ids import new_id
from tests.app import Person, World
from tests.faults.lost import HEALED_WITHIN_S, Lost, key_set
from tests.rows import More

# How much of each lets in; then, where it was all taken away.
STANDING = {
    "place": "select count(*) from grants where person = '{sacked}' and role = 'desk'",
    "open": "select count(*) from cases c where c.id = '{case}' and not exists (select 1 from grants g"
    " where g.person = '{walled}' and g.scope = c.id and g.role = 'walled')",
    "password": "select count(*) from people where id = '{changed}' and password_hash = 'before'",
    "factor": "select count(*) from factors where person = '{changed}'",
    "secret": "select count(*) from oauth_apps where id = '{app}' and secret_hash = 'before'",
}
SAID = {
    "  places in organisations and at cases: 1",
    "  walls raised again: 1",
    "  people kept out of cases again: 1",
    "  passwords: 1",
    "  second factors: 1",
    "  secrets of apps: 1",
}


TAKEN_BACK = "what its author takes back after the backups"  # in a case that is held


class Taken:
    """People with something that is taken from them."""

    def __init__(self, lost: Lost, world: World) -> None:
        self.lost, self.world = lost, world
        self.ids: dict[str, UUID] = {"case": lost.office.case}
        self.said: dict[str, Any] = {}

    async def plant(self) -> None:
        org, pool = self.lost.office.org, self.world.pool
        for name in ("sacked", "walled", "changed"):
            self.ids[name] = (await self.world.person(org, DESK)).id
        self.ids |= {"app": new_id(), "factor": new_id()}
        await pool.execute("update people set password_hash = 'before' where id = $1", self.ids["changed"])
        await pool.execute(
            "insert into factors (id, person, kind, label, made_at, confirmed_at) "
            "values ($1, $2, 'totp', 'x', now(), now())",
            self.ids["factor"], self.ids["changed"],
        )  # fmt: skip
        path = f"/v1/conversations/{self.lost.room}/messages"
        self.said = await self.lost.office.lead.made(path, {"body": TAKEN_BACK})
        await (await More.on(pool)).put(
            "oauth_apps", id=self.ids["app"], org=org, kind="web", secret_hash=b"before",
            added_by=self.lost.office.admin.id,
        )  # fmt: skip

    async def take(self, admin: Person) -> None:
        """`admin` has just proved who they are."""
        org, pool = self.lost.office.org, self.world.pool
        answer = await admin.delete(f"/v1/orgs/{org}/people/{self.ids['sacked']}", 1)
        assert answer.is_success, answer.text
        wall = {
            "title": "Canary",
            "reason": "Canary",
            "cases": [self.ids["case"]],
            "people": [self.ids["walled"]],
        }
        await admin.made(f"/v1/orgs/{org}/walls", wall | {"teams": []})
        await pool.execute("update people set password_hash = 'after' where id = $1", self.ids["changed"])
        answer = await self.lost.office.lead.delete(f"/v1/messages/{self.said['id']}", self.said["revision"])
        assert answer.is_success, answer.text
        await pool.execute("delete from factors where id = $1", self.ids["factor"])
        await pool.execute("update oauth_apps set secret_hash = 'after' where id = $1", self.ids["app"])

    async def written(self) -> None:
        """Until what stands now lies beside the backups."""
        async with asyncio.timeout(HEALED_WITHIN_S):
            while True:
                async with self.world.pool.acquire() as on:
                    now = await authority.authority.moment(on)
                there = authority.read(self.lost.shelf, [key_set(self.lost)])
                if there is not None and (there.head.denials, there.prints) == now[1:]:
                    return
                await asyncio.sleep(0.1)

    def question(self) -> str:
        return " union all ".join(
            f"select '{what} ' || ({statement.format(**self.ids)})" for what, statement in STANDING.items()
        )
