"""People and cases for a bench, made through the hub's actions on an organisation of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from msgspec import Struct

from hub.cases.actions import open_case
from hub.context import Hub, Who
from hub.conversations.actions import list_conversations
from hub.serve import opened
from hub.sessions.actions import open_session
from schemas.access import DESK
from schemas.cases import OpenCase
from schemas.casetypes import CURRENT
from schemas.ids import new_id
from schemas.settings import Settings
from storage.postgres import operator

SOCKETS_EACH = 40  # of one person; the gateway lets nobody hold more than 50
INTAKE = {"category": "other", "location": "nowhere", "description": "a case to measure with"}


class Person(Struct, frozen=True):
    who: Who
    session: UUID
    token: str


class Scene(Struct, frozen=True):
    """`rooms` are conversations with their cases; every person is staff and may write in each."""

    hub: Hub
    org: UUID
    people: list[Person]
    rooms: list[tuple[UUID, UUID]]


@asynccontextmanager
async def scene(settings: Settings, *, people: int, cases: int, closed: bool = False) -> AsyncIterator[Scene]:
    """An organisation with `people` of staff, all of whom see each of `cases` cases; with `closed` only those who take
    part in one do, and administrators."""
    org, name = new_id(), f"Bench {uuid4().hex[:8]}"
    type_ = next(t for t in CURRENT.values() if t.open_to_staff is not closed)
    audience = type_.first_conversations[0]
    async with opened(settings) as hub:
        system, now = hub.database.system, hub.clock()
        await system.execute(operator.MAKE_ORGANISATION, org, name, "UTC", sorted(CURRENT), now)
        admin = await _person(hub, f"admin@{org}.test")
        await system.execute(operator.MAKE_ADMINISTRATOR, admin.who.person, org, now)
        made = [admin]
        for n in range(1, people):
            person = await _person(hub, f"bench{n}@{org}.test")
            await system.execute(operator.SEAT, person.who.person, org, DESK, now)
            made.append(person)
        rooms: list[tuple[UUID, UUID]] = []
        for n in range(cases):
            request = OpenCase(
                org=org, type=type_.name, title=f"Bench case {n}", intake={} if closed else INTAKE
            )
            case = (await open_case(hub, admin.who, request, uuid4())).item.case.id
            page = await list_conversations(hub, admin.who, case, 10, None)
            rooms.append((case, next(found.id for found in page.items if found.title == audience[0])))
        yield Scene(hub, org, made, rooms)


def people_for(sockets: int) -> int:
    """How many a scene needs: the first, who writes, and enough others to hold `sockets`."""
    return 1 + -(-sockets // SOCKETS_EACH)


async def _person(hub: Hub, email: str) -> Person:
    # A password that nobody knows: with none at all the person would be sent an invitation.
    person = new_id()
    await hub.database.system.execute(
        operator.MAKE_PERSON, person, email, email.partition("@")[0], "UTC", "!", hub.clock()
    )
    token, session = await open_session(hub, person, "token", "bench", 1)
    return Person(Who(person, session.id, "token"), session.id, token)
