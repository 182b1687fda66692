"""Which budget a request counts against. Each route is of one kind: those that cost more are named here."""

from typing import Any

from hub.context import Hub, Who
from schemas.rates import Kind

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# By the route. All others are `write`, or `read` where the method is safe.
KINDS: dict[tuple[str, str], Kind] = {
    ("GET", "/v1/search"): "search",
    ("POST", "/v1/cases/{case}/documents"): "upload",
    ("POST", "/v1/documents/{document}/versions"): "upload",
    ("PUT", "/v1/documents/{document}/content"): "upload",
    ("POST", "/v1/versions/{version}/complete"): "upload",
    ("POST", "/v1/conversations/{conversation}/read"): "read",  # as often as somebody scrolls
    ("GET", "/v1/versions/{version}/text"): "export",
    ("POST", "/v1/me/export"): "export",
    ("POST", "/v1/orgs/{org}/people/{person}/export"): "export",
    ("POST", "/v1/cases/{case}/exports"): "export",
    ("GET", "/v1/exports/{export}/address"): "export",
    ("GET", "/v1/orgs/{org}/audit/export"): "export",
    ("GET", "/v1/cases/{case}/audit/export"): "export",
}
BY_PREFIX: tuple[tuple[str, Kind], ...] = (("/oauth/", "oauth"), ("/scim/", "scim"), ("/.well-known/", "oauth"))


def kind_of(method: str, path: str, *, public: bool) -> Kind | None:
    """`path` is the route's, with names in place of ids. None for what costs no look into the database: the web
    client's files, the description, and whether the hub lives."""
    for prefix, kind in BY_PREFIX:
        if path.startswith(prefix):
            return kind
    if public:
        return "public" if path.startswith("/v1/") else None
    return KINDS.get((method, path)) or ("read" if method in SAFE_METHODS else "write")


async def count(hub: Hub, scope: Any, who: Who | None, address: str) -> None:
    """Count a request; `too_many` where its budget is spent. `who` is None before it is known who asks, and then only
    the address counts."""
    handler = scope.get("route_handler")
    public = who is None or bool(handler is not None and handler.opt.get("public"))
    kind = kind_of(scope["method"], scope["path_template"], public=public)
    if kind is not None:
        await hub.rates.admit(kind, who.person if who else None, address)
