"""Reading and changing what not everybody in a case sees. A case brings its details when it is opened."""

from uuid import UUID

from hub.context import Hub, Who
from hub.details import rules
from hub.paging import read_page
from schemas.answers import Answer, Page
from schemas.details import ChangeDetail, Detail
from schemas.events import NewEvent
from storage.postgres import details, locks


async def list_details(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Detail]:
    return await read_page(hub, who, details.PAGE, details.detail, case, limit, after)


async def change_detail(hub: Hub, who: Who, id: UUID, request: ChangeDetail, revision: int) -> Answer[Detail]:
    async with hub.writing(who, locks.of_row("details", id)) as unit:
        facts, row = await unit.facts(details.DETAIL, id)
        after = rules.change(facts, details.detail(row), request, revision=revision)
        unit.append(facts.stream, NewEvent("detail.changed", id, after, tuple(after.audience)))
        await unit.write(details.CHANGE, id, after.fields)
    return Answer(after, unit.as_of(facts.stream))
