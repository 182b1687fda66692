"""Budgets of calls: shared by all processes, exact within the bound that `storage/postgres/rates.py` names."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from schemas.errors import Refused
from schemas.rates import BUDGETS, Budget, budgets
from schemas.settings import Settings, SettingsError
from storage.postgres.rates import Rates
from storage.postgres.unit import NOBODY
from tests.conftest import Database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Any]:
    async with asyncpg.create_pool(database.system, min_size=2, max_size=4) as pool:
        yield pool


def of(pool: Any, account: int, address: int = 1_000_000, **more: Any) -> Rates:
    return Rates(pool, {"write": Budget(account, address), "read": Budget(account, address)}, **more)


async def admitted(rates: Rates, tries: int, account: Any, address: str = "") -> int:
    """How many of so many calls are let through, one after another."""
    count = 0
    for _ in range(tries):
        try:
            await rates.admit("write", account, address)
            count += 1
        except Refused as error:
            if error.code != "too_many" or not error.retry_after_ms:
                raise
    return count


async def test_processes_share_a_budget_within_the_named_bound(pool: Any) -> None:
    account, processes, budget = uuid4(), [of(pool, 100) for _ in range(4)], 100
    begun = time.monotonic()
    counts = await asyncio.gather(*(admitted(one, 100, account) for one in processes))
    refilled = math.ceil(budget * (time.monotonic() - begun) / 60)
    assert budget <= sum(counts) <= budget + 4 * budget // 10 + refilled
    # A process that comes later finds it spent, after a share of its own at most.
    late = of(pool, 100)
    assert await admitted(late, 100, account) <= 10 + math.ceil(budget * (time.monotonic() - begun) / 60)
    for one in (*processes, late):
        await one.close()


async def test_nothing_is_asked_of_the_database_for_a_call(pool: Any) -> None:
    said: list[int] = []

    class Counting:
        def acquire(self, **more: Any) -> Any:
            said.append(1)
            return pool.acquire(**more)

    rates = of(Counting(), 10_000, 1_000_000)
    assert await admitted(rates, 1_000, uuid4(), "10.0.0.1") == 1_000
    assert said == []  # a tenth of the budget is not spent, and the second is not over
    await rates.say()
    assert said == [1]
    await rates.close()


async def test_what_another_process_spent_is_heard_when_it_is_said(pool: Any) -> None:
    account, one, other = uuid4(), of(pool, 50), of(pool, 50)
    assert await admitted(one, 100, account) >= 50
    assert await admitted(other, 1, account) == 1  # it has not heard yet
    await other.say()
    assert await admitted(other, 5, account) == 0
    assert await admitted(other, 1, uuid4()) == 1  # somebody else
    await one.close()
    await other.close()


async def test_budgets_are_of_the_account_of_the_address_and_of_the_kind(pool: Any) -> None:
    rates = Rates(pool, {"write": Budget(20, 50), "read": Budget(20, 50)})
    here, account = "192.0.2.7", uuid4()
    assert 20 <= await admitted(rates, 40, account, here) <= 23
    await rates.admit("read", account, here)
    # Others at the same address have what is left of its budget.
    assert 20 <= await admitted(rates, 60, uuid4(), here) <= 35
    await admitted(rates, 30, uuid4(), here)
    assert await admitted(rates, 3, uuid4(), here) == 0
    await rates.admit("write", uuid4(), "192.0.2.8")
    # Who is nobody yet counts by address alone, and a /64 of IPv6 is one address.
    assert await admitted(rates, 60, None, "2001:db8::1") <= 56
    assert await admitted(rates, 1, None, "2001:db8::2") == 0
    await rates.close()


async def test_time_fills_a_budget_up_again(pool: Any, database: Database) -> None:
    ahead = 0.0
    account, rates = uuid4(), of(pool, 20, clock=lambda: time.monotonic() + ahead)
    await admitted(rates, 40, account)
    connection = await asyncpg.connect(database.superuser)
    await connection.execute("update rates set until = until - interval '30 seconds'")
    await connection.close()
    assert await admitted(rates, 5, account) == 0  # it keeps to what it heard
    ahead = 61.0
    assert 9 <= await admitted(rates, 40, account) <= 14
    await rates.close()


async def test_no_call_is_let_through_uncounted_when_postgresql_does_not_answer() -> None:
    class Gone:
        def acquire(self, **_: Any) -> Any:
            raise ConnectionRefusedError

    rates, account = of(Gone(), 100), uuid4()
    for _ in range(10):
        await rates.admit("write", account, "")
    with pytest.raises(Refused, match="unavailable"):
        await rates.admit("write", account, "")
    await rates.close()


async def test_a_flood_from_everywhere_keeps_little(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.postgres.rates.RATES_KEPT_MAX", 50)
    rates = of(pool, 10, 10)
    for n in range(500):
        await rates.admit("write", None, f"10.1.{n // 250}.{n % 250}")
        assert len(rates._spent) <= 52  # pyright: ignore[reportPrivateUsage]
    await rates.close()


async def test_who_may_write_down_what_was_spent(database: Database) -> None:
    for dsn in (database.app, database.system):
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetch(
                "select * from spend_rates($1, $2, $3)", [NOBODY.bytes], [1], [1000]
            )
            for statement in ("update rates set until = now()", "insert into rates values ('x', now())"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.close()


def test_budgets_are_read_from_a_setting() -> None:
    assert budgets("") == BUDGETS
    assert budgets("write=6/60")["write"] == Budget(6, 60)
    assert set(budgets("all=7/70, read=1/2").values()) == {Budget(7, 70), Budget(1, 2)}
    for wrong in ("write", "write=6", "writes=6/60", "write=0/60", "write=6/99999999", "write=-1/5", "all="):
        with pytest.raises(ValueError, match="calls"):
            budgets(wrong)
        with pytest.raises(SettingsError, match="CASEWIRE_RATES"):
            Settings.read({"CASEWIRE_RATES": wrong})
