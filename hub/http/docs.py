"""The API's own description: /openapi.json, and the page /docs that shows it with assets of the web client's build."""

import asyncio
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, get
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from hub.context import Hub
from hub.http.auth import PUBLIC
from hub.http.description import described
from hub.http.headers import page_headers
from hub.http.pages import DIST


@get("/openapi.json", opt=PUBLIC, include_in_schema=False)
async def spec(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """OpenAPI 3.1 of every route, made from the Structs. That takes seconds, so it is done once, for who asks first,
    in a thread: meanwhile the hub answers others."""
    state = request.app.state
    if "description" not in state:
        state.description = asyncio.ensure_future(asyncio.to_thread(_described, request.app, hub))
    return Response(await asyncio.shield(state.description), media_type=MediaType.JSON)


def _described(app: Litestar, hub: Hub) -> bytes:
    return msgspec.json.encode(described(app, secure=hub.settings.secure))


def routes(hub: Hub) -> list[ControllerRouterHandler]:
    """Nothing but the spec where the web client is not built."""
    if not (DIST / "docs").is_dir():
        return [spec]
    headers = page_headers(hub.settings)

    def with_headers(response: Response[Any]) -> Response[Any]:
        response.headers.update(headers)
        return response

    return [
        spec,
        create_static_files_router(
            path="/docs",
            directories=[DIST / "docs"],
            html_mode=True,
            opt=PUBLIC,
            include_in_schema=False,
            after_request=with_headers,
        ),
    ]
