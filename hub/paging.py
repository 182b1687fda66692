"""Reading a list: one statement, one page, and where the next one begins. Every noun of a case is listed by it."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from hub.context import Hub, Who
from hub.views.eyes import eyes_of
from schemas.answers import Page
from schemas.errors import Refused
from schemas.positions import AsOf
from storage.postgres.rows import cursor, read_cursor

T = TypeVar("T")


class Order(NamedTuple):
    """What a list is ordered by: the types of the values, and the values of an item."""

    types: tuple[type, ...]
    of: Callable[[Any], tuple[str | int, ...]]


BY_ID = Order((UUID,), lambda item: (str(item.id),))
BY_SEQ = Order((int,), lambda item: (item.seq,))


async def read_page(
    hub: Hub,
    who: Who,
    sql: str,
    make: Callable[[Any], T],
    inside: UUID,
    limit: int,
    after: str | None,
    order: Order = BY_ID,
    told: Callable[[Any], object] | None = None,
) -> Page[T]:
    """The items of the case or conversation `inside`, by a statement as `storage.postgres.rows.listing` makes them.

    `not_found` when the reader may not see `inside`. One row more than `limit` is read, to know whether there is one.
    `told` is given the first row: what the statement says of `inside`. Through somebody else's eyes (`?as=`) a page may
    hold fewer, since rows go that only the asker sees.
    """
    place = read_cursor(after, *order.types) or (None,) * len(order.types)
    async with hub.reading(who) as connection:
        eyes = await eyes_of(connection, who, inside)
        rows = await connection.fetch(sql, inside, *place, limit + 1)
    if not rows:
        raise Refused("not_found")
    if told is not None:
        told(rows[0])
    found = [row for row in rows if row["id"] is not None]
    more = cursor(*order.of(make(found[limit - 1]))) if len(found) > limit else None
    items = [make(row) for row in found[:limit] if eyes is None or eyes.see(row)]
    return Page(items, more, AsOf(hub.database.epoch, seq=rows[0]["f_head"]))
