"""The keys that a process works with: made where there are none, opened by the root, and kept for a moment.

Each row of a key is read from the database by whoever may see what it opens, every time, so that a key that was
destroyed, or that a wall has closed, opens nothing from then on. What is kept is only the root's answer for a case.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prometheus_client import Counter

from schemas.audit import HOUSE, WORKER, Actor, Entry, Outcome, Private
from schemas.errors import Refused
from schemas.limits import CASE_KEYS_KEPT_MAX, CASE_KEYS_KEPT_S
from schemas.settings import SettingsError
from storage.keys.roots import Roots
from storage.keys.wrapping import KEY_BYTES, Broken, about_case, new_key, unwrap, wrap
from storage.postgres import audit, keys
from storage.postgres.keys import Kind, Wrapped
from storage.postgres.pool import translated
from storage.postgres.recorder import Recorder
from storage.postgres.rows import read

ERASED = "It was erased: the key that opened it is destroyed."
CHECK = b"casewire root check 1".ljust(KEY_BYTES, b"\0")

OPENED = Counter("casewire_case_keys_opened_total", "Keys of cases that the root opened.")


def about_thing(kind: Kind, org: UUID, case: UUID, thing: UUID) -> bytes:
    return b"casewire data key 1\0" + kind.encode() + b"\0" + org.bytes + case.bytes + thing.bytes


class Keys:
    """Each time the root opens the key of a case, or wraps a new one, `recorder` writes an entry of the record first,
    in the name of who asked: the key is of no use where that cannot be. Where a key does not open, that is written down
    too, for each who asks as often as a key that opens. `clock` gives seconds for how long either is kept."""

    def __init__(self, roots: Roots, recorder: Recorder, clock: Callable[[], float] = time.monotonic) -> None:
        self.roots, self._recorder, self._clock = roots, recorder, clock
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._refused: OrderedDict[tuple[UUID, Actor], float] = OrderedDict()
        self._opening: dict[bytes, asyncio.Task[bytes]] = {}

    def forget(self) -> None:
        """What is kept of the root's answers: the next use asks it again."""
        self._kept.clear()

    async def close(self) -> None:
        for root in self.roots.known.values():
            await root.close()

    async def of(self, one: Wrapped, by: Actor) -> bytes:
        """The thing's key. `by` is who wants it. Raises `Refused`: `not_found` for what was erased, `unavailable` where
        the root does not answer, is not among ours, or the row is not what was written."""
        if one.wrapped is None or one.case_wrapped is None or one.root is None:
            raise Refused("not_found", ERASED)
        case_key = await self._of_case(one.org, one.case_id, one.case_wrapped, one.root, by)
        try:
            return unwrap(one.wrapped, case_key, about_thing(one.kind, one.org, one.case_id, one.thing))
        except Broken as error:
            await self._say_refused(one.org, one.case_id, by)
            raise Refused("unavailable", "The stored key is not the one that was made.") from error

    async def ensure(
        self, system: Any, kind: Kind, thing: UUID, case: UUID, org: UUID, by: Actor = WORKER
    ) -> bytes:
        """The same for a thing that may have no key yet: it is made, and its case's. Not inside a transaction: the root
        may be far away. `system` is the pool of the system role."""
        async with translated():
            return await self._ensured(system, kind, thing, case, org, by)

    async def _ensured(self, system: Any, kind: Kind, thing: UUID, case: UUID, org: UUID, by: Actor) -> bytes:
        row = await system.fetchrow(keys.OF_THING, thing)
        if row is None:
            case_key = await self._ensure_case(system, case, org, by)
            wrapped = wrap(new_key(), case_key, about_thing(kind, org, case, thing))
            await system.execute(keys.MAKE_THING, thing, kind, case, org, wrapped, datetime.now(UTC))
            row = await system.fetchrow(keys.OF_THING, thing)
        one = read(row, Wrapped)
        if (one.kind, one.case_id, one.org) != (kind, case, org):
            raise Refused("unavailable", "The stored key is not the one that was made.")
        return await self.of(one, by)

    async def _ensure_case(self, system: Any, case: UUID, org: UUID, by: Actor) -> bytes:
        row = await system.fetchrow(keys.OF_CASE, case)
        if row is None:
            current, now = self.roots.current, datetime.now(UTC)
            wrapped = await current.wrap(new_key(), about_case(org, case))
            await register(system, self._recorder, self.roots)
            await self._recorder.record(*entry("key.made", org, case, by))
            await system.execute(keys.MAKE_CASE, case, org, wrapped, current.id, now)
            row = await system.fetchrow(keys.OF_CASE, case)
        if row["wrapped"] is None:
            raise Refused("not_found", ERASED)
        return await self._of_case(org, case, row["wrapped"], row["root"], by)

    async def _of_case(self, org: UUID, case: UUID, wrapped: bytes, root: str, by: Actor) -> bytes:
        """Who asks at the same time waits for the one question."""
        # What is kept for one case opens no row of another: the root would not have opened it either.
        place = about_case(org, case) + root.encode() + b"\0" + wrapped
        now = self._clock()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)
        if (kept := self._kept.get(place)) is not None:
            return kept[1]
        task = self._opening.get(place)
        if task is None:
            task = asyncio.create_task(self._open_case(org, case, wrapped, root, place, by))
            self._opening[place] = task
            task.add_done_callback(lambda done: self._done(place, done))
        return await asyncio.shield(task)

    def _done(self, place: bytes, task: "asyncio.Task[bytes]") -> None:
        self._opening.pop(place, None)
        if not task.cancelled():
            task.exception()  # whoever still waits is told; when nobody does, it is no news

    async def _open_case(
        self, org: UUID, case: UUID, wrapped: bytes, root: str, place: bytes, by: Actor
    ) -> bytes:
        try:
            key = await self.roots.of(root).unwrap(wrapped, about_case(org, case))
        except Broken as error:
            await self._say_refused(org, case, by)
            raise Refused("unavailable", "The root key does not open the key of this case.") from error
        except Refused:
            if root not in self.roots.known:
                await self._say_refused(org, case, by)
            raise
        await self._recorder.record(*entry("key.used", org, case, by))
        OPENED.inc()
        self._kept[place] = self._clock() + CASE_KEYS_KEPT_S, key
        while len(self._kept) > CASE_KEYS_KEPT_MAX:
            self._kept.popitem(last=False)
        return key

    async def _say_refused(self, org: UUID, case: UUID, by: Actor) -> None:
        now = self._clock()
        if self._refused.get((case, by), now) > now:
            return
        await self._recorder.record(*entry("key.used", org, case, by, "refused"))
        self._refused[case, by] = now + CASE_KEYS_KEPT_S
        self._refused.move_to_end((case, by))
        while len(self._refused) > CASE_KEYS_KEPT_MAX:
            self._refused.popitem(last=False)


def entry(
    act: str, org: UUID, case: UUID | None, by: Actor, outcome: Outcome = "done", about: str = ""
) -> tuple[Entry, Private]:
    """What the record says of a key of `case`, or of the root that `about` names."""
    rule = "unavailable" if outcome == "refused" else "own" if by.person else by.kind
    return audit.made(
        act=act, at=datetime.now(UTC), by=by, rule=rule, outcome=outcome, log=org, case=case, thing=case, about=about
    )  # fmt: skip


async def register(
    system: Any, recorder: Recorder, roots: Roots, by: Actor = WORKER, *, again: bool = False
) -> None:
    """Write down what proves that the current root is the right one, unless it stands there; with `again` anew. A new
    one has an entry in the record of the house first."""
    current = roots.current
    known = await system.fetchval(keys.KNOWN_ROOT, current.id)
    if known and not again:
        return
    checked = await current.wrap(CHECK, current.id.encode())
    if not known:
        await recorder.record(*entry("key.root_made", HOUSE, None, by, about=current.id))
    await system.execute(keys.MAKE_ROOT, current.id, checked, datetime.now(UTC))


async def check(connection: Any, roots: Roots) -> None:
    """Raises `SettingsError` unless every root that wraps something is among `roots` and is the right one. A root far
    away that does not answer now is waited for when it is needed."""
    for row in await connection.fetch(keys.ROOTS):
        root = roots.known.get(row["id"])
        if root is None:
            given = ", ".join(roots.known)
            raise SettingsError(
                f"The root key {row['id']} wraps the keys of cases and is not the one given ({given}); "
                f"put it into {_setting(row['id'])}, or what it sealed cannot be read."
            )
        with suppress(Refused):
            try:
                right = await root.unwrap(row["checked"], row["id"].encode()) == CHECK
            except Broken:
                right = False
            if not right:
                raise SettingsError(
                    f"The root {row['id']} does not open what it wrapped before; give the one that did."
                )


def _setting(root: str) -> str:
    kind = root.partition(":")[0]
    return {"vault": "CASEWIRE_ROOT_VAULT", "kms": "CASEWIRE_ROOT_KMS"}.get(kind, "CASEWIRE_ROOT_KEY")
