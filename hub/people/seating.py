"""Giving a place in an organisation and taking it away, with what everybody is told of it, whoever asks."""

from uuid import UUID

from hub.settling import org_stream
from hub.teams.actions import leave_teams
from schemas.access import ADMIN, DESK, OUTSIDE
from schemas.errors import Refused
from schemas.events import Grant, NewEvent
from schemas.facts import Stream
from schemas.people import Card, Member
from storage.postgres import people
from storage.postgres.rows import read
from storage.postgres.unit import Unit

ASKED_FIRST = (
    "They are on Casewire already and are asked first: invite them, and go on once they have said yes."
)
LAST = "An organisation keeps an administrator: make somebody else one first."


async def take_in(
    unit: Unit, org: UUID, person: UUID, email: str, name: str, role: str | None
) -> tuple[Card, Stream]:
    """Make a person known to the organisation and seat them as `role`; None leaves the place they have, `outside` for
    a new one. The unit holds the organisation's lock alone, and the person's."""
    seated = await unit.connection.fetchrow(people.CARD, org, person) is not None
    await unit.connection.execute(people.INTRODUCE, org, person, email, name, unit.now)
    if role is not None:
        await _place(unit, org, person, role)
    row = await unit.connection.fetchrow(people.CARD, org, person)
    if row is None:  # they are there already, and elsewhere: nobody seats them unasked
        raise Refused("conflict", ASKED_FIRST)
    card = read(row, Card)
    return card, await was_seated(unit, org, person, card.membership, before=seated)


async def seat(unit: Unit, org: UUID, person: UUID, role: str) -> Stream:
    """Give a place to somebody who need not be asked: a service. Locks and answer are those of `take_in`."""
    before = await _place(unit, org, person, role)
    return await was_seated(unit, org, person, role, before=before is not None)


async def _place(unit: Unit, org: UUID, person: UUID, role: str) -> str | None:
    """Answers the place before."""
    if role == OUTSIDE:
        await leave_teams(unit, org, person)
    before = await unit.connection.fetchval(people.SEAT, org, person, role, unit.now)
    await _somebody_remains(unit, org, before, role)
    return before


async def was_seated(unit: Unit, org: UUID, person: UUID, role: str, *, before: bool = False) -> Stream:
    """Tell of a place that was given; `before`: they had another one. Answers the organisation's stream."""
    stream = await org_stream(unit, org)
    member = Member(person, org, role, unit.now, 1)
    type = "member.changed" if before else "member.added"
    unit.act, unit.thing = unit.act or type, unit.thing or person
    unit.append(stream, NewEvent(type, person, member, (ADMIN, DESK)))
    await _tell(unit, person, Grant(org, role, True))
    return stream


async def put_out(unit: Unit, org: UUID, person: UUID) -> None:
    """Take a person's place, and with it those in teams; nothing for who has none."""
    await leave_teams(unit, org, person)
    before = await unit.connection.fetchval(people.SEAT, org, person, None, unit.now)
    if before is None:
        return
    # The first event may be of a team that they leave.
    unit.act, unit.thing = unit.act or "member.removed", unit.thing or person
    await _somebody_remains(unit, org, before, None)
    stream = await org_stream(unit, org)
    unit.append(
        stream, NewEvent("member.removed", person, Member(person, org, before, unit.now, 2), (ADMIN, DESK))
    )
    await _tell(unit, person, Grant(org, before, False))


async def _somebody_remains(unit: Unit, org: UUID, before: str | None, after: str | None) -> None:
    if before == ADMIN and after != ADMIN and not await unit.connection.fetchval(people.GOVERNED, org):
        raise Refused("conflict", LAST)


async def _tell(unit: Unit, person: UUID, grant: Grant) -> None:
    mine = await unit.person_stream(person)
    unit.append(mine, NewEvent("grant.changed", grant.scope, grant, (), (person,)))
