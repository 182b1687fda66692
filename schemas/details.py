"""Details of a case that not everybody in it sees: intake fields that its type hides from some roles."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

Fields = Annotated[dict[str, Any], Meta(description="Fields of one group of roles, as the case type declares them.")]


class Detail(Struct, frozen=True):
    """The fields of one group of roles. `audience` is that group, expanded: nobody else learns that they are there."""

    id: UUID
    case: UUID
    audience: list[str]
    fields: dict[str, Any]
    revision: int


class ChangeDetail(Struct, frozen=True, forbid_unknown_fields=True):
    """`fields` takes the place of all that stood there."""

    fields: Fields
