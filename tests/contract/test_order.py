"""32 writers on 8 cases: the order of positions is the order of every stream, with no hole in any."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from storage.postgres import locks
from tests.app import Office, World, opening

WRITERS, CASES, POSTS = 32, 8, 15

ORDERED = """select stream, seq, lag(seq) over (partition by stream order by tx, id) as before from events
    where stream = any ($1::uuid[])"""


async def write_at_once(world: World) -> tuple[list[UUID], list[int]]:
    """Everybody posts to every case in turn; answers the cases and the status codes."""
    office: Office = await world.office()
    cases = [
        UUID((await office.lead.made("/v1/cases", opening(office.org, office.type)))["case"]["id"])
        for _ in range(CASES)
    ]
    talks = [(await office.lead.all(f"/v1/cases/{case}/conversations"))[0]["id"] for case in cases]
    codes: list[int] = []

    async def writer(n: int) -> None:
        for turn in range(POSTS):
            person = (office.lead, office.admin)[n % 2]
            talk = talks[(n + turn) % CASES]
            answer = await person.post(f"/v1/conversations/{talk}/messages", {"body": f"{n} {turn}"})
            codes.append(answer.status_code)

    await asyncio.gather(*(writer(n) for n in range(WRITERS)))
    return cases, codes


async def inversions(pool: Any, cases: list[UUID]) -> int:
    """Events whose seq is not the one after that of the event before, in the order of positions."""
    rows = await pool.fetch(ORDERED, cases)
    return sum(row["seq"] != (row["before"] or 0) + 1 for row in rows)


async def test_32_writers_on_8_cases_invert_nothing(world: World, owner: Any) -> None:
    cases, codes = await write_at_once(world)
    assert set(codes) == {201}
    assert await inversions(owner, cases) == 0
    rows = await owner.fetch(
        "select stream, count(*) as n, max(seq) as last from events where stream = any ($1::uuid[]) group by 1",
        cases,
    )
    assert len(rows) == CASES and all(row["n"] == row["last"] for row in rows)


async def test_the_count_sees_what_a_missing_lock_does(
    world: World, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock writers collide or invert: so the test above can fail."""
    monkeypatch.setattr(locks, "of_row", lambda *_: locks.Lock("select 1"))
    cases, codes = await write_at_once(world)
    assert set(codes) != {201} or await inversions(owner, cases) > 0
