"""Who may raise and release a legal hold, and what one is. Pure."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from schemas.access import STAFF
from schemas.errors import Refused
from schemas.facts import changed
from schemas.holds import Hold, RaiseHold
from schemas.limits import HOLDS_MAX


def may_raise(roles: Collection[str]) -> None:
    """On a case or a document of it: whoever staffs the case, administrators among them."""
    if STAFF not in roles:
        raise Refused("forbidden", "Only those who staff the case raise a hold on it.")


def raised(
    request: RaiseHold, *, id: UUID, org: UUID, case: UUID | None, by: UUID, standing: int, now: datetime
) -> Hold:
    """`standing` counts the organisation's holds."""
    if standing >= HOLDS_MAX:
        raise Refused("conflict", f"At most {HOLDS_MAX} holds stand at once; release those that are over.")
    return Hold(
        id=id, org=org, kind=request.kind, thing=request.thing, case_id=case, reason=request.reason, raised_at=now,
        raised_by=by, released_at=None, released_by=None, release_reason="", revision=1,
    )  # fmt: skip


def released(before: Hold, reason: str, *, by: UUID, now: datetime) -> Hold:
    return replace(changed(before), released_at=now, released_by=by, release_reason=reason)
