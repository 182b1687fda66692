"""Apps over HTTP: an organisation's, those that act for me, and what one asks of me. The protocol's own endpoints are
in `endpoints.py`."""

from uuid import UUID

from litestar import delete, get, patch, post

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, OF_OWN
from hub.http.inputs import After, IfMatch, Key, Limit
from hub.oauth import apps, consents
from hub.oauth.endpoints import ROUTES as ENDPOINTS
from schemas.answers import Answer, Page
from schemas.oauth import (
    AnswerApp,
    AnswerDevice,
    App,
    Asking,
    AskingDevice,
    ChangeApp,
    Connection,
    NewSecret,
    Onward,
    RegisterApp,
    TypeCode,
)
from storage.postgres.rows import read_cursor


@get("/v1/orgs/{org:uuid}/apps", opt=OF_ADMIN)
async def list_apps(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[App]:
    """An organisation's apps, for its administrators, the oldest first."""
    beyond = read_cursor(after, UUID)
    return await apps.list_apps(hub, who, org, limit, beyond[0] if beyond else None)


@post("/v1/orgs/{org:uuid}/apps", opt=OF_ADMIN)
async def register_app(hub: Hub, who: Who, org: UUID, data: RegisterApp, key: Key) -> Answer[NewSecret]:
    """Register an app. Its secret, if its kind keeps one, is shown this once."""
    return await apps.register_app(hub, who, org, data, key)


@patch("/v1/orgs/{org:uuid}/apps/{app:uuid}", opt=OF_ADMIN)
async def change_app(
    hub: Hub, who: Who, org: UUID, app: UUID, data: ChangeApp, revision: IfMatch
) -> Answer[App]:
    """Change an app's name, addresses or scopes. Where it loses a scope, all that people gave it ends."""
    return await apps.change_app(hub, who, org, app, data, revision)


@post("/v1/orgs/{org:uuid}/apps/{app:uuid}/secret", status_code=200, opt=OF_ADMIN)
async def new_app_secret(hub: Hub, who: Who, org: UUID, app: UUID, revision: IfMatch) -> Answer[NewSecret]:
    """Another secret, shown this once; the one before is worth nothing from now on."""
    return await apps.new_secret(hub, who, org, app, revision)


@delete("/v1/orgs/{org:uuid}/apps/{app:uuid}", opt=OF_ADMIN)
async def end_app(hub: Hub, who: Who, org: UUID, app: UUID) -> None:
    """End an app, and all that people gave it."""
    await apps.end_app(hub, who, org, app)


@get("/v1/apps", opt=OF_OWN)
async def list_connections(hub: Hub, who: Who) -> Page[Connection]:
    """The apps that may act for me."""
    return await consents.list_connections(hub, who)


@delete("/v1/apps/{app:uuid}", opt=OF_OWN)
async def disconnect(hub: Hub, who: Who, app: UUID) -> None:
    """Take everything back from an app; what it holds ends at once."""
    await consents.disconnect(hub, who, app)


@get("/v1/apps/requests/{request_id:uuid}", opt=OF_OWN)
async def read_asking(hub: Hub, who: Who, request_id: UUID) -> Asking:
    """What an app asks of me, in this session."""
    return await consents.read_asking(hub, who, request_id)


@post("/v1/apps/requests/{request_id:uuid}", status_code=200, opt=OF_OWN)
async def answer_asking(hub: Hub, who: Who, request_id: UUID, data: AnswerApp) -> Onward:
    """Allow or decline, once; answers where the browser goes next."""
    return await consents.answer(hub, who, request_id, allow=data.allow)


@post("/v1/apps/devices", status_code=200, opt=OF_OWN)
async def read_device(hub: Hub, who: Who, data: TypeCode) -> AskingDevice:
    """What the device asks that shows this code."""
    return await consents.read_device(hub, who, data.code)


@post("/v1/apps/devices/answer", status_code=204, opt=OF_OWN)
async def answer_device(hub: Hub, who: Who, data: AnswerDevice) -> None:
    """Allow or decline, once."""
    await consents.answer_device(hub, who, data)


ROUTES = [
    list_apps, register_app, change_app, new_app_secret, end_app, list_connections, disconnect, read_asking,
    answer_asking, read_device, answer_device, *ENDPOINTS,
]  # fmt: skip
