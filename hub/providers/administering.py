"""An organisation's providers: its administrators add, change and remove them, after proving who they are."""

from typing import Any
from uuid import UUID

from hub.context import Hub, Who
from hub.factors import sealing
from hub.people.rules import may_administer
from hub.providers import knowing
from hub.providers.outside import Unreachable
from hub.sessions.standing import proved_recently
from schemas.access import ADMIN
from schemas.answers import Answer, Page
from schemas.errors import Refused, bad_input
from schemas.facts import check_revision
from schemas.ids import new_id
from schemas.limits import PROVIDERS_MAX
from schemas.positions import AsOf
from schemas.providers import EditProvider, NewProvider, Provider
from storage.postgres import locks, people, providers
from storage.postgres.rows import read


def redirect_uri(hub: Hub, provider: UUID) -> str:
    """Where a provider sends the browser back to. Each has an address of its own, so that the answer of one cannot pass
    for another's."""
    return f"{hub.settings.public_url}/sign-in/return/{provider}"


async def list_providers(hub: Hub, who: Who, org: UUID) -> Page[Provider]:
    async with hub.reading(who) as connection:
        await _administers(connection, org)
        rows = await connection.fetch(providers.OF_ORG, org)
    return Page([_shown(hub, row) for row in rows], None, AsOf(hub.database.epoch))


async def add_provider(hub: Hub, who: Who, org: UUID, request: NewProvider) -> Answer[Provider]:
    """It is asked who it is before it is kept. The same issuer and client again is the one that is there."""
    async with hub.reading(who) as connection:
        await _administers(connection, org)
        await proved_recently(connection, who, hub.clock())
    try:
        await knowing.learn(hub.settings, request.issuer, hub.clock())
    except Unreachable as error:
        raise bad_input("$.issuer", f"this address does not answer as a provider: {error}") from None
    id = new_id()
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        await _administers(unit.connection, org)
        unit.by_place(org, ADMIN)
        await proved_recently(unit.connection, who, unit.now)
        rows = await unit.connection.fetch(providers.OF_ORG, org)
        for row in rows:
            if (row["issuer"], row["client_id"]) == (request.issuer, request.client_id):
                if row["name"] != request.name:
                    raise Refused(
                        "conflict", "This client of this provider is here already; change that one."
                    )
                return Answer(_shown(hub, row), AsOf(hub.database.epoch))
        if len(rows) >= PROVIDERS_MAX:
            raise Refused("conflict", f"An organisation has {PROVIDERS_MAX} providers at most.")
        unit.thing = id
        sealed = sealing.seal(hub.settings, request.client_secret.encode(), id, org)
        await unit.connection.execute(
            providers.INSERT, id, org, request.name, request.issuer, request.client_id, sealed, request.domains,
            request.brings, request.mfa_amr, request.mfa_acr, unit.now,
        )  # fmt: skip
        row = await unit.connection.fetchrow(providers.ONE, org, id)
    return Answer(_shown(hub, row), AsOf(hub.database.epoch))


async def edit_provider(
    hub: Hub, who: Who, org: UUID, id: UUID, request: EditProvider, revision: int
) -> Answer[Provider]:
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        await _administers(unit.connection, org)
        unit.by_place(org, ADMIN)
        await proved_recently(unit.connection, who, unit.now)
        row = await unit.connection.fetchrow(providers.ONE, org, id)
        if row is None:
            raise Refused("not_found")
        check_revision(revision, row["revision"])
        await unit.connection.execute(
            providers.UPDATE, org, id, request.name, request.domains, request.brings, request.mfa_amr,
            request.mfa_acr, revision,
        )  # fmt: skip
        if request.client_secret is not None:
            sealed = sealing.seal(hub.settings, request.client_secret.encode(), id, org)
            await unit.connection.execute(providers.SET_SECRET, org, id, sealed)
        row = await unit.connection.fetchrow(providers.ONE, org, id)
    return Answer(_shown(hub, row), AsOf(hub.database.epoch))


async def remove_provider(hub: Hub, who: Who, org: UUID, id: UUID) -> None:
    """Nobody signs in by it any more; sessions go on. Removing it again is done already."""
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        await _administers(unit.connection, org)
        unit.by_place(org, ADMIN)
        await proved_recently(unit.connection, who, unit.now)
        await unit.connection.execute(providers.REMOVE, org, id, unit.now)


async def _administers(connection: Any, org: UUID) -> None:
    may_administer(await connection.fetchval(people.ROLE, org))


def _shown(hub: Hub, row: Any) -> Provider:
    return read(row, Provider, redirect_uri=redirect_uri(hub, row["id"]))
