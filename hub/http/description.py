"""What OpenAPI says of a route beyond its Structs: its noun, its key or revision, who may call it, and its errors."""

from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from hub.http.auth import cookie_name
from schemas.errors import Problem

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A UUID made once for this request; repeating it with the same body changes nothing.",
    "schema": {"type": "string", "format": "uuid"},
    "example": "00000000-0000-4000-8000-000000000000",  # the page /docs puts a fresh one in its place
}
REVISION = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The revision that was read, as `ETag` and `revision` say it.",
    "schema": {"type": "string"},
}

VIEWING = {
    "name": "as",
    "in": "query",
    "required": False,
    "description": "A person: of what I see, what they see. For those who may let people into the case.",
    "schema": {"type": "string", "format": "uuid"},
}


def described(app: Litestar, *, secure: bool) -> dict[str, Any]:
    """OpenAPI 3.1 of every route in the schema, for `app`; JSON values alone."""
    spec = app.openapi_schema.to_schema()
    for route in app.routes:
        operations = spec["paths"].get(route.path_format)
        if isinstance(route, HTTPRoute) and operations is not None:
            for handler in route.route_handlers:
                for method in handler.http_methods & {name.upper() for name in operations}:
                    _complete(operations[method.lower()], handler)
    (problem,), parts = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    components = spec.setdefault("components", {})
    components.setdefault("schemas", {}).update(parts)
    components["responses"] = {
        "Problem": {
            "description": "An RFC 9457 problem; `code` is one of schemas/generated/errors.md.",
            "content": {"application/problem+json": {"schema": problem}},
        }
    }
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A personal API token: `POST /v1/tokens`."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(secure)},
    }
    spec["security"] = [{"token": []}, {"session": []}]
    return spec


def _complete(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    operation["operationId"] = handler.fn.__name__
    operation["summary"] = handler.fn.__name__.replace("_", " ").capitalize()
    operation["tags"] = [handler.fn.__module__.split(".")[1]]
    asked = handler.parsed_fn_signature.parameters
    headers = [header for name, header in (("key", KEY), ("revision", REVISION)) if name in asked]
    if handler.opt.get("as"):
        headers.append(VIEWING)
    if headers:
        operation["parameters"] = [*operation.get("parameters", []), *headers]
    if handler.opt.get("public"):
        operation["security"] = []
    done = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
    for code, answer in done.items():
        if code == "204":
            answer.pop("content", None)
        answer["description"] = {"201": "Made.", "204": "Done; no body."}.get(code, "The answer.")
    formats = [one["schema"] for one in operation.get("parameters", ()) if one["name"] == "format"]
    if any("csv" in one.get("enum", ()) for one in formats):
        done["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    operation["responses"] = {**done, "default": {"$ref": "#/components/responses/Problem"}}
