"""SCIM 2.0 over HTTP, by a token of scope `scim`; and the rule that an organisation has for it.

The service describes itself (`discovery.py`), so it is not in /openapi.json.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post, put
from scim2_models import Context, PatchOp, Resource, ResponseParameters, SearchRequest
from scim2_models import ForbiddenException as Forbidden
from scim2_models import InvalidValueException as InvalidValue

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, OF_SCIM
from hub.scim import actions, discovery, groups, rules, searching
from hub.scim.errors import HANDLERS
from hub.scim.resources import base_of
from schemas.directories import ScimRule, ScimState
from schemas.errors import Refused
from schemas.limits import SCIM_FILTER_CHARS_MAX, SCIM_OPERATIONS_MAX
from schemas.scim import (
    MEDIA_TYPE,
    STRICT,
    TOLERANT,
    Group,
    StandardGroup,
    StandardUser,
    User,
)

Asked = Request[Any, Any, Any]
STANDARD: dict[type[Any], type[Any]] = {User: StandardUser, Group: StandardGroup}
QUERY = ("filter", "startIndex", "count", "attributes", "excludedAttributes")


@get("/Users", opt=OF_SCIM, include_in_schema=False)
async def list_users(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """Users that a filter holds for, a page at a time."""
    return _shown(await actions.list_users(hub, who, org, _search(_query(request), User)))


@post("/Users", opt=OF_SCIM, include_in_schema=False)
async def create_user(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """Take somebody in. The userName is there once, so a repeat is a conflict and changes nothing."""
    user = await _sent(request, User, Context.RESOURCE_CREATION_REQUEST)
    made = await actions.create_user(hub, who, org, user)
    return _answered(request, made, Context.RESOURCE_CREATION_RESPONSE, 201)


@post("/Users/.search", opt=OF_SCIM, status_code=200, include_in_schema=False)
async def search_users(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """As `list_users`, with what is asked in the body."""
    return _shown(await actions.list_users(hub, who, org, _search(await _body(request), User)))


@get("/Users/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def read_user(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> Response[Any]:
    """One user."""
    return _answered(request, await actions.read_user(hub, who, org, id), Context.RESOURCE_QUERY_RESPONSE)


@put("/Users/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def replace_user(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> Response[Any]:
    """A user as a whole."""
    user = await _sent(request, User, Context.RESOURCE_REPLACEMENT_REQUEST)
    after = await actions.change_user(
        hub, who, org, id, request.headers.get("if-match"), _replacing(user, await _body(request))
    )
    return _answered(request, after, Context.RESOURCE_REPLACEMENT_RESPONSE)


@patch("/Users/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def patch_user(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> Response[Any]:
    """Some attributes of a user, all of them or none."""
    edit = _patching(await _body(request), User)
    after = await actions.change_user(hub, who, org, id, request.headers.get("if-match"), edit)
    return _answered(request, after, Context.RESOURCE_PATCH_RESPONSE)


@delete("/Users/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def remove_user(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> None:
    """Put somebody out of the organisation; what they did stays theirs."""
    await actions.remove_user(hub, who, org, id, request.headers.get("if-match"))


@get("/Groups", opt=OF_SCIM, include_in_schema=False)
async def list_groups(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """Groups that a filter holds for, a page at a time."""
    return _shown(await groups.list_groups(hub, who, org, _search(_query(request), Group)))


@post("/Groups", opt=OF_SCIM, include_in_schema=False)
async def create_group(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """Make a team. Its name is there once, so a repeat is a conflict and changes nothing."""
    group = await _sent(request, Group, Context.RESOURCE_CREATION_REQUEST)
    made = await groups.create_group(hub, who, org, group)
    return _answered(request, made, Context.RESOURCE_CREATION_RESPONSE, 201)


@post("/Groups/.search", opt=OF_SCIM, status_code=200, include_in_schema=False)
async def search_groups(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """As `list_groups`, with what is asked in the body."""
    return _shown(await groups.list_groups(hub, who, org, _search(await _body(request), Group)))


@get("/Groups/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def read_group(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> Response[Any]:
    """One group."""
    return _answered(request, await groups.read_group(hub, who, org, id), Context.RESOURCE_QUERY_RESPONSE)


@put("/Groups/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def replace_group(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> Response[Any]:
    """A group as a whole."""
    group = await _sent(request, Group, Context.RESOURCE_REPLACEMENT_REQUEST)
    after = await groups.change_group(
        hub, who, org, id, request.headers.get("if-match"), _replacing(group, {})
    )
    return _answered(request, after, Context.RESOURCE_REPLACEMENT_RESPONSE)


@patch("/Groups/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def patch_group(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> Response[Any]:
    """Its name and its members, all that is asked or nothing."""
    edit = _patching(await _body(request), Group)
    after = await groups.change_group(hub, who, org, id, request.headers.get("if-match"), edit)
    return _answered(request, after, Context.RESOURCE_PATCH_RESPONSE)


@delete("/Groups/{id:uuid}", opt=OF_SCIM, include_in_schema=False)
async def remove_group(hub: Hub, who: Who, org: UUID, id: UUID, request: Asked) -> None:
    """Dissolve a team."""
    await groups.remove_group(hub, who, org, id, request.headers.get("if-match"))


@post("/.search", opt=OF_SCIM, status_code=200, include_in_schema=False)
async def search_everything(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """Users and after them groups that a filter holds for."""
    wanted = _search(await _body(request), User | Group)
    return _shown(await searching.search(hub, who, org, wanted))


@get("/ServiceProviderConfig", opt=OF_SCIM, include_in_schema=False)
async def read_config(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """What of SCIM is supported here."""
    return _shown(discovery.config(await _described(hub, who, org, request)))


@get("/ResourceTypes", opt=OF_SCIM, include_in_schema=False)
async def list_resource_types(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """Users and groups."""
    return _shown(discovery.resource_types(await _described(hub, who, org, request)))


@get("/ResourceTypes/{id:str}", opt=OF_SCIM, include_in_schema=False)
async def read_resource_type(hub: Hub, who: Who, org: UUID, id: str, request: Asked) -> Response[Any]:
    """One of the two."""
    return _shown(discovery.resource_type(await _described(hub, who, org, request), id))


@get("/Schemas", opt=OF_SCIM, include_in_schema=False)
async def list_schemas(hub: Hub, who: Who, org: UUID, request: Asked) -> Response[Any]:
    """The attributes of each that are kept."""
    return _shown(discovery.schemas(await _described(hub, who, org, request)))


@get("/Schemas/{id:str}", opt=OF_SCIM, include_in_schema=False)
async def read_schema(hub: Hub, who: Who, org: UUID, id: str, request: Asked) -> Response[Any]:
    """The attributes of one."""
    return _shown(discovery.schema(await _described(hub, who, org, request), id))


@get("/v1/orgs/{org:uuid}/scim")
async def read_scim(hub: Hub, who: Who, org: UUID) -> ScimState:
    """What the organisation's directory is given and what it has sent, for its administrators."""
    return await actions.read_state(hub, who, org)


@post("/v1/orgs/{org:uuid}/scim", opt=OF_ADMIN, status_code=200)
async def set_rule(hub: Hub, who: Who, org: UUID, data: ScimRule) -> ScimRule:
    """Say it anew. Repeating says the same, so it needs no Idempotency-Key."""
    return await actions.set_rule(hub, who, org, data)


async def _described(hub: Hub, who: Who, org: UUID, request: Asked) -> str:
    """The address under which the organisation's service is. RFC 7644, section 4: a filter here is forbidden."""
    if "filter" in request.query_params:
        raise Forbidden(detail="What the service says of itself cannot be filtered.")
    async with hub.reading(who) as connection:
        await actions.administered(connection, org)
    return base_of(hub.settings.public_url, org)


async def _body(request: Asked) -> dict[str, Any]:
    media, _, _ = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() not in (MEDIA_TYPE, "application/json"):
        raise Refused("media_type", f"Send {MEDIA_TYPE}.")
    return msgspec.json.decode(await request.body(), type=dict[str, Any])


async def _sent(request: Asked, kind: type[Any], context: Context) -> Any:
    body = await _body(request)
    if kind is User:
        body = _completed(body)
    return kind.model_validate(body, scim_ctx=context, scim_policy=TOLERANT)


def _completed(body: dict[str, Any]) -> dict[str, Any]:
    """A user with what directories leave out. Many name people by their address and say nothing else of it."""
    said = {name.lower(): value for name, value in body.items() if value not in (None, [])}
    more: dict[str, Any] = {}
    if "emails" not in said and rules.ADDRESS.fullmatch(str(said.get("username", ""))):
        more["emails"] = [{"value": said["username"], "type": "work", "primary": True}]
    if "active" not in said:
        more["active"] = True
    return {name: value for name, value in body.items() if name.lower() not in more} | more


def _replacing(wanted: Any, body: dict[str, Any]) -> Any:
    silent = all(name.lower() != "active" or value is None for name, value in body.items())

    def edit(shown: Any) -> Any:
        after = wanted.model_copy(deep=True)
        after.replace(shown)
        if silent and isinstance(shown, User):
            after.active = shown.active  # who was put out does not come back because nothing is said of it
        return after

    return edit


def _patching(body: dict[str, Any], kind: Any) -> Any:
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if isinstance(operations, list) and len(operations) > SCIM_OPERATIONS_MAX:
        raise InvalidValue(detail=f"A PATCH has {SCIM_OPERATIONS_MAX} operations at most.")
    context = Context.RESOURCE_PATCH_REQUEST
    PatchOp[STANDARD[kind]].model_validate(body, scim_ctx=context, scim_policy=STRICT)
    asked = PatchOp[kind].model_validate(body, scim_ctx=context, scim_policy=TOLERANT)

    def edit(shown: Any) -> Any:
        asked.patch(shown, scim_policy=TOLERANT)
        return shown

    return edit


def _query(request: Asked) -> dict[str, Any]:
    return {name: request.query_params[name] for name in QUERY if name in request.query_params}


def _search(asked: dict[str, Any], kind: Any) -> Any:
    """Sorting is not supported, and said so: `sortBy` is passed over."""
    known = {name.lower(): name for name in QUERY}
    asked = {known[name.lower()]: value for name, value in asked.items() if name.lower() in known}
    if len(str(asked.get("filter", ""))) > SCIM_FILTER_CHARS_MAX:
        raise searching.too_long()
    return SearchRequest[kind].model_validate(asked)


def _answered(
    request: Asked, resource: "Resource[Any]", context: Context, status_code: int = 200
) -> Response[Any]:
    wanted = {name: value for name, value in _query(request).items() if name.lower().endswith("attributes")}
    parameters = ResponseParameters[type(resource)].model_validate(wanted) if wanted else None
    assert resource.meta is not None
    headers = {"etag": resource.meta.version or "", "location": resource.meta.location or ""}
    content = resource.model_dump(scim_ctx=context, response_parameters=parameters)
    return Response(content, status_code=status_code, media_type=MEDIA_TYPE, headers=headers)


def _shown(content: dict[str, Any]) -> Response[Any]:
    return Response(content, media_type=MEDIA_TYPE)


ROUTES = [
    Router(
        "/scim/v2/{org:uuid}",
        route_handlers=[
            list_users, create_user, search_users, read_user, replace_user, patch_user, remove_user, list_groups,
            create_group, search_groups, read_group, replace_group, patch_group, remove_group, search_everything,
            read_config, list_resource_types, read_resource_type, list_schemas, read_schema,
        ],
        exception_handlers=HANDLERS,
    ),
    read_scim,
    set_rule,
]  # fmt: skip
