"""Documents and their versions: what people do with them, and what examination makes of their bytes."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from hub.audit.reading import record_document
from hub.context import Hub, Who, key_of
from hub.documents import rules
from hub.paging import read_page
from hub.views.eyes import eyes_of
from schemas import audit
from schemas.addresses import Address, write_address
from schemas.answers import Answer, Page
from schemas.documents import (
    AddDocument,
    BeginVersion,
    BegunVersion,
    ChangeDocument,
    Document,
    FileAddress,
    PageText,
    TextStatus,
    Upload,
    Version,
)
from schemas.errors import Refused, bad_input
from schemas.events import NewEvent
from schemas.facts import Key
from schemas.ids import new_id
from schemas.limits import FILE_ADDRESS_S
from schemas.positions import AsOf
from storage.blobs import Absent
from storage.postgres import documents, locks, texts, versions
from storage.postgres.rows import cursor, read, read_cursor

TEXT_BYTES_MAX = 2 << 20  # of a page of texts


async def add_document(hub: Hub, who: Who, case: UUID, request: AddDocument, key: UUID) -> Answer[Document]:
    remembered = key_of(key, "add_document", case, request)
    async with hub.writing(who, locks.of_row("cases", case), remembered) as unit:
        facts, _ = await unit.facts(documents.CASE, case)
        if again := await unit.recalled(facts, documents.ONE, documents.document):
            return again
        new = rules.add(facts, request, id=new_id(), now=unit.now)
        unit.append(facts.stream, NewEvent("document.added", new.id, new, tuple(new.audience)))
        await unit.write(
            documents.INSERT, new.id, case, facts.org, new.name, new.kind, new.audience, unit.now, who.person
        )
    return Answer(new, unit.as_of(facts.stream))


async def list_documents(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Document]:
    """Oldest first."""
    return await read_page(hub, who, documents.PAGE, documents.document, case, limit, after)


async def change_document(
    hub: Hub, who: Who, id: UUID, request: ChangeDocument, revision: int
) -> Answer[Document]:
    async with hub.writing(who, locks.of_row("documents", id)) as unit:
        facts, row = await unit.facts(documents.DOCUMENT, id)
        after = rules.change(facts, documents.document(row), request, revision=revision)
        unit.append(facts.stream, NewEvent("document.renamed", id, after, tuple(after.audience)))
        await unit.write(documents.CHANGE, id, after.name, after.kind)
    return Answer(after, unit.as_of(facts.stream))


async def list_versions(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Version]:
    """Newest first. What was only begun stands in no list, since no event told of it."""
    return await read_page(hub, who, versions.PAGE, versions.version, case, limit, after)


async def begin_version(
    hub: Hub, who: Who, document: UUID, request: BeginVersion, key: UUID
) -> Answer[BegunVersion]:
    """Choose the number and give an address to upload to. A repeat gives the same version and a fresh address."""
    version, as_of = await _begin(
        hub, who, document, request, key_of(key, "begin_version", document, request)
    )
    upload = None
    if version.status == "awaiting":
        now = hub.clock()
        seconds = rules.upload_seconds(version, now)
        url = hub.blobs.upload_address(
            _quarantine_key(version), size=version.size, sha256_hex=version.sha256, seconds=seconds, now=now
        )
        upload = Upload(url, {}, now + timedelta(seconds=seconds))
    return Answer(BegunVersion(version, upload), as_of)


async def _begin(hub: Hub, who: Who, document: UUID, request: BeginVersion, key: Key) -> tuple[Version, AsOf]:
    async with hub.writing(who, locks.of_row("documents", document), key) as unit:
        facts, row = await unit.facts(versions.DOCUMENT, document)
        facts.recall(unit.key)  # a key that an event bears was used for something else
        if row["begun"] is not None:
            if row["begun_hash"] != key.hash:
                raise Refused("key_reused")
            found = await unit.connection.fetchrow(versions.ONE, row["begun"])
            return _there(found, versions.version), unit.as_of(facts.stream)
        new = rules.begin(
            facts, document, row["added_by"], request, uploads_open=row["uploads_open"], id=new_id(),
            n=row["last_n"] + 1, now=unit.now,
        )  # fmt: skip
        audience, people = rules.readers_before_clearing(facts, row["audience"])
        await unit.connection.execute(
            versions.BEGIN, new.id, document, facts.case, facts.org, new.n, new.file_name, new.media_type, new.size,
            new.sha256, _quarantine_key(new), unit.now, who.person, audience, people, key.id, key.hash,
            new.begun_at + rules.ABANDONED_AFTER,
        )  # fmt: skip
        unit.of = _bytes(new)
    return new, unit.as_of(facts.stream)


def _quarantine_key(version: Version) -> str:
    return f"{version.case}/{version.document}/{version.id}"


async def complete_version(hub: Hub, who: Who, id: UUID, key: UUID) -> Answer[Version]:
    """The bytes are uploaded. The store is asked before the transaction, which pins the object version it named."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(versions.ONE, id)
    before = _there(row, versions.version)
    size, object_version = None, None
    if before.status == "awaiting":
        try:
            size, object_version = await hub.blobs.stat(hub.blobs.quarantine, row["quarantine_key"])
        except Absent:
            pass  # the rule says so, after it has looked at who asks
    return await _receive(hub, who, id, size, object_version, key_of(key, "complete_version", id, None))


async def _receive(
    hub: Hub, who: Who, id: UUID, size: int | None, object_version: str | None, key: Key | None
) -> Answer[Version]:
    async with hub.writing(who, locks.of_row("versions", id), key) as unit:
        facts, row = await unit.facts(versions.VERSION, id)
        before = versions.version(row)
        if facts.recall(unit.key):
            return Answer(before, unit.as_of(facts.stream))
        after = rules.receive(facts, before, size)
        unit.append(
            facts.stream,
            NewEvent("version.received", id, after, tuple(row["audience"]), tuple(row["people"])),
        )
        unit.of = _bytes(after)
        await unit.write(versions.RECEIVE, id, unit.now, object_version)
    return Answer(after, unit.as_of(facts.stream))


async def upload_version(
    hub: Hub, who: Who, document: UUID, *, file_name: str, media_type: str, data: bytes, key: UUID
) -> Answer[Version]:
    """Begin, upload and complete in one request, for small files."""
    digest = await asyncio.to_thread(lambda: sha256(data).hexdigest())
    declared = {"file_name": file_name, "media_type": media_type, "size": len(data), "sha256": digest}
    try:
        request = msgspec.convert(declared, BeginVersion)
    except msgspec.ValidationError as error:
        why, _, at = str(error).partition(" - at `")
        raise bad_input(at.rstrip("`").removeprefix("$.") or "body", why) from None
    version, as_of = await _begin(
        hub, who, document, request, key_of(key, "upload_version", document, request)
    )
    if version.status != "awaiting":
        return Answer(version, as_of)
    object_version = await hub.blobs.put(hub.blobs.quarantine, _quarantine_key(version), data)
    return await _receive(hub, who, version.id, len(data), object_version, None)


async def address_of(hub: Hub, who: Who, id: UUID, *, inline: bool) -> FileAddress:
    """A personal address for a cleared version's bytes. Whoever uses it is asked for again there."""
    async with hub.reading(who) as connection:
        await eyes_of(connection, who, id)
        version = _there(await connection.fetchrow(versions.ONE, id), versions.version)
    if version.status != "cleared":
        raise Refused("conflict", f"This version is {version.status}; only a cleared one can be read.")
    if who.session is None:
        raise Refused("forbidden", "An address belongs to a session; sign in.")
    expires = hub.clock() + timedelta(seconds=FILE_ADDRESS_S)
    address = Address(id, who.person, who.session, expires.replace(microsecond=0), inline)
    url = write_address(hub.settings.files_url, hub.settings.secret.reveal(), address)
    return FileAddress(url, address.expires_at)


async def list_texts(hub: Hub, who: Who, id: UUID, limit: int, after: str | None) -> Page[PageText]:
    """The text of a cleared version by page; fewer than `limit` where they are long."""
    above = read_cursor(after, int)
    async with hub.reading(who) as connection:
        await eyes_of(connection, who, id)
        rows = await connection.fetch(texts.PAGE, id, above[0] if above else 0, limit + 1, TEXT_BYTES_MAX)
    if not rows:
        raise Refused("not_found")
    if rows[0]["status"] != "cleared":
        raise Refused("conflict", f"This version is {rows[0]['status']}; only a cleared one can be read.")
    items = [read(row, PageText) for row in rows if row["page"] is not None]
    await record_document(hub, who, id, rows[0])
    cut = len(items) > limit or sum(len(i.text.encode()) for i in items) >= TEXT_BYTES_MAX
    items = items[:limit]
    return Page(
        items, cursor(items[-1].page) if cut else None, AsOf(hub.database.epoch, seq=rows[0]["f_head"])
    )


async def clear_version(
    hub: Hub, id: UUID, *, media_type: str, why: str, object_key: str, object_version: str, sealed: bytes
) -> Version | None:
    """Examination found it harmless: pin the sealed object and open the version to the document's readers.

    None when it is not `received` any more: another worker was first.
    """
    async with hub.database.writing_as_system(locks.of_row("versions", id), hub.clock()) as unit:
        facts, row = await unit.facts(versions.EXAMINED, id)
        before = versions.version(row)
        if before.status != "received":
            return None
        after = rules.clear(before, media_type, why, now=unit.now)
        readers: list[str] = row["f_readers"]
        unit.append(facts.stream, NewEvent("version.cleared", id, after, tuple(readers)))
        unit.of = _bytes(after)
        await unit.write(
            versions.CLEAR,
            id,
            after.media_type,
            object_key,
            object_version,
            unit.now,
            readers,
            after.why,
            sealed,
        )
    await hub.bus.wake()
    return after


async def quarantine_version(hub: Hub, id: UUID, why: str) -> Version | None:
    """Nobody will read these bytes; staff and the uploader are told why. None when it is not `received` any more."""
    async with hub.database.writing_as_system(locks.of_row("versions", id), hub.clock()) as unit:
        facts, row = await unit.facts(versions.EXAMINED, id)
        before = versions.version(row)
        if before.status != "received":
            return None
        after = rules.quarantine(before, why)
        unit.append(
            facts.stream,
            NewEvent("version.quarantined", id, after, tuple(row["audience"]), tuple(row["people"])),
        )
        unit.of = _bytes(after)
        await unit.write(versions.QUARANTINE, id, why)
    await hub.bus.wake()
    return after


async def index_version(hub: Hub, id: UUID, text_status: TextStatus, pages: int) -> Version | None:
    """The version's text is in the index, or there is a reason why not. None when that was said before."""
    async with hub.database.writing_as_system(locks.of_row("versions", id), hub.clock()) as unit:
        facts, row = await unit.facts(versions.EXAMINED, id)
        before = versions.version(row)
        if before.status != "cleared" or before.text_status != "none":
            return None
        after = rules.index(before, text_status, pages)
        unit.append(facts.stream, NewEvent("version.indexed", id, after, tuple(row["audience"])))
        unit.of = _bytes(after)
        await unit.write(versions.INDEXED, id, text_status, pages)
    await hub.bus.wake()
    return after


def _bytes(version: Version) -> audit.Version:
    """Which bytes a write was about, as its entry says it."""
    return audit.Version(document=version.document, n=version.n, sha256=version.sha256, version=version.id)


def _there(row: Any, make: Any) -> Any:
    """The row as its Struct; `not_found` when the wall hides it by now."""
    if row is None:
        raise Refused("not_found")
    return make(row)
