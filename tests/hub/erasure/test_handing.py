"""A person's copy stops where the asker may not have it any more; whoever takes theirs slowly keeps nobody waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from hub.context import Hub, Who
from hub.erasure.handing import handed
from schemas.limits import EXPORT_PART_BYTES, PERSON_COPIES_AT_ONCE_MAX
from tests.app import Office, Person, World
from tests.browsers import proved
from tests.hub.walls.test_walls import raised

GIVEN_UP_S = 120  # where nobody is cut off
ROWS = 2_000  # of 1,280 characters each: several buffers, however well they are packed


@pytest.fixture
async def office(world: World) -> Office:
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


async def with_much(world: World, office: Office, owner: Any, person: Person | None = None) -> Person:
    person = person or await world.person(office.org, "outside")
    await owner.execute(
        "insert into notices (id, person, org, kind, step, title, late, at) select gen_random_uuid(), $1, $2, 'x', "
        "n::text, (select string_agg(md5(n || ' ' || i), '') from generate_series(1, 40) i), false, now() "
        "from generate_series(1, $3) n",
        person.id, office.org, ROWS,
    )  # fmt: skip
    return await world.token(person, kind="browser", proved=True)


async def taken(
    hub: Hub, by: Person, hand: Callable[[int], Awaitable[object]], org: UUID | None = None, of: UUID | None = None
) -> tuple[int, bool]:
    """How many buffers left, and whether it came to its end. `hand` is awaited with the number of each."""
    made = await handed(hub, Who(by.id, by.session, "browser"), org, of or by.id)
    buffers, whole = 0, False

    async def send(message: Any) -> None:
        nonlocal buffers, whole
        if message["type"] == "http.response.body":
            assert len(message["body"]) <= EXPORT_PART_BYTES
            if message["more_body"]:
                buffers += 1
                await hand(buffers)
            whole = not message["more_body"]

    async def receive() -> Any:
        await asyncio.Event().wait()

    await made.to_asgi_response(None, None)({}, receive, send)  # type: ignore[typeddict-item]
    assert by.id not in hub.copying
    return buffers, whole


async def nothing(_: int) -> None:
    pass


async def test_all_of_it_leaves(office: Office, world: World, hub: Hub, owner: Any) -> None:
    buffers, whole = await taken(hub, await with_much(world, office, owner), nothing)
    assert buffers > 2 and whole


async def test_whoever_does_not_take_theirs_keeps_nobody_waiting(
    office: Office, world: World, hub: Hub, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await with_much(world, office, owner) for _ in range(PERSON_COPIES_AT_ONCE_MAX)]
    under_way, waits = asyncio.Queue[int](), asyncio.Event()

    async def hand(number: int) -> None:
        under_way.put_nowait(number)
        await waits.wait()

    monkeypatch.setattr("storage.leaving.EXPORT_PACE_MIN_BYTES_S", 1 << 40)
    async with asyncio.timeout(GIVEN_UP_S), asyncio.TaskGroup() as group:
        tasks = [group.create_task(taken(hub, one, hand)) for one in people]
        for _ in people:
            await under_way.get()
        assert len(hub.copying) == PERSON_COPIES_AT_ONCE_MAX
        monkeypatch.setattr("storage.leaving.EXPORT_LATE_MAX_S", 0.0)
    assert [task.result() for task in tasks] == [(1, False)] * len(people)
    assert hub.copying == set()


@pytest.mark.parametrize("loss", ["session", "wall", "place"])
async def test_nothing_follows_a_loss(office: Office, world: World, hub: Hub, owner: Any, loss: str) -> None:
    """Of what an administrator hands out: their session ends, a wall keeps them out, they administer no more."""
    person = await with_much(world, office, owner)
    admin = await world.person(office.org, "admin")
    asker = await world.token(admin, kind="browser", proved=True)

    async def lose(number: int) -> None:
        if number > 1:
            return
        if loss == "session":
            await owner.execute("update sessions set ended_at = now() where id = $1", asker.session)
        elif loss == "wall":
            await raised(office, admin)
        else:
            lowered = "update grants set role = 'desk' where person = $1 and scope = $2"
            await owner.execute(lowered, admin.id, office.org)

    buffers, whole = await taken(hub, asker, lose, office.org, person.id)
    assert (buffers, whole) == (1, False)
