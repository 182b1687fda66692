"""Asking the record. Whoever reads it is read about: each question that told something leaves an entry of its own."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from hub.audit import rules
from hub.context import Hub, Who
from hub.people.rules import may_administer
from schemas.audit import HOUSE
from schemas.audit_questions import DocumentRecord, Names, Question, Recorded, RecordPage
from schemas.errors import Refused
from schemas.limits import AUDIT_COUNT_MAX, AUDIT_SEEN_MAX
from schemas.positions import AsOf
from storage.postgres import audit, people
from storage.postgres import audit_questions as asking
from storage.postgres.audit_questions import Asked, Place


class Scope(NamedTuple):
    """What is asked and in whose right, of which organisation and case; None: a person's own, in every log."""

    asked: Asked
    by: rules.Asker
    org: UUID | None = None
    case: UUID | None = None


async def ask_org(
    hub: Hub, who: Who, org: UUID, question: Question, limit: int, after: str | None
) -> RecordPage:
    """The record of an organisation, for its administrators, without the cases that a wall keeps them out of."""
    async with hub.reading(who) as connection:
        scope = await of_org(connection, org, question)
        page = await _page(hub, connection, who, scope, limit, after)
    await _told(hub, who, scope, page)
    return page


async def ask_case(
    hub: Hub, who: Who, case: UUID, question: Question, limit: int, after: str | None
) -> RecordPage:
    """The record of a case, for whoever staffs it or administers its organisation."""
    async with hub.reading(who) as connection:
        scope = await of_case(connection, case, question)
        page = await _page(hub, connection, who, scope, limit, after)
    await _told(hub, who, scope, page)
    return page


async def ask_document(
    hub: Hub, who: Who, document: UUID, question: Question, limit: int, after: str | None
) -> DocumentRecord:
    """Who has seen a document and when, by version, and what was done with it; for those who may ask of its case."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(asking.DOCUMENT, document)
        if row is None:
            raise Refused("not_found")
        scope = Scope(
            Asked(row["org"], replace(question, case=row["case_id"]), (document, *row["versions"])),
            rules.may_ask_of_case(row["roles"]),
            row["org"],
            row["case_id"],
        )
        rows = await connection.fetch(asking.SEEN, row["org"], row["case_id"], list(scope.asked.things))
        seen = [asking.seen(one) for one in rows]
        page = await _page(hub, connection, who, scope, limit, after, also=[one.person for one in seen])
    await _told(hub, who, scope, page, thing=document)
    return DocumentRecord(seen=seen, whole=not rows or rows[0]["readings"] < AUDIT_SEEN_MAX, record=page)


async def ask_own(hub: Hub, who: Who, question: Question, limit: int, after: str | None) -> RecordPage:
    """What was done in the asker's own name, in every organisation and outside of all."""
    scope = Scope(Asked(None, replace(question, person=who.person)), rules.OWN)
    async with hub.reading(who) as connection:
        page = await _page(hub, connection, who, scope, limit, after)
    await _told(hub, who, scope, page)
    return page


async def of_org(connection: Any, org: UUID, question: Question) -> Scope:
    may_administer(await connection.fetchval(people.ROLE, org))
    return Scope(Asked(org, question), rules.ADMINISTERS, org, question.case)


async def of_case(connection: Any, case: UUID, question: Question) -> Scope:
    row = await connection.fetchrow(asking.CASE, case)
    if row is None:
        raise Refused("not_found")
    by = rules.may_ask_of_case(row["roles"])
    return Scope(Asked(row["org"], replace(question, case=case)), by, row["org"], case)


async def names(connection: Any, scope: Scope, items: list[Recorded], also: Iterable[UUID] = ()) -> Names:
    """What the asker may know now of whom and of what the items name: two queries, however many there are."""
    known: dict[UUID, str] = {}
    if scope.org is not None:
        case = None if scope.by.all else scope.case
        rows = await connection.fetch(asking.NAMES, scope.org, case, [*asking.people_in(items), *also])
        known = {row["id"]: row["name"] for row in rows}
    return Names(known, asking.things(await connection.fetch(asking.THINGS, asking.things_in(items))))


def read(rows: Iterable[Any], who: Who, scope: Scope) -> list[Recorded]:
    """Entries as the asker may know them."""
    return [asking.recorded(row, address=scope.by.all or row["person"] == who.person) for row in rows]


async def _page(
    hub: Hub,
    connection: Any,
    who: Who,
    scope: Scope,
    limit: int,
    after: str | None,
    also: Iterable[UUID] = (),
) -> RecordPage:
    statement, values = asking.page(scope.asked, Place.parse(after), limit + 1)
    items = read(await connection.fetch(statement, *values), who, scope)
    more = str(asking.place(items[limit - 1])) if len(items) > limit else None
    items = items[:limit]
    since = scope.asked.question.since
    count = None
    if after is None and since is None:
        statement, values = asking.count(scope.asked, AUDIT_COUNT_MAX + 1)
        count = await connection.fetchval(statement, *values)
    return RecordPage(
        items=items,
        next=more,
        as_of=AsOf(hub.database.epoch),
        head=max([one.n for one in items], default=-1 if since is None else since),
        count=count,
        names=await names(connection, scope, items, also),
    )


async def _told(hub: Hub, who: Who, scope: Scope, page: RecordPage, thing: UUID | None = None) -> None:
    """Nothing new told nobody anything: a page that asks again and again leaves no entry for that."""
    question = scope.asked.question
    if page.items or question.since is None:
        await record(hub, who, scope, "audit.read", thing or question.thing or question.person)


async def record(hub: Hub, who: Who, scope: Scope, act: str, thing: UUID | None) -> None:
    """Write down that the record was read, before it is told."""
    entry, private = audit.made(
        act=act,
        at=hub.clock(),
        by=who.actor,
        rule=scope.by.rule,
        log=scope.org or HOUSE,
        case=scope.case,
        thing=thing,
        address=who.doing.address,
    )
    await hub.recorder.record(entry, private)
