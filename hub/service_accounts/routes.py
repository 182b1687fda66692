"""Services of an organisation and their tokens over HTTP."""

from uuid import UUID

from litestar import delete, get, patch, post

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN
from hub.http.inputs import After, IfMatch, Key, Limit
from hub.service_accounts import actions
from schemas.answers import Answer, Page
from schemas.service_accounts import ChangeService, MakeService, MakeServiceToken, Service
from schemas.sessions import NewToken, Session


@post("/v1/orgs/{org:uuid}/services", opt=OF_ADMIN)
async def make_service(hub: Hub, who: Who, org: UUID, data: MakeService, key: Key) -> Answer[Service]:
    """Make a service, for administrators. It takes part in cases by its `id`, as a person does by theirs."""
    return await actions.make_service(hub, who, org, data, key)


@get("/v1/orgs/{org:uuid}/services", opt=OF_ADMIN)
async def list_services(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[Service]:
    """The services of an organisation, those that are disabled too."""
    return await actions.list_services(hub, who, org, limit, after)


@patch("/v1/orgs/{org:uuid}/services/{service:uuid}", opt=OF_ADMIN)
async def change_service(
    hub: Hub, who: Who, org: UUID, service: UUID, data: ChangeService, revision: IfMatch
) -> Answer[Service]:
    """Rename a service, give it another place, or disable it: then its sessions end at once, sockets too."""
    return await actions.change_service(hub, who, org, service, data, revision)


@post("/v1/orgs/{org:uuid}/services/{service:uuid}/tokens", opt=OF_ADMIN)
async def make_service_token(
    hub: Hub, who: Who, org: UUID, service: UUID, data: MakeServiceToken, key: Key
) -> NewToken:
    """Make a token of a service, after a proof that it is you. It is shown this once; a repeat is refused."""
    return await actions.make_token(hub, who, org, service, data, key)


@get("/v1/orgs/{org:uuid}/services/{service:uuid}/tokens", opt=OF_ADMIN)
async def list_service_tokens(hub: Hub, who: Who, org: UUID, service: UUID) -> Page[Session]:
    """The tokens of a service that are still good, and the sessions of apps that act as it."""
    return await actions.list_tokens(hub, who, org, service)


@delete("/v1/orgs/{org:uuid}/services/{service:uuid}/tokens/{token:uuid}", opt=OF_ADMIN)
async def end_service_token(hub: Hub, who: Who, org: UUID, service: UUID, token: UUID) -> None:
    """End a token of a service; its sockets close at once."""
    await actions.end_token(hub, who, org, service, token)


ROUTES = [
    make_service, list_services, change_service, make_service_token, list_service_tokens, end_service_token,
]  # fmt: skip
