"""Sweep removes what nobody needs any more, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from hub.context import Hub
from schemas.ids import new_id
from storage.blobs import Absent
from tests.app import Office, World
from tests.uploads import Hands, declared, document, put, upload
from workers.sweep import ABANDONED_AFTER, OVER_FOR, QUARANTINED_FOR, sweep

DATA = b"half a letter"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def sweep_at(hands: Hands, later: timedelta) -> None:
    await sweep(replace(hands.hub, clock=lambda: datetime.now(UTC) + later))


async def stored(hub: Hub, key: str) -> bool:
    try:
        await hub.blobs.stat(hub.blobs.quarantine, key)
    except Absent:
        return False
    return True


async def test_what_was_begun_and_never_completed_goes(office: Office, hands: Hands, hub: Hub) -> None:
    to = await document(office.lead, office.case)
    begun = await office.lead.made(f"/v1/documents/{to}/versions", declared(DATA))
    version = UUID(begun["version"]["id"])
    await put(begun["upload"]["url"], DATA)
    await put(begun["upload"]["url"], DATA)  # the store keeps both
    key = (await hands.row(version))["quarantine_key"]
    await sweep_at(hands, ABANDONED_AFTER - timedelta(minutes=1))
    assert (await hands.row(version))["status"] == "awaiting"
    assert await stored(hub, key)
    await sweep_at(hands, ABANDONED_AFTER + timedelta(minutes=1))
    row = await hands.row(version)
    assert (row["status"], row["quarantine_key"]) == ("abandoned", "")
    left = hub.blobs._client.list_objects(hub.blobs.quarantine, prefix=key, include_version=True)
    assert list(left) == []
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


async def test_what_examine_left_behind_goes(office: Office, hands: Hands, hub: Hub, world: World) -> None:
    """Killed between clearing and removing: the bytes are twice there, and sealed ones are never touched."""
    version = await upload(office.lead, await document(office.lead, office.case), DATA)
    key = (await hands.row(version))["quarantine_key"]
    await hands.examine(version)
    await hub.blobs.put(hub.blobs.quarantine, key, DATA)
    await world.pool.execute("update versions set quarantine_key = $2 where id = $1", version, key)
    await sweep_at(hands, timedelta())
    assert not await stored(hub, key)
    row = await hands.row(version)
    assert await hub.blobs.whole(hub.blobs.documents, row["object_key"], row["object_version"]) == DATA


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
