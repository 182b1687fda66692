"""`casewire keys …`: root keys made, checked and changed, and what is from before there were keys sealed."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.embedded.child import StackError
from schemas.audit import HOUSE, OPERATOR, Doing
from schemas.errors import Refused
from schemas.settings import Settings
from storage.blobs import Absent
from storage.keys.ring import entry, register
from storage.keys.roots import Roots, roots_of
from storage.keys.wrapping import KEY_BYTES, Broken, about_case
from storage.postgres import audit, keys, locks
from storage.postgres.pool import PASSING, Database
from storage.sealed import MARK, About, original, seal_file, seal_small
from workers.examine import text_key
from workers.opened import opened
from workers.scratch import scratch

ROUND = 100  # rows


def new_root() -> None:
    """Print a root key that nobody knows."""
    print(b64encode(secrets.token_bytes(KEY_BYTES)).decode())


def rotate_root(settings: Settings, *, again: bool = False) -> None:
    """Wrap the keys of all cases by the current root. No object is touched. What was done stays done when it is killed,
    and a repeat goes on with the rest."""

    async def inside() -> None:
        roots = roots_of(settings)
        database = await Database.open(settings, roles=("system",))
        try:
            done = await rotate(database, roots, again=again)
            gone = await forget(database, roots.current.id)
        finally:
            await database.close()
            for root in roots.known.values():
                await root.close()
        print(f"{done} keys of cases are wrapped anew, by {roots.current.id}")
        if not done and not gone:
            print(
                "It wrapped them all already; `storage/keys/README.md` says how a new root is put before it"
            )
        for name in gone:
            print(f"{name} wraps nothing any more; take it out of the settings")

    _run(inside)


async def rotate(database: Database, roots: Roots, *, again: bool = False) -> int:
    """How many keys were wrapped anew. `again`: also those that the current root wrapped, when Vault has a new version
    of its key. One commit with its entry of the record for each; who changed a key meanwhile is not overruled."""
    await register(database.system, database.recorder, roots, OPERATOR, again=again)
    done, after = 0, None
    while rows := await database.system.fetch(keys.TO_REWRAP, roots.current.id, after, ROUND, again):
        for row in rows:
            org, case = row["org"], row["case_id"]
            after = case
            try:
                key = await roots.of(row["root"]).unwrap(row["wrapped"], about_case(org, case))
            except Broken:
                await database.recorder.record(*entry("key.rewrapped", org, case, OPERATOR, "refused"))
                raise
            wrapped = await roots.current.wrap(key, about_case(org, case))
            doing = Doing(act="key.rewrapped", thing=case)
            async with database.writing_as_system(locks.of_streams(org), datetime.now(UTC), doing) as unit:
                unit.log, unit.case, unit.by, unit.rule = org, case, OPERATOR, "operator"
                tag = await unit.connection.execute(
                    keys.REWRAP, case, row["wrapped"], wrapped, roots.current.id
                )
            done += tag == "UPDATE 1"
    return done


async def forget(database: Database, current: str) -> list[str]:
    """Forget the roots that wrap nothing any more; their names. An entry in the record of the house for each."""
    async with database.system.acquire() as connection, connection.transaction():
        gone = [row["id"] for row in await connection.fetch(keys.FORGET_ROOTS, current)]
        for name in gone:
            said = entry("key.root_forgotten", HOUSE, None, OPERATOR, about=name)
            await connection.execute(audit.recording(*said))
    return gone


def seal_old(settings: Settings) -> None:
    """Seal what is kept as it is, because it is from before there were keys. A repeat goes on with the rest."""

    async def inside() -> None:
        async with opened(settings, "operator") as hub:
            old = Old(hub)
            await old.seal()
        print(f"{old.versions} versions and {old.originals} messages of the past are sealed")
        if old.left:
            print(
                f"{old.left} are left as they are: a hold stands on them, or their bytes are gone or locked"
            )

    _run(inside)


class Old:
    """What is from before there were keys. `left` counts what may not be touched or is not there."""

    def __init__(self, hub: Any) -> None:
        self.hub, self.system, self.blobs = hub, hub.database.system, hub.blobs
        self.versions = self.originals = self.left = 0

    async def seal(self) -> None:
        last: UUID | None = None
        # What a try sealed that was killed before it removed the rest.
        while rows := await self.system.fetch(keys.SEALED_LATE, last, ROUND):
            for row in rows:
                last = row["id"]
                await self._remove(row["object_key"], row["object_version"])
        last = None
        while rows := await self.system.fetch(keys.OLD_VERSIONS, last, ROUND):
            for row in rows:
                last = row["id"]
                self.versions += await self._try(self._version(row))
        at: tuple[UUID, int] | None = None
        while rows := await self.system.fetch(keys.OLD_ORIGINALS, *(at or (None, None)), ROUND):
            for row in rows:
                at = row["message"], row["revision"]
                self.originals += await self._try(self._original(row))

    async def _try(self, work: Awaitable[bool]) -> bool:
        try:
            return await work
        except (asyncpg.ObjectInUseError, Absent):
            self.left += 1
            return False

    async def _version(self, row: Any) -> bool:
        org, case, id, key = row["org"], row["case_id"], row["id"], row["object_key"]
        documents = self.blobs.documents
        own = await self.hub.keys.ensure(self.system, "version", id, case, org)
        with scratch(self.hub.settings) as folder:
            plain, sealed = Path(folder) / "plain", Path(folder) / "sealed"
            await self.blobs.fetch(documents, key, row["object_version"], plain, bytes_max=row["size"])
            head = await asyncio.to_thread(seal_file, plain, sealed, own, About("bytes", org, case, id))
            version = await self.blobs.put(documents, key, sealed)
        text = await self.blobs.whole(documents, text_key(key))
        if not text.startswith(MARK):  # as a try before left it
            sealed_text = await asyncio.to_thread(seal_small, text, own, About("text", org, case, id))
            await self.blobs.put(documents, text_key(key), sealed_text)
        try:
            tag = await self._write(
                org, case, id, keys.SEAL_VERSION, id, row["object_version"], version, head
            )
        except BaseException:
            await self.blobs.remove(documents, key, version)
            raise
        if tag != "UPDATE 1":
            await self.blobs.remove(documents, key, version)
            return False
        await self._remove(key, version)
        return True

    async def _remove(self, key: str, version: str) -> bool:
        """Remove what is not sealed of an object that is."""
        try:
            await self.blobs.remove_others(self.blobs.documents, key, version)
            await self.blobs.remove_others(self.blobs.documents, text_key(key), None)
        except Refused:
            self.left += 1  # the store's lock keeps the old bytes; the row names them no longer
        return True

    async def _original(self, row: Any) -> bool:
        org, case, talk = row["org"], row["case_id"], row["conversation"]
        own = await self.hub.keys.ensure(self.system, "conversation", talk, case, org)
        about = original(org, case, talk, row["message"], row["revision"])
        sealed = seal_small(row["body"].encode(), own, about)
        tag = await self._write(
            org, case, row["message"], keys.SEAL_ORIGINAL, row["message"], row["revision"], sealed
        )
        return tag == "UPDATE 1"

    async def _write(self, org: UUID, case: UUID, thing: UUID, sql: str, *args: Any) -> str:
        doing = Doing(act="key.sealed", thing=thing)
        async with self.hub.database.writing_as_system(
            locks.of_streams(org), datetime.now(UTC), doing
        ) as unit:
            unit.log, unit.case, unit.by, unit.rule = org, case, OPERATOR, "operator"
            return await unit.connection.execute(sql, *args)


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        asyncio.run(work())
    except Refused as refused:
        raise StackError(refused.detail or refused.kind.title) from None
    except Broken:
        raise StackError("A root does not open what it wrapped; give the one that did.") from None
    except PASSING as problem:
        raise StackError(f"A server does not answer ({problem}); `casewire doctor` says which.") from None
