"""Deadlines over HTTP."""

from uuid import UUID

from litestar import get, patch, post

from hub.context import Hub, Who
from hub.deadlines import actions
from hub.http.inputs import AS, After, IfMatch, Key, Limit
from schemas.answers import Answer, Page
from schemas.deadlines import ChangeDeadline, Deadline, SetDeadline


@post("/v1/cases/{case:uuid}/deadlines")
async def set_deadline(hub: Hub, who: Who, case: UUID, data: SetDeadline, key: Key) -> Answer[Deadline]:
    """Set a deadline: a date in a zone, or an instant, with a plan of notices."""
    return await actions.set_deadline(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/deadlines", opt=AS)
async def list_deadlines(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Deadline]:
    """The deadlines of a case, in the order in which they were set."""
    return await actions.list_deadlines(hub, who, case, limit, after)


@patch("/v1/deadlines/{deadline:uuid}")
async def change_deadline(
    hub: Hub, who: Who, deadline: UUID, data: ChangeDeadline, revision: IfMatch
) -> Answer[Deadline]:
    """Change a deadline, meet it, cancel it, or open it again."""
    return await actions.change_deadline(hub, who, deadline, data, revision)


ROUTES = [set_deadline, list_deadlines, change_deadline]
