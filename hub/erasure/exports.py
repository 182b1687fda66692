"""A person's own copy of what is held of them: one zip, with a page to read and JSON for machines (GDPR 15 and 20).

It is made while it is downloaded, a part at a time, and lies nowhere: however much is held, a few rows are in memory.
All of it is of one moment. Where it cannot be finished it breaks off, and no program opens it: what opens is complete.
"""

import asyncio
import html
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.context import Hub, Who
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

TITLES = {
    "profile": "Who you are", "names": "What you were called before", "places": "Where you have a place",
    "participations": "Cases in which you take part", "teams": "Teams", "invitations": "Invitations",
    "directory": "What a directory says of you", "messages": "Messages you wrote",
    "wordings": "What your messages said before", "documents": "Documents you handed in", "entries": "Entries you made",
    "tasks": "Tasks you have or set", "notices": "Notices to you", "markers": "How far you have read",
    "events": "What you did", "record": "What the record says of your acts", "erasures": "Erasure",
    "sessions": "Where you signed in", "devices": "Browsers that are known", "factors": "Second factors",
    "identities": "Sign-in with others", "apps": "Apps you let in", "mails": "Mails to you",
}  # fmt: skip

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{border:1px solid #ccc;padding:.3rem .5rem;
text-align:left;vertical-align:top;overflow-wrap:anywhere}h2{margin-top:2rem}@media(max-width:40rem){
tr,td{display:block}tr:first-child,td:empty{display:none}tr{border:1px solid #ccc;margin-bottom:.75rem}
td{border:0}td::before{content:attr(data-of);display:block;color:#555;font-size:12px}}"""


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
                lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
                yield (",\n" if self._counts[kind] else "\n") + lines
                self._counts[kind] += len(rows)
            yield "]"
        yield "}\n"

    async def page(self, now: datetime) -> AsyncIterator[str]:
        """The same to read; after `data`, which counts. It needs nothing but itself."""
        yield (
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
            "<title>What is held of you</title>"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            f"<style>{STYLE}</style><h1>What is held of you</h1><p>As of {now:%Y-%m-%d %H:%M} UTC.</p>"
        )
        for kind, title in TITLES.items():
            yield f"<h2>{title} ({self._counts[kind]})</h2>"
            names, begins = list[str](), list[tuple[str, str]]()
            async for rows in self.rows(kind):
                if not names:
                    names = list(rows[0])
                    begins = [(name, f'<td data-of="{_word(name)}">') for name in names]
                    yield "<table><tr>" + "".join(f"<th>{_word(name)}</th>" for name in names) + "</tr>"
                cells = ("".join(f"{begin}{_cell(row[name])}</td>" for name, begin in begins) for row in rows)
                yield "".join(f"<tr>{line}</tr>" for line in cells)
            yield "</table>" if names else "<p>Nothing.</p>"


async def _open(on: Any, org: UUID | None, person: UUID, kind: str) -> None:
    if await on.fetchval(erasure.ROWS, org, person, kind) is None:
        raise Refused("not_found")


def _word(name: str) -> str:
    return html.escape(name.replace("_", " "))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return html.escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
