"""Ethical walls over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import get, patch, post
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN
from hub.http.inputs import After, IfMatch, Key, Limit
from hub.walls import actions
from schemas.answers import Answer, Page
from schemas.walls import ChangeWall, LiftWall, RaiseWall, Wall

Lifted = Annotated[bool, QueryParameter(default=False, description="Those that were lifted too.")]


@post("/v1/orgs/{org:uuid}/walls", opt=OF_ADMIN)
async def raise_wall(hub: Hub, who: Who, org: UUID, data: RaiseWall, key: Key) -> Answer[Wall]:
    """Keep people out of cases, whatever else they hold, administrators included. It asks who you are once more."""
    return await actions.raise_wall(hub, who, org, data, key)


@get("/v1/orgs/{org:uuid}/walls")
async def list_walls(
    hub: Hub, who: Who, org: UUID, limit: Limit, after: After, lifted: Lifted = False
) -> Page[Wall]:
    """The walls of an organisation that do not keep the asker out, newest first; for its administrators."""
    return await actions.list_walls(hub, who, org, lifted=lifted, limit=limit, after=after)


@get("/v1/orgs/{org:uuid}/walls/{wall:uuid}")
async def read_wall(hub: Hub, who: Who, org: UUID, wall: UUID) -> Answer[Wall]:
    """A wall; for whom it keeps out there is none."""
    return await actions.read_wall(hub, who, org, wall)


@patch("/v1/orgs/{org:uuid}/walls/{wall:uuid}", opt=OF_ADMIN)
async def change_wall(
    hub: Hub, who: Who, org: UUID, wall: UUID, data: ChangeWall, revision: IfMatch
) -> Answer[Wall]:
    """Change whom a wall keeps out of what. It asks who you are once more."""
    return await actions.change_wall(hub, who, org, wall, data, revision)


@post("/v1/orgs/{org:uuid}/walls/{wall:uuid}/lift", status_code=200, opt=OF_ADMIN)
async def lift_wall(hub: Hub, who: Who, org: UUID, wall: UUID, data: LiftWall) -> Answer[Wall]:
    """Lift a wall, with a reason; it stays as history. Repeating is free, so it needs no Idempotency-Key."""
    return await actions.lift_wall(hub, who, org, wall, data)


ROUTES = [raise_wall, list_walls, read_wall, change_wall, lift_wall]
