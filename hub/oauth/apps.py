"""Apps of an organisation: registering, changing and ending them, and their secrets."""

import secrets
from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.oauth import rules
from hub.oauth.ending import end_families
from hub.people.rules import may_administer
from hub.sessions.standing import proved_recently
from hub.settling import org_stream, settle
from schemas.access import ADMIN
from schemas.answers import Answer, Page
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import check_revision
from schemas.ids import new_id
from schemas.limits import APPS_MAX
from schemas.oauth import App, ChangeApp, NewSecret, RegisterApp
from schemas.positions import AsOf
from storage.postgres import locks, oauth, people
from storage.postgres.rows import cursor, read
from storage.postgres.unit import Unit

ENDED_AT_ONCE = 500  # people of an app that ended


async def list_apps(hub: Hub, who: Who, org: UUID, limit: int, after: UUID | None) -> Page[App]:
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(oauth.APPS, org, after, limit + 1)
    items = [read(row, App) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch))


async def register_app(hub: Hub, who: Who, org: UUID, request: RegisterApp, key: UUID) -> Answer[NewSecret]:
    """A new app. A repeat answers it without its secret, which is kept nowhere; make a new one then."""
    rules.check(
        request.kind,
        request.scopes,
        request.redirect_uris,
        request.logout_uris,
        service=request.service is not None,
    )
    remembered = key_of(key, "register_app", org, request)
    async with hub.writing(who, _lock(org, request.service), remembered) as unit:
        made = await unit.recall()
        may_administer(await unit.role(org))
        if made:
            return Answer(NewSecret(await _app(unit, org, made), None), AsOf(hub.database.epoch))
        await proved_recently(unit.connection, who, unit.now)
        if await unit.connection.fetchval(oauth.APPS_OF, org) >= APPS_MAX:
            raise Refused("conflict", f"Your organisation has {APPS_MAX} apps already; end one first.")
        if request.service and not await unit.connection.fetchval(oauth.IS_SERVICE, request.service, org):
            raise Refused("not_found", "Your organisation has no such service.")
        id, secret = new_id(), _secret() if request.kind in rules.SECRETIVE else None
        await unit.connection.execute(
            oauth.REGISTER, id, org, request.name, request.kind, request.redirect_uris, request.logout_uris,
            sorted(set(request.scopes)), request.id_token_alg, request.service, token_hash(secret) if secret else None,
            unit.now if secret else None, unit.now, who.person,
        )  # fmt: skip
        app, as_of = await _told(unit, org, id, "app.added")
        await _reached(unit, app)
    return Answer(NewSecret(app, secret), as_of)


async def change_app(
    hub: Hub, who: Who, org: UUID, id: UUID, request: ChangeApp, revision: int
) -> Answer[App]:
    async with hub.writing(who, locks.of_streams(org, org)) as unit:
        before = await _changeable(unit, who, org, id, revision)
        after = App(
            **{
                name: getattr(before, name) if (given := getattr(request, name, None)) is None else given
                for name in App.__struct_fields__
            }
        )
        rules.check(
            before.kind,
            after.scopes,
            after.redirect_uris,
            after.logout_uris,
            service=before.service is not None,
        )
        await unit.connection.execute(
            oauth.CHANGE, id, after.name, after.redirect_uris, after.logout_uris, sorted(set(after.scopes)),
            after.id_token_alg,
        )  # fmt: skip
        app, as_of = await _told(unit, org, id, "app.changed")
    if set(before.scopes) - set(app.scopes):  # what it may not ask for any more it does not keep either
        await _end_all(hub, who, id)
    return Answer(app, as_of)


async def new_secret(hub: Hub, who: Who, org: UUID, id: UUID, revision: int) -> Answer[NewSecret]:
    """Another secret in the place of the one before, which is worth nothing from now on."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(oauth.APP, id, org)
    secret = _secret()
    async with hub.writing(who, _lock(org, row and row["service"])) as unit:
        before = await _changeable(unit, who, org, id, revision)
        if before.kind not in rules.SECRETIVE:
            raise Refused("conflict", "An app of this kind cannot keep a secret, so it has none.")
        await unit.connection.execute(oauth.SET_SECRET, id, token_hash(secret), unit.now)
        app, as_of = await _told(unit, org, id, "app.changed")
        await _reached(unit, app)
    return Answer(NewSecret(app, secret), as_of)


async def end_app(hub: Hub, who: Who, org: UUID, id: UUID) -> None:
    """The app is gone, and all that people gave it ends at once. Ending an ended one is done already."""
    async with hub.writing(who, locks.of_streams(org, org)) as unit:
        may_administer(await unit.role(org))
        app = await _app(unit, org, id)
        await proved_recently(unit.connection, who, unit.now)
        if app.ended_at is None:
            await unit.connection.execute(oauth.END_APP, id, unit.now)
            await _told(unit, org, id, "app.ended")
    await _end_all(hub, who, id)


def _lock(org: UUID, service: UUID | None) -> locks.Lock:
    """A secret of an app that acts as a service changes what that one may see, where a wall keeps out who knows it."""
    if service is None:
        return locks.of_streams(org, org)
    return locks.of_streams(org, org, exclusive=True, also=locks.along(org, service))


async def _reached(unit: Unit, app: App) -> None:
    if app.service is not None:
        await org_stream(unit, app.org)
        await settle(unit, app.org, people=[app.service], cases=None)


async def _end_all(hub: Hub, who: Who, app: UUID) -> None:
    while people_of := await hub.database.system.fetch(oauth.LIVE_OF_APP, app, hub.clock(), ENDED_AT_ONCE):
        for row in people_of:
            await end_families(hub, row["person"], by=who.actor, address=who.doing.address, app=app)


def _secret() -> str:
    return secrets.token_urlsafe(32)


async def _changeable(unit: Unit, who: Who, org: UUID, id: UUID, revision: int) -> App:
    may_administer(await unit.role(org))
    app = await _app(unit, org, id)
    await proved_recently(unit.connection, who, unit.now)
    if app.ended_at is not None:
        raise Refused("conflict", "This app has ended.")
    check_revision(revision, app.revision)
    return app


async def _app(unit: Unit, org: UUID, id: UUID) -> App:
    row = await unit.connection.fetchrow(oauth.APP, id, org)
    if row is None:
        raise Refused("not_found")
    return read(row, App)


async def _told(unit: Unit, org: UUID, id: UUID, type: str) -> tuple[App, AsOf]:
    app = await _app(unit, org, id)
    stream = await org_stream(unit, org, access_changes=False)
    unit.append(stream, NewEvent(type, id, app, (ADMIN,)))
    return app, unit.as_of(stream)
