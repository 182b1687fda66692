"""People, invitations and the first run over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from msgspec import Struct

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, PUBLIC
from hub.http.inputs import AS, After, Key, Limit
from hub.people import actions
from hub.sessions.caller import caller_of
from hub.sessions.routes import answered
from schemas.answers import Answer, Page
from schemas.people import AcceptInvitation, Card, FirstRun, InvitePerson, Me


class Setup(Struct, frozen=True):
    needed: bool


@post("/v1/people", opt=OF_ADMIN)
async def invite_person(hub: Hub, who: Who, data: InvitePerson, key: Key) -> Answer[Card]:
    """Make somebody a member of an organisation; who cannot sign in yet is invited by mail."""
    return await actions.invite_person(hub, who, data, key)


@get("/v1/people")
async def list_people(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[Card]:
    """An organisation's directory, for its staff, by name."""
    return await actions.list_people(hub, who, org, limit, after)


@delete("/v1/orgs/{org:uuid}/people/{person:uuid}", opt=OF_ADMIN)
async def remove_person(hub: Hub, who: Who, org: UUID, person: UUID) -> None:
    """Remove somebody from an organisation and from all its cases."""
    await actions.remove_person(hub, who, org, person)


@get("/v1/cases/{case:uuid}/people", opt=AS)
async def list_case_people(hub: Hub, who: Who, case: UUID) -> Page[Card]:
    """The names behind the ids of a case."""
    return await actions.list_case_people(hub, who, case)


@post("/v1/invitations/accept", status_code=200, opt=PUBLIC)
async def accept_invitation(
    hub: Hub, request: Request[Any, Any, Any], data: AcceptInvitation
) -> Response[Me]:
    """Use an invitation from a mail, choose a password, and be signed in. It works once, so it needs no key."""
    return answered(hub, await actions.accept_invitation(hub, data, caller_of(hub.settings, request)))


@get("/v1/setup", opt=PUBLIC)
async def read_setup(hub: Hub) -> Setup:
    """Whether the first organisation has still to be made."""
    return Setup(await actions.setup_needed(hub))


@post("/v1/setup", status_code=204, opt=PUBLIC)
async def set_up(hub: Hub, request: Request[Any, Any, Any], data: FirstRun) -> None:
    """Make the first organisation and its administrator. It works once, so it needs no key."""
    await actions.set_up(hub, data, doing=caller_of(hub.settings, request).doing)


ROUTES = [invite_person, list_people, remove_person, list_case_people, accept_invitation, read_setup, set_up]
