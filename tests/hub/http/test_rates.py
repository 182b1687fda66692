"""Budgets of calls at the doors of the hub: each kind by itself, and every route is of one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, cast, get_args

import httpx
import msgspec
import pytest

from deploy.embedded.stack import Stack
from hub.app import make_app
from hub.context import Hub
from hub.http.rates import KINDS, kind_of
from hub.services import offer
from schemas.rates import BUDGETS, Budget, Kind, budgets
from schemas.settings import Settings
from schemas.subjects import HEADER_AUTHORIZATION, HEADER_KEY, api_subject
from storage.bus import Bus
from storage.postgres.rates import Rates
from tests.app import ABSENT, Person, World, refused
from tests.routes import all_routes

ADDRESSES = count(1)


@asynccontextmanager
async def tight(hub: Hub, text: str, **settings: Any) -> AsyncIterator[tuple[Hub, httpx.AsyncClient]]:
    """The same hub with budgets of its own."""
    rates = Rates(hub.database.system, budgets(text))
    told = msgspec.structs.replace(hub.settings, **settings)
    narrow = msgspec.structs.replace(hub, rates=rates, settings=told)
    # From an address of its own: what is spent here of a narrow budget is not to be missed elsewhere.
    address = "127.0.0.1" if "trusted_proxies" in settings else f"198.51.100.{next(ADDRESSES)}"
    app = cast(Any, make_app(narrow))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=hub.settings.public_url) as http:
        yield narrow, http
    await rates.close()


async def spent(person: Person, http: httpx.AsyncClient, method: str, path: str, body: Any = None) -> int:
    """Call until the budget refuses; how many calls it let through."""
    mine = Person(http, person.id, person.email, person.token, person.session)
    for n in range(100):
        answer = await mine.call(method, path, body)
        if answer.status_code == 429:
            problem = refused(answer, 429, "too_many")
            assert 1 <= int(answer.headers["retry-after"]) <= 60 and problem["retry_after_ms"] > 0
            return n
    raise AssertionError("nothing was refused")


EACH: list[tuple[Kind, str, str, Any]] = [
    ("read", "GET", "/v1/me", None),
    ("write", "POST", "/v1/cases", {}),
    ("search", "GET", "/v1/search", None),
    ("upload", "PUT", f"/v1/documents/{ABSENT}/content", None),
    ("export", "GET", f"/v1/versions/{ABSENT}/text", None),
]


@pytest.mark.parametrize(("kind", "method", "path", "body"), EACH)
async def test_refused_when_an_account_asks_too_often(
    hub: Hub, world: World, kind: Kind, method: str, path: str, body: Any
) -> None:
    person = await world.person(await world.organisation(), "desk")
    async with tight(hub, f"all=10000/100000,{kind}=20/1000") as (_, http):
        assert 20 <= await spent(person, http, method, path, body) <= 23
        other = Person(http, person.id, person.email, person.token, person.session)
        elsewhere = "/v1/sessions" if kind != "read" else "/v1/search?q=lease&org=" + str(ABSENT)
        assert (await other.get(elsewhere)).status_code != 429  # another kind has a budget of its own
        stranger = await world.person()
        theirs = Person(http, stranger.id, stranger.email, stranger.token, stranger.session)
        assert (await theirs.call(method, path, body)).status_code != 429


async def test_refused_when_an_address_asks_too_often(hub: Hub, world: World) -> None:
    async with tight(hub, "all=10000/100000,read=10000/20", trusted_proxies="127.0.0.1") as (_, http):
        counts: dict[str, int] = {}
        for n in range(60):
            person = await world.person()
            headers = {
                "authorization": f"Bearer {person.token}",
                "x-forwarded-for": f"1.2.3.4, 203.0.113.{n % 2}",
            }
            answer = await http.get("/v1/me", headers=headers)
            counts[f"{n % 2} {answer.status_code}"] = counts.get(f"{n % 2} {answer.status_code}", 0) + 1
        assert 20 <= counts["0 200"] <= 23 and 20 <= counts["1 200"] <= 23, counts
        assert counts["0 429"] and counts["1 429"]


async def test_guessing_tokens_is_refused_before_the_database_is_asked(hub: Hub) -> None:
    async with tight(hub, "all=10000/100000,public=10/20") as (_, http):
        codes = [
            (await http.get("/v1/me", headers={"authorization": f"Bearer {n:043}"})).status_code
            for n in range(40)
        ]
        assert set(codes) == {401, 429} and 20 <= codes.count(401) <= 23
        assert codes == sorted(codes)  # and from then on none


async def test_public_routes_count_by_address_and_files_of_the_client_do_not(hub: Hub) -> None:
    async with tight(hub, "all=10000/100000,public=10/20") as (_, http):
        codes = [(await http.get("/v1/setup")).status_code for _ in range(40)]
        assert codes.count(200) < 25 and codes.count(429) > 10
        for path in ("/", "/health/live", "/cases/5"):
            assert (await http.get(path)).status_code != 429


async def test_what_is_asked_over_nats_counts_as_well(hub: Hub, stack: Stack, world: World) -> None:
    office = await world.office()
    conversation = await office.conversation()
    async with tight(hub, "all=10000/100000,write=20/1000") as (narrow, http):
        offered = await offer(narrow)
        gateway = await Bus.connect(Settings.read(stack.settings("operator")))
        try:
            codes: list[str] = []
            for n in range(40):
                headers = {
                    HEADER_AUTHORIZATION: office.lead.token,
                    HEADER_KEY: f"00000000-0000-4000-8000-{n:012}",
                }
                body = msgspec.json.encode({"conversation": conversation, "body": "x"})
                answer = await gateway.request(api_subject("messages", "post"), body, headers, timeout_s=5)
                codes.append((answer.headers or {}).get("Nats-Service-Error-Code", "done"))
            assert 20 <= codes.count("done") <= 23 and set(codes) == {"done", "too_many"}
            # It was the same budget.
            mine = Person(http, office.lead.id, office.lead.email, office.lead.token, office.lead.session)
            refused(
                await mine.post(f"/v1/conversations/{conversation}/messages", {"body": "x"}), 429, "too_many"
            )
        finally:
            await offered.stop()
            await gateway.close()


def test_every_route_is_of_a_kind_and_every_kind_that_is_named_is_a_route() -> None:
    routes = {(route.method, re.sub(r":\w+\}", "}", route.path)): route for route in all_routes()}
    assert set(KINDS) <= set(routes), "no such route"
    for (method, path), route in routes.items():
        kind = kind_of(method, path, public=route.public)
        assert kind in BUDGETS or (route.public and not path.startswith(("/v1", "/oauth", "/scim"))), (
            method,
            path,
        )


def test_an_office_of_200_works_behind_one_address() -> None:
    for kind in get_args(Kind):
        budget = BUDGETS[kind]
        assert isinstance(budget, Budget) and budget.address >= budget.account
    assert BUDGETS["read"].address / 200 >= 100 and BUDGETS["write"].address / 200 >= 30
    assert BUDGETS["live"].address / 200 >= 3 * 10 and BUDGETS["public"].address / 200 >= 6
