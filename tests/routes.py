"""Every route of the app, read from the app itself without servers."""

from typing import Any, NamedTuple, cast

from litestar.handlers import HTTPRouteHandler

from hub.app import make_app
from hub.context import Hub
from hub.http.auth import scope_needed
from schemas.settings import Settings


class Route(NamedTuple):
    method: str
    path: str
    public: bool
    keyed: bool  # asks for an Idempotency-Key
    scope: str  # what it asks of a token


def all_routes() -> list[Route]:
    """Every route, OPTIONS and HEAD apart."""
    app = make_app(description_hub())
    found: set[Route] = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            assert isinstance(handler, HTTPRouteHandler), f"{route.path} is no HTTP route"
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                keyed = "key" in handler.parsed_fn_signature.parameters
                scope = scope_needed(handler.opt, str(method))
                found.add(Route(str(method), route.path, bool(handler.opt.get("public")), keyed, scope))
    return sorted(found)


def description_hub() -> Hub:
    """A hub that only describes itself: it has no connections."""
    nothing = cast(Any, None)
    return Hub(Settings.read({}), nothing, nothing, nothing, nothing, nothing)
