"""Tasks over HTTP."""

from uuid import UUID

from litestar import get, patch, post

from hub.context import Hub, Who
from hub.http.inputs import AS, After, IfMatch, Key, Limit
from hub.tasks import actions
from schemas.answers import Answer, Page
from schemas.tasks import AddTask, ChangeTask, Task


@post("/v1/cases/{case:uuid}/tasks")
async def add_task(hub: Hub, who: Who, case: UUID, data: AddTask, key: Key) -> Answer[Task]:
    """Add something to do."""
    return await actions.add_task(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/tasks", opt=AS)
async def list_tasks(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Task]:
    """The tasks of a case, oldest first."""
    return await actions.list_tasks(hub, who, case, limit, after)


@patch("/v1/tasks/{task:uuid}")
async def change_task(hub: Hub, who: Who, task: UUID, data: ChangeTask, revision: IfMatch) -> Answer[Task]:
    """Change a task, or say that it is done; whoever has it may do the latter."""
    return await actions.change_task(hub, who, task, data, revision)


ROUTES = [add_task, list_tasks, change_task]
