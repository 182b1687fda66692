"""Erasing a person: the preview, the act, who asked for it; and what people correct of themselves.

The act is one transaction. The database refuses it while a hold stands (`erase_person` in `0014_keep.sql`), and so does
the rule, with the reason.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from hub.context import Hub, Who
from hub.erasure import rules
from hub.people.rules import may_administer
from hub.retention.certifying import KEEPERS, issue
from hub.sessions.standing import proved_recently
from hub.settling import org_stream
from schemas.access import ADMIN, DESK
from schemas.answers import Answer, Page
from schemas.erasure import (
    AskErasure,
    Corrected,
    Correction,
    Erase,
    Erased,
    Erasure,
    Preview,
    RefuseErasure,
)
from schemas.errors import Refused
from schemas.events import Grant, NewEvent
from schemas.facts import Stream, changed
from schemas.ids import new_id
from schemas.limits import PAGE_ITEMS_MAX
from schemas.people import Member
from schemas.positions import AsOf
from schemas.sessions import Session
from schemas.zones import zone_named
from storage.postgres import erasure, holds, locks, people, walls
from storage.postgres.rows import cursor, read_cursor
from storage.postgres.unit import Unit

LAST = "An organisation keeps an administrator: make somebody else one first."


async def preview(hub: Hub, who: Who, org: UUID, person: UUID) -> Answer[Preview]:
    """What would go and what would stay, and why; changes nothing."""
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        found = await _preview(connection, org, person)
    return Answer(found[0], AsOf(hub.database.epoch))


async def _preview(on: Any, org: UUID, person: UUID) -> tuple[Preview, Any]:
    row = await on.fetchrow(erasure.PREVIEW, org, person)
    if row is None:
        raise Refused("not_found")
    hold = await holds.in_the_way(on, org, "person", person)
    return rules.preview(person, row, hold), hold


async def erase(hub: Hub, who: Who, org: UUID, person: UUID, request: Erase) -> Answer[Erased]:
    """Erase somebody from the organisation's records, and their account with it where nobody else knows them."""
    lock = locks.of_streams(org, org, person, *request.cases, exclusive=True)
    async with hub.writing(who, lock) as unit, holds.spared():
        on = unit.connection
        may_administer(await on.fetchval(people.ROLE, org))
        unit.act, unit.thing = "person.erased", person
        before, hold = await _preview(on, org, person)
        await proved_recently(on, who, unit.now)
        rules.may_erase(person, by=who.person, hold=hold)
        if len(await on.fetch(walls.CASES, org, request.cases)) != len(set(request.cases)):
            raise Refused("not_found")
        card = await on.fetchrow(people.CARD, org, person)
        words = await on.fetchval(erasure.WORDS, org, person, request.cases, unit.now) if request.cases else 0
        body = rules.certificate(org, before, words=words, by=who.person, at=unit.now)
        stream = await org_stream(unit, org)
        certificate = await issue(unit, hub.settings, stream, "person", person, body)
        member = Member(person, org, card["membership"] if card else "", unit.now, 2)
        unit.append(stream, NewEvent("member.removed", person, member, (ADMIN, DESK)))
        done = await _decided(unit, org, person, request, certificate.id, by=who.person)
        mine = await unit.person_stream(person)  # its numbers go on: the record tells of each once
        ended = await on.fetchval(erasure.ERASE, org, person, unit.now)
        if not await on.fetchval(people.GOVERNED, org):
            raise Refused("conflict", LAST)
        # From here on they see nothing; what is told names nobody.
        unit.append(mine, NewEvent("grant.changed", org, Grant(org, member.role, False), (), (person,)))
    await _close(hub, person, ended or ())
    return Answer(Erased(done, certificate), unit.as_of(stream))


async def _decided(unit: Unit, org: UUID, person: UUID, request: Erase, certificate: UUID, *, by: UUID) -> Erasure:
    """What they asked for is done; where they did not ask, it is noted that it was done."""
    waiting = await unit.connection.fetchrow(erasure.WAITING, org, person)
    asked = (
        erasure.erasure(waiting)
        if waiting
        else Erasure(new_id(), org, person, "asked", unit.now, by, None, None, "", None, 0)
    )
    done = replace(
        changed(asked), state="done", decided_at=unit.now, decided_by=by, reason=request.reason, certificate=certificate
    )
    await unit.write(
        erasure.DECIDED if waiting else erasure.DONE, done.id, org, person, unit.now, by, request.reason, certificate,
        request.cases,
    )  # fmt: skip
    return done


async def _close(hub: Hub, person: UUID, sessions: Sequence[UUID]) -> None:
    """Their sessions are gone, and open nothing: this closes the sockets that they held."""
    if not sessions:
        return
    async with hub.database.writing_as_system(locks.of_streams(None, person), hub.clock()) as unit:
        unit.rule = "erased"
        mine = await unit.person_stream(person)
        for session in sessions:
            over = Session(session, person, "browser", "", unit.now, unit.now)
            unit.append(mine, NewEvent("session.ended", session, over, (), (person,)))
    await hub.bus.wake()


async def list_erasures(hub: Hub, who: Who, org: UUID, limit: int, after: str | None) -> Page[Erasure]:
    """Who asked to be erased, and who was; newest first, for administrators."""
    below = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(erasure.PAGE, org, below[0] if below else None, limit + 1)
    items = [erasure.erasure(row) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch))


async def my_erasures(hub: Hub, who: Who) -> Page[Erasure]:
    """What became of what the asker asked for."""
    async with hub.reading(who) as connection:
        rows = await connection.fetch(erasure.MINE, PAGE_ITEMS_MAX)
    return Page([erasure.erasure(row) for row in rows], None, AsOf(hub.database.epoch))


async def ask(hub: Hub, who: Who, request: AskErasure) -> Answer[Erasure]:
    """Ask an organisation to be erased; its administrators decide. Asking again changes nothing."""
    org = request.org
    async with hub.writing(who, locks.of_streams(org, org)) as unit:
        if await unit.connection.fetchval(erasure.SEATED, org) is None:
            raise Refused("not_found")
        waiting = await unit.connection.fetchrow(erasure.WAITING, org, who.person)
        if waiting is not None:
            return Answer(erasure.erasure(waiting), AsOf(hub.database.epoch))
        new = Erasure(
            new_id(), org, who.person, "asked", unit.now, who.person, None, None, request.reason, None, 1
        )
        stream = await org_stream(unit, org, access_changes=False)
        unit.append(stream, NewEvent("erasure.asked", new.id, new, KEEPERS))
        await unit.write(erasure.ASK, new.id, org, who.person, unit.now, new.reason)
    return Answer(new, unit.as_of(stream))


async def refuse(hub: Hub, who: Who, org: UUID, id: UUID, request: RefuseErasure) -> Answer[Erasure]:
    """Say why somebody is not erased; they read it."""
    async with hub.writing(who, locks.of_streams(org, org)) as unit:
        may_administer(await unit.connection.fetchval(people.ROLE, org))
        row = await unit.connection.fetchrow(erasure.ONE, org, id)
        if row is None:
            raise Refused("not_found")
        before = erasure.erasure(row)
        if (before.state, before.reason) == ("refused", request.reason):
            return Answer(before, AsOf(hub.database.epoch))
        after = rules.refuse(before, request.reason, by=who.person, now=unit.now)
        stream: Stream = await org_stream(unit, org, access_changes=False)
        unit.append(stream, NewEvent("erasure.refused", id, after, KEEPERS))
        await unit.write(erasure.REFUSE, id, unit.now, who.person, request.reason)
    return Answer(after, unit.as_of(stream))


async def correct(hub: Hub, who: Who, request: Correction) -> Answer[Corrected]:
    """What is wrong about oneself: name and zone. Others read it anew when they read who is who."""
    zone = zone_named(request.zone, "UTC")
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        unit.act, unit.rule, unit.thing = "person.corrected", "oneself", who.person
        await unit.connection.execute(erasure.CORRECT, request.name, zone)
    return Answer(Corrected(who.person, request.name, zone), AsOf(hub.database.epoch))
