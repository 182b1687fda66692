"""A directory of an organisation: a service seated as administrator, with a token of scope `scim`."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from schemas.access import ADMIN
from schemas.ids import new_id
from tests.app import Person, World

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Directory:
    """What a directory does: it speaks of its own organisation, `org`, unless a path says otherwise."""

    def __init__(self, world: World, org: UUID, admin: Person, service: Person) -> None:
        self.world, self.org, self.admin, self.service = world, org, admin, service

    async def call(
        self, method: str, path: str, body: Any = None, *, as_: Person | None = None, **more: Any
    ) -> httpx.Response:
        headers = {"content-type": "application/scim+json"} | more.pop("headers", {})
        place = path if path.startswith("/scim") else f"/scim/v2/{self.org}{path}"
        return await (as_ or self.service).call(method, place, body, headers=headers, **more)

    async def create(self, user_name: str | None = None, **more: Any) -> httpx.Response:
        body = {"schemas": [USER], "userName": user_name or f"{uuid4().hex}@firm.test"}
        return await self.call("POST", "/Users", body | more)

    async def user(self, user_name: str | None = None, **more: Any) -> dict[str, Any]:
        answer = await self.create(user_name, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def group(self, name: str | None = None, *members: str) -> dict[str, Any]:
        body = {
            "schemas": [GROUP],
            "displayName": name or uuid4().hex,
            "members": [{"value": one} for one in members],
        }
        answer = await self.call("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def patch(self, path: str, *operations: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.call("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **more)

    async def role(self, person: str) -> str | None:
        return await self.world.pool.fetchval(
            "select role from grants where person = $1 and scope = $2", UUID(person), self.org
        )

    async def row(self, person: str) -> Any:
        return await self.world.pool.fetchrow(
            "select name, email::text from people where id = $1", UUID(person)
        )


async def service_of(world: World, org: UUID, *scopes: str, role: str = ADMIN) -> Person:
    id = new_id()
    await world.pool.execute(
        "insert into people (id, name, zone, made_at, kind) values ($1, 'Directory', 'UTC', now(), 'service')",
        id,
    )
    await world.seat(id, org, role)
    await world.pool.execute(
        "insert into services (id, org, made_at, made_by) values ($1, $2, now(), $1)", id, org
    )
    return await world.token(Person(world.http, id, "", "", id), *(scopes or ("scim",)), kind="service")


async def directory_of(world: World, *scopes: str) -> Directory:
    org = await world.organisation()
    admin = await world.person(org, ADMIN)
    return Directory(world, org, admin, await service_of(world, org, *scopes))


@pytest.fixture
async def directory(world: World) -> Directory:
    return await directory_of(world)


def wrong(answer: httpx.Response, status: int, keyword: str | None = None) -> dict[str, Any]:
    """The SCIM error of an answer that must be refused in this way."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"].startswith("application/scim+json")
    error = msgspec.json.decode(answer.content)
    assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (error["status"], error.get("scimType")) == (str(status), keyword), error
    return error
