"""Conversations: messages among an audience that is fixed when they open."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import Title


class Conversation(Struct, frozen=True):
    """`audience` are roles as stored (expanded); empty when `people` names the participants."""

    id: UUID
    case: UUID
    title: str
    audience: list[str]
    people: list[UUID]
    opened_at: datetime
    opened_by: UUID
    revision: int


class OpenConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """Give either a declared `audience` or at least two `people` who take part in the case (you are added)."""

    title: Title
    audience: str | None = None
    people: Annotated[list[UUID], Meta(max_length=50)] = []


class Marker(Struct, frozen=True):
    """How far a person has read a conversation: every message with `seq <= upto` was seen."""

    conversation: UUID
    case: UUID
    upto: int
    at: datetime


class MoveMarker(Struct, frozen=True, forbid_unknown_fields=True):
    upto: Annotated[int, Meta(ge=0)]
