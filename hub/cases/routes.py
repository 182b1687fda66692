"""Cases and their types over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import get, patch, post
from litestar.params import QueryParameter

from hub.cases import actions
from hub.context import Hub, Who
from hub.http.inputs import AS, After, IfMatch, Key, Limit
from schemas.answers import Answer, Page
from schemas.cases import CaseAnswer, CaseRow, ChangeCase, MoveCase, OpenCase
from schemas.casetypes import CASE_TYPES, CURRENT, TypeView, view

Filter = Annotated[str | None, QueryParameter(max_length=200, default=None)]


@get("/v1/case-types", sync_to_thread=False)
def list_types(who: Who, all: bool = False) -> list[TypeView]:
    """The case types that are declared: those that open new cases, or `all` versions that some case may have."""
    types = CASE_TYPES.values() if all else CURRENT.values()
    return [view(type_, current=type_ is CURRENT[type_.name]) for type_ in types]


@post("/v1/cases")
async def open_case(hub: Hub, who: Who, data: OpenCase, key: Key) -> Answer[CaseAnswer]:
    """Open a case with the intake that its type declares."""
    return await actions.open_case(hub, who, data, key)


@get("/v1/cases")
async def list_cases(
    hub: Hub,
    who: Who,
    limit: Limit,
    after: After,
    q: Filter = None,
    status: Filter = None,
    type: Filter = None,
    mine: bool = False,
) -> Page[CaseRow]:
    """The cases I may see, newest first. `q` finds in title and number; `status` is a status, `open` or `closed`."""
    return await actions.list_cases(
        hub, who, q=q, status=status, type=type, mine=mine, limit=limit, after=after
    )


@get("/v1/cases/{case:uuid}", opt=AS)
async def read_case(hub: Hub, who: Who, case: UUID) -> Answer[CaseAnswer]:
    """A case and the roles in which I act on it."""
    return await actions.read_case(hub, who, case)


@patch("/v1/cases/{case:uuid}")
async def change_case(hub: Hub, who: Who, case: UUID, data: ChangeCase, revision: IfMatch) -> Answer[CaseAnswer]:
    """Change title, intake or zone."""
    return await actions.change_case(hub, who, case, data, revision)


@post("/v1/cases/{case:uuid}/transitions")
async def move_case(hub: Hub, who: Who, case: UUID, data: MoveCase, key: Key) -> Answer[CaseAnswer]:
    """Take a transition that the case type declares."""
    return await actions.move_case(hub, who, case, data, key)


ROUTES = [list_types, open_case, list_cases, read_case, change_case, move_case]
