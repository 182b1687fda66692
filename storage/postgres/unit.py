"""The unit of work: what one action reads, decides on, writes and tells, in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from schemas.access import Viewer
from schemas.answers import Answer
from schemas.audit import HOUSE, NOTHING, Actor, Doing, Version
from schemas.casetypes import CASE_TYPES
from schemas.errors import Asked, Refused
from schemas.events import Access, NewEvent, encode_data
from schemas.facts import CaseFacts, Key, Recalled, Stream, ruled
from schemas.limits import HASHED_AT_ONCE_MAX
from schemas.positions import AsOf
from storage.postgres import audit, people

T = TypeVar("T")

APPEND = """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data,
        key, key_hash)
    select org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data, key,
        decode(key_hash, 'hex')
    from json_to_recordset($1::json) as e(org uuid, kind text, stream uuid, seq bigint, case_id uuid, type text,
        audience text[], people uuid[], access bigint[], at timestamptz, actor uuid, thing uuid, data json, key uuid,
        key_hash text)"""


def appending(sql: str) -> str:
    """A statement that writes a noun's rows and its events at once. `$1` is the batch of events."""
    return f"with appended as ({APPEND}) {sql}"


FACTS = """c.id as f_case, c.org as f_org, c.type as f_type, c.type_version as f_version, c.number as f_number,
    c.title as f_title, c.status as f_status, c.is_open as f_is_open, c.zone as f_zone, c.audience as f_audience,
    c.revision as f_revision, access_counters(c.org, c.id) as f_access, stream_head(c.id) as f_head,
    (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.id) as f_roles,
    (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.org) as f_org_roles,
    k.type as f_key_type, k.thing as f_key_thing, k.seq as f_key_seq, k.key_hash as f_key_hash"""


def facts_of(table: str, columns: str = "t.*") -> str:
    """Fetch a row `t` by id ($1) with the facts of its case, and what the key ($2) made before: one round trip."""
    case = "id" if table == "cases" else "case_id"
    return f"""select {columns}, {FACTS} from {table} t join cases c on c.id = t.{case}
        left join events k on k.actor = (select me()) and k.key = $2 where t.id = $1"""


RECALL = "select thing, key_hash from events where actor = (select me()) and key = $1"

NOBODY = UUID(int=0)  # a worker: it holds no grants, and no rule lets it act for a person


class _Stored(Struct):
    org: UUID | None
    kind: str
    stream: UUID
    seq: int
    case_id: UUID | None
    type: str
    audience: Sequence[str]
    people: Sequence[UUID]
    access: tuple[int, int]
    at: datetime
    actor: UUID | None
    thing: UUID
    data: Raw
    key: UUID | None
    key_hash: str | None


class Unit:
    """An open write transaction. Made by `Database.writing`, which commits it with its entry in the record.

    `act`, `thing`, `rule` and `of` are what the entry says; an action sets those of which it knows more than the first
    event, the facts it asked and the request tell.
    """

    def __init__(
        self,
        connection: Any,
        person: UUID | None,
        now: datetime,
        key: Key | None,
        epoch: str,
        by: Actor | None = None,
        doing: Doing = NOTHING,
    ) -> None:
        self.connection, self.person, self.now, self.key, self.epoch = connection, person, now, key, epoch
        self.by = by or Actor(kind="worker" if person is None else "person", person=person)
        self.doing = doing
        self.appended = 0
        self.act: str | None = None
        self.rule: str | None = None
        self.thing: UUID | None = None
        self.of: Version | None = None
        self.log: UUID | None = None
        self.case: UUID | None = None
        self.moot = False
        self._asked: list[str] = []
        self._pending: list[_Stored] = []
        self._written = audit.Written()
        self._first: tuple[str, UUID] | None = None

    def changes_nothing(self) -> None:
        """Have the unit rolled back, without an entry: what was asked is so already. To lock rows gives a
        transaction an id as writing does, so the record cannot tell by itself."""
        self.moot = True

    async def facts(self, sql: str, id: UUID) -> tuple[CaseFacts, Any]:
        """Run a statement made by `facts_of`; `not_found` when the row is absent or hidden."""
        row = await self.connection.fetchrow(sql, id, self.key.id if self.key else None)
        if row is None:
            raise Refused("not_found")
        return self._case_facts(row), row

    def _case_facts(self, row: Any) -> CaseFacts:
        case, org = row["f_case"], row["f_org"]
        self._about(org, case)
        access = Access(*row["f_access"])
        grants = {(case, role) for role in row["f_roles"] or ()} | {
            (org, role) for role in row["f_org_roles"] or ()
        }
        recalled = None
        if row["f_key_type"] is not None:
            recalled = Recalled(row["f_key_type"], row["f_key_thing"], row["f_key_seq"], row["f_key_hash"])
        return CaseFacts(
            case=case,
            org=org,
            type=CASE_TYPES[row["f_type"], row["f_version"]],
            number=row["f_number"],
            title=row["f_title"],
            status=row["f_status"],
            is_open=row["f_is_open"],
            zone=row["f_zone"],
            audience=tuple(row["f_audience"]),
            revision=row["f_revision"],
            viewer=Viewer(self.person or NOBODY, frozenset(grants)),
            epoch=self.epoch,
            stream=Stream("case", case, org, case, row["f_head"], access),
            recalled=recalled,
            asked=self._asked,
        )

    async def role(self, org: UUID) -> str | None:
        """The asker's place in an organisation, None without one; the record says that it was by this place."""
        found: str | None = await self.connection.fetchval(people.ROLE, org)
        if found is not None:
            self.by_place(org, found)
        return found

    def by_place(self, org: UUID, role: str, case: UUID | None = None) -> None:
        """Have the record say that an organisation is concerned, and that the asker acts by this place in it."""
        self._about(org, case)
        self._asked.append(ruled("place", [role]))

    def _about(self, org: UUID | None, case: UUID | None) -> None:
        self.log = self.log or org
        self.case = self.case or case

    def _note(self, stream: Stream, first: int, events: Sequence[NewEvent], data: Sequence[bytes]) -> None:
        if self._first is None:
            self._first = (events[0].type, events[0].thing)
        self._written.add(stream.id, first, data)

    async def recalled(self, facts: CaseFacts, sql: str, make: Callable[[Any], T]) -> Answer[T] | None:
        """The answer once more when this key made something before; `not_found` when the wall hides that by now."""
        made = facts.recall(self.key)
        if made is None:
            return None
        row = await self.connection.fetchrow(sql, made)
        if row is None:
            raise Refused("not_found")
        return Answer(make(row), self.as_of(facts.stream))

    async def recall(self) -> UUID | None:
        """What this key made before, for writes that have no case; `key_reused` when it was something else."""
        if self.key is None:
            return None
        row = await self.connection.fetchrow(RECALL, self.key.id)
        if row is not None and row["key_hash"] != self.key.hash:
            raise Refused("key_reused")
        return row["thing"] if row else None

    async def person_stream(self, person: UUID) -> Stream:
        """The stream of a person, whose lock this unit must hold."""
        head = await self.connection.fetchval("select stream_head($1)", person)
        return Stream.of_person(person, head)

    def append(self, stream: Stream, event: NewEvent) -> int:
        """Put an event at the stream's end; it is written with the next statement. Returns its seq."""
        seq = stream.take()
        about = event.about
        data = encode_data(event)
        self._about(*((about.org, about.case_id) if about else (stream.org, stream.case_id)))
        self._note(stream, seq, [event], [data])
        # The key stands on the first event alone: one write, one key.
        key = self.key if self.appended == 0 else None
        self._pending.append(
            _Stored(
                org=stream.org if about is None else about.org,
                kind=stream.kind,
                stream=stream.id,
                seq=seq,
                case_id=stream.case_id if about is None else about.case_id,
                type=event.type,
                audience=event.audience if about is None else list(about.audience),
                people=event.people if about is None else list(about.people),
                access=(stream.access.case, stream.access.org),
                at=self.now,
                actor=self.person,
                thing=event.thing,
                data=Raw(data),
                key=key.id if key else None,
                key_hash=key.hash.hex() if key else None,
            )
        )
        self.appended += 1
        return seq

    def append_many(
        self, stream: Stream, events: Sequence[NewEvent]
    ) -> tuple[list[int], list[str], list[UUID], list[str]]:
        """Put thousands of events of one audience at the stream's end; the caller's statement writes them, as columns.

        Answers seq, type, thing and data of each, for a statement like `storage.postgres.dockets.INSERT`: `unnest` of
        them takes half of the time that a batch as JSON takes.
        """
        self.appended += len(events)
        seqs, data = [stream.take() for _ in events], [encode_data(e) for e in events]
        if events:
            self._about(stream.org, stream.case_id)
            self._note(stream, seqs[0], events, data)
        return (
            seqs,
            [e.type for e in events],
            [e.thing for e in events],
            [one.decode() for one in data],
        )

    async def write(self, sql: str, *args: Any) -> str:
        """Run a statement made by `appending` with what was appended so far; the noun's parameters start at `$2`."""
        return await self.connection.execute(sql, self._take(), *args)

    async def flush(self) -> None:
        """Write events that no statement has taken along."""
        if self._pending:
            await self.connection.execute(APPEND, self._take())

    async def said(self) -> str:
        """The statement that writes this unit's entry, if the unit wrote anything; it goes before the commit."""
        act, thing = self._first or (self.doing.act, None)
        act = self.act or act
        if not act:
            return audit.unnamed(self.person)
        made = partial(
            audit.made,
            act=act,
            at=self.now,
            by=self.by,
            # Who asked nothing acted on what is their own.
            rule=self.rule or self._ruled() or ("own" if self.person else "worker"),
            log=self.log or HOUSE,
            case=self.case,
            thing=self.thing or thing or self.doing.thing,
            of=self.of,
            address=self.doing.address,
            written=self._written,
        )
        big = self._written.size > HASHED_AT_ONCE_MAX
        return audit.statement(*(await asyncio.to_thread(made) if big else made()))

    def refused(self, error: Refused) -> None:
        """Let a refusal say what it is about, as far as the asker may know that: for the record of refusals."""
        if error.asked is None:
            error.asked = Asked(self.log, self.case, self._ruled())

    def _ruled(self) -> str:
        """What was asked, each once."""
        return "; ".join(dict.fromkeys(self._asked))

    def _take(self) -> Raw:
        batch = Raw(msgspec.json.encode(self._pending))
        self._pending = []
        return batch

    def as_of(self, stream: Stream) -> AsOf:
        return AsOf(self.epoch, seq=stream.head)
