"""A hub and the people who use it, for tests: over the app in this process, or over the address of a running one."""

import logging
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from hub.app import make_app
from hub.context import Hub
from hub.serve import opened
from schemas.access import ADMIN, DESK, OUTSIDE
from schemas.casetypes import CURRENT, CaseType
from schemas.casetypes.kernel import Side
from schemas.credentials import token_hash
from schemas.ids import new_id
from schemas.scopes import OF_BROWSERS
from schemas.settings import Settings
from tests.samples import intake_of

logging.getLogger("httpx").setLevel(logging.WARNING)

ABSENT = UUID("01900000-0000-7000-8000-000000000000")


class Person:
    """Somebody with an API token. Every call names its own Idempotency-Key unless one is given."""

    def __init__(self, http: httpx.AsyncClient, id: UUID, email: str, token: str, session: UUID) -> None:
        self.http, self.id, self.email, self.token, self.session = http, id, email, token, session

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: Any = None,
        revision: int | None = None,
        headers: dict[str, Any] | None = None,
        **query: Any,
    ) -> httpx.Response:
        sent: dict[str, Any] = {"authorization": f"Bearer {self.token}"} | (headers or {})
        if method == "POST":
            sent.setdefault("idempotency-key", str(key or uuid4()))
        if revision is not None:
            sent["if-match"] = f'"{revision}"'
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else msgspec.json.encode(body)
            sent.setdefault("content-type", "application/json")
        params = {name: value for name, value in query.items() if value is not None}
        return await self.http.request(method, path, content=content, headers=sent, params=params)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.call("POST", path, {} if body is None else body, **more)

    async def patch(self, path: str, body: Any, revision: int | None) -> httpx.Response:
        return await self.call("PATCH", path, body, revision=revision)

    async def delete(self, path: str, revision: int | None = None) -> httpx.Response:
        return await self.call("DELETE", path, revision=revision)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("GET", path, **query)

    async def made(self, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """POST and answer the item; fails with the problem where it is refused."""
        answer = await self.post(path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["item"]

    async def all(self, path: str, *, limit: int | None = None, **query: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        items: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            answer = await self.get(path, limit=limit, after=after, **query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            items += page["items"]
            after = page["next"]
            if after is None:
                return items


class World:
    """Makes organisations and people as rows, and everything else as people do it. `pool` is the owner's."""

    def __init__(self, http: httpx.AsyncClient, pool: Any) -> None:
        self.http, self.pool = http, pool

    async def organisation(self, *, types: tuple[str, ...] = tuple(CURRENT)) -> UUID:
        id = new_id()
        await self.pool.execute(
            "insert into organisations (id, name, zone, case_types, made_at) values ($1, $2, $3, $4, now())",
            id, f"Office {id.hex[-6:]}", "America/New_York", list(types),
        )  # fmt: skip
        return id

    async def person(self, org: UUID | None = None, role: str = OUTSIDE, *, name: str = "") -> Person:
        """A person with a token, a member of `org` in `role` if one is given."""
        id = new_id()
        email = f"p{id.hex}@mail.test"
        await self.pool.execute(
            "insert into people (id, email, name, zone, made_at) values ($1, $2, $3, 'UTC', now())",
            id, email, name or f"Person {id.hex[-6:]}",
        )  # fmt: skip
        if org is not None:
            await self.seat(id, org, role)
        return await self.token(Person(self.http, id, email, "", id))

    async def token(self, person: Person, *scopes: str, kind: str = "token", proved: bool = False) -> Person:
        """The same person by another token: of all scopes that people have unless some are named. `proved`: its holder
        has just proved who they are."""
        session, token = new_id(), secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        await self.pool.execute(
            "insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, scopes, proved_at) "
            "values ($1, $2, $3, $4, 'test', $5, $6, $7, $8)",
            session, token_hash(token), person.id, kind, now, now + timedelta(hours=1),
            list(scopes or OF_BROWSERS), now if proved else None,
        )  # fmt: skip
        return Person(self.http, person.id, person.email, token, session)

    async def seat(self, person: UUID, org: UUID, role: str) -> None:
        await self.pool.execute(
            "insert into grants (person, scope, role, org, since) values ($1, $2, $3, $2, now())",
            person, org, role,
        )  # fmt: skip

    async def office(self, type: str | CaseType | None = None) -> "Office":
        """An organisation with a case of `type` (the first of the registry), its staff and the people around it."""
        type_ = type if isinstance(type, CaseType) else CURRENT[type or sorted(CURRENT)[0]]
        org = await self.organisation()
        admin, lead = await self.person(org, ADMIN), await self.person(org, DESK)
        outside = await self.person(org, OUTSIDE)
        stranger, foreign = (
            await self.person(org, OUTSIDE),
            await self.person(await self.organisation(), ADMIN),
        )
        answer = await lead.made("/v1/cases", opening(org, type_))
        case = UUID(answer["case"]["id"])
        role = outside_role(type_)
        given = await lead.made(f"/v1/cases/{case}/participants", {"person": outside.id, "role": role})
        return Office(org, type_, case, admin, lead, outside, role, UUID(given["id"]), stranger, foreign)


class Office(msgspec.Struct, frozen=True):
    """`lead` opened `case`; `outside` takes part as `role`; `stranger` is known to the office and not to the case;
    `foreign` administers another organisation."""

    org: UUID
    type: CaseType
    case: UUID
    admin: Person
    lead: Person
    outside: Person
    role: str
    participant: UUID
    stranger: Person
    foreign: Person

    @property
    def shared(self) -> str:
        """The name of an audience with both staff and `role`."""
        return next(name for name, one in self.type.audiences.items() if {"staff", self.role} <= one.roles)

    async def conversation(self, audience: str | None = None) -> UUID:
        body = {"title": "About it", "audience": audience or self.shared}
        return UUID((await self.lead.made(f"/v1/cases/{self.case}/conversations", body))["id"])

    async def close(self) -> str:
        """Take a transition to a closed status; answers the status."""
        moves = self.type.transitions
        name, move = next(
            (name, move)
            for name, move in moves.items()
            if self.type.initial in move.sources and not self.type.statuses[move.target].open
        )
        await self.lead.made(f"/v1/cases/{self.case}/transitions", {"name": name})
        return move.target


def outside_role(type_: CaseType) -> str:
    """The first outside role whose audience is shared with staff."""
    return next(
        name
        for name, role in type_.roles.items()
        if role.side is Side.OUTSIDE and any({"staff", name} <= one.roles for one in type_.audiences.values())
    )


def opening(org: UUID, type_: CaseType, **more: Any) -> dict[str, Any]:
    """The body that opens a case of a type, with an intake that fits its declaration."""
    return {"org": org, "type": type_.name, "title": f"A {type_.title}", "intake": intake_of(type_)} | more


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer that must be refused in this way; everything an RFC 9457 problem has is checked."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["type"] == f"urn:casewire:problem:{code}"
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["title"]
    return problem


@pytest.fixture(scope="session")
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """A hub on this worker's database, NATS and object store."""
    async with opened(settings) as hub:
        yield hub


@pytest.fixture(scope="session")
def app(hub: Hub) -> Litestar:
    return make_app(hub)


@pytest.fixture(scope="session")
async def http(app: Litestar, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The app in this process. It keeps no cookies: what a test sends, it names."""
    transport = httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as client:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield client


@pytest.fixture(scope="session")
async def owner(settings: Settings) -> AsyncIterator[Any]:
    """A pool of the role that owns the tables: policies let it see and write all rows."""
    pool = await asyncpg.create_pool(settings.postgres_owner, min_size=1, max_size=4)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def world(http: httpx.AsyncClient, owner: Any) -> World:
    return World(http, owner)


@pytest.fixture
async def office(world: World) -> Office:
    return await world.office()
