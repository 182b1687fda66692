"""Asking for users and groups at once: /.search."""

from typing import Any
from uuid import UUID

from scim2_models import InvalidFilterException, SearchRequest

from hub.context import Hub, Who
from hub.scim.actions import administered, paged, read_entry
from hub.scim.resources import base_of, group_of, page_of, user_of
from schemas.limits import SCIM_FILTER_CHARS_MAX
from schemas.scim import Group, User
from storage.postgres import scim


def too_long() -> InvalidFilterException:
    return InvalidFilterException(detail=f"A filter has {SCIM_FILTER_CHARS_MAX} characters at most.")


async def search(hub: Hub, who: Who, org: UUID, wanted: "SearchRequest[Any]") -> dict[str, Any]:
    """Users first, then groups, as one list. What only one of them has is not so of the other."""
    start, count = paged(wanted)
    users = scim.Condition(scim.USERS, first=4, others=scim.GROUPS)
    groups = scim.Condition(scim.GROUPS, first=4, others=scim.USERS)
    of_users, of_groups = (
        one.visit(wanted.filter.ast) if wanted.filter else "true" for one in (users, groups)
    )
    base = base_of(hub.settings.public_url, org)
    async with hub.reading(who) as connection:
        await administered(connection, org)
        rows = await connection.fetch(scim.listing(of_users), org, count, start - 1, *users.values)
        shown: list[Any] = [user_of(read_entry(row), base) for row in rows if row["person"] is not None]
        total: int = rows[0]["total"]
        rows = await connection.fetch(
            scim.group_listing(of_groups), org, count - len(shown), max(0, start - 1 - total), *groups.values
        )
        shown += [group_of(row, base) for row in rows if row["id"] is not None]
        total += rows[0]["total"]
    return page_of(shown, total, start, User | Group, wanted)
