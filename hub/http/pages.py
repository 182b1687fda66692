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
from schemas.errors import Refused
from schemas.settings import Settings

DIST = Path(__file__).parents[1] / "web" / "dist"
# What belongs to the API answers 404 there, never the client's page.
API = ("/v1", "/health", "/openapi", "/assets", "/metrics")


def content_security_policy(settings: Settings) -> str:
    """Our own scripts alone; connections to the API, the socket, the files origin and the upload target."""
    connect = " ".join(["'self'", settings.live_url, settings.files_url, settings.s3_public_url])
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {settings.files_url}",
            f"connect-src {connect}",
            f"frame-src {settings.files_url}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def page_headers(settings: Settings) -> dict[str, str]:
    headers = {
        "content-security-policy": content_security_policy(settings),
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cache-control": "no-cache",
    }
    if settings.secure:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


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
        return File(
            top, media_type=kind, content_disposition_type="inline", headers={"x-content-type-options": "nosniff"}
        )
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
