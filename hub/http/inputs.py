"""What routes take besides their body: key, revision, page. Each is read once here, with its error."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute

from hub.context import Hub, Who
from schemas.errors import Refused, bad_input
from schemas.limits import PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX

Key = NamedDependency[UUID]
IfMatch = NamedDependency[int]
Limit = Annotated[
    int,
    QueryParameter(
        name="limit", ge=1, le=PAGE_ITEMS_MAX, default=PAGE_ITEMS_DEFAULT, description="Items in a page."
    ),
]
After = Annotated[
    str | None, QueryParameter(name="after", max_length=500, default=None, description="The `next` of the page before.")
]


def read_key(request: Request[Any, Any, Any]) -> UUID:
    text = request.headers.get("idempotency-key")
    if not text:
        raise Refused("key_missing", "Send an Idempotency-Key header: a UUID you make once for this request.")
    try:
        return UUID(text)
    except ValueError:
        raise bad_input("Idempotency-Key", "a UUID is needed") from None


def read_revision(request: Request[Any, Any, Any]) -> int:
    text = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if not text:
        raise Refused("revision_missing", "Send an If-Match header with the revision you read.")
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise bad_input("If-Match", "a revision is a whole number")
    return int(text)


# `opt` of a route that can be read through somebody else's eyes, by `?as=<person>`.
AS = {"as": True}


def read_who(request: Request[Any, Any, Any]) -> Who:
    """The person whom the authentication put there; a route that is public must not ask for it.

    With `?as=` it is known through whose eyes they look. Where that is not asked for in the action it is refused: to be
    passed over would show more than was asked for."""
    who: Who = request.scope["state"]["who"]
    if b"as=" not in request.scope["query_string"] or (other := request.query_params.get("as")) is None:
        return who
    if request.method != "GET":
        raise Refused("forbidden", "Who looks as somebody else only reads.")
    if not request.route_handler.opt.get("as"):
        raise bad_input("as", "this cannot be read as somebody else")
    try:
        return msgspec.structs.replace(who, viewing=UUID(other))
    except ValueError:
        raise bad_input("as", "the id of a person is needed") from None


def dependencies(hub: Hub) -> dict[str, Provide]:
    return {
        "hub": Provide(lambda: hub, sync_to_thread=False),
        "who": Provide(read_who, sync_to_thread=False),
        "key": Provide(read_key, sync_to_thread=False),
        "revision": Provide(read_revision, sync_to_thread=False),
    }


def one_by_one(app: Litestar) -> None:
    """Have what routes take looked up in turn: each is a plain function, and the framework made a task for each."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]
