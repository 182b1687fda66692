"""What of a case is whose: its public side. Pure."""

from zoneinfo import ZoneInfo

from schemas.cases import Case
from schemas.casetypes import CaseType
from schemas.views import PublicCase


def public_of(type_: CaseType, case: Case) -> list[PublicCase]:
    """The public side of a case, in days of its own zone; empty where its type declares none."""
    if type_.public is None:
        return []
    zone = ZoneInfo(case.zone)
    shown = case.intake.get(type_.public.category)
    return [
        PublicCase(
            number=case.number,
            type=case.type,
            status=case.status,
            is_open=case.is_open,
            opened_on=case.opened_at.astimezone(zone).date(),
            closed_on=case.closed_at.astimezone(zone).date() if case.closed_at else None,
            category=str(shown) if shown is not None else None,
            fields={name: case.intake[name] for name in type_.public.fields if name in case.intake},
        )
    ]
