"""Users and groups as SCIM shows them: made of rows, with the version that `If-Match` speaks of. Pure."""

from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from scim2_models import (
    Context,
    ListResponse,
    Meta,
    PreconditionFailedException,
    Resource,
    ResponseParameters,
)

from schemas.scim import Email, Entry, Group, GroupMember, GroupMembership, Name, Role, User

VERSION_BYTES = 12
R = TypeVar("R", bound="Resource[Any]")


def base_of(public_url: str, org: UUID) -> str:
    return f"{public_url.rstrip('/')}/scim/v2/{org}"


def user_of(entry: Entry, base: str) -> User:
    user = User(
        id=str(entry.person),
        external_id=entry.external_id,
        user_name=entry.user_name,
        display_name=entry.display_name,
        name=Name.model_validate(entry.name) if entry.name else None,
        emails=[Email.model_validate(email) for email in entry.emails],
        roles=[Role(value=entry.role)] if entry.role else None,
        active=None if entry.silent else entry.seat is not None,
        groups=[GroupMembership(value=str(team.id), display=team.name) for team in entry.teams] or None,
    )
    return _with_meta(
        user,
        Meta(
            resource_type="User",
            created=entry.made_at,
            last_modified=entry.changed_at,
            location=f"{base}/Users/{entry.person}",
        ),
    )


def group_of(row: Any, base: str) -> Group:
    """Of a row of `storage.postgres.scim.GROUP`."""
    group = Group(
        id=str(row["id"]),
        external_id=row["external_id"],
        display_name=row["name"],
        members=[
            GroupMember.model_validate({"value": str(one), "$ref": f"{base}/Users/{one}", "type": "User"})
            for one in row["members"]
        ]
        or None,
    )
    return _with_meta(
        group,
        Meta(
            resource_type="Group",
            created=row["made_at"],
            last_modified=row["changed_at"],
            location=f"{base}/Groups/{row['id']}",
        ),
    )


def _with_meta(resource: R, meta: Meta) -> R:
    """A version is a hash of all that is shown, so it changes whoever changed it, here or in the web client."""
    shown = msgspec.json.encode(resource.model_dump(), order="deterministic")
    meta.version = f'W/"{sha256(shown).hexdigest()[: VERSION_BYTES * 2]}"'
    resource.meta = meta
    return resource


def check_version(resource: Resource[Any], if_match: str | None) -> None:
    """`If-Match` as RFC 7644, section 3.14, uses it: one version or several, weak or not; `*` is any."""
    if not if_match or if_match.strip() == "*":
        return
    assert resource.meta is not None and resource.meta.version is not None
    given = {one.strip().removeprefix("W/") for one in if_match.split(",")}
    if resource.meta.version.removeprefix("W/") not in given:
        raise PreconditionFailedException()


def page_of(
    shown: list[Any],
    total: int,
    start: int,
    kind: Any,
    wanted: ResponseParameters[Any] | None,
) -> dict[str, Any]:
    page = ListResponse[kind](
        total_results=total, start_index=start, items_per_page=len(shown), resources=shown
    )
    return page.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=wanted)
