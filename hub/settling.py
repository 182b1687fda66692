"""After a change of what gives access: the grants follow, and whom it concerns is told to read again.

Participants, teams on a case and walls are causes; grants at a case are what follows from them, made by one function of
the database under the organisation's lock, in the transaction of the change.
"""

from collections.abc import Collection
from uuid import UUID

from schemas.events import Access, Grant, NewEvent
from schemas.facts import Stream
from storage.postgres import access
from storage.postgres.unit import Unit


async def settle(
    unit: Unit,
    org: UUID,
    *,
    people: Collection[UUID] | None,
    cases: Collection[UUID] | None,
    tell: bool = True,
) -> None:
    """Settle the grants of these people (None: everybody) in these cases (None: all). The organisation's lock is held
    exclusively and, to `tell`, so are the streams of whom it may concern: each is told that what they may see in the
    organisation is not what it was, and not why."""
    rows = await unit.connection.fetch(
        access.SETTLE,
        org,
        None if people is None else list(people),
        None if cases is None else list(cases),
        unit.now,
    )
    if not tell:
        return
    for row in rows:
        stream = Stream.of_person(row["person"], row["head"])
        unit.append(
            stream, NewEvent("grant.changed", org, Grant(org, row["seat"], True), (), (row["person"],))
        )


async def org_stream(unit: Unit, org: UUID, *, access_changes: bool = True) -> Stream:
    """The organisation's stream. Where access changes its counter is raised, and its lock is held exclusively."""
    sql = access.RAISE if access_changes else access.COUNTERS
    counters = Access(*await unit.connection.fetchval(sql, org, None))
    head = await unit.connection.fetchval("select stream_head($1)", org)
    return Stream("org", org, org, None, head, counters)
