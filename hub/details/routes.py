"""Details of a case over HTTP."""

from uuid import UUID

from litestar import get, patch

from hub.context import Hub, Who
from hub.details import actions
from hub.http.inputs import AS, After, IfMatch, Limit
from schemas.answers import Answer, Page
from schemas.details import ChangeDetail, Detail


@get("/v1/cases/{case:uuid}/details", opt=AS)
async def list_details(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Detail]:
    """The intake fields that I see and others in the case do not, by the roles that see them."""
    return await actions.list_details(hub, who, case, limit, after)


@patch("/v1/details/{detail:uuid}")
async def change_detail(hub: Hub, who: Who, detail: UUID, data: ChangeDetail, revision: IfMatch) -> Answer[Detail]:
    """Change the fields of one group of roles."""
    return await actions.change_detail(hub, who, detail, data, revision)


ROUTES = [list_details, change_detail]
