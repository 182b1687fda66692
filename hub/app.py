"""The Litestar app: routes of every noun behind one authentication, one error table, one set of headers."""

from typing import Any

from litestar import Litestar, Response
from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from hub.audit.recording import Refusals
from hub.context import Hub
from hub.http import docs, health, pages
from hub.http.auth import Authentication
from hub.http.bodies import StrictRequest
from hub.http.headers import completed
from hub.http.inputs import dependencies, one_by_one
from hub.http.problems import HANDLERS
from hub.routes import ROUTES
from schemas.cases import CaseAnswer
from schemas.limits import REQUEST_BYTES_MAX


async def revised(response: Response[Any]) -> Response[Any]:
    """Say the revision of what is answered, where it has one.

    A coroutine only because the framework hands plain functions to a thread.
    """
    item = getattr(getattr(response, "content", None), "item", None)  # a static file has no content here
    if isinstance(item, CaseAnswer):
        item = item.case
    if isinstance(revision := getattr(item, "revision", None), int):
        response.headers.setdefault("etag", f'"{revision}"')
    return response


def make_app(hub: Hub) -> Litestar:
    app = Litestar(
        route_handlers=[*ROUTES, *health.ROUTES, *docs.routes(hub), *pages.routes()],
        dependencies=dependencies(hub),
        middleware=[DefineMiddleware(Refusals, hub=hub), DefineMiddleware(Authentication, hub=hub)],
        exception_handlers=HANDLERS,
        after_request=revised,
        before_send=[completed(hub.settings)],
        request_max_body_size=REQUEST_BYTES_MAX,
        # Shown by hub/http/docs.py with assets of our own; the framework's pages load theirs from other hosts.
        openapi_config=OpenAPIConfig(
            title="Casewire",
            version="1",
            path="/openapi",
            use_handler_docstrings=True,
            render_plugins=[JsonRenderPlugin()],
        ),
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=4, minimum_size=1500),
        request_class=StrictRequest,
        state=None,
        debug=False,
    )
    one_by_one(app)
    return app
