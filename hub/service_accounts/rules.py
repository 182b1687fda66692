"""What may change of a service. Pure."""

from datetime import datetime

from msgspec import UnsetType

from schemas.facts import changed, check_revision
from schemas.service_accounts import ChangeService, Service


def change(before: Service, request: ChangeService, *, revision: int, now: datetime) -> Service:
    """The service afterwards; the same object when nothing is to change."""
    check_revision(revision, before.revision)
    name = before.name if isinstance(request.name, UnsetType) else request.name
    role = before.role if isinstance(request.role, UnsetType) else request.role
    disabled_at = before.disabled_at
    if not isinstance(request.disabled, UnsetType):
        disabled_at = (before.disabled_at or now) if request.disabled else None
    if (name, role, disabled_at) == (before.name, before.role, before.disabled_at):
        return before
    return changed(before, name=name, role=role, disabled_at=disabled_at)
