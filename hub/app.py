"""The Litestar app: routes of every noun behind one authentication, one error table, one set of headers."""

from typing import Any

from litestar import Litestar, Response
from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig

from hub.context import Hub
from hub.http.auth import Authentication
from hub.http import health, pages
from hub.http.inputs import dependencies
from hub.http.problems import HANDLERS
from hub.routes import ROUTES
from schemas.limits import REQUEST_BYTES_MAX


def no_store(response: Response[Any]) -> Response[Any]:
    """Answers are personal: no cache between us and the reader may keep them."""
    response.headers.setdefault("cache-control", "no-store")
    response.headers.setdefault("x-content-type-options", "nosniff")
    item = getattr(response.content, "item", None)
    if isinstance(revision := getattr(item, "revision", None), int):
        response.headers.setdefault("etag", f'"{revision}"')
    return response


def make_app(hub: Hub) -> Litestar:
    return Litestar(
        route_handlers=[*ROUTES, *health.ROUTES, *pages.routes()],
        dependencies=dependencies(hub),
        middleware=[DefineMiddleware(Authentication, hub=hub)],
        exception_handlers=HANDLERS,
        after_request=no_store,
        request_max_body_size=REQUEST_BYTES_MAX,
        openapi_config=OpenAPIConfig(title="Casewire", version="1", path="/openapi"),
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=4, minimum_size=1500),
        state=None,
        debug=False,
    )
