"""Users as their directory sends them: read, taken in, changed, put out. Places, events and sockets follow as they do
when an administrator does it by hand, for it is done by the same functions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from scim2_models import SearchRequest, UniquenessException

from hub.context import Hub, Who
from hub.factors.actions import end_unproved
from hub.people.actions import remove_person
from hub.people.invitations import Found, ask_in, find_person, invite_by_mail
from hub.people.seating import LAST, put_out, take_in, was_seated
from hub.scim import rules
from hub.scim.resources import base_of, check_version, page_of, user_of
from hub.sessions.ending import ENDED_AT_ONCE, tell_ended
from hub.sessions.standing import proved_recently
from schemas.access import ADMIN
from schemas.directories import ScimRule, ScimState
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import SCIM_PAGE_ITEMS_MAX
from schemas.people import Membership
from schemas.scim import Entry, Standing, User
from schemas.scopes import ADMIN as ADMIN_SCOPE
from storage.postgres import factors, locks, people, scim
from storage.postgres.rows import read
from storage.postgres.unit import Unit

TRIES = 3  # at an address that somebody else takes up in the same moment
INDEX_MAX = 2**31
Edit = Callable[[User], User]


async def read_user(hub: Hub, who: Who, org: UUID, id: UUID) -> User:
    async with hub.reading(who) as connection:
        await administered(connection, org)
        return user_of(await _entry(connection, org, id), base_of(hub.settings.public_url, org))


async def list_users(hub: Hub, who: Who, org: UUID, wanted: "SearchRequest[User]") -> dict[str, Any]:
    """A page of those whom the filter holds for, in the order in which they came."""
    condition = scim.Condition(scim.USERS, first=4)
    where = condition.visit(wanted.filter.ast) if wanted.filter else "true"
    start, count = paged(wanted)
    async with hub.reading(who) as connection:
        await administered(connection, org)
        rows = await connection.fetch(scim.listing(where), org, count, start - 1, *condition.values)
    base = base_of(hub.settings.public_url, org)
    shown = [user_of(read_entry(row), base) for row in rows if row["person"] is not None]
    return page_of(shown, rows[0]["total"], start, User, wanted)


async def create_user(hub: Hub, who: Who, org: UUID, user: User) -> User:
    """Take somebody in. A new address gets its place and an invitation by mail; who has a place here already gets this
    one; who is on Casewire and not here is asked first, and has no place before they say yes."""
    said = rules.wanted(user)
    for _ in range(TRIES):
        known = await find_person(hub, who, org, said.address)
        person = known.id if known else new_id()
        async with hub.writing(who, locks.of_streams(org, person, exclusive=True)) as unit:
            default = await administered(unit.connection, org)
            unit.by_place(org, ADMIN)
            unit.thing = person
            row = await unit.connection.fetchrow(people.FIND, org, said.address)
            if (row["id"] if row else None) != (known.id if known else None):
                continue  # somebody came or went between the two looks
            if await unit.connection.fetchrow(scim.ONE, org, person) is not None:
                raise UniquenessException(detail="The organisation has a user with this address already.")
            await _free(unit, org, person, said.user_name)
            card = await unit.connection.fetchrow(people.CARD, org, person) if known else None
            place = card["membership"] if card else None
            rules.may_bring(said, place)
            outsider = await unit.connection.fetchval(scim.OUTSIDER, org, person)
            seat = rules.seat(
                place, said, default=default, may_admin=ADMIN_SCOPE in who.scopes, outsider=outsider
            )
            if known is None:
                await _begin(hub, unit, org, person, said, seat)
            elif place is None:
                await _ask(hub, unit, org, known, said.address, said.called or said.address, seat)
            elif seat is not None and seat != place:
                await take_in(unit, org, person, said.address, known.name, seat)
            await _save(
                unit, org, person, said, seated=seat is not None and (known is None or place is not None)
            )
            made = await _entry(unit.connection, org, person)
            ruled = await _ruled(unit, org, seat)
        await _prove(hub, org, ruled)
        return user_of(made, base_of(hub.settings.public_url, org))
    raise Refused("unavailable", "Somebody else is at this address at the same time; try again.")


async def change_user(hub: Hub, who: Who, org: UUID, id: UUID, if_match: str | None, edit: Edit) -> User:
    """What `edit` makes of a user. To take the place away comes first, with the sessions: if anything fails after that,
    they are out."""
    base = base_of(hub.settings.public_url, org)
    may_admin = ADMIN_SCOPE in who.scopes
    async with hub.reading(who) as connection:
        default = await administered(connection, org)
        before = await _entry(connection, org, id)
        shown = user_of(before, base)
        check_version(shown, if_match)
        said = rules.wanted(edit(shown.model_copy(deep=True)))
        out = (
            rules.seat(before.seat, said, default=default, may_admin=may_admin) is None
            and before.seat is not None
        )
        await _somebody_else(connection, org, before, out)
    if out:
        await _close(hub, who, org, before, said)
        if_match = None  # of what we have just changed ourselves
    async with hub.writing(who, locks.of_streams(org, id, exclusive=True)) as unit:
        default = await administered(unit.connection, org)
        unit.by_place(org, ADMIN)
        before = await _entry(unit.connection, org, id)
        shown = user_of(before, base)
        check_version(shown, if_match)
        said = rules.wanted(edit(shown.model_copy(deep=True)))
        if said.user_name.lower() != before.user_name.lower():
            await _free(unit, org, id, said.user_name)
        standing = read(await unit.connection.fetchrow(scim.STANDING, org, id), Standing)
        outsider = await unit.connection.fetchval(scim.OUTSIDER, org, id)
        change = rules.change(before, said, standing, default=default, may_admin=may_admin, outsider=outsider)
        await _save(unit, org, id, said, seated=before.seat is not None)
        await _follow(hub, unit, org, before, change, said.called or said.address)
        after = await _entry(unit.connection, org, id)
        ruled = await _ruled(unit, org, change.seat if change.seat != before.seat else None)
    await _prove(hub, org, ruled)
    return user_of(after, base)


async def remove_user(hub: Hub, who: Who, org: UUID, id: UUID, if_match: str | None) -> None:
    """Put somebody out and forget what the directory said of them. What they did stays theirs."""
    async with hub.reading(who) as connection:
        await administered(connection, org)
        before = await _entry(connection, org, id)
        check_version(user_of(before, base_of(hub.settings.public_url, org)), if_match)
        rules.may_remove(before, may_admin=ADMIN_SCOPE in who.scopes)
        await _somebody_else(connection, org, before, before.seat is not None)
    await _close(hub, who, org, before)
    async with hub.writing(who, locks.of_streams(org, id, exclusive=True)) as unit:
        await administered(unit.connection, org)
        unit.by_place(org, ADMIN)
        await put_out(unit, org, id)
        await unit.connection.execute(scim.FORGET, org, id)


async def read_state(hub: Hub, who: Who, org: UUID) -> ScimState:
    async with hub.reading(who) as connection:
        role = await administered(connection, org)
        sent = await connection.fetchrow(scim.SENT, org)
    address = base_of(hub.settings.public_url, org)
    return ScimState(address, role, sent["people"], sent["groups"], sent["changed_at"])


async def set_rule(hub: Hub, who: Who, org: UUID, rule: ScimRule) -> ScimRule:
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        await administered(unit.connection, org)
        unit.by_place(org, ADMIN)
        await proved_recently(unit.connection, who, unit.now)
        await unit.connection.execute(scim.SET_RULE, org, rule.role)
    return rule


async def administered(connection: Any, org: UUID) -> Any:
    """The place of whom the directory sends without a role; `not_found` unless the asker administers the
    organisation."""
    row = await connection.fetchrow(scim.RULE, org)
    if row is None or row["mine"] != ADMIN:
        raise Refused("not_found")
    return row["scim_role"]


def paged(wanted: "SearchRequest[Any]") -> tuple[int, int]:
    """Where a page begins, from 1 on, and how many it holds at most."""
    count = SCIM_PAGE_ITEMS_MAX if wanted.count is None else min(wanted.count, SCIM_PAGE_ITEMS_MAX)
    return min(wanted.start_index or 1, INDEX_MAX), count


def read_entry(row: Any) -> Entry:
    return read(row, Entry)


async def _entry(connection: Any, org: UUID, id: UUID) -> Entry:
    row = await connection.fetchrow(scim.ONE, org, id)
    if row is None:
        raise Refused("not_found")
    return read_entry(row)


async def _free(unit: Unit, org: UUID, person: UUID, user_name: str) -> None:
    if await unit.connection.fetchval(scim.NAMED, org, user_name, person) is not None:
        raise UniquenessException(detail="The organisation has a user of this userName already.")


async def _somebody_else(connection: Any, org: UUID, before: Entry, out: bool) -> None:
    """Looked at before anything is taken away; `put_out` looks again, under the lock."""
    if out and before.seat == ADMIN and not await connection.fetchval(scim.OTHERS_GOVERN, org, before.person):
        raise Refused("conflict", LAST)


async def _begin(hub: Hub, unit: Unit, org: UUID, person: UUID, said: rules.Wanted, seat: str | None) -> None:
    name = said.called or said.address
    await take_in(unit, org, person, said.address, name, seat)
    if seat is None:
        await unit.flush()  # each counts on from what is written of the organisation's stream
        await put_out(unit, org, person)
    else:
        await invite_by_mail(hub, unit, org, said.address, name, seat)


async def _ask(
    hub: Hub, unit: Unit, org: UUID, found: Found, address: str, name: str, seat: str | None
) -> None:
    if seat is not None:
        await ask_in(hub, unit, org, found, address, name, msgspec.convert(seat, Membership))


async def _save(unit: Unit, org: UUID, person: UUID, said: rules.Wanted, *, seated: bool) -> None:
    await unit.connection.execute(
        scim.SAVE, org, person, said.user_name, said.external_id, said.display_name, said.name, said.emails, said.role,
        seated, said.active is None, unit.now,
    )  # fmt: skip


async def _follow(hub: Hub, unit: Unit, org: UUID, before: Entry, change: rules.Change, called: str) -> None:
    """The place, the name and the address of a person follow what was said. Who is asked is asked by the name that the
    directory has for them: what they call themselves is not its to know before they say yes."""
    person = before.person
    if change.seat is None:
        await put_out(unit, org, person)  # again only if somebody has given it back in the same moment
    elif before.seat is None:
        if await unit.connection.fetchval(scim.SEAT_AGAIN, org, person, change.seat, unit.now):
            await was_seated(unit, org, person, change.seat)
        else:
            row = await unit.connection.fetchrow(people.FIND, org, before.address)
            await _ask(hub, unit, org, read(row, Found), before.address, called, change.seat)
    elif before.seat != change.seat:
        await take_in(unit, org, person, before.address, before.person_name, change.seat)
    if (change.name, change.address) != (before.person_name, before.address):
        await unit.connection.execute(scim.RENAME, org, person, change.address, change.name)
        if change.seat is not None and change.seat == before.seat:
            await was_seated(unit, org, person, change.seat, before=True)  # so that names are read again
    if change.address != before.address and change.seat is not None:
        await _withdraw(unit, org, before)
        await invite_by_mail(hub, unit, org, change.address, change.name, change.seat)


async def _close(hub: Hub, who: Who, org: UUID, before: Entry, said: rules.Wanted | None = None) -> None:
    """Their sessions, where no other organisation knows them; what waits for their answer; their cases and their place.
    With `said` the directory goes on knowing them by it. Each step repeats for free."""
    more = True
    while more:
        async with hub.writing(who, locks.of_streams(org, before.person, exclusive=True)) as unit:
            await administered(unit.connection, org)
            unit.by_place(org, ADMIN)
            unit.act, unit.thing = who.doing.act, before.person
            if said is not None:
                await _save(unit, org, before.person, said, seated=True)
            rows = await unit.connection.fetch(scim.END_SESSIONS, org, before.person, unit.now, ENDED_AT_ONCE)
            await tell_ended(unit, before.person, rows)
            await _withdraw(unit, org, before)
            more = len(rows) == ENDED_AT_ONCE
    await remove_person(hub, who, org, before.person)


async def _withdraw(unit: Unit, org: UUID, before: Entry) -> None:
    for row in await unit.connection.fetch(scim.WAITING, org, before.person, before.address):
        await unit.connection.execute(people.WITHDRAW, org, row["id"], unit.now)


async def _ruled(unit: Unit, org: UUID, seat: str | None) -> str | None:
    """The new place, where the organisation asks for a second factor of who has it."""
    return seat if seat in await unit.connection.fetchval(factors.RULE, org) else None


async def _prove(hub: Hub, org: UUID, ruled: str | None) -> None:
    if ruled is not None:
        await end_unproved(hub, org, [ruled])
