"""What a question finds, whole: as JSON that is signed, or as a table for spreadsheets. Read page by page and sent as
it is read; each page asks anew whether the asker may still read it. The format stands in README.md."""

import asyncio
import csv
import io
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import rfc8785
from litestar.response import Stream

from hub.audit import actions
from hub.audit.actions import Scope
from hub.context import Hub, Who
from schemas import merkle
from schemas.audit import HOUSE, moment
from schemas.audit_log import Signer, host, origin
from schemas.audit_questions import EXPORT_FORMAT, Format, Names, Question, Recorded
from schemas.errors import Refused
from schemas.limits import AUDIT_EXPORT_MAX, PAGE_ITEMS_MAX
from schemas.merkle import Range, TileId
from storage.postgres import audit_log
from storage.postgres import audit_questions as asking

Find = Callable[[Any], Awaitable[Scope]]
# What a spreadsheet takes for the beginning of a formula, also in East Asian width: OWASP, CSV Injection.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
COLUMNS = (
    "time", "outcome", "act", "who", "case", "thing", "version", "rule", "kind of session", "address", "who (id)",
    "session (id)", "through (id)", "as (id)", "case (id)", "thing (id)", "SHA-256 of the version", "entry (id)", "log",
    "leaf", "SHA-256 of the leaf",
)  # fmt: skip


class Found(NamedTuple):
    """A page of what was found: the entries, their exact bytes, what is named in them, and the paths from those that
    the checkpoint holds to its root."""

    items: list[Recorded]
    raw: list[bytes]
    names: Names
    paths: list[list[str]]


async def of_org(hub: Hub, who: Who, org: UUID, question: Question, format: Format) -> AsyncIterator[bytes]:
    return await _export(hub, who, lambda connection: actions.of_org(connection, org, question), format)


async def of_case(hub: Hub, who: Who, case: UUID, question: Question, format: Format) -> AsyncIterator[bytes]:
    return await _export(hub, who, lambda connection: actions.of_case(connection, case, question), format)


def download(content: AsyncIterator[bytes], format: Format) -> Stream:
    type = "application/json" if format == "json" else "text/csv"
    return Stream(
        content,
        media_type=type,
        headers={
            "content-disposition": f'attachment; filename="record.{format}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
    )


async def _export(hub: Hub, who: Who, find: Find, format: Format) -> AsyncIterator[bytes]:
    """Refuses before the first byte; what is refused later ends the answer without its end."""
    async with hub.reading(who) as connection:
        scope = await find(connection)
        statement, values = asking.count(scope.asked, AUDIT_EXPORT_MAX + 1)
        if await connection.fetchval(statement, *values) > AUDIT_EXPORT_MAX:
            raise Refused(
                "too_large", f"More than {AUDIT_EXPORT_MAX} entries: ask for a shorter time, and export that."
            )
        signed = await connection.fetchrow(asking.CHECKPOINT, scope.org)
    question = scope.asked.question
    await actions.record(hub, who, scope, "audit.exported", question.thing or question.person)
    if format == "csv":
        return _csv(_pages(hub, who, find, 0))
    size, note = signed or (0, None)
    return _json(hub, who, scope, note, _pages(hub, who, find, size))


async def _pages(hub: Hub, who: Who, find: Find, size: int) -> AsyncIterator[Found]:
    """`size`: how many leaves are signed, of those that are to be proved."""
    after = None
    while True:
        async with hub.reading(who) as connection:
            scope = await find(connection)
            statement, values = asking.page(scope.asked, after, PAGE_ITEMS_MAX)
            rows = await connection.fetch(statement, *values)
            items = actions.read(rows, who, scope)
            names = await actions.names(connection, scope, items)
            ranges = [merkle.inclusion(one.n, size) if one.n < size else [] for one in items]
            tiles = await audit_log.tiles(connection, scope.org or HOUSE, [*chain.from_iterable(ranges)])
        paths = await asyncio.to_thread(_paths, tiles, ranges)
        yield Found(items, [row["entry"] for row in rows], names, paths)
        if len(items) < PAGE_ITEMS_MAX:
            return
        after = asking.place(items[-1])


def _paths(tiles: Mapping[TileId, bytes], ranges: Sequence[Sequence[Range]]) -> list[list[str]]:
    """Neighbours share most of their way to the root; what they share is hashed once."""
    roots = {one: merkle.root(tiles, *one) for one in set(chain.from_iterable(ranges))}
    return [[b64encode(roots[one]).decode() for one in path] for path in ranges]


async def _json(
    hub: Hub, who: Who, scope: Scope, note: str | None, pages: AsyncIterator[Found]
) -> AsyncIterator[bytes]:
    """Canonical JSON (RFC 8785): `{"export": …, "note": …}`, the note signed over the hash of the first."""
    signer, log, now = Signer(hub.settings), scope.org or HOUSE, moment(hub.clock())
    asked = {name: _text(value) for name, value in _said(scope.asked.question)}
    hashed, count = sha256(), 0

    def said(*parts: bytes) -> bytes:
        chunk = b"".join(parts)
        hashed.update(chunk)
        return chunk

    head = b'{"asked":%b,"checkpoint":%b,"entries":[' % (rfc8785.dumps(asked), rfc8785.dumps(note))
    yield b'{"export":' + said(head)
    async for found in pages:
        lines = [_line(*one, found.names) for one in zip(found.items, found.raw, found.paths, strict=True)]
        if lines:
            yield said(b"," if count else b"", b",".join(lines))
        count += len(lines)
    tail = {
        "format": EXPORT_FORMAT,
        "key": signer.key,
        "made_at": now,
        "made_by": str(who.person),
        "origin": origin(host(hub.settings), log),
    }
    yield said(b"],", rfc8785.dumps(tail)[1:])
    text = f"{EXPORT_FORMAT}\n{tail['origin']}\n{count}\n{hashed.hexdigest()}\ntime {now}\n"
    yield b',"note":%b}\n' % rfc8785.dumps(signer.note(text))


def _line(one: Recorded, raw: bytes, path: list[str], names: Names) -> bytes:
    """An entry as the log holds it, with what the asker may know of it beside: the keys in their canonical order."""
    parts = [b'"entry":' + raw, b'"n":%d' % one.n]
    if case := _called(names, one.case):
        parts.insert(0, b'"case":' + rfc8785.dumps(case))
    if path:
        parts.append(b'"path":' + rfc8785.dumps(path))
    if thing := _called(names, one.thing):
        parts.append(b'"thing":' + rfc8785.dumps(thing))
    if who := names.people.get(one.by.person) if one.by.person else None:
        parts.append(b'"who":' + rfc8785.dumps(who))
    return b"{" + b",".join(parts) + b"}"


async def _csv(pages: AsyncIterator[Found]) -> AsyncIterator[bytes]:
    """RFC 4180, in UTF-8 with the mark by which spreadsheets know that it is."""
    yield "\ufeff".encode() + _rows([COLUMNS])
    async for found in pages:
        yield _rows(_cells(one, found.names) for one in found.items)


def _rows(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [harmless(_text(cell)) for cell in row] for row in rows
    )
    return text.getvalue().encode()


def harmless(text: str) -> str:
    """As a cell that no spreadsheet takes for a formula: an apostrophe says that it is text."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def _cells(one: Recorded, names: Names) -> list[Any]:
    by, of = one.by, one.of
    return [
        one.at.isoformat(), one.outcome, one.act, names.people.get(by.person, "") if by.person else by.kind,
        _called(names, one.case), _called(names, one.thing), of.n if of else "", one.rule, by.kind, one.address,
        by.person, by.session, by.via, by.viewing, one.case, one.thing, of.sha256 if of else "", one.entry, one.log,
        one.n, one.hash,
    ]  # fmt: skip


def _called(names: Names, id: UUID | None) -> str:
    if id is None:
        return ""
    found = names.things.get(id)
    return found.name if found else names.people.get(id, "")


def _said(question: Question) -> Iterable[tuple[str, Any]]:
    """What was asked, by the names that addresses have for it."""
    for name in question.__struct_fields__:
        value = getattr(question, name)
        if value is not False and value not in (None, ()):
            yield name.rstrip("_"), value


def _text(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_text(one) for one in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if value is True:
        return "true"
    return "" if value is None else str(value)
