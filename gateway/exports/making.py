"""What an archive holds, file by file, as its exporter sees the case."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import rfc8785

from gateway.exports import page
from gateway.exports.page import Page
from gateway.exports.proving import proven
from schemas.access import Viewer, roles_on, sees
from schemas.audit import moment
from schemas.audit_log import Signer
from schemas.cases import Case
from schemas.casetypes import CASE_TYPES
from schemas.conversations import Conversation
from schemas.deadlines import Deadline
from schemas.details import Detail
from schemas.documents import Version
from schemas.entries import Entry
from schemas.errors import Refused
from schemas.exports import LeftOut
from schemas.messages import Message
from schemas.participants import Participant
from schemas.parties import Party
from schemas.positions import Position
from schemas.tasks import Task
from schemas.zips import Archive, archive_name, safe_name
from storage.blobs import Absent
from storage.postgres import exports
from storage.postgres.exports import NOUNS
from storage.postgres.views import guarded

ROWS = 200  # fetched at a time
PACKED_AT_ONCE_BYTES = 256 << 10

# A version's bytes, for which the wall was asked again and the reading written down; `Refused` or `Absent` else.
Bytes = Callable[[UUID], AsyncGenerator[bytes, None]]


class Opened(NamedTuple):
    """An export as its exporter finds it now: the row of `exports.OPEN`, and who they are."""

    row: Any
    viewer: Viewer

    @property
    def case(self) -> Case:
        return exports.thing(self.row, Case)

    @property
    def held(self) -> frozenset[tuple[UUID, str]]:
        """The grants that open something in this case."""
        scopes = (self.row["id"], self.row["org"])
        return frozenset(grant for grant in self.viewer.grants if grant[0] in scopes)


class Making:
    """One archive. `record`, then `files` give its bytes; whoever sends them asks the wall. `still` raises when the
    exporter has lost what they export."""

    def __init__(
        self, opened: Opened, epoch: str, signer: Signer, content: Bytes, still: Callable[[], Awaitable[None]]
    ) -> None:
        self.row, self.viewer, self.case = opened.row, opened.viewer, opened.case
        self.epoch, self.signer, self.content, self.still = epoch, signer, content, still
        self.seq: int = opened.row["f_head"]
        self.made_at: datetime = opened.row["made_at"]
        self.archive = Archive(self.made_at)
        self.names: dict[UUID, str] = {}
        self.paths: dict[UUID, str] = {}
        self.holes: list[tuple[int, int]] = []
        self.left_out: list[LeftOut] = []
        self.entries = 0
        self.checkpoint: Any = None
        self._held: list[bytes] = []
        self._bytes = 0

    async def record(self, connection: Any) -> AsyncIterator[bytes]:
        """All but the documents' bytes and the manifest, within one snapshot."""
        async for part in self._whole("case.json", msgspec.json.encode(self.case)):
            yield part
        people = await connection.fetch(exports.PEOPLE, self.case.org, self.case.id)
        # Whoever exports may take no part in the case, as an administrator; the record tells of them all the same.
        self.names = {self.viewer.person: self.row["f_name"]} | {one["id"]: one["name"] for one in people}
        lines = [msgspec.json.encode({"id": r["id"], "name": r["name"], "email": r["email"]}) + b"\n" for r in people]
        async for part in self._whole("data/people.jsonl", b"".join(lines)):
            yield part
        for name, noun in NOUNS.items():
            self.archive.begin(f"data/{name}.jsonl", packed=True)
            async for thing in self._things(connection, noun.sql, self.case.id, noun.struct):
                if isinstance(thing, Version) and thing.status == "cleared":
                    self.paths[thing.id] = f"files/{len(self.paths) + 1:04}-{safe_name(thing.file_name)}"
                async for part in self._put(msgspec.json.encode(thing) + b"\n"):
                    yield part
            async for part in self._end():
                yield part
        async for part in self._events(connection):
            yield part
        async for part in self._audited(connection):
            yield part
        self.archive.begin("index.html", packed=True)
        async for piece in self._page(connection):
            async for part in self._put(piece.encode("utf-8", "replace")):
                yield part
        async for part in self._end():
            yield part

    async def files(self) -> AsyncIterator[bytes]:
        """The bytes of each version, and the manifest, which is signed."""
        for version, path in self.paths.items():
            try:
                async with aclosing(self.content(version)) as chunks:
                    first = await anext(chunks, b"")
                    self.archive.begin(path, packed=False)
                    self.archive.write(first)
                    async for chunk in chunks:
                        await asyncio.to_thread(self.archive.write, chunk)
                        yield self.archive.take()
                self.archive.end()
            except (Refused, Absent) as problem:
                await self.still()
                if self.archive.open:
                    raise  # half of it is on its way: no archive is better than one that says it is whole
                why = problem.detail if isinstance(problem, Refused) else "The object is not there."
                self.left_out.append(LeftOut(version=version, why=why or "not readable any more"))
            yield self.archive.take()
        manifest = rfc8785.dumps(msgspec.to_builtins(self._manifest()))
        async for part in self._whole("manifest.json", manifest):
            yield part
        digest = b64encode(sha256(manifest).digest()).decode()
        export = self.row["export"]
        note = self.signer.note(
            f"{self.signer.name}/export/{self.case.org}\n{export}\n{digest}\ntime {moment(self.made_at)}\n"
        )
        async for part in self._whole("manifest.sig", note.encode()):
            yield part
        self.archive.finish()
        yield self.archive.take()

    def _manifest(self) -> dict[str, Any]:
        type_ = CASE_TYPES[self.case.type, self.case.type_version]
        roles = roles_on(self.viewer, self.case.id, self.case.org, open_to_staff=type_.open_to_staff)
        return {
            "as": {"name": self.row["f_name"], "person": self.viewer.person, "roles": sorted(roles)},
            "as_of": {"epoch": self.epoch, "seq": self.seq},
            "case": self.case.id,
            "export": self.row["export"],
            "files": self.archive.files,
            "format": "casewire-case-export-1",
            "holes": self.holes,
            "left_out": self.left_out,
            "made_at": moment(self.made_at),
            "number": self.case.number,
            "org": self.case.org,
            "organisation": self.row["f_organisation"],
            "record": {"entries": self.entries, "size": self.checkpoint["size"] if self.checkpoint else 0},
            "versions": {str(id): path for id, path in self.paths.items()},
        }

    async def _events(self, connection: Any) -> AsyncIterator[bytes]:
        """A line each; `data` is the last in it, byte for byte as it was committed to."""
        self.archive.begin("events.jsonl", packed=True)
        next_seq = 1
        async for row in self._rows(connection, exports.EVENTS, self.case.id, self.seq):
            if not sees(self.viewer, guarded(row)):
                continue
            if row["seq"] > next_seq:
                self.holes.append((next_seq, row["seq"] - 1))
            next_seq = row["seq"] + 1
            head = {
                "seq": row["seq"],
                "pos": str(Position(row["tx"], row["id"])),
                "type": row["type"],
                "at": row["at"],
                "actor": row["actor"],
            }
            line = msgspec.json.encode(head)[:-1] + b',"data":' + row["data"].encode() + b"}\n"
            async for part in self._put(line):
                yield part
        if next_seq <= self.seq:
            self.holes.append((next_seq, self.seq))
        async for part in self._end():
            yield part

    async def _audited(self, connection: Any) -> AsyncIterator[bytes]:
        """The entries that the exporter may read, with proofs; none for whoever may read none."""
        self.checkpoint = await connection.fetchrow(exports.HEAD, self.case.org)
        self.archive.begin("audit/entries.jsonl", packed=True)
        if self.checkpoint is not None:
            async for one in proven(connection, self.case.org, self.case.id, self.checkpoint["size"]):
                self.entries += 1
                async for part in self._put(one.entry + b"\n"):
                    yield part
        async for part in self._end():
            yield part
        self.archive.begin("audit/proofs.jsonl", packed=True)
        if self.checkpoint is not None:
            async for one in proven(connection, self.case.org, self.case.id, self.checkpoint["size"], prove=True):
                async for part in self._put(one.line + b"\n"):
                    yield part
        async for part in self._end():
            yield part
        if self.checkpoint is not None:
            async for part in self._whole("audit/checkpoint.txt", self.checkpoint["note"].encode()):
                yield part
        async for part in self._whole("audit/key.txt", f"{self.signer.key}\n".encode()):
            yield part

    async def _page(self, connection: Any) -> AsyncIterator[str]:
        case = self.case
        type_ = CASE_TYPES[case.type, case.type_version]
        on = Page(case, type_, self.names, self.paths)
        holes = sum(last - first + 1 for first, last in self.holes)
        yield on.begin(self.row["f_organisation"], self.row["f_name"], self.made_at, self.seq, holes)

        async def some(name: str) -> list[Any]:
            return [t async for t in self._things(connection, NOUNS[name].sql, case.id, NOUNS[name].struct)]

        parties: list[Party] = await some("parties")
        yield on.section("parties", len(parties))
        for party in parties:
            yield on.party(party)
        participants: list[Participant] = await some("participants")
        yield on.section("participants", len(participants)) + on.participants(participants)
        details: list[Detail] = [one for one in await some("details") if one.fields]
        yield on.section("details", len(details)) + "".join(on.detail(one) for one in details)
        deadlines: list[Deadline] = await some("deadlines")
        yield on.section("deadlines", len(deadlines)) + on.deadlines(deadlines)
        tasks: list[Task] = await some("tasks")
        yield on.section("tasks", len(tasks)) + on.tasks(tasks)
        yield on.section("entries")
        empty = page.NOTHING
        async for entry in self._things(connection, NOUNS["entries"].sql, case.id, Entry):
            yield on.entry(entry)
            empty = ""
        documents = {one.id: one for one in await some("documents")}
        yield empty + on.section("documents", len(documents))
        last: UUID | None = None
        async for version in self._things(connection, NOUNS["versions"].sql, case.id, Version):
            if version.document != last and version.document in documents:
                yield on.document(documents[version.document])
            last = version.document
            yield on.version(version)
        conversations: list[Conversation] = await some("conversations")
        yield on.section("messages", None if conversations else 0)
        for conversation in conversations:
            yield on.conversation(conversation)
            empty = page.NOTHING
            async for piece in self._conversation(connection, on, conversation.id):
                yield piece
                empty = ""
            yield empty
        yield on.section("record", None if self.entries else 0)
        if self.entries:
            yield page.table(page.RECORD)
            async for one in proven(connection, case.org, case.id, self.checkpoint["size"]):
                yield page.row(page.RECORD, on.act(msgspec.json.decode(one.entry)))
            yield page.TABLE_END
        yield on.end(archive_name(case.number, self.made_at), *self._signed())

    def _signed(self) -> tuple[str, str]:
        size = self.checkpoint["size"] if self.checkpoint else 0
        proven = f"The record's entries shown here are proven to be among the {size:,} of the log that was signed. "
        signed = f"{proven if self.entries else ''}The manifest is signed by <code>{page.text(self.signer.key)}</code>."
        return signed, f"{page.bdi(self.row['f_organisation'])} · {page.bdi(self.case.number)}"

    async def _conversation(self, connection: Any, on: Page, id: UUID) -> AsyncIterator[str]:
        cursor = await connection.cursor(exports.MESSAGES, id)
        while rows := await cursor.fetch(ROWS):
            messages: list[Message] = [
                exports.thing(row, Message) for row in rows if sees(self.viewer, guarded(row))
            ]
            edited = [m.id for m in messages if m.edited_at is not None and m.retracted_at is None]
            before: dict[UUID, list[tuple[datetime, str]]] = {}
            if edited:
                for row in await connection.fetch(exports.WORDINGS, self.case.id, edited):
                    before.setdefault(row["thing"], []).append((row["at"], row["body"] or ""))
            for message in messages:
                yield on.message(message, before.get(message.id, [])[:-1])

    async def _things(self, connection: Any, sql: str, id: UUID, struct: type[Any]) -> AsyncIterator[Any]:
        async for row in self._rows(connection, sql, id):
            if sees(self.viewer, guarded(row)):
                yield exports.thing(row, struct)

    async def _rows(self, connection: Any, sql: str, *args: Any) -> AsyncIterator[Any]:
        cursor = await connection.cursor(sql, *args)
        while rows := await cursor.fetch(ROWS):
            for row in rows:
                yield row

    async def _put(self, data: bytes) -> AsyncIterator[bytes]:
        """Write to the file that was begun; packing is done in a thread, many lines at a time."""
        self._held.append(data)
        self._bytes += len(data)
        if self._bytes >= PACKED_AT_ONCE_BYTES:
            await self._pack()
            yield self.archive.take()

    async def _pack(self) -> None:
        data, self._held, self._bytes = b"".join(self._held), [], 0
        await asyncio.to_thread(self.archive.write, data)

    async def _end(self) -> AsyncIterator[bytes]:
        await self._pack()
        self.archive.end()
        yield self.archive.take()

    async def _whole(self, path: str, data: bytes) -> AsyncIterator[bytes]:
        self.archive.begin(path, packed=True)
        async for part in self._put(data):
            yield part
        async for part in self._end():
            yield part
