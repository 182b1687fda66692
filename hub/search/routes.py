"""Search over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.http.inputs import After, Limit
from hub.search import actions
from schemas.search import Found

Words = Annotated[str, QueryParameter(name="q", min_length=1, max_length=200, description="What to look for.")]
Kinds = Annotated[
    str | None,
    QueryParameter(name="in", max_length=60, default=None, description="`messages,documents,cases` or some."),
]


@get("/v1/search")
async def search(
    hub: Hub, who: Who, q: Words, limit: Limit, after: After, kinds: Kinds = None, case: UUID | None = None
) -> Found:
    """Messages, documents and cases that I may see, best first."""
    return await actions.search(hub, who, q=q, kinds=kinds, case=case, limit=limit, after=after)


ROUTES = [search]
