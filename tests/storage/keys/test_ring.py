"""The keys of a process: opened once for all who ask, written down, forgotten in time, of no use for another row."""

import asyncio
import os
from typing import Any
from uuid import UUID

import pytest

from hub.context import Hub
from schemas.audit import WORKER, Actor, entry_of
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import CASE_KEYS_KEPT_MAX, CASE_KEYS_KEPT_S
from schemas.settings import SettingsError
from storage.keys.ring import Keys, check, register
from storage.keys.roots import Own, Roots
from storage.keys.wrapping import Broken
from storage.postgres import keys
from storage.postgres.keys import Wrapped
from storage.postgres.recorder import Recorder
from storage.postgres.rows import read

HOUR = 3600.0


class Root:
    """A root of a test's own, which counts what it is asked and can be away."""

    def __init__(self) -> None:
        self._own = Own(os.urandom(32))
        self.id = self._own.id
        self.asked, self.away, self.gate = 0, False, asyncio.Event()
        self.gate.set()

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        return await self._own.wrap(key, about)

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        self.asked += 1
        await self.gate.wait()
        if self.away:
            raise Refused("unavailable", "The root does not answer.")
        return await self._own.unwrap(wrapped, about)

    async def close(self) -> None:
        pass


class Place:
    """A case of nobody's, with a ring of its own over the real database. `now` is its clock."""

    def __init__(self, hub: Hub) -> None:
        self.system, self.recorder = hub.database.system, hub.database.recorder
        self.org, self.case, self.root, self.now = new_id(), new_id(), Root(), 0.0
        self.ring = self.process()

    def process(self) -> Keys:
        return Keys(Roots(self.root, {self.root.id: self.root}), self.recorder, lambda: self.now)

    async def made(self, ring: Keys | None = None, thing: UUID | None = None) -> Wrapped:
        thing = thing or new_id()
        await (ring or self.ring).ensure(self.system, "version", thing, self.case, self.org)
        return read(await self.system.fetchrow(keys.OF_THING, thing), Wrapped)

    async def acts(self) -> list[str]:
        rows = await self.system.fetch(
            "select entry from audit_entries where case_id = $1 order by tx, id", self.case
        )
        entries = [entry_of(row["entry"]) for row in rows]
        assert all(one.thing == one.case == self.case and one.log == self.org for one in entries)
        return [one.act for one in entries]


@pytest.fixture
async def place(hub: Hub) -> Any:
    place = Place(hub)
    yield place
    await place.system.execute("update case_keys set root = null, wrapped = null, destroyed_at = now() "
                               "where root = $1", place.root.id)  # fmt: skip
    await place.system.execute("delete from roots where id = $1", place.root.id)


async def test_each_use_of_a_cases_key_is_written_down_once(place: Place) -> None:
    one, other = await place.made(), await place.made()
    assert await place.acts() == ["key.made", "key.used"]
    found = {await place.ring.of(which, WORKER) for which in (one, other) for _ in range(5)}
    assert len(found) == 2 and place.root.asked == 1
    place.now += CASE_KEYS_KEPT_S - 1
    await place.ring.of(one, WORKER)
    assert place.root.asked == 1
    place.now += 2
    await place.ring.of(one, WORKER)
    assert place.root.asked == 2
    assert await place.acts() == ["key.made", "key.used", "key.used"]


async def test_who_wants_it_stands_in_the_entry(place: Place, hub: Hub) -> None:
    one = await place.made()
    person, session = new_id(), new_id()
    await place.process().of(one, Actor(kind="browser", person=person, session=session))
    row = await place.system.fetchrow("select entry from audit_entries where person = $1", person)
    entry = entry_of(row["entry"])
    assert (entry.act, entry.by.session, entry.rule) == ("key.used", session, "own")


async def test_many_at_once_ask_the_root_once(place: Place) -> None:
    one = await place.made()
    ring, asked = place.process(), place.root.asked
    place.root.gate.clear()
    waiting = [asyncio.create_task(ring.of(one, WORKER)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who leaves takes nobody else's answer along
    place.root.gate.set()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert len(set(found[1:])) == 1 and isinstance(found[1], bytes)
    assert place.root.asked == asked + 1


async def test_what_cannot_be_written_down_is_not_used(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await place.made()
    ring = place.process()

    async def full(*_: Any) -> None:
        raise Refused("unavailable", "Too much waits to be written down.")

    with monkeypatch.context() as broken:
        broken.setattr(Recorder, "record", full)
        for _ in range(2):
            with pytest.raises(Refused, match="unavailable"):
                await ring.of(one, WORKER)
    assert await ring.of(one, WORKER)


async def test_a_root_that_is_away_is_tried_again(place: Place) -> None:
    one = await place.made()
    ring = place.process()
    place.root.away = True
    for _ in range(2):
        with pytest.raises(Refused, match="unavailable"):
            await ring.of(one, WORKER)
    place.root.away = False
    assert await ring.of(one, WORKER)


async def test_a_row_that_was_exchanged_opens_nothing(place: Place, hub: Hub) -> None:
    """The keys of two versions, of two cases, of two organisations, of a version and a conversation."""
    one, other = await place.made(), await place.made()
    elsewhere = Place(hub)
    elsewhere.root = place.root
    elsewhere.ring = elsewhere.process()
    foreign = await elsewhere.made()
    ring = place.process()
    assert await ring.of(one, WORKER) != await ring.of(other, WORKER)
    assert await elsewhere.ring.of(foreign, WORKER)

    def but(**changed: Any) -> Wrapped:
        return Wrapped(**{name: changed.get(name, getattr(one, name)) for name in one.__struct_fields__})

    for bad in (
        but(wrapped=other.wrapped),
        but(wrapped=foreign.wrapped),
        but(case_wrapped=foreign.case_wrapped),
        but(wrapped=foreign.wrapped, case_wrapped=foreign.case_wrapped),
        but(thing=other.thing),
        but(case_id=elsewhere.case),
        but(org=elsewhere.org),
        but(kind="conversation"),
        but(root="key:0000000000000000"),
    ):
        for process in (ring, place.process()):  # with the case's key at hand, and without
            with pytest.raises(Refused, match="unavailable"):
                await process.of(bad, WORKER)
    with pytest.raises(Refused, match="unavailable"):
        await ring.ensure(place.system, "version", one.thing, elsewhere.case, elsewhere.org)


async def test_what_was_destroyed_opens_nothing_at_once(place: Place) -> None:
    one, other = await place.made(), await place.made()
    assert await place.ring.of(one, WORKER)
    await place.system.execute(
        "update data_keys set wrapped = null, destroyed_at = now() where thing = $1", one.thing
    )
    assert await place.made(thing=other.thing) == other
    for process in (place.ring, place.process()):
        with pytest.raises(Refused, match="not_found"):
            await process.ensure(place.system, "version", one.thing, place.case, place.org)
    for table in ("data_keys", "case_keys"):
        destroy = f"update {table} set wrapped = null, destroyed_at = now() where case_id = $1 and wrapped is not null"
        await place.system.execute(destroy, place.case)
    for thing in (other.thing, new_id()):  # and none is made anew
        with pytest.raises(Refused, match="not_found"):
            await place.ring.ensure(place.system, "version", thing, place.case, place.org)
    assert (
        await place.system.fetchval(
            "select count(*) from data_keys where case_id = $1 and wrapped is not null", place.case
        )
        == 0
    )


async def test_two_processes_make_one_key(place: Place) -> None:
    thing = new_id()
    rings = [place.process() for _ in range(8)]
    found = await asyncio.gather(
        *(ring.ensure(place.system, "version", thing, place.case, place.org) for ring in rings)
    )
    assert len(set(found)) == 1
    assert await place.system.fetchval("select count(*) from case_keys where case_id = $1", place.case) == 1


async def test_what_is_kept_has_a_bound(place: Place) -> None:
    one = await place.made()
    ring = place.process()
    await ring.of(one, WORKER)
    for n in range(CASE_KEYS_KEPT_MAX):
        ring._kept[n.to_bytes(4, "big")] = HOUR, b""
    await ring.of(await place.made(), WORKER)
    assert len(ring._kept) <= CASE_KEYS_KEPT_MAX + 1
    place.now += 2 * HOUR
    await ring.of(one, WORKER)
    assert len(ring._kept) == 1


async def test_a_wrong_root_is_said_at_the_start(place: Place) -> None:
    class Before:
        async def fetch(self, sql: str) -> list[Any]:
            return [row for row in await place.system.fetch(sql) if row["id"] == place.root.id]

    await register(place.system, place.recorder, place.ring.roots)
    await check(Before(), place.ring.roots)
    other = Root()
    with pytest.raises(SettingsError, match=f"{place.root.id} wraps the keys of cases") as said:
        await check(Before(), Roots(other, {other.id: other}))
    assert "\n" not in str(said.value)
    await check(Before(), Roots(other, {other.id: other, place.root.id: place.root}))
    # The same name and another key: what a Vault answers whose key was made anew.
    other.id = place.root.id
    with pytest.raises(SettingsError, match="does not open what it wrapped before"):
        await check(Before(), Roots(other, {other.id: other}))
    other.away = True  # it is waited for
    await check(Before(), Roots(other, {other.id: other}))


async def test_a_key_that_is_wrapped_by_nobody_known_says_so(place: Place) -> None:
    one = await place.made()
    other = Root()
    with pytest.raises(Refused, match="not among those that this process was given"):
        await Keys(Roots(other, {other.id: other}), place.recorder).of(one, WORKER)
    with pytest.raises(Broken):
        await other.unwrap(one.case_wrapped or b"", b"")
