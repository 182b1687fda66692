"""Messages of a conversation."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import Body


class Attachment(Struct, frozen=True):
    """A document version, named by id and hash: what was sent stays what is read."""

    version: UUID
    document: UUID
    name: str
    media_type: str
    size: int  # bytes
    sha256: str


class Message(Struct, frozen=True):
    """`seq` is the position of its posting in the case's stream. A retracted message has no body."""

    id: UUID
    case: UUID
    conversation: UUID
    author: UUID
    body: str | None
    attachments: list[Attachment]
    posted_at: datetime
    edited_at: datetime | None
    retracted_at: datetime | None
    seq: int
    revision: int


class PostMessage(Struct, frozen=True, forbid_unknown_fields=True):
    body: Body
    attachments: Annotated[list[UUID], Meta(max_length=20, description="Ids of cleared document versions.")] = []


class EditMessage(Struct, frozen=True, forbid_unknown_fields=True):
    body: Body
