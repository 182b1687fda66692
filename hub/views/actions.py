"""What of an organisation's cases everybody may know, and who sees a case, and why."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from hub.context import Hub, Who
from hub.sessions.standing import proved_recently
from hub.views import rules
from hub.views.eyes import Asked, asked
from schemas.access import ADMIN
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.positions import AsOf
from schemas.views import Publication, PublicCase, PublicOffice, Reason, SetPublication
from storage.postgres import locks, views
from storage.postgres.rows import cursor, read_cursor


async def read_office(hub: Hub, org: UUID) -> PublicOffice:
    """`not_found` for an organisation that shows nothing, as for one that is not there."""
    async with hub.database.reading(None) as connection:
        row = await connection.fetchrow(views.OFFICE, org)
    if row is None:
        raise Refused("not_found")
    return PublicOffice(row["name"], rules.public_types(row["types"]))


async def list_public(
    hub: Hub,
    org: UUID,
    *,
    type: str | None,
    status: str | None,
    category: str | None,
    limit: int,
    after: str | None,
) -> Page[PublicCase]:
    """Newest first. Read as nobody: no policy opens anything else to that."""
    day, number = read_cursor(after, date, str) or (None, None)
    async with hub.database.reading(None) as connection:
        office = await connection.fetchrow(views.OFFICE, org)
        if office is None:
            raise Refused("not_found")
        rows = await connection.fetch(
            views.PUBLIC_PAGE, org, type or None, status or None, day, number, category or None, limit + 1
        )
    items = [views.public_case(row) for row in rows if rules.is_public(row, office["types"])]
    last = rows[limit - 1] if len(rows) > limit else None
    more = cursor(last["opened_on"].isoformat(), last["number"]) if last else None
    return Page(items[:limit], more, AsOf(hub.database.epoch))


async def read_public(hub: Hub, org: UUID, number: str) -> Answer[PublicCase]:
    async with hub.database.reading(None) as connection:
        office = await connection.fetchrow(views.OFFICE, org)
        row = await connection.fetchrow(views.PUBLIC_ONE, org, number)
    if office is None or row is None or not rules.is_public(row, office["types"]):
        raise Refused("not_found")
    return Answer(views.public_case(row), AsOf(hub.database.epoch))


async def read_publication(hub: Hub, who: Who, org: UUID) -> Publication:
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(views.PUBLISHED, org)
    if row is None:
        raise Refused("not_found")
    return Publication(row["types"], rules.publishable(row["case_types"]))


async def set_publication(hub: Hub, who: Who, org: UUID, request: SetPublication) -> Publication:
    """Show the public side of these types and of no others, at once. Repeating is free."""
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        row = await unit.connection.fetchrow(views.PUBLISHED, org)
        if row is None:
            raise Refused("not_found")
        unit.by_place(org, ADMIN)  # nobody else is told what is published
        possible = rules.publishable(row["case_types"])
        types = rules.published(request, possible)
        await proved_recently(unit.connection, who, unit.now)
        await unit.connection.execute(views.PUBLISH, org, types, unit.now)
    return Publication(types, possible)


async def list_access(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Reason]:
    """Who may see a case, and why, in the order of their ids. Whom a wall keeps out is said to administrators alone."""
    above = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        there = await asked(connection, who.person, case)
        if there.thing.case_id != case:
            raise Refused("not_found")
        rows = await connection.fetch(views.HOLDERS, case, None, above[0] if above else None, limit + 1)
        causes = await _causes(connection, case, [row["person"] for row in rows])
    knows_all = ADMIN in there.org_roles
    found = [_reason(row, case, there, causes) for row in rows[:limit]]
    more = cursor(str(rows[limit - 1]["person"])) if len(rows) > limit else None
    return Page([one for one in found if one.sees or knows_all], more, AsOf(hub.database.epoch))


async def explain_access(hub: Hub, who: Who, case: UUID, person: UUID, thing: UUID | None) -> Reason:
    """Why somebody whom the organisation knows sees a thing of a case, or does not: by the function that decides it."""
    async with hub.reading(who) as connection:
        there = await asked(connection, who.person, thing or case)
        if there.thing.case_id != case:
            raise Refused("not_found")
        row = await connection.fetchrow(views.HOLDERS, case, person, None, 1)
        causes = await _causes(connection, case, [person])
    if row is None:
        raise Refused("not_found")
    found = _reason(row, thing or case, there, causes)
    if not found.sees and ADMIN not in there.org_roles:
        # One and the same for all reasons: a wall is not to be told from a role that is missing.
        return msgspec.structs.replace(found, why=rules.SEES_NOT, roles=[])
    return found


async def _causes(connection: Any, case: UUID, people: list[UUID]) -> dict[UUID, rules.Causes]:
    found = {person: rules.Causes([], []) for person in people}
    for row in await connection.fetch(views.GIVEN, case, people):
        found[row["person"]].given.append(row["role"])
    for row in await connection.fetch(views.TEAMS, case, people):
        found[row["person"]].teams.append((row["name"], row["role"]))
    return found


def _reason(row: Any, id: UUID, there: Asked, causes: Mapping[UUID, rules.Causes]) -> Reason:
    holder = views.holder(row)
    return rules.reason(holder.viewer, holder.name, id, there.thing, there.type, causes[holder.person])
