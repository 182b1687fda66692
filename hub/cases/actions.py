"""Opening, reading, changing and moving cases."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hub.cases import rules
from hub.context import Hub, Who, key_of
from hub.details import rules as detail_rules
from hub.views import rules as view_rules
from hub.views.eyes import eyes_of
from schemas.access import Viewer, expand, roles_on
from schemas.answers import Answer, Page
from schemas.cases import Case, CaseAnswer, CaseRow, ChangeCase, MoveCase, OpenCase
from schemas.casetypes import CASE_TYPES, CaseType
from schemas.conversations import Conversation
from schemas.details import Detail
from schemas.errors import Refused
from schemas.events import Access, NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from schemas.participants import Participant
from schemas.positions import AsOf, Position
from schemas.zones import zone_named
from storage.postgres import cases, locks
from storage.postgres.rows import cursor, read, read_cursor
from storage.postgres.unit import Unit


async def open_case(hub: Hub, who: Who, request: OpenCase, key: UUID) -> Answer[CaseAnswer]:
    """Open a case: the opener takes part in it, and its first conversations are there."""
    remembered = key_of(key, "open_case", None, request)
    case_id = new_id()
    async with hub.writing(who, locks.of_streams(request.org, case_id), remembered) as unit:
        found = await unit.connection.fetchrow(cases.OPENING, request.org, key)
        if found is None:
            raise Refused("not_found", "You do not belong to this organisation.")
        if found["key_thing"] is not None:
            if found["key_hash"] != remembered.hash:
                raise Refused("key_reused")
            return await _read(unit.connection, who, found["key_thing"], hub.database.epoch)
        type_, role = rules.type_to_open(request, found["case_types"], found["roles"] or ())
        unit.by_place(request.org, role)
        zone = zone_named(request.zone, found["zone"])
        details = detail_rules.opened(type_, request.intake, {role}, case=case_id)
        year = unit.now.year
        n = await unit.connection.fetchval(cases.NUMBER, request.org, type_.prefix, year)
        case = rules.opened(
            type_, request, id=case_id, number=rules.number(type_, year, n), zone=zone, by=who.person, now=unit.now
        )
        # The case's own counter starts at 1; the organisation's is what it is.
        stream = Stream("case", case_id, request.org, case_id, 0, Access(1, found["access"][1]))
        await write_opened(unit, stream, case, details, [(who.person, role)], source=None)
        grants = {(request.org, held) for held in found["roles"]} | {(case_id, role)}
        viewer = Viewer(who.person, frozenset(grants))
        roles = sorted(roles_on(viewer, case_id, request.org, open_to_staff=type_.open_to_staff))
    return Answer(CaseAnswer(case, roles), unit.as_of(stream))


async def write_opened(
    unit: Unit,
    stream: Stream,
    case: Case,
    details: Sequence[Detail],
    takers: list[tuple[UUID, str]],
    *,
    source: str | None,
) -> list[Conversation]:
    """Write a case with its details, participants and first conversations, and their events."""
    type_ = CASE_TYPES[case.type, case.type_version]
    everyone = expand(type_.roles, open_to_staff=type_.open_to_staff)
    assert unit.person is not None
    participants = [
        Participant(new_id(), case.id, person, role, unit.now, unit.person, None, 1) for person, role in takers
    ]
    conversations = [
        Conversation(
            id=new_id(),
            case=case.id,
            title=title,
            audience=list(expand(type_.audiences[name].roles, open_to_staff=type_.open_to_staff)),
            people=[],
            opened_at=unit.now,
            opened_by=unit.person,
            revision=1,
        )
        for title, name in type_.first_conversations
    ]
    unit.append(stream, NewEvent("case.opened", case.id, case, everyone))
    for detail in details:
        unit.append(stream, NewEvent("detail.set", detail.id, detail, tuple(detail.audience)))
    for participant in participants:
        unit.append(stream, NewEvent("participant.granted", participant.id, participant, everyone))
    for conversation in conversations:
        unit.append(
            stream, NewEvent("conversation.opened", conversation.id, conversation, tuple(conversation.audience))
        )
    await unit.connection.execute(
        cases.INSERT, case.id, case.org, unit.now, [p.person for p in participants], [p.role for p in participants],
        case.type, case.type_version, case.number, case.title, case.status, case.intake, case.zone, case.opened_by,
        source, everyone,
    )  # fmt: skip
    await unit.write(
        cases.BEHIND, case.id, case.org, everyone, unit.now, unit.person,
        [p.id for p in participants], [p.person for p in participants], [p.role for p in participants],
        [c.id for c in conversations], [c.title for c in conversations], [",".join(c.audience) for c in conversations],
        details, view_rules.public_of(type_, case),
    )  # fmt: skip
    return conversations


async def read_case(hub: Hub, who: Who, id: UUID) -> Answer[CaseAnswer]:
    async with hub.reading(who) as connection:
        eyes = await eyes_of(connection, who, id)
        found = await _read(connection, who, id, hub.database.epoch)
    return found if eyes is None else Answer(CaseAnswer(found.item.case, eyes.roles), found.as_of)


async def _read(connection: Any, who: Who, id: UUID, epoch: str) -> Answer[CaseAnswer]:
    row = await connection.fetchrow(cases.ONE, id)
    if row is None:
        raise Refused("not_found")
    return Answer(CaseAnswer(cases.case(row), _roles(row, who.person)), AsOf(epoch, seq=row["f_head"]))


def _roles(row: Any, person: UUID) -> list[str]:
    case, org = row["id"], row["org"]
    grants = {(case, role) for role in row["f_roles"] or ()} | {(org, role) for role in row["f_org_roles"] or ()}
    type_ = CASE_TYPES[row["type"], row["type_version"]]
    return sorted(roles_on(Viewer(person, frozenset(grants)), case, org, open_to_staff=type_.open_to_staff))


async def list_cases(
    hub: Hub,
    who: Who,
    *,
    q: str | None,
    status: str | None,
    type: str | None,
    mine: bool,
    limit: int,
    after: str | None,
) -> Page[CaseRow]:
    """The cases I may see, newest first."""
    below = read_cursor(after, UUID)
    like = f"%{q.translate(_LIKE)}%" if q else None
    async with hub.reading(who) as connection:
        rows = await connection.fetch(
            cases.PAGE, below[0] if below else None, like, status or None, type or None, mine, limit + 1
        )
        xmin = rows[0]["f_xmin"] if rows else await connection.fetchval(cases.XMIN)
    items = [
        read(row, CaseRow, case=cases.case(row), roles=_roles(row, who.person), seq=row["f_head"])
        for row in rows[:limit]
    ]
    more = cursor(str(items[-1].case.id)) if len(rows) > limit else None
    # All below the oldest transaction still open is in this answer; what is read twice is told by its revision.
    return Page(items, more, AsOf(hub.database.epoch, pos=str(Position(int(xmin), 0))))


_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


async def change_case(hub: Hub, who: Who, id: UUID, request: ChangeCase, revision: int) -> Answer[CaseAnswer]:
    async with hub.writing(who, locks.of_row("cases", id)) as unit:
        facts, row = await unit.facts(cases.CASE, id)
        after = rules.change(facts, cases.case(row), request, revision=revision)
        unit.append(facts.stream, NewEvent("case.updated", id, after, facts.audience))
        await unit.write(cases.CHANGE, *_columns(after, facts.type))
    return Answer(CaseAnswer(after, sorted(facts.roles)), unit.as_of(facts.stream))


async def move_case(hub: Hub, who: Who, id: UUID, request: MoveCase, key: UUID) -> Answer[CaseAnswer]:
    async with hub.writing(who, locks.of_row("cases", id), key_of(key, "move_case", id, request)) as unit:
        facts, row = await unit.facts(cases.CASE, id)
        before = cases.case(row)
        if facts.recall(unit.key):
            return Answer(CaseAnswer(before, sorted(facts.roles)), unit.as_of(facts.stream))
        after = rules.move(facts, before, request, now=unit.now)
        unit.append(facts.stream, NewEvent("case.moved", id, after, facts.audience))
        await unit.write(cases.CHANGE, *_columns(after, facts.type))
    return Answer(CaseAnswer(after, sorted(facts.roles)), unit.as_of(facts.stream))


def _columns(case: Case, type_: CaseType) -> tuple[Any, ...]:
    public = view_rules.public_of(type_, case)
    return case.id, case.title, case.intake, case.zone, case.status, case.is_open, case.closed_at, public
