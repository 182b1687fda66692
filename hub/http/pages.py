"""The web client: static files of the build, and its page for every address that is not the API's."""

from mimetypes import guess_type
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, route
from litestar.datastructures import CacheControlHeader
from litestar.response import File
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from hub.context import Hub
from hub.http.auth import PUBLIC
from hub.http.headers import page_headers
from schemas.errors import Refused

DIST = Path(__file__).parents[1] / "web" / "dist"
# What belongs to the API answers 404 there, never the client's page.
API = ("/v1", "/health", "/openapi", "/assets", "/metrics", "/oauth/", "/.well-known")


@route(
    ["/", "/{path:path}"], http_method=["GET", "HEAD"], opt=PUBLIC, include_in_schema=False, sync_to_thread=False
)
def page(hub: Hub, request: Request[Any, Any, Any]) -> Response[str] | File:
    path = request.scope["path"]
    if path.startswith(API):
        raise Refused("not_found")
    index = DIST / "index.html"
    if not index.is_file():
        return Response(
            "The web client is not built; run `python3 -m deploy up` once.", media_type=MediaType.TEXT, status_code=503
        )
    top = DIST / path.lstrip("/")
    # Files beside index.html (icon, manifest): by name, never a path below.
    if path.count("/") == 1 and path != "/" and top.is_file():
        kind = guess_type(top.name)[0] or "application/octet-stream"
        return File(top, media_type=kind, content_disposition_type="inline", headers={"cache-control": "no-cache"})
    return File(
        index, media_type=MediaType.HTML, content_disposition_type="inline", headers=page_headers(hub.settings)
    )


def routes() -> list[ControllerRouterHandler]:
    """Hashed assets are kept by browsers for a year; the page that names them never is."""
    found: list[ControllerRouterHandler] = [page]
    if (DIST / "assets").is_dir():
        found.append(
            create_static_files_router(
                path="/assets",
                directories=[DIST / "assets"],
                opt=PUBLIC,
                include_in_schema=False,
                cache_control=CacheControlHeader(max_age=31_536_000, immutable=True, public=True),
            )
        )
    return found
