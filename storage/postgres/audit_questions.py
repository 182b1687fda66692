"""Questions over the record. What is asked for is put together from the parts that are given, so that each question is
planned for itself and goes by the index made for it; a test prepares every combination.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import astuple

from schemas.audit import Private, entry_of
from schemas.audit_questions import LOOKS, By, Bytes, NamedThing, Proof, Question, Recorded, Seen
from schemas.limits import AUDIT_SEEN_MAX
from storage.postgres.rows import cursor, read_cursor


class Place(NamedTuple):
    """Where a page ends: the time of its last entry, its leaf and its log."""

    at: datetime
    n: int
    log: UUID

    def __str__(self) -> str:
        return cursor(self.at.isoformat(), self.n, str(self.log))

    @classmethod
    def parse(cls, text: str | None) -> "Place | None":
        """`bad_input` for what is no cursor of a record."""
        parts = read_cursor(text, datetime, int, UUID)
        return cls(*parts) if parts else None


class Asked(NamedTuple):
    """Whose record: the log of an organisation, of which one case, or a person's own in every log."""

    log: UUID | None
    question: Question
    things: tuple[UUID, ...] = ()  # any of them


# Word for word as the indexes of 0019_changes.sql have it: what else people look at all day is passed over there.
CHANGES = "(l.outcome = 'refused' or l.act not in ({}))".format(", ".join(f"'{act}'" for act in LOOKS))


def _where(asked: Asked, after: Place | None) -> tuple[str, list[Any]]:
    values: list[Any] = []
    parts: list[str] = []

    def says(condition: str, *given: Any) -> None:
        for value in given:
            values.append(value)
            condition = condition.replace("?", f"${len(values)}", 1)
        parts.append(condition)

    q = asked.question
    if asked.log is not None:
        says("l.log = ?", asked.log)
    if q.person is not None:
        says("l.person = ?", q.person)
    if q.case is not None:
        says("l.case_id = ?", q.case)
    if q.thing is not None:
        says("l.thing = ?", q.thing)
    if asked.things:
        says("l.thing = any(?::uuid[])", list(asked.things))
    if len(q.act) == 1:
        says("l.act = ?", q.act[0])
    elif q.act:
        says("l.act = any(?::text[])", list(q.act))
    if q.outcome is not None:
        # A literal, since the index over the refused ones is there for nothing else.
        parts.append(f"l.outcome = '{'refused' if q.outcome == 'refused' else 'done'}'")
    if q.changes:
        parts.append(CHANGES)
    if q.from_ is not None:
        says("l.at >= ?", q.from_)
    if q.until is not None:
        says("l.at < ?", q.until)
    if q.since is not None:
        # Who reads the record is shown when it is read anew: else two readers would keep each other busy for ever.
        says("l.n > ? and l.act <> 'audit.read'", q.since)
    if after is not None:
        says("(l.at, l.n, l.log) < (?, ?, ?)", *after)
    return " and ".join(parts) or "true", values


# The first checkpoint that holds a leaf; of the house's log nobody is shown one.
_PROOF = """left join lateral (select c.size, c.at from audit_checkpoints c where c.log = l.log and c.size > l.n
    order by c.size limit 1) c on true"""


def leaves(asked: Asked, after: Place | None, limit: int) -> tuple[str, list[Any]]:
    """A statement and its values: the newest `limit` leaves before `after`."""
    where, values = _where(asked, after)
    order = "order by l.at desc, l.n desc, l.log desc"
    return f"select * from audit_leaves l where {where} {order} limit {limit:d}", values


def page(asked: Asked, after: Place | None, limit: int) -> tuple[str, list[Any]]:
    """The same with their entries, and the first checkpoint that holds each."""
    statement, values = leaves(asked, after, limit)
    return (
        f"""select l.log, l.n, l.hash, l.at, l.person, e.entry, e.private, c.size, c.at as signed_at
            from ({statement}) l
            join audit_entries e on e.tx = l.tx and e.id = l.id {_PROOF}
            where l.act <> 'unreadable' order by l.at desc, l.n desc, l.log desc""",
        values,
    )


def count(asked: Asked, most: int) -> tuple[str, list[Any]]:
    """How many there are, counted up to `most`."""
    where, values = _where(asked, None)
    return f"select count(*) from (select from audit_leaves l where {where} limit {most:d}) l", values


CHECKPOINT = "select size, note from audit_checkpoints where log = $1 order by size desc limit 1"

# The asker's roles in a case and its organisation; the desk has one where the case is open to all staff. Nothing of a
# case that is hidden from them.
_ROLES = """array(select g.role from grants g where g.person = (select me()) and g.scope in (c.id, c.org)
        and (g.role <> 'desk' or 'desk' = any (c.audience))) as roles"""
CASE = f"select c.id, c.org, {_ROLES} from cases c where c.id = $1"
DOCUMENT = f"""select d.id, c.id as case_id, c.org,
        array(select v.id from versions v where v.document = d.id) as versions,
        {_ROLES} from documents d join cases c on c.id = d.case_id where d.id = $1"""

# Who has read versions ($3) of a document: of the last readings, so that a document that thousands read answers too.
SEEN = f"""select r.person, r.thing as version, coalesce(v.n, 0) as n, min(r.at) as first, max(r.at) as last,
        count(*) as times, sum(count(*)) over () as readings
    from (select l.person, l.thing, l.at from audit_leaves l where l.log = $1 and l.case_id = $2
            and l.thing = any($3::uuid[]) and l.act = 'document.read' and l.outcome = 'done' and l.person is not null
        order by l.at desc limit {AUDIT_SEEN_MAX}) r left join versions v on v.id = r.thing
    group by r.person, r.thing, v.n order by last desc, r.person, n desc"""

NAMES = "select id, name from audit_names($1, $2, $3)"
# What things are called. Row-level security leaves those out that the asker does not see.
_THINGS = {
    "document": ("name", "null::int", "case_id", "documents"),
    "conversation": ("title", "null", "case_id", "conversations"),
    "party": ("name", "null", "case_id", "parties"),
    "deadline": ("title", "null", "case_id", "deadlines"),
    "task": ("title", "null", "case_id", "tasks"),
    "entry": ("left(text, 120)", "null", "case_id", "entries"),
    "team": ("name", "null", "null::uuid", "teams"),
    "wall": ("title", "null", "null", "walls"),
    "app": ("name", "null", "null", "oauth_apps"),
    "provider": ("name", "null", "null", "providers"),
    "invitation": ("name", "null", "null", "invitations"),
    "session": ("label", "null", "null", "sessions"),
    "case": ("number || ' · ' || title", "null", "id", "cases"),
}
THINGS = (
    "select v.id, 'version' as kind, coalesce(d.name, v.file_name) as name, v.n, v.case_id from versions v "
    "left join documents d on d.id = v.document where v.id = any($1::uuid[]) union all "
    "select m.id, 'message', c.title, null, m.case_id from messages m join conversations c on c.id = m.conversation "
    "where m.id = any($1::uuid[]) union all "
    + " union all ".join(
        f"select id, '{kind}', {name}, {n}, {case} from {table} where id = any($1::uuid[])"
        for kind, (name, n, case, table) in _THINGS.items()
    )
)


def recorded(row: Any, *, address: bool) -> Recorded:
    """An entry as it is answered; `address`: whether the asker may know where the client was."""
    entry = entry_of(row["entry"])
    opens = msgspec.convert(row["private"], Private) if row["private"] is not None and address else None
    return Recorded(
        log=row["log"],
        n=row["n"],
        hash=row["hash"].hex(),
        entry=entry.id,
        at=row["at"],
        act=entry.act,
        outcome=entry.outcome,
        rule=entry.rule,
        by=By(*astuple(entry.by)),
        case=entry.case,
        thing=entry.thing,
        of=Bytes(of.document, of.version, of.n, of.sha256) if (of := entry.of) else None,
        address=(opens.address or None) if opens else None,
        proof=Proof(row["size"], row["signed_at"]) if row["size"] is not None else None,
    )


def seen(row: Any) -> Seen:
    return Seen(row["person"], row["version"], row["n"], row["first"], row["last"], row["times"])


def place(one: Recorded) -> Place:
    return Place(one.at, one.n, one.log)


def things(rows: Iterable[Any]) -> dict[UUID, NamedThing]:
    return {row["id"]: NamedThing(row["kind"], row["name"], row["case_id"], row["n"]) for row in rows}


def people_in(items: Sequence[Recorded]) -> list[UUID]:
    """Everybody who may be meant: who acted, through whose eyes, by which app or service, and to whom it was done."""
    found = {
        id for one in items for id in (one.by.person, one.by.viewing, one.by.via, one.thing) if id is not None
    }
    return sorted(found)


def things_in(items: Sequence[Recorded]) -> list[UUID]:
    found = {
        id for one in items for id in (one.case, one.thing, one.by.via, one.by.session) if id is not None
    }
    return sorted(found | {one.of.version for one in items if one.of is not None})
