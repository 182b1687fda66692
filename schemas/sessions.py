"""Sessions: opaque secrets, hashed where they are stored. A personal API token is a session of kind `token`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct


class Session(Struct, frozen=True):
    id: UUID
    person: UUID
    kind: str  # "browser" or "token"
    label: str
    made_at: datetime
    expires_at: datetime


class MakeToken(Struct, frozen=True, forbid_unknown_fields=True):
    label: Annotated[str, Meta(min_length=1, max_length=100)]
    days: Annotated[int, Meta(ge=1, le=365)] = 90


class NewToken(Struct, frozen=True):
    """`token` is shown this once."""

    session: Session
    token: str
