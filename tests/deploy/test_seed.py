"""The demo: everything in it is there once, went through the hub's actions, and is what a first look should see."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from deploy import seed
from deploy.embedded.child import StackError
from deploy.embedded.hold import TEMPLATE
from deploy.embedded.postgres import Postgres
from deploy.embedded.stack import Stack
from deploy.seed.people import FIRM, PEOPLE, TOWN
from hub.serve import opened
from hub.sessions.caller import Caller
from hub.sessions.signing import SignedIn, sign_in
from schemas.events import EVENTS
from schemas.people import SignIn
from schemas.settings import Settings
from storage.postgres.pool import Database
from tests.conftest import SHARED
from tests.deploy.docketfiles import FIXTURES, real_dockets
from workers.notices import send_due

TABLES = (
    "organisations", "people", "grants", "cases", "participants", "parties", "entries", "conversations", "messages",
    "markers", "documents", "versions", "deadlines", "deadline_steps", "tasks", "notices", "mails", "events",
)  # fmt: skip


def empty_database(stack: Stack, shared: dict[str, str], name: str) -> Iterator[Settings]:
    """An operator's settings with a database of its own: other tests need theirs without a demo."""
    place = Path(os.environ[SHARED])
    postgres = Postgres(Path(shared["postgres_home"]), place / "unused.log", Path(shared["socket_dir"]))
    with (place / "template").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        postgres.make_database(name, template=TEMPLATE)
    dsns = {
        "postgres": "app",
        "postgres_owner": "owner",
        "postgres_system": "system",
        "postgres_signin": "signin",
    }
    settings = Settings.read(stack.settings("operator"))
    yield msgspec.structs.replace(
        settings, **{field: postgres.dsn(f"casewire_{role}", name) for field, role in dsns.items()}
    )
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def operator(stack: Stack, shared: dict[str, str], worker: str) -> Iterator[Settings]:
    yield from empty_database(stack, shared, f"demo_{worker}")


@pytest.fixture(scope="module", autouse=True)
def demo(operator: Settings) -> Iterator[None]:
    """The demo with the dockets that are shipped, whatever real ones are there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CASEWIRE_FIXTURES", "/nowhere")
        seed.main(operator)
        yield


@pytest.fixture
async def owner(operator: Settings) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(operator.postgres_owner)
    yield connection
    await connection.close()


async def counted(owner: Any) -> dict[str, int]:
    return {table: await owner.fetchval(f"select count(*) from {table}") for table in TABLES}


async def test_a_second_run_adds_nothing(operator: Settings, owner: Any, capfd: pytest.CaptureFixture[str]):
    before = await counted(owner)
    await asyncio.to_thread(seed.main, operator)
    assert await counted(owner) == before
    assert "the demo was there already" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("email", "org"),
    [
        ("lawyer@firm.test", FIRM),
        ("partner@firm.test", FIRM),
        ("client@mail.test", FIRM),
        ("officer@city.test", TOWN),
        ("resident@mail.test", TOWN),
    ],
)
async def test_everybody_signs_in(operator: Settings, email: str, org: UUID):
    async with opened(operator) as hub:
        done = await sign_in(hub, SignIn(email, operator.demo_password), Caller("test", ""))
        assert isinstance(done, SignedIn)
        me = done.me
    assert me.email == email and [seat.org.id for seat in me.seats] == [org]


async def test_the_offices_are_in_the_middle_of_their_work(owner: Any):
    statuses = await owner.fetch("select distinct status from cases where org = $1", TOWN)
    assert {row["status"] for row in statuses} == {
        "received",
        "assigned",
        "in_progress",
        "resolved",
        "declined",
    }
    assert (
        await owner.fetchval("select count(*) from cases where org = $1 and source like 'docket:%'", FIRM)
        == 3
    )
    assert await owner.fetchval("select count(*) from cases where org = $1 and source is null", FIRM) == 1
    dates = await owner.fetchrow(
        "select count(*) filter (where due_on < current_date and status = 'open') as over, "
        "count(*) filter (where due_on between current_date - 1 and current_date + 1) as today, "
        "count(*) filter (where due_at is not null) as instants, count(*) filter (where status = 'met') as met, "
        "count(*) filter (where due_on > current_date + 30) as far from deadlines where org = $1",
        FIRM,
    )
    assert all(dates.values()), dict(dates)
    tasks = await owner.fetchrow(
        "select count(done_at) as done, count(*) - count(done_at) as open from tasks"
    )
    assert all(tasks.values())
    assert await owner.fetchval("select count(*) from messages where audience = '{admin,staff}'") >= 5
    # The lawyer has something to read, and so has the client.
    for email in ("lawyer@firm.test", "client@mail.test"):
        assert await owner.fetchval(
            "select count(*) from messages m join people p on p.email = $1 join markers k on k.person = p.id "
            "and k.conversation = m.conversation where m.seq > k.upto and m.author <> p.id",
            email,
        ), email


async def test_every_row_has_its_event_and_the_log_runs_forward(owner: Any):
    for table, told in (
        ("cases", "case.opened"),
        ("participants", "participant.granted"),
        ("parties", "party.added"),
        ("entries", "entry.added"),
        ("conversations", "conversation.opened"),
        ("messages", "message.posted"),
        ("documents", "document.added"),
        ("versions", "version.received"),
        ("deadlines", "deadline.set"),
        ("tasks", "task.added"),
    ):
        assert told in EVENTS
        lost = await owner.fetch(
            f"select t.id from {table} t where t.org = any($1::uuid[]) and not exists "
            "(select from events e where e.thing = t.id and e.type = $2)",
            [FIRM, TOWN],
            told,
        )
        assert not lost, f"{len(lost)} of {table} without {told}"
    backwards = await owner.fetchval(
        "select count(*) from (select at - lag(at) over (partition by stream order by seq) as step "
        "from events where kind = 'case' and org = any($1::uuid[])) s where step < interval '0'",
        [FIRM, TOWN],
    )
    assert backwards == 0


async def test_the_first_notices_are_not_late(operator: Settings, owner: Any):
    """The demo's workers start right after it was made; what is due by then was due just now."""
    database = await Database.open(operator, roles=("system",))
    try:
        made = await owner.fetchval("select made_at from organisations where id = $1", FIRM)
        await send_due(operator, database, made + timedelta(minutes=4))
    finally:
        await database.close()
    told = await owner.fetch(
        "select n.late, n.step, d.title from notices n join deadlines d on d.id = n.thing where n.kind = 'deadline'"
    )
    assert told and [row for row in told if row["late"]] == []
    assert "overdue" in {row["step"] for row in told} and len({row["title"] for row in told}) >= 4


async def test_documents_wait_for_their_examination(owner: Any):
    rows = await owner.fetch("select status, n, quarantine_version from versions where org = $1", FIRM)
    assert {row["status"] for row in rows} == {"received"} and {row["n"] for row in rows} == {1, 2}
    assert all(row["quarantine_version"] for row in rows)


async def test_the_resident_sees_no_staff_talk(owner: Any, operator: Settings):
    resident = await owner.fetchval("select id from people where email = 'resident@mail.test'")
    async with opened(operator) as hub, hub.database.reading(resident) as connection:
        bodies = {row["body"] for row in await connection.fetch("select body from messages")}
        cases = await connection.fetchval("select count(*) from cases")
    assert cases == 3 and any("Thursday morning" in body for body in bodies)
    assert not any("culvert" in body for body in bodies)


def test_production_gets_no_demo(operator: Settings):
    with pytest.raises(StackError, match="not in production"):
        seed.main(msgspec.structs.replace(operator, mode="production"))


def test_names_are_from_all_over_the_world():
    assert sum(any(ord(letter) > 127 for letter in name) for _, _, name, _, _ in PEOPLE) >= 5


async def test_real_dockets_and_opinions_are_used_where_they_are(
    stack: Stack, shared: dict[str, str], worker: str, monkeypatch: pytest.MonkeyPatch
):
    real_dockets()
    monkeypatch.setenv("CASEWIRE_FIXTURES", str(FIXTURES))
    for settings in empty_database(stack, shared, f"demo_real_{worker}"):
        await asyncio.to_thread(seed.main, settings)
        connection = await asyncpg.connect(settings.postgres_owner)
        try:
            titles = {
                row["title"]
                for row in await connection.fetch("select title from cases where source is not null")
            }
            names = {
                row["name"]
                for row in await connection.fetch("select name from documents where kind = 'order'")
            }
        finally:
            await connection.close()
        assert len(titles) >= 3 and not any("Oduya" in title for title in titles)
        assert "Opinion, scanned" in names
