"""Reads and refusals go into the record together, and are refused rather than kept waiting without end."""

import asyncio
from datetime import UTC, datetime

import pytest

from schemas.audit import Actor, Entry, Private
from schemas.errors import Refused
from schemas.limits import ENTRIES_TOGETHER_MAX, ENTRIES_WAITING_MAX
from storage.postgres import audit
from storage.postgres.recorder import Recorder


def entry() -> tuple[Entry, Private]:
    return audit.made(act="tried", at=datetime.now(UTC), by=Actor(kind="nobody"), rule="own")


class Store:
    """What was run, each when it is let through."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.open = asyncio.Event()
        self.fails: Exception | None = None

    async def run(self, statements: str) -> None:
        await self.open.wait()
        if self.fails is not None:
            raise self.fails
        self.ran.append(statements)


async def test_what_comes_at_the_same_time_goes_together() -> None:
    store = Store()
    recorder = Recorder(store.run)
    waiting = [asyncio.create_task(recorder.record(*entry())) for _ in range(ENTRIES_TOGETHER_MAX + 3)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in waiting)
    store.open.set()
    await asyncio.gather(*waiting)
    counts = [statements.count("execute record") for statements in store.ran]
    assert sum(counts) == len(waiting) and max(counts) == ENTRIES_TOGETHER_MAX and len(counts) <= 3
    assert all(one.startswith("begin; ") and one.endswith("; commit") for one in store.ran)


async def test_too_many_are_refused_and_those_who_wait_are_written() -> None:
    store = Store()
    recorder = Recorder(store.run)
    room = ENTRIES_WAITING_MAX + ENTRIES_TOGETHER_MAX + 10
    tasks = [asyncio.create_task(recorder.record(*entry())) for _ in range(room)]
    await asyncio.sleep(0)
    store.open.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Refused)]
    assert refused and {one.code for one in refused} == {"unavailable"}
    assert sum(one.count("execute record") for one in store.ran) == room - len(refused)


async def test_a_failure_is_told_to_all_who_waited_and_is_over_then() -> None:
    store = Store()
    store.fails = Refused("unavailable")
    recorder = Recorder(store.run)
    store.open.set()
    answers = await asyncio.gather(*(recorder.record(*entry()) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [Refused] * 3
    store.fails = None
    await recorder.record(*entry())


@pytest.mark.parametrize("problem", [ValueError("does not fit"), Refused("bad_input", "holds a NUL")])
async def test_one_that_does_not_fit_takes_no_other_with_it(problem: Exception) -> None:
    store = Store()
    bad, private = entry()
    run = store.run

    async def picky(statements: str) -> None:
        if audit.recording(bad, private) in statements:
            raise problem
        await run(statements)

    recorder = Recorder(picky)
    store.open.set()
    answers = await asyncio.gather(
        recorder.record(*entry()),
        recorder.record(bad, private),
        recorder.record(*entry()),
        return_exceptions=True,
    )
    assert [type(one) for one in answers] == [type(None), Refused, type(None)]
    assert isinstance(answers[1], Refused) and answers[1].code == "unavailable"


async def test_closing_writes_what_waits() -> None:
    store = Store()
    recorder = Recorder(store.run)
    task = asyncio.create_task(recorder.record(*entry()))
    await asyncio.sleep(0)
    store.open.set()
    await recorder.close()
    await task
    assert len(store.ran) == 1


def test_nothing_of_a_client_stands_in_a_statement() -> None:
    made, private = audit.made(
        act="x'; drop table people; --",
        at=datetime.now(UTC),
        by=Actor(kind="nobody"),
        rule="'",
        address="'; drop",
    )
    assert "drop" not in audit.recording(made, private) and "drop" not in audit.statement(made, private)
