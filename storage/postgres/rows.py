"""From a row to its Struct; statements and cursors of keyset paging."""

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


def listing(table: str, shown: str = "true", *, newest_first: bool = False) -> str:
    """The rows of a case ($1) by id after $2, $3 of them, with the head of its stream.

    A case without such rows answers one row of nulls, a case that is hidden none: `hub.paging` tells them apart.
    `shown` is a condition on the table's columns.
    """
    beyond, order = ("<", "id desc") if newest_first else (">", "id")
    return f"""select stream_head(c.id) as f_head, t.* from cases c left join lateral (
            select * from {table} where case_id = c.id and {shown} and ($2::uuid is null or id {beyond} $2)
            order by {order} limit $3) t on true
        where c.id = $1 order by t.{order}"""


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
