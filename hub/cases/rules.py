"""How cases open, change and move. Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET

from schemas.access import ADMIN, DESK, OUTSIDE, STAFF
from schemas.cases import Case, ChangeCase, MoveCase, OpenCase
from schemas.casetypes import CURRENT, CaseType
from schemas.casetypes.kernel import Side
from schemas.errors import Refused, bad_input
from schemas.facts import CaseFacts, changed, check_revision, ruled
from schemas.zones import zone_named


def type_to_open(request: OpenCase, offered: Collection[str], memberships: Collection[str]) -> tuple[CaseType, str]:
    """The case type and the role its opener takes in it."""
    type_ = CURRENT.get(request.type)
    if type_ is None or request.type not in offered:
        raise bad_input("$.type", f"this organisation offers {', '.join(sorted(offered)) or 'no case types'}")
    if (ADMIN in memberships or DESK in memberships) and Side.STAFF in type_.opened_by:
        return type_, STAFF
    if OUTSIDE in memberships and Side.OUTSIDE in type_.opened_by:
        return type_, type_.opener_role
    raise Refused("forbidden", "You may not open a case of this type here.")


def intake(type_: CaseType, raw: dict[str, Any]) -> dict[str, Any]:
    """What stands on the case of an intake: what everybody in it sees, validated, with its defaults."""
    shown, _ = type_.divided(raw)
    return shown


def opened(
    type_: CaseType, request: OpenCase, *, id: UUID, number: str, zone: str, by: UUID, now: datetime
) -> Case:
    return Case(
        id=id,
        org=request.org,
        type=type_.name,
        type_version=type_.version,
        number=number,
        title=request.title,
        status=type_.initial,
        is_open=True,
        intake=intake(type_, request.intake),
        zone=zone,
        opened_at=now,
        opened_by=by,
        closed_at=None,
        revision=1,
    )


def number(type_: CaseType, year: int, n: int) -> str:
    return f"{type_.prefix}-{year}-{n}"


def change(facts: CaseFacts, before: Case, request: ChangeCase, *, revision: int) -> Case:
    facts.require("case.update")
    check_revision(revision, before.revision)
    return changed(
        before,
        title=before.title if request.title is UNSET else request.title,
        intake=before.intake if request.intake is UNSET else facts.type.read_part(request.intake, None, "$.intake"),
        zone=before.zone if request.zone is UNSET else zone_named(request.zone, before.zone),
    )


def move(facts: CaseFacts, before: Case, request: MoveCase, *, now: datetime) -> Case:
    step = facts.type.transitions.get(request.name)
    if step is None:
        raise bad_input("$.name", f"one of {', '.join(facts.type.transitions)} is needed")
    facts.asked.append(ruled(request.name, facts.roles & step.roles))
    if not facts.roles & step.roles:
        raise Refused("forbidden", f"Your role in this case does not allow {request.name}.")
    if before.status not in step.sources:
        raise Refused("transition", f"{step.title} is not possible while the case is {before.status}.")
    is_open = facts.type.statuses[step.target].open
    return changed(before, status=step.target, is_open=is_open, closed_at=None if is_open else now)
