"""Conversations and read markers over HTTP."""

from uuid import UUID

from litestar import get, post

from hub.context import Hub, Who
from hub.conversations import actions
from hub.http.inputs import AS, After, Key, Limit
from schemas.answers import Answer, Page
from schemas.conversations import Conversation, Marker, MoveMarker, OpenConversation


@post("/v1/cases/{case:uuid}/conversations")
async def open_conversation(hub: Hub, who: Who, case: UUID, data: OpenConversation, key: Key) -> Answer[Conversation]:
    """Open a conversation with an audience that stays."""
    return await actions.open_conversation(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/conversations", opt=AS)
async def list_conversations(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Conversation]:
    """The conversations of a case that I am in, oldest first."""
    return await actions.list_conversations(hub, who, case, limit, after)


@post("/v1/conversations/{conversation:uuid}/read", status_code=200)
async def move_marker(hub: Hub, who: Who, conversation: UUID, data: MoveMarker) -> Answer[Marker]:
    """Everything up to this seq is read. Repeating is free, so it needs no Idempotency-Key."""
    return await actions.move_marker(hub, who, conversation, data)


@get("/v1/cases/{case:uuid}/markers")
async def list_markers(hub: Hub, who: Who, case: UUID) -> Page[Marker]:
    """How far I have read each conversation of a case. `as_of.seq` is of my own stream."""
    return await actions.list_markers(hub, who, case)


ROUTES = [open_conversation, list_conversations, move_marker, list_markers]
