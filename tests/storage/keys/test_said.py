"""What the record says of keys: who had one opened and for which case, and who was refused because it does not open."""

import os
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.keys import rotate
from gateway.files import Files
from hub.context import Hub
from schemas.audit import HOUSE, Actor, Entry
from schemas.errors import Refused
from schemas.limits import CASE_KEYS_KEPT_MAX, CASE_KEYS_KEPT_S
from storage.keys.ring import Keys, register
from storage.keys.roots import Own, Roots
from storage.keys.wrapping import Broken
from tests.app import Office, Person, World
from tests.hub.audit.entries import entries
from tests.uploads import Hands, cleared

DATA = b"The lessee pays on the first of each month.\n"


class Away(Own):
    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        raise Refused("unavailable", "The root does not answer.")


@pytest.fixture
async def version(office: Office, hands: Hands) -> UUID:
    return await cleared(hands, office.lead, office.case, DATA, audience=office.shared)


async def read(reader: httpx.AsyncClient, person: Person, version: UUID) -> int:
    url = (await person.get(f"/v1/versions/{version}/content")).json()["url"]
    return (await reader.get(url)).status_code


async def uses(owner: Any, office: Office, outcome: str) -> list[Entry]:
    """Of the case's key by people, oldest first."""
    found = [one.entry for one in await entries(owner, act="key.used", case=office.case, outcome=outcome)]
    return [one for one in found if one.by.person]


async def test_who_had_a_key_opened_and_who_was_refused(
    office: Office, version: UUID, reader: httpx.AsyncClient, files: Files, hub: Hub, owner: Any
) -> None:
    now, ours, other = [0.0], hub.keys.roots.current.id, Own(os.urandom(32))
    right, recorder = files.keys, files.database.recorder
    wrong = Keys(Roots(other, {ours: other}), recorder, lambda: now[0])
    files.keys = wrong
    for person in (office.lead, office.outside, office.lead, office.outside):
        assert await read(reader, person, version) == 503
    found = await uses(owner, office, "refused")
    assert [one.by.person for one in found] == [office.lead.id, office.outside.id]
    assert all(one.case == one.thing == office.case and one.log == office.org for one in found)
    assert {one.rule for one in found} == {"unavailable"}
    now[0] += CASE_KEYS_KEPT_S + 1
    assert await read(reader, office.lead, version) == 503
    assert len(await uses(owner, office, "refused")) == 3, "once a minute, for each who asks"
    # A root that is not among ours is as wrong; one that is away has refused nobody, and opened nothing.
    files.keys = Keys(Roots(other, {other.id: other}), recorder)
    assert await read(reader, office.lead, version) == 503
    files.keys = Keys(Roots(other, {ours: Away(os.urandom(32))}), recorder)
    assert await read(reader, office.lead, version) == 503
    assert len(await uses(owner, office, "refused")) == 4
    assert await uses(owner, office, "done") == []
    files.keys = right
    assert await read(reader, office.lead, version) == 200
    assert [one.by.person for one in await uses(owner, office, "done")] == [office.lead.id]
    assert len(await uses(owner, office, "refused")) == 4


async def test_a_row_of_keys_that_was_exchanged_is_in_the_record(
    office: Office, version: UUID, reader: httpx.AsyncClient, hands: Hands, world: World, owner: Any
) -> None:
    other = await cleared(hands, office.lead, office.case, DATA)
    exchange = (
        "update data_keys set wrapped = (select wrapped from data_keys where thing = $2) where thing = $1"
    )
    await world.pool.execute(exchange, version, other)
    assert await read(reader, office.outside, version) == 503
    assert [one.by.person for one in await uses(owner, office, "refused")] == [office.outside.id]


async def test_what_is_refused_is_remembered_within_a_bound(hub: Hub, office: Office) -> None:
    ring, by = hub.keys, Actor(kind="person", person=office.lead.id)
    for n in range(CASE_KEYS_KEPT_MAX):
        ring._refused[UUID(int=n), by] = 1e12
    await ring._say_refused(office.org, office.case, by)
    assert len(ring._refused) == CASE_KEYS_KEPT_MAX and (UUID(int=0), by) not in ring._refused
    ring._refused.clear()


async def test_a_new_root_is_in_the_record_of_the_house(hub: Hub, owner: Any) -> None:
    new = Own(os.urandom(32))
    system, recorder = hub.database.system, hub.database.recorder
    for again in (False, False, True):
        await register(system, recorder, Roots(new, {new.id: new}), again=again)
    made = [
        one for one in await entries(owner, act="key.root_made", log=HOUSE) if one.private.about == new.id
    ]
    assert len(made) == 1 and made[0].entry.about and made[0].entry.by.kind == "worker"
    assert await system.execute("delete from roots where id = $1", new.id) == "DELETE 1"


async def test_a_root_that_cannot_be_written_down_is_not_used(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Own(os.urandom(32))

    async def full(*_: Any) -> None:
        raise Refused("unavailable", "Too much waits to be written down.")

    recorder = hub.database.recorder
    monkeypatch.setattr(recorder, "record", full)
    with pytest.raises(Refused, match="unavailable"):
        await register(hub.database.system, recorder, Roots(new, {new.id: new}))
    assert not await hub.database.system.fetchval("select exists (select 1 from roots where id = $1)", new.id)


async def test_who_rotates_with_a_wrong_root_is_in_the_record(
    hub: Hub, office: Office, version: UUID, owner: Any
) -> None:
    ours, wrong, new = hub.keys.roots.current, Own(os.urandom(32)), Own(os.urandom(32))
    with pytest.raises(Broken):
        await rotate(hub.database, Roots(new, {new.id: new, ours.id: wrong}))
    found = await entries(owner, act="key.rewrapped", outcome="refused")
    assert found and found[-1].entry.by.kind == "operator" and found[-1].entry.case is not None
    await hub.database.system.execute("delete from roots where id = $1", new.id)
