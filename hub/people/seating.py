"""Giving a place in an organisation and taking it away, with what everybody is told of it, whoever asks."""

from uuid import UUID

from schemas.access import ADMIN, DESK
from schemas.errors import Refused
from schemas.events import Access, Grant, NewEvent
from schemas.facts import Stream
from schemas.people import Card, Member
from storage.postgres import people
from storage.postgres.rows import read
from storage.postgres.unit import Unit

LAST = "An organisation keeps an administrator: make somebody else one first."


async def take_in(
    unit: Unit, org: UUID, person: UUID, email: str, name: str, role: str | None
) -> tuple[Card, Stream]:
    """Make a person known to the organisation and seat them as `role`; None leaves the place they have, `outside` for
    a new one. The unit holds the organisation's lock alone, and the person's."""
    seated = await unit.connection.fetchrow(people.CARD, org, person) is not None
    await unit.connection.execute(people.INTRODUCE, org, person, email, name, unit.now)
    if role is not None:
        before = await unit.connection.fetchval(people.SEAT, org, person, role, unit.now)
        await _somebody_remains(unit, org, before, role)
    card = read(await unit.connection.fetchrow(people.CARD, org, person), Card)
    stream = await _org_stream(unit, org)
    member = Member(person, org, card.membership, unit.now, 1)
    unit.append(
        stream, NewEvent("member.changed" if seated else "member.added", person, member, (ADMIN, DESK))
    )
    await _tell(unit, person, Grant(org, card.membership, True))
    return card, stream


async def put_out(unit: Unit, org: UUID, person: UUID) -> None:
    """Take a person's place; nothing for who has none."""
    before = await unit.connection.fetchval(people.SEAT, org, person, None, unit.now)
    if before is None:
        return
    await _somebody_remains(unit, org, before, None)
    stream = await _org_stream(unit, org)
    unit.append(
        stream, NewEvent("member.removed", person, Member(person, org, before, unit.now, 2), (ADMIN, DESK))
    )
    await _tell(unit, person, Grant(org, before, False))


async def _somebody_remains(unit: Unit, org: UUID, before: str | None, after: str | None) -> None:
    if before == ADMIN and after != ADMIN and not await unit.connection.fetchval(people.GOVERNED, org):
        raise Refused("conflict", LAST)


async def _org_stream(unit: Unit, org: UUID) -> Stream:
    """The organisation's stream, with its access counter raised: its lock is held exclusively."""
    access = Access(*await unit.connection.fetchval(people.RAISE, org))
    return Stream(
        "org", org, org, None, await unit.connection.fetchval("select stream_head($1)", org), access
    )


async def _tell(unit: Unit, person: UUID, grant: Grant) -> None:
    mine = await unit.person_stream(person)
    unit.append(mine, NewEvent("grant.changed", grant.scope, grant, (), (person,)))
