"""Legal holds: they beat every schedule, every statement and every administrator, until they are released."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schemas.ids import new_id
from tests.app import ABSENT, Office, Person, World, refused
from tests.browsers import proved
from tests.conftest import Database


@pytest.fixture
async def office(world: World) -> Office:
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


async def raised(by: Person, office: Office, kind: str, thing: Any) -> dict[str, Any]:
    body = {"kind": kind, "thing": thing, "reason": "Roe v. Wade, preservation letter"}
    return await by.made(f"/v1/orgs/{office.org}/holds", body)


async def released(office: Office, hold: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/orgs/{office.org}/holds/{hold['id']}/release"
    return await office.admin.made(path, {"reason": "Settled"})


async def test_raised_seen_and_released(office: Office) -> None:
    mine = f"/v1/orgs/{office.org}/holds"
    hold = await raised(office.lead, office, "case", office.case)
    assert [one["id"] for one in await office.admin.all(mine)] == [hold["id"]]
    assert [one["id"] for one in await office.lead.all(f"/v1/cases/{office.case}/holds")] == [hold["id"]]
    after = await released(office, hold)
    assert after["release_reason"] == "Settled" and after["revision"] == 2
    assert await released(office, hold) == after
    assert await office.admin.all(mine) == []
    assert [one["id"] for one in await office.admin.all(mine, released="true")] == [hold["id"]]
    told = await office.lead.all(f"/v1/cases/{office.case}/events")
    assert [one["type"] for one in told][-2:] == ["hold.raised", "hold.released"]


async def test_who_is_outside_is_told_nothing(office: Office, world: World) -> None:
    hold = await raised(office.lead, office, "case", office.case)
    assert await office.outside.all(f"/v1/cases/{office.case}/holds") == []
    told = await office.outside.all(f"/v1/cases/{office.case}/events")
    assert not [one for one in told if one["type"].startswith("hold.")]
    for person in (office.stranger, office.foreign, office.lead, office.outside):
        refused(await person.get(f"/v1/orgs/{office.org}/holds"), 404, "not_found")
    for person in (office.stranger, office.foreign):
        gone = refused(await person.get(f"/v1/cases/{ABSENT}/holds"), 404, "not_found")
        assert refused(await person.get(f"/v1/cases/{office.case}/holds"), 404, "not_found") == gone
    await proved(world, office.foreign)
    for person in (office.outside, office.foreign):
        path = f"/v1/orgs/{office.org}/holds/{hold['id']}/release"
        refused(await person.post(path, {"reason": "x"}), 404, "not_found")


async def test_only_who_may_raises(office: Office) -> None:
    path = f"/v1/orgs/{office.org}/holds"

    def body(kind: str, thing: Any) -> dict[str, Any]:
        return {"kind": kind, "thing": thing, "reason": "x"}

    refused(await office.outside.post(path, body("case", office.case)), 403, "forbidden")
    refused(await office.lead.post(path, body("person", office.outside.id)), 404, "not_found")
    refused(await office.admin.post(path, body("person", office.foreign.id)), 404, "not_found")
    refused(await office.admin.post(path, body("case", ABSENT)), 404, "not_found")
    refused(await office.admin.post(f"/v1/orgs/{ABSENT}/holds", body("case", office.case)), 404, "not_found")
    assert (await raised(office.admin, office, "person", office.outside.id))["case_id"] is None


async def test_releasing_asks_who_it_is(office: Office, world: World) -> None:
    hold = await raised(office.lead, office, "case", office.case)
    path = f"/v1/orgs/{office.org}/holds/{hold['id']}/release"
    refused(await office.lead.post(path, {"reason": "x"}), 404, "not_found")
    admin = await world.person(office.org, "admin")
    refused(await admin.post(path, {"reason": "x"}), 403, "forbidden")
    await world.pool.execute("update sessions set kind = 'browser' where id = $1", admin.session)
    refused(await admin.post(path, {"reason": "x"}), 403, "step_up_needed")
    refused(await office.admin.post(path, {"reason": ""}), 400, "bad_input")


# --- Underneath: as the role that owns the tables, past every line of the hub --------------------------------

DESTROYING = [
    "delete from messages where case_id = $1",
    "delete from message_originals where message in (select id from messages where case_id = $1)",
    "update message_originals set body = 'x' where message in (select id from messages where case_id = $1)",
    "delete from versions where case_id = $1",
    "update versions set object_key = null where case_id = $1",
    "update versions set sha256 = 'x' where case_id = $1",
    "delete from parties where case_id = $1",
    "delete from events where case_id = $1 and kind = 'case'",
    "delete from participants where case_id = $1",
    """insert into tombstones (thing, kind, org, destroyed_at, why)
        select id, 'case', org, now(), 'x' from cases where id = $1""",
]


@pytest.fixture
async def full(office: Office, owner: Any) -> Office:
    """A case with something in every table of `DESTROYING`."""
    talk = await office.conversation()
    posted = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "first"})
    await office.lead.patch(f"/v1/messages/{posted['id']}", {"body": "second"}, posted["revision"])
    await office.lead.made(f"/v1/cases/{office.case}/parties", {"name": "Roe", "role": "other"})
    made = await office.outside.made(f"/v1/cases/{office.case}/documents", {"name": "Paper"})
    await owner.execute(
        "insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256, "
        "quarantine_key, object_key, object_version, begun_at, by, audience, people) values ($1, $2, $3, $4, 1, "
        "'cleared', 'a.txt', 'text/plain', 1, repeat('0', 64), $5, $5, 'v', now(), $6, '{staff}', '{}')",
        new_id(), UUID(made["id"]), office.case, office.org, new_id().hex, office.outside.id,
    )  # fmt: skip
    return office


@pytest.mark.parametrize("on", ["case", "document", "person"])
async def test_no_statement_destroys_what_is_held(full: Office, owner: Any, on: str) -> None:
    document = (await full.lead.all(f"/v1/cases/{full.case}/documents"))[0]["id"]
    things = {"case": full.case, "document": document, "person": full.outside.id}
    hold = await raised(full.admin, full, on, things[on])
    for statement in DESTROYING:
        with pytest.raises(asyncpg.ObjectInUseError):
            await owner.execute(statement, full.case)
    with pytest.raises(asyncpg.ObjectInUseError):
        await owner.execute("truncate message_originals")
    if on != "document":  # everybody who did something in the case is kept known; so is who is held
        with pytest.raises(asyncpg.ObjectInUseError):
            await owner.execute(
                "update people set erased_at = now(), name = 'x' where id = $1", full.outside.id
            )
    await released(full, hold)
    async with owner.acquire() as connection:
        for statement in DESTROYING:  # each is one that would have done something
            transaction = connection.transaction()
            await transaction.start()
            with contextlib.suppress(asyncpg.ForeignKeyViolationError):  # it came as far as that
                assert not (await connection.execute(statement, full.case)).endswith(" 0"), statement
            await transaction.rollback()


async def test_a_hold_is_not_changed_or_deleted(office: Office, owner: Any) -> None:
    hold = await raised(office.lead, office, "case", office.case)
    id = UUID(hold["id"])
    for statement in (
        "delete from holds where id = $1",
        "update holds set thing = gen_random_uuid() where id = $1",
        "update holds set reason = 'x' where id = $1",
        "update holds set released_at = now(), thing = gen_random_uuid() where id = $1",
    ):
        with pytest.raises(asyncpg.ObjectInUseError):
            await owner.execute(statement, id)
    await released(office, hold)
    with pytest.raises(asyncpg.ObjectInUseError):
        await owner.execute("update holds set released_at = null where id = $1", id)


async def test_of_a_hold_and_a_destruction_at_the_same_time_one_wins(
    full: Office, database: Database, owner: Any
) -> None:
    """Whichever comes first: the other one waits for its commit, and is then refused."""
    one, other = await asyncpg.connect(database.owner), await asyncpg.connect(database.owner)
    bury = DESTROYING[-1]
    hold = (
        "insert into holds (id, org, kind, thing, case_id, reason, raised_at, raised_by) "
        "select gen_random_uuid(), org, 'case', id, id, 'x', now(), opened_by from cases where id = $1"
    )
    waiting = "select count(*) from pg_stat_activity where wait_event = 'advisory' and pid = $1"
    try:
        for first, second in ((hold, bury), (bury, hold)):
            held, buried = one.transaction(), other.transaction()
            await held.start()
            await one.execute(first, full.case)
            await buried.start()
            racing = asyncio.create_task(other.execute(second, full.case))
            while not await owner.fetchval(waiting, other.get_server_pid()):
                assert not racing.done()
                await asyncio.sleep(0.01)
            await held.commit()
            with pytest.raises((asyncpg.ObjectInUseError, asyncpg.ObjectNotInPrerequisiteStateError)):
                await racing
            await buried.rollback()
            standing = "update holds set released_at = now() where case_id = $1 and released_at is null"
            await owner.execute(standing, full.case)
    finally:
        await one.close()
        await other.close()
    refused(
        await full.admin.post(
            f"/v1/orgs/{full.org}/holds", {"kind": "case", "thing": full.case, "reason": "too late"}
        ),
        409,
        "conflict",
    )
