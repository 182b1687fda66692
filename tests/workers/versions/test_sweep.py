"""Sweep removes what nobody needs any more, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from hub.context import Hub
from hub.documents.rules import ABANDONED_AFTER
from schemas.ids import new_id
from schemas.limits import QUARANTINE_CLEAR_HOURS
from storage.blobs import Absent
from storage.postgres import versions
from tests.app import Office, World
from tests.uploads import Hands, declared, document, opened_whole, put, upload
from workers.sweep import OVER_FOR, QUARANTINED_FOR, sweep

DATA = b"half a letter"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def sweep_at(hands: Hands, later: timedelta) -> None:
    hub = replace(hands.hub, clock=lambda: datetime.now(UTC) + later)
    while await sweep(hub):
        pass


async def stored(hub: Hub, key: str) -> bool:
    try:
        await hub.blobs.stat(hub.blobs.quarantine, key)
    except Absent:
        return False
    return True


def kept(hub: Hub, key: str) -> list[str]:
    """The versions of an object that quarantine holds, and marks that it was deleted."""
    found = hub.blobs._client.list_objects(hub.blobs.quarantine, prefix=key, include_version=True)
    return [one.version_id or "" for one in found]


async def begun(office: Office, data: bytes) -> tuple[UUID, str]:
    """A version and the address that takes its bytes, again and again."""
    to = await document(office.lead, office.case)
    one = await office.lead.made(f"/v1/documents/{to}/versions", declared(data))
    return UUID(one["version"]["id"]), one["upload"]["url"]


async def test_what_was_begun_and_never_completed_goes(office: Office, hands: Hands, hub: Hub) -> None:
    version, url = await begun(office, DATA)
    await put(url, DATA)
    await put(url, DATA)  # the store keeps both
    key = (await hands.row(version))["quarantine_key"]
    await sweep_at(hands, ABANDONED_AFTER - timedelta(minutes=1))
    assert (await hands.row(version))["status"] == "awaiting"
    assert await stored(hub, key)
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    assert (await hands.row(version))["status"] == "abandoned"
    assert kept(hub, key) == []
    answer = await office.lead.post(f"/v1/versions/{version}/complete")
    assert answer.status_code == 409


async def test_what_waits_to_be_examined_stays_however_long(office: Office, hands: Hands, hub: Hub) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), DATA)
    await sweep_at(hands, timedelta(days=20))
    row = await hands.row(version)
    assert row["status"] == "received"
    assert await stored(hub, row["quarantine_key"])
    assert (await hands.examine(version))["status"] == "cleared"


async def test_quarantined_bytes_stay_some_days(office: Office, hands: Hands, hub: Hub) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), EICAR)
    key = (await hands.examine(version))["quarantine_key"]
    await sweep_at(hands, QUARANTINED_FOR - timedelta(hours=1))
    assert await stored(hub, key)
    await sweep_at(hands, QUARANTINED_FOR + timedelta(hours=1))
    assert not await stored(hub, key)
    assert (await hands.row(version))["status"] == "quarantined"


@pytest.mark.parametrize("kind", ["case", "document", "person"])
async def test_quarantined_bytes_stay_sealed_while_a_hold_stands(
    office: Office, hands: Hands, hub: Hub, owner: Any, kind: str
) -> None:
    """Held is also what nobody may open. They go when the hold is released."""
    to = await document(office.lead, office.case)
    version = await upload(office.lead, to, EICAR)
    key = (await hands.examine(version))["quarantine_key"]
    thing = {"case": office.case, "document": to, "person": office.lead.id}[kind]
    await owner.execute(
        "insert into holds (id, org, kind, thing, case_id, reason, raised_at, raised_by) "
        "values ($1, $2, $3, $4, $5, 'x', now(), $6)",
        new_id(), office.org, kind, thing, None if kind == "person" else office.case, office.lead.id,
    )  # fmt: skip
    for days in (1, 2, 3):
        await sweep_at(hands, QUARANTINED_FOR + timedelta(days=days))
        assert await stored(hub, key)
    assert (await hands.row(version))["quarantine_sealed"] is not None
    await owner.execute("update holds set released_at = now() where thing = $1", thing)
    await sweep_at(hands, QUARANTINED_FOR + timedelta(days=4, hours=1))
    assert not await stored(hub, key)


async def test_a_hold_raised_while_a_round_goes_on_is_seen(
    office: Office, hands: Hands, hub: Hub, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = await document(office.lead, office.case)
    version = await upload(office.lead, to, EICAR)
    key = (await hands.examine(version))["quarantine_key"]
    await owner.execute(
        "insert into holds (id, org, kind, thing, case_id, reason, raised_at, raised_by) "
        "values ($1, $2, 'document', $3, $4, 'x', now(), $5)",
        new_id(), office.org, to, office.case, office.lead.id,
    )  # fmt: skip
    before = versions.TO_SWEEP.replace("held('document', document) is not null", "false")
    assert before != versions.TO_SWEEP
    monkeypatch.setattr(versions, "TO_SWEEP", before)
    await sweep_at(hands, QUARANTINED_FOR + timedelta(days=1))
    assert await stored(hub, key)


async def test_bytes_put_again_after_clearing_go(office: Office, hands: Hands, hub: Hub) -> None:
    """The address takes them for an hour, also when nobody wants them any more. Sealed ones are never touched."""
    version, url = await begun(office, DATA)
    await put(url, DATA)
    await office.lead.made(f"/v1/versions/{version}/complete")
    key = (await hands.row(version))["quarantine_key"]
    row = await hands.examine(version)
    assert (row["status"], kept(hub, key)) == ("cleared", [])
    assert (await put(url, DATA), await put(url, DATA)) == (200, 200)
    await sweep_at(hands, ABANDONED_AFTER - timedelta(minutes=1))
    assert len(kept(hub, key)) == 2
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    assert kept(hub, key) == []
    assert await opened_whole(hub, row) == DATA


async def test_a_round_that_was_full_is_followed_by_another(
    office: Office, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round has a bound; what is begun faster than one a minute takes does not pile up."""
    monkeypatch.setattr("workers.sweep.ROUND", 2)
    ids = [(await begun(office, DATA))[0] for _ in range(5)]
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    assert [(await hands.row(id))["status"] for id in ids] == ["abandoned"] * 5
    await sweep_at(hands, QUARANTINED_FOR + timedelta(hours=1))
    assert [(await hands.row(id))["sweep_at"] for id in ids] == [None] * 5


async def test_an_upload_that_took_very_long_goes_too(office: Office, hands: Hands, hub: Hub) -> None:
    """It started while it might, and ended after sweep had looked."""
    version, url = await begun(office, DATA)
    key = (await hands.row(version))["quarantine_key"]
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    assert (await hands.row(version))["status"] == "abandoned"
    assert await put(url, DATA) == 200
    await sweep_at(hands, QUARANTINED_FOR + timedelta(hours=1))
    assert kept(hub, key) == []
    assert (await hands.row(version))["sweep_at"] is None


@pytest.mark.parametrize("pinned", [True, False])
async def test_of_bytes_that_wait_the_pinned_ones_stay_alone(
    office: Office, hands: Hands, hub: Hub, world: World, pinned: bool
) -> None:
    version, url = await begun(office, DATA)
    await put(url, DATA)
    await put(url, DATA)
    await office.lead.made(f"/v1/versions/{version}/complete")
    row = await hands.row(version)
    newest = row["quarantine_version"]
    if pinned:
        await put(url, DATA)
    else:  # a store that names no versions: examination reads the newest
        await world.pool.execute("update versions set quarantine_version = '' where id = $1", version)
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    assert kept(hub, row["quarantine_key"]) == [newest]
    for later in (QUARANTINED_FOR, 2 * QUARANTINED_FOR):
        await sweep_at(hands, later + timedelta(minutes=1))
        sealed = (await hands.row(version))["quarantine_version"]
        assert kept(hub, row["quarantine_key"]) == [sealed] != [newest]
    assert (await hands.examine(version))["status"] == "cleared"
    assert kept(hub, row["quarantine_key"]) == []


async def test_of_quarantined_bytes_the_examined_ones_stay_alone(
    office: Office, hands: Hands, hub: Hub
) -> None:
    version, url = await begun(office, EICAR)
    await put(url, EICAR)
    await office.lead.made(f"/v1/versions/{version}/complete")
    row = await hands.examine(version)
    assert row["status"] == "quarantined"
    await put(url, EICAR)
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    assert kept(hub, row["quarantine_key"]) == [row["quarantine_version"]]
    await sweep_at(hands, QUARANTINED_FOR + timedelta(hours=1))
    assert kept(hub, row["quarantine_key"]) == []


@pytest.mark.parametrize("data", [DATA, EICAR])
async def test_what_lies_long_in_quarantine_is_sealed_there(
    office: Office, hands: Hands, hub: Hub, data: bytes
) -> None:
    """Examined or not: the time in the clear has a bound, and nothing is lost by it."""
    version = await upload(office.lead, await document(office.lead, office.case), data)
    if data == EICAR:
        await hands.examine(version)
    key = (before := await hands.row(version))["quarantine_key"]
    await sweep_at(hands, timedelta(hours=QUARANTINE_CLEAR_HOURS, minutes=-1))
    assert await hub.blobs.whole(hub.blobs.quarantine, key) == data
    for later in (timedelta(hours=QUARANTINE_CLEAR_HOURS, minutes=1), timedelta(days=1)):
        await sweep_at(hands, later)
        row = await hands.row(version)
        lies = await hub.blobs.whole(hub.blobs.quarantine, key, row["quarantine_version"])
        assert data not in lies and lies.startswith(row["quarantine_sealed"])
        assert kept(hub, key) == [row["quarantine_version"]] != [before["quarantine_version"]]
    if data == DATA:
        row = await hands.examine(version)
        assert (row["status"], kept(hub, key)) == ("cleared", [])
        assert await opened_whole(hub, row) == data
    else:
        await sweep_at(hands, QUARANTINED_FOR + timedelta(hours=1))
        assert kept(hub, key) == []


async def test_what_was_sealed_in_quarantine_and_exchanged_is_found(
    office: Office, hands: Hands, hub: Hub, world: World
) -> None:
    ids = [await upload(office.lead, await document(office.lead, office.case), DATA) for _ in range(2)]
    await sweep_at(hands, timedelta(hours=QUARANTINE_CLEAR_HOURS, minutes=1))
    one, other = [await hands.row(id) for id in ids]
    sealed = await hub.blobs.whole(hub.blobs.quarantine, other["quarantine_key"])
    put_there = await hub.blobs.put(hub.blobs.quarantine, one["quarantine_key"], sealed)
    await world.pool.execute(
        "update versions set quarantine_version = $2, quarantine_sealed = $3 where id = $1",
        one["id"], put_there, other["quarantine_sealed"],
    )  # fmt: skip
    assert (await hands.examine(one["id"]))["status"] == "quarantined"
    assert (await hands.examine(other["id"]))["status"] == "cleared"


async def test_who_works_on_a_version_does_not_lose_its_bytes(office: Office, hands: Hands, hub: Hub) -> None:
    """Sealing takes the lock of the worker that examines: else that one would find nothing."""
    version = await upload(office.lead, await document(office.lead, office.case), DATA)
    before = await hands.row(version)
    async with hub.database.system.acquire() as working:
        assert await working.fetchval(versions.TAKE, str(version))
        await sweep_at(hands, timedelta(hours=QUARANTINE_CLEAR_HOURS, minutes=1))
        assert kept(hub, before["quarantine_key"]) == [before["quarantine_version"]]
        await working.fetchval(versions.GIVE_BACK, str(version))
    await sweep_at(hands, timedelta(hours=QUARANTINE_CLEAR_HOURS, minutes=3))
    assert kept(hub, before["quarantine_key"]) != [before["quarantine_version"]]
    assert (await hands.examine(version))["status"] == "cleared"


@pytest.mark.parametrize(
    ("age", "stays"), [(OVER_FOR - timedelta(days=1), True), (OVER_FOR + timedelta(days=1), False)]
)
async def test_sessions_and_invitations_long_over_go(
    office: Office, hands: Hands, world: World, age: timedelta, stays: bool
) -> None:
    over = datetime.now(UTC) - age
    session, invitation = new_id(), new_id()
    await world.pool.execute(
        "insert into sessions (id, token_hash, person, kind, label, made_at, expires_at) "
        "values ($1, $2, $3, 'token', '', $4, $4)",
        session, session.bytes, office.lead.id, over,
    )  # fmt: skip
    await world.pool.execute(
        "insert into invitations (id, token_hash, org, email, name, role, invited_at, expires_at) "
        "values ($1, $2, $3, 'x@mail.test', 'x', 'outside', $4, $4)",
        invitation, invitation.bytes, office.org, over,
    )  # fmt: skip
    await sweep_at(hands, timedelta())

    async def there(table: str, id: Any) -> bool:
        return await world.pool.fetchval(f"select exists (select from {table} where id = $1)", id)

    assert await there("sessions", session) is stays
    assert await there("invitations", invitation) is stays
    assert (await office.lead.get("/v1/me")).status_code == 200
