"""A person's own copy of what is held of them: one zip, with a page to read and JSON for machines (GDPR 15 and 20).

It is made while it is downloaded, a part at a time, and lies nowhere: however much is held, a few rows are in memory.
All of it is of one moment. Where it cannot be finished it breaks off, and no program opens it: what opens is complete.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.context import Hub, Who
from hub.erasure import page
from hub.erasure.page import TITLES
from hub.people.rules import may_administer
from hub.sessions.standing import proved_recently
from schemas.errors import Refused
from schemas.limits import EXPORT_RECORD_S, EXPORTS_FULL_AGAIN_MS, PERSON_COPIES_AT_ONCE_MAX
from schemas.zips import Archive
from storage.keys.ring import ERASED
from storage.keys.wrapping import Broken
from storage.postgres import erasure, keys, locks, people
from storage.postgres.rows import read
from storage.sealed import open_small, original


async def export(hub: Hub, who: Who, org: UUID | None, person: UUID) -> AsyncGenerator[bytes, None]:
    """The archive's bytes, begun. `org` is None for oneself; else its administrator hands out what it holds, after a
    fresh proof. That it was handed out stands in the record before the first byte."""
    async with hub.writing(who, locks.of_streams(org, person)) as unit:
        if org is not None:
            may_administer(await unit.connection.fetchval(people.ROLE, org))
        await proved_recently(unit.connection, who, unit.now)
        await _open(unit.connection, org, person, "profile")
        unit.act, unit.rule = "person.exported", "oneself" if org is None else "admin"
        unit.log, unit.thing = org, person
        # Nothing else is written here; this gives the transaction its place, and the record its entry.
        await unit.connection.execute("select pg_current_xact_id()")
    parts = _parts(hub, who, org, person)
    return _after(await anext(parts), parts)


async def _after(first: bytes, parts: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """What is wrong with the whole is said before an answer begins, so its first part is taken before."""
    async with aclosing(parts):
        yield first
        async for part in parts:
            yield part


async def _parts(hub: Hub, who: Who, org: UUID | None, person: UUID) -> AsyncGenerator[bytes, None]:
    if who.person in hub.copying or len(hub.copying) >= PERSON_COPIES_AT_ONCE_MAX:
        full = "You or others are taking copies just now; try again soon."
        raise Refused("too_many", full, retry_after_ms=EXPORTS_FULL_AGAIN_MS)
    archive = Archive(hub.clock())
    hub.copying.add(who.person)
    try:
        reading = hub.database.reading(who.person, who.session, who.held, steady_s=EXPORT_RECORD_S)
        async with reading as connection:
            copy = Copy(hub, who, connection, org, person)
            now = hub.clock()
            for name, text in (("data.json", copy.data(now)), ("index.html", copy.page(now))):
                archive.begin(name, packed=True)
                async for piece in text:
                    await asyncio.to_thread(archive.write, piece.encode("utf-8", "replace"))
                    yield archive.take()
                archive.end()
            archive.finish()
            yield archive.take()
    finally:
        archive.abandon()
        hub.copying.discard(who.person)


class Copy:
    """What is held of one person, some rows at a time, over a connection that sees one moment."""

    def __init__(self, hub: Hub, who: Who, connection: Any, org: UUID | None, person: UUID) -> None:
        self._hub, self._who, self._on, self._org, self._person = hub, who, connection, org, person
        self._counts: dict[str, int] = {}
        self._talk: UUID | None = None  # whose key is at hand: what was said before comes conversation by conversation
        self._key = b""
        self._zone = ""  # the person's

    async def rows(self, kind: str) -> AsyncIterator[list[dict[str, Any]]]:
        await _open(self._on, self._org, self._person, kind)
        while found := [row[0] for row in await self._on.fetch(erasure.NEXT)]:
            yield [await self._opened(row) for row in found] if kind == "wordings" else found
        await self._on.execute(erasure.END)

    async def _opened(self, row: dict[str, Any]) -> dict[str, Any]:
        """What a message said before, in its own words. Of what is destroyed it says so."""
        sealed, org = row.pop("sealed"), UUID(row.pop("org"))
        if sealed is None:
            return row
        case, talk, message = (UUID(row[name]) for name in ("case_id", "conversation", "message"))
        try:
            if self._talk != talk:
                wrapped = read(await self._hub.database.system.fetchrow(keys.OF_THING, talk), keys.Wrapped)
                self._key, self._talk = await self._hub.keys.of(wrapped, self._who.actor), talk
            about = original(org, case, talk, message, row["revision"])
            row["body"] = open_small(bytes.fromhex(sealed), self._key, about).decode()
        except Broken as error:
            raise Refused("unavailable", "The stored words are not those that were sealed.") from error
        except Refused as error:
            if error.code != "not_found":
                raise
            row["body"] = ERASED
        return row

    async def data(self, now: datetime) -> AsyncIterator[str]:
        yield f'{{"made_at": {json.dumps(now.isoformat())}'
        for kind in TITLES:
            self._counts[kind] = 0
            yield f',\n"{kind}": ['
            async for rows in self.rows(kind):
                if kind == "profile":
                    self._zone = rows[0]["zone"]
                lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
                yield (",\n" if self._counts[kind] else "\n") + lines
                self._counts[kind] += len(rows)
            yield "]"
        yield "}\n"

    async def page(self, now: datetime) -> AsyncIterator[str]:
        """The same to read; after `data`, which counts. It needs nothing but itself."""
        yield page.begin(now, self._zone)
        for kind, title in TITLES.items():
            yield f"<h2>{title} ({self._counts[kind]})</h2>"
            heads = list[str]()
            async for rows in self.rows(kind):
                if not heads:
                    heads = page.heads(kind, rows[0])
                    yield "<table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"
                ids = page.ids_in(kind, rows)
                named = await self._on.fetch(erasure.NAMED, ids) if ids else ()
                names = {row["id"]: row["name"] for row in named}
                yield "".join(page.line(kind, row, heads, names, self._zone) for row in rows)
            yield "</table>" if heads else "<p>Nothing.</p>"


async def _open(on: Any, org: UUID | None, person: UUID, kind: str) -> None:
    if await on.fetchval(erasure.ROWS, org, person, kind) is None:
        raise Refused("not_found")
