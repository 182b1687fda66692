"""Another root: every case's key is wrapped anew, no object is touched, and a killed rotation goes on."""

import os
from typing import Any

import pytest

from deploy.keys import Old, rotate
from hub.context import Hub
from schemas.audit import WORKER, entry_of
from storage.keys.ring import Keys
from storage.keys.roots import Own, Root, Roots, roots_of
from storage.postgres import keys
from storage.postgres.rows import read
from storage.sealed import MARK, About, Sealing, open_small, opened, original
from tests.app import Office, World
from tests.uploads import Hands, cleared, opened_whole
from workers.examine import text_key

TEXT = b"The lessee pays on the first of each month.\n"


class Killed(Exception):
    pass


class Dying:
    """A root that wraps `lives` keys, and then the process is gone."""

    def __init__(self, root: Root, lives: int) -> None:
        self.root, self.id, self.lives = root, root.id, lives

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        self.lives -= 1
        if self.lives < 0:
            raise Killed
        return await self.root.wrap(key, about)

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        return await self.root.unwrap(wrapped, about)

    async def close(self) -> None:
        pass


async def rewrapped(world: World, office: Office) -> int:
    rows = await world.pool.fetch("select entry from audit_entries where case_id = $1", office.case)
    return sum(entry_of(row["entry"]).act == "key.rewrapped" for row in rows)


async def test_rotation_rewraps_and_touches_no_object(world: World, hands: Hands, hub: Hub) -> None:
    offices = [await world.office() for _ in range(3)]
    ids = [await cleared(hands, office.lead, office.case, TEXT) for office in offices]
    before = [dict(await hands.row(id)) for id in ids]
    ours, new = roots_of(hub.settings).current, Own(os.urandom(32))
    both = {ours.id: ours, new.id: new}
    system = hub.database.system
    cases = [office.case for office in offices]
    wrapped = "select case_id, wrapped, root from case_keys where case_id = any ($1::uuid[]) order by 1"
    was = await system.fetch(wrapped, cases)
    others = await system.fetchval("select count(*) from case_keys where root = $1", ours.id)
    try:
        # Killed after two: what is done is done, the rest is as it was, and all of it opens by who knows both.
        with pytest.raises(Killed):
            await rotate(hub.database, Roots(Dying(new, 3), both))  # the first proves the root
        assert await system.fetchval("select count(*) from case_keys where root = $1", new.id) == 2
        for id in ids:
            assert await _read(hub, hands, id, Roots(new, both)) == TEXT
        assert await rotate(hub.database, Roots(new, both)) == others - 2
        assert await rotate(hub.database, Roots(new, both)) == 0
        assert {row["root"] for row in await system.fetch(wrapped, cases)} == {new.id}
        assert all(
            a["wrapped"] != b["wrapped"] for a, b in zip(was, await system.fetch(wrapped, cases), strict=True)
        )
        for office, id in zip(offices, ids, strict=True):
            assert await _read(hub, hands, id, Roots(new, {new.id: new})) == TEXT
            assert await rewrapped(world, office) == 1
        assert [dict(await hands.row(id)) for id in ids] == before, "no object has another version"
        assert [row["id"] for row in await system.fetch(keys.FORGET_ROOTS, new.id)] == [ours.id]
        # Wrapped once more by the same root: after its key changed inside of Vault.
        assert await rotate(hub.database, Roots(new, both), again=True) == others
    finally:
        await rotate(hub.database, Roots(ours, both))
        await system.fetch(keys.FORGET_ROOTS, ours.id)
    assert await opened_whole(hub, await hands.row(ids[0])) == TEXT


async def _read(hub: Hub, hands: Hands, id: Any, roots: Roots) -> bytes:
    row = await hands.row(id)
    ring = Keys(roots, hub.database.recorder)
    key = await ring.of(read(await hub.database.system.fetchrow(keys.OF_THING, id), keys.Wrapped), WORKER)
    sealing = Sealing(row["sealed"], key, About("bytes", row["org"], row["case_id"], id))
    parts = opened(hub.blobs, row["object_key"], row["object_version"], row["size"], sealing)
    return b"".join([part async for part in parts])


async def test_what_was_destroyed_meanwhile_is_not_wrapped_anew(world: World, hands: Hands, hub: Hub) -> None:
    office = await world.office()
    await cleared(hands, office.lead, office.case, TEXT)
    row = await hub.database.system.fetchrow(keys.OF_CASE, office.case)
    await hub.database.system.execute(
        "update case_keys set wrapped = null, root = null, destroyed_at = now() where case_id = $1", office.case
    )
    done = await hub.database.system.execute(keys.REWRAP, office.case, row["wrapped"], b"anew", row["root"])
    assert done == "UPDATE 0"
    assert (await hub.database.system.fetchrow(keys.OF_CASE, office.case))["wrapped"] is None


async def as_before_there_were_keys(hub: Hub, world: World, row: Any) -> Any:
    """Put a version back to how it was kept then."""
    system, documents = hub.database.system, hub.blobs.documents
    place = row["org"], row["case_id"], row["id"]
    key = await hub.keys.ensure(system, "version", row["id"], row["case_id"], row["org"])
    text = open_small(
        await hub.blobs.whole(documents, text_key(row["object_key"])), key, About("text", *place)
    )
    for name, data in ((row["object_key"], TEXT), (text_key(row["object_key"]), text)):
        await hub.blobs.remove(documents, name)
        version = await hub.blobs.put(documents, name, data)
        if name == row["object_key"]:
            await world.pool.execute(
                "update versions set sealed = null, object_version = $2 where id = $1", row["id"], version
            )
    await world.pool.execute("delete from data_keys where thing = $1", row["id"])
    return await hub.database.system.fetchrow("select * from versions where id = $1", row["id"])


async def test_what_is_from_before_is_read_and_then_sealed(
    office: Office, world: World, hands: Hands, hub: Hub
) -> None:
    before = Old(hands.hub)  # what holds of other tests protect is left
    await before.seal()
    version = await cleared(hands, office.lead, office.case, TEXT)
    row = await as_before_there_were_keys(hub, world, await hands.row(version))
    parts = opened(hub.blobs, row["object_key"], row["object_version"], row["size"], None)
    assert b"".join([part async for part in parts]) == TEXT
    talk = await office.conversation()
    message = (await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "new"}))["id"]
    await world.pool.execute(
        "insert into message_originals (message, revision, body, replaced_at, replaced_by) "
        "values ($1, 1, 'frist', now(), $2)", message, office.lead.id,
    )  # fmt: skip
    old = Old(hands.hub)
    await old.seal()
    assert (old.versions, old.originals, old.left) == (1, 1, before.left)
    after = await hands.row(version)
    assert after["sealed"] and await opened_whole(hub, after) == TEXT
    found = hub.blobs._client.list_objects(
        hub.blobs.documents, prefix=row["object_key"], include_version=True, recursive=True
    )
    kept = [(one.object_name or "", one.version_id) for one in found]
    assert len(kept) == 2, "of bytes and text one version each"
    for name, at in kept:
        assert (await hub.blobs.whole(hub.blobs.documents, name, at)).startswith(MARK)
    await world.pool.execute("update versions set text_status = 'none' where id = $1", version)
    assert (await hands.index(version))["text_status"] == "ok"
    kept_original = await world.pool.fetchrow(
        "select body, sealed from message_originals where message = $1", message
    )
    key = await hub.keys.ensure(hub.database.system, "conversation", talk, office.case, office.org)
    about = original(office.org, office.case, talk, after["id"].__class__(message), 1)
    assert kept_original["body"] is None and open_small(kept_original["sealed"], key, about) == b"frist"
    again = Old(hands.hub)
    await again.seal()
    assert (again.versions, again.originals, again.left) == (0, 0, before.left)
