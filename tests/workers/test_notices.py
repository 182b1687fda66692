"""The notices of deadlines: to whom, when, once, and never after it is met. The clock is an argument: nobody waits."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.embedded.stack import Stack
from hub.notices import sending
from schemas.settings import Settings
from storage.postgres.pool import Database
from tests.app import Office, Person, World
from workers.notices import send_due

ROOT = Path(__file__).parents[2]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = ["30h", "2h", "overdue"]


@pytest.fixture
def due() -> datetime:
    """In ten days: whole seconds, so that it reads the same everywhere."""
    return datetime.now(UTC).replace(microsecond=0) + 10 * DAY


async def set_deadline(office: Office, due: datetime, **more: Any) -> dict[str, Any]:
    body = {"title": "Answer the complaint", "due_at": due, "plan": PLAN} | more
    return await office.lead.made(f"/v1/cases/{office.case}/deadlines", body)


async def inbox(person: Person, id: str) -> list[dict[str, Any]]:
    """What the person was told of a deadline, oldest first."""
    return [one for one in reversed(await person.all("/v1/inbox")) if one["thing"] == id]


async def told(person: Person, id: str) -> list[tuple[str, str, bool]]:
    return [(one["kind"], one["step"], one["late"]) for one in await inbox(person, id)]


async def mails(owner: Any, person: Person) -> list[Any]:
    return await owner.fetch("select * from mails where recipient = $1 order by made_at, id", person.email)


async def noticed(office: Office) -> int:
    items = await office.lead.all(f"/v1/cases/{office.case}/events")
    return sum(one["type"] == "deadline.noticed" for one in items)


async def colleague(office: Office, world: World) -> Person:
    """Another one of the staff who takes part in the case."""
    person = await world.person(office.org, "desk")
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": person.id, "role": "staff"})
    return person


async def test_each_step_goes_at_its_time_to_all_staff_who_take_part(
    office: Office, world: World, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    other = await colleague(office, world)
    made = await set_deadline(office, due)
    await send_due(working, system, due - 30 * HOUR - timedelta(seconds=1))
    assert await told(office.lead, made["id"]) == []
    for now in (due - 30 * HOUR, due - 2 * HOUR, due, due + timedelta(seconds=1)):
        for _ in range(2):  # a second look sends nothing more
            await send_due(working, system, now)
    for person in (office.lead, other):
        expected = [("deadline", "30h", False), ("deadline", "2h", False), ("deadline", "overdue", False)]
        assert await told(person, made["id"]) == expected
        subjects = [mail["subject"] for mail in await mails(owner, person)]
        assert [subject.partition(" ")[0] for subject in subjects] == ["Due", "Due", "Overdue:"]
        stream = await owner.fetch("select seq, type from events where stream = $1 order by seq", person.id)
        assert [row["seq"] for row in stream] == list(range(1, len(stream) + 1))
        assert sum(row["type"] == "notice.added" for row in stream) == 3
    for person in (office.admin, office.outside, office.stranger):
        assert await told(person, made["id"]) == []
    assert await noticed(office) == 3
    assert datetime.fromisoformat((await inbox(office.lead, made["id"]))[0]["due"]) == due


async def test_an_assignee_alone_is_told(
    office: Office, world: World, system: Database, working: Settings, due: datetime
) -> None:
    other = await colleague(office, world)
    made = await set_deadline(office, due, assignee=other.id)
    await send_due(working, system, due - 30 * HOUR)
    assert await told(other, made["id"]) == [("deadline", "30h", False)]
    assert await told(office.lead, made["id"]) == []


async def test_an_assignee_who_lost_access_is_told_nothing_and_the_staff_are(
    office: Office, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due, assignee=office.outside.id, audience=office.shared)
    await send_due(working, system, due - 30 * HOUR)
    assert await told(office.outside, made["id"]) == [("deadline", "30h", False)]
    gone = await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    assert gone.status_code == 200, gone.text
    await send_due(working, system, due - 2 * HOUR)
    assert await told(office.lead, made["id"]) == [("deadline", "2h", False)]
    assert await told(office.outside, made["id"]) == []  # and what there was has left the inbox
    assert len(await mails(owner, office.outside)) == 1


async def test_a_deadline_that_is_met_sends_nothing(
    office: Office, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due)
    await office.lead.patch(f"/v1/deadlines/{made['id']}", {"status": "met"}, 1)
    await send_due(working, system, due + DAY)
    assert await told(office.lead, made["id"]) == []


async def test_what_was_missed_goes_once_and_says_that_it_is_late(
    office: Office, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due)
    await send_due(working, system, due - 30 * HOUR + timedelta(minutes=5))  # this much is no delay
    await send_due(working, system, due + 3 * HOUR)
    await send_due(working, system, due + 4 * HOUR)
    assert await told(office.lead, made["id"]) == [
        ("deadline", "30h", False),
        ("deadline", "2h", True),
        ("deadline", "overdue", True),
    ]
    late = (await mails(owner, office.lead))[1]
    assert late["subject"].startswith("Was due ")
    assert "This notice is late" in late["body"]


async def test_a_deadline_that_moves_is_told_of_again(
    office: Office, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due)
    await send_due(working, system, due - 30 * HOUR)
    path = f"/v1/deadlines/{made['id']}"
    assert (await office.lead.patch(path, {"due_at": due + 5 * DAY}, 1)).status_code == 200
    await send_due(working, system, due + 5 * DAY - 30 * HOUR)
    assert [step for _, step, _ in await told(office.lead, made["id"])] == ["30h", "30h"]
    # Opened again with the same due: what was said is not said a second time.
    await office.lead.patch(path, {"status": "met"}, 2)
    await office.lead.patch(path, {"status": "open"}, 3)
    await send_due(working, system, due + 5 * DAY - 30 * HOUR)
    assert [step for _, step, _ in await told(office.lead, made["id"])] == ["30h", "30h"]
    left = "select array_agg(step) from deadline_steps where deadline = $1 and fired_at is null"
    assert set(await owner.fetchval(left, UUID(made["id"]))) == {"2h", "overdue"}
    await send_due(working, system, due + 5 * DAY - 2 * HOUR)
    assert [step for _, step, _ in await told(office.lead, made["id"])] == ["30h", "30h", "2h"]


async def test_an_overdue_that_nobody_acknowledges_is_escalated_once(
    office: Office, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due, escalate_to=office.admin.id, escalate_after_h=4)
    over = due + timedelta(seconds=1)
    await send_due(working, system, over)
    await send_due(working, system, over + 4 * HOUR - timedelta(seconds=1))
    assert await told(office.admin, made["id"]) == []
    await send_due(working, system, over + 4 * HOUR)
    await send_due(working, system, over + 40 * HOUR)
    assert await told(office.admin, made["id"]) == [("escalation", "overdue", False)]
    assert [mail["subject"].partition(":")[0] for mail in await mails(owner, office.admin)] == [
        "Overdue, not acknowledged"
    ]


async def test_who_acknowledges_stops_the_escalation(
    office: Office, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due, escalate_to=office.admin.id, escalate_after_h=1)
    await send_due(working, system, due + timedelta(seconds=1))
    overdue = (await inbox(office.lead, made["id"]))[-1]
    assert overdue["step"] == "overdue"
    assert (await office.lead.call("POST", f"/v1/inbox/{overdue['id']}/ack")).status_code == 200
    await send_due(working, system, due + 2 * HOUR)
    assert await told(office.admin, made["id"]) == []


async def test_the_second_person_may_be_named_when_it_is_overdue_already(
    office: Office, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due, escalate_after_h=1)
    await send_due(working, system, due + timedelta(seconds=1))
    await office.lead.patch(f"/v1/deadlines/{made['id']}", {"escalate_to": str(office.admin.id)}, 1)
    await send_due(working, system, due + 2 * HOUR)
    assert await told(office.admin, made["id"]) == [("escalation", "overdue", True)]


async def test_who_cannot_see_the_deadline_any_more_gets_no_escalation(
    office: Office, world: World, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    second = await world.person(office.org, "admin")
    made = await set_deadline(office, due, escalate_to=second.id, escalate_after_h=1)
    await owner.execute("delete from grants where person = $1", second.id)
    await send_due(working, system, due + timedelta(seconds=1))
    await send_due(working, system, due + 2 * HOUR)
    assert await owner.fetchval("select count(*) from notices where person = $1", second.id) == 0
    assert await told(office.lead, made["id"]) != []


async def test_two_workers_at_once_send_once(
    office: Office, world: World, system: Database, working: Settings, due: datetime
) -> None:
    other = await colleague(office, world)
    made = [await set_deadline(office, due, title=f"No. {n}") for n in range(8)]
    second = await Database.open(working, roles=("system",))
    try:
        await asyncio.gather(
            *(send_due(working, one, due - 30 * HOUR) for one in (system, second, system, second))
        )
    finally:
        await second.close()
    for person in (office.lead, other):
        for one in made:
            assert await told(person, one["id"]) == [("deadline", "30h", False)]
    assert await noticed(office) == 8


async def test_what_was_sent_meanwhile_is_not_touched_again(
    office: Office, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due)
    now = due - 30 * HOUR
    (found,) = [one for one in await sending.due_steps(system, now, 500) if str(one.deadline) == made["id"]]
    assert await sending.send_step(system, working, found, now) == 1
    assert await sending.send_step(system, working, found, now + HOUR) == 0
    row = await owner.fetchrow(
        "select fired_at, late from deadline_steps where deadline = $1 and step = '30h'", found.deadline
    )
    assert (row["fired_at"], row["late"]) == (now, False)


async def test_nothing_goes_after_it_is_met_however_close_the_two_come(
    office: Office, system: Database, working: Settings, due: datetime
) -> None:
    made = [await set_deadline(office, due, title=f"No. {n}") for n in range(12)]

    async def meet(id: str) -> None:
        while (
            answer := await office.lead.patch(f"/v1/deadlines/{id}", {"status": "met"}, 1)
        ).status_code == 503:
            pass  # a slow machine: who is told so tries again
        assert answer.status_code in (200, 412)

    await asyncio.gather(send_due(working, system, due), *(meet(one["id"]) for one in reversed(made)))
    order: dict[str, list[str]] = {}
    for event in await office.lead.all(f"/v1/cases/{office.case}/events"):
        if event["type"] in ("deadline.noticed", "deadline.met"):
            order.setdefault(event["data"]["deadline"]["id"], []).append(event["type"])
    for one in made:
        assert order[one["id"]][-1] == "deadline.met"
        # Each notice in the inbox has its event before the end, and there are no others.
        assert len(await inbox(office.lead, one["id"])) == len(order[one["id"]]) - 1


async def test_one_that_fails_does_not_keep_the_others_back(
    office: Office, owner: Any, system: Database, working: Settings, due: datetime
) -> None:
    broken = await set_deadline(office, due - HOUR)
    good = await set_deadline(office, due)
    await owner.execute("update deadlines set zone = 'No/Where' where id = $1", UUID(broken["id"]))
    await send_due(working, system, due - 30 * HOUR)
    assert await told(office.lead, good["id"]) == [("deadline", "30h", False)]
    await owner.execute("delete from deadline_steps where deadline = $1", UUID(broken["id"]))


ONE_ROUND = """
import asyncio, sys
from datetime import datetime
from schemas.settings import Settings
from storage.postgres.pool import Database
from workers.notices import send_due
import os

async def main():
    settings = Settings.read(os.environ)
    database = await Database.open(settings, roles=("system",))
    await send_due(settings, database, datetime.fromisoformat(sys.argv[1]))

asyncio.run(main())
"""


async def test_a_worker_killed_between_claim_and_commit_leaves_nothing_and_another_sends(
    office: Office, owner: Any, stack: Stack, system: Database, working: Settings, due: datetime
) -> None:
    made = await set_deadline(office, due)
    now = due - 30 * HOUR
    gate = await asyncpg.connect(working.postgres_owner)
    try:
        # The worker claims the step and then waits here, before it can write its notices.
        await gate.execute("begin; lock table notices in exclusive mode")
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ONE_ROUND, now.isoformat(),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | stack.settings("worker"),
        )  # fmt: skip
        async with asyncio.timeout(30):
            while not (
                claimed := await owner.fetch(
                    "select pid from pg_locks where relation = 'notices'::regclass and not granted"
                )
            ):
                assert worker.returncode is None
                await asyncio.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL
        await gate.execute("rollback")
    finally:
        await gate.close()
    async with asyncio.timeout(30):
        while await owner.fetchval("select count(*) from pg_stat_activity where pid = $1", claimed[0]["pid"]):
            await asyncio.sleep(0.01)
    assert await told(office.lead, made["id"]) == []
    await send_due(working, system, now)
    assert await told(office.lead, made["id"]) == [("deadline", "30h", False)]
    assert len(await mails(owner, office.lead)) == 1
    stream = await owner.fetch("select type, thing from events where stream = $1", office.lead.id)
    assert [row["type"] for row in stream] == ["notice.added"]
