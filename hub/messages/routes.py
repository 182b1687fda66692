"""Messages over HTTP."""

from uuid import UUID

from litestar import delete, get, patch, post

from hub.context import Hub, Who
from hub.http.inputs import AS, After, IfMatch, Key, Limit
from hub.messages import actions
from schemas.answers import Answer, Page
from schemas.messages import EditMessage, Message, PostMessage


@post("/v1/conversations/{conversation:uuid}/messages")
async def post_message(hub: Hub, who: Who, conversation: UUID, data: PostMessage, key: Key) -> Answer[Message]:
    """Post a message."""
    return await actions.post_message(hub, who, conversation, data, key)


@get("/v1/conversations/{conversation:uuid}/messages", opt=AS)
async def list_messages(hub: Hub, who: Who, conversation: UUID, limit: Limit, after: After) -> Page[Message]:
    """The messages of a conversation, newest first."""
    return await actions.list_messages(hub, who, conversation, limit, after)


@patch("/v1/messages/{message:uuid}")
async def edit_message(hub: Hub, who: Who, message: UUID, data: EditMessage, revision: IfMatch) -> Answer[Message]:
    """Change what a message says; everybody sees that it was edited."""
    return await actions.edit_message(hub, who, message, data, revision)


@delete("/v1/messages/{message:uuid}", status_code=200)
async def retract_message(hub: Hub, who: Who, message: UUID, revision: IfMatch) -> Answer[Message]:
    """Take a message back."""
    return await actions.retract_message(hub, who, message, revision)


ROUTES = [post_message, list_messages, edit_message, retract_message]
