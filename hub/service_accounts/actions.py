"""Making, changing and disabling services, and making and ending their tokens. All of it is for administrators, and
what puts a secret into the world or opens everything asks for a proof that it is them."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from hub.context import Hub, Who, key_of
from hub.people.rules import may_administer
from hub.people.seating import seat, was_seated
from hub.service_accounts import rules
from hub.sessions.ending import ENDED_AT_ONCE, tell_ended
from hub.sessions.standing import proved_recently
from hub.settling import org_stream, settle
from schemas.access import ADMIN
from schemas.answers import Answer, Page
from schemas.credentials import new_token, token_hash
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from schemas.limits import SERVICE_TOKENS_MAX, SERVICES_MAX
from schemas.positions import AsOf
from schemas.service_accounts import ChangeService, MakeService, MakeServiceToken, Service
from schemas.sessions import NewToken, Session
from storage.postgres import locks, people, service_accounts
from storage.postgres.rows import cursor, read, read_cursor
from storage.postgres.unit import Unit

AUDIENCE = (ADMIN,)
REASONS = {
    "disabled": "This service is disabled; enable it first.",
    "full": f"A service has {SERVICE_TOKENS_MAX} tokens at most; end one that is not needed.",
}


async def make_service(hub: Hub, who: Who, org: UUID, request: MakeService, key: UUID) -> Answer[Service]:
    """It has a place in the organisation and no token yet."""
    id = new_id()
    remembered = key_of(key, "make_service", org, request)
    async with hub.writing(who, locks.of_streams(org, id, exclusive=True), remembered) as unit:
        may_administer(await unit.role(org))
        if made := await unit.recall():
            return Answer(await _found(unit, org, made), AsOf(hub.database.epoch))
        if request.role == ADMIN:
            await proved_recently(unit.connection, who, unit.now)
        if not await unit.connection.fetchval(
            service_accounts.MAKE, org, id, request.name, unit.now, SERVICES_MAX
        ):
            raise Refused(
                "conflict", f"An organisation has {SERVICES_MAX} services at most; use one of them."
            )
        unit.act, unit.thing = "service.added", id  # the first event is of its place
        stream = await _seat(unit, org, id, "", request.role)
        made = await _found(unit, org, id)
        unit.append(stream, NewEvent("service.added", id, made, AUDIENCE))
    return Answer(made, unit.as_of(stream))


async def list_services(hub: Hub, who: Who, org: UUID, limit: int, after: str | None) -> Page[Service]:
    beyond = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(service_accounts.PAGE, org, beyond[0] if beyond else None, limit + 1)
        head = await connection.fetchval("select stream_head($1)", org)
    items = [read(row, Service) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


async def change_service(
    hub: Hub, who: Who, org: UUID, id: UUID, request: ChangeService, revision: int
) -> Answer[Service]:
    """Another name or place; or disable it: its sessions end in the same transaction, and none is made any more."""
    async with hub.writing(who, locks.of_streams(org, id, exclusive=True)) as unit:
        before = await _found(unit, org, id)
        after = rules.change(before, request, revision=revision, now=unit.now)
        if after is before:
            return Answer(before, AsOf(hub.database.epoch))
        if after.role == ADMIN and (before.role != ADMIN or after.disabled_at is None):
            await proved_recently(unit.connection, who, unit.now)
        unit.act, unit.thing = "service.changed", id
        if after.role != before.role:
            stream = await _seat(unit, org, id, before.role, after.role)
        else:
            stream = await org_stream(unit, org)
        await unit.connection.execute(service_accounts.CHANGE, org, id, after.name, after.disabled_at)
        unit.append(stream, NewEvent("service.changed", id, _as_event(after), AUDIENCE))
        if after.disabled_at is not None:
            await unit.flush()
            while len(await _end(unit, org, id, None)) == ENDED_AT_ONCE:
                await unit.flush()
    return Answer(after, unit.as_of(stream))


async def make_token(
    hub: Hub, who: Who, org: UUID, id: UUID, request: MakeServiceToken, key: UUID
) -> NewToken:
    """Its secret is shown this once and kept nowhere, so a repeat with the same key makes no second one: it is refused
    with `conflict`."""
    remembered = key_of(key, "make_service_token", id, request)
    secret, now = new_token("service"), hub.clock()
    expires = now + timedelta(days=request.days)
    scopes: list[str] = sorted(set(request.scopes))
    session = Session(new_id(), id, "service", request.label, now, expires, scopes=scopes)
    lock = locks.of_streams(org, exclusive=True, also=locks.along(org, id))
    async with hub.writing(who, lock, remembered) as unit:
        await _found(unit, org, id)
        if await unit.recall():
            raise Refused(
                "conflict", "This token was made already, and is shown once; end it and make another one."
            )
        await proved_recently(unit.connection, who, unit.now)
        done = await unit.connection.fetchval(
            service_accounts.OPEN, org, id, session.id, token_hash(secret), session.label, session.scopes,
            session.made_at, session.expires_at, SERVICE_TOKENS_MAX,
        )  # fmt: skip
        if done != "made":
            raise Refused("conflict" if done in REASONS else "not_found", REASONS.get(done, ""))
        unit.append(await org_stream(unit, org), NewEvent("token.made", session.id, session, AUDIENCE))
        await settle(unit, org, people=[id], cases=None)  # what keeps its maker out keeps the service out
    return NewToken(session, secret)


async def list_tokens(hub: Hub, who: Who, org: UUID, id: UUID) -> Page[Session]:
    """The sessions of a service that are still good, also those by which apps act as it."""
    async with hub.reading(who) as connection:
        if await connection.fetchrow(service_accounts.ONE, org, id) is None:
            raise Refused("not_found")
        rows = await connection.fetch(service_accounts.SESSIONS, org, id, hub.clock())
    return Page([read(row, Session) for row in rows], None, AsOf(hub.database.epoch))


async def end_token(hub: Hub, who: Who, org: UUID, id: UUID, token: UUID) -> None:
    """Its sockets close at once. Ending one that has ended is done already."""
    async with hub.writing(who, locks.of_streams(org, id, exclusive=True)) as unit:
        await _found(unit, org, id)
        for ended in await _end(unit, org, id, token):
            unit.append(await org_stream(unit, org), NewEvent("token.ended", ended.id, ended, AUDIENCE))


async def _seat(unit: Unit, org: UUID, id: UUID, before: str, role: str) -> Stream:
    """Give it a place in the organisation, also where it has none any more. Answers the organisation's stream."""
    if before:
        return await seat(unit, org, id, role)
    await unit.connection.execute(service_accounts.SEAT, org, id, role, unit.now)
    await settle(unit, org, people=[id], cases=None, tell=False)
    return await was_seated(unit, org, id, role)


async def _end(unit: Unit, org: UUID, id: UUID, token: UUID | None) -> list[Session]:
    """End one session of a service, or some of all."""
    rows = await unit.connection.fetch(service_accounts.END, org, id, token, unit.now, ENDED_AT_ONCE)
    return await tell_ended(unit, id, rows)


async def _found(unit: Unit, org: UUID, id: UUID) -> Service:
    row = await unit.connection.fetchrow(service_accounts.ONE, org, id)
    if row is None:
        raise Refused("not_found")
    unit.by_place(org, ADMIN)  # nobody else sees one
    return _as_event(read(row, Service))


def _as_event(service: Service) -> Service:
    return replace(service, used_at=None)
