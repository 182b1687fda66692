"""From a row to its Struct, and cursors of keyset paging."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from schemas.errors import bad_input
from schemas.limits import BIGINT_MAX

S = TypeVar("S", bound=Struct)


def read(row: Any, struct: type[S], **renamed: Any) -> S:
    """A row as `struct`, by column names; `renamed` gives fields whose column has another name.

    Columns that the Struct does not have are passed over. A row that does not fit is our error, not the caller's.
    """
    values = {name: row[name] for name in struct.__struct_fields__ if name not in renamed}
    return msgspec.convert({**values, **renamed}, struct, strict=False)


def cursor(*parts: str | int) -> str:
    return urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def read_cursor(text: str | None, *types: type) -> tuple[Any, ...] | None:
    """The parts of a cursor made by `cursor`, or None without one; `bad_input` for anything else."""
    if not text:
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        parts: tuple[Any, ...] = msgspec.json.decode(raw, type=tuple[types])  # type: ignore[valid-type]
        if any(isinstance(part, int) and abs(part) > BIGINT_MAX for part in parts):
            raise ValueError
        return parts
    except (ValueError, msgspec.MsgspecError):
        raise bad_input("after", "not a cursor of this list") from None
