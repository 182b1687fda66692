"""What of a case everybody may know, and why somebody sees it. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.access import ADMIN, DESK, Guarded, Viewer, explain, roles_on, sees
from schemas.cases import Case
from schemas.casetypes import CURRENT, CaseType, view
from schemas.casetypes.kernel import PUBLIC
from schemas.errors import bad_input
from schemas.views import PublicCase, PublicType, Reason, SetPublication

SEES_NOT = "does not see it"
NOBODY = UUID(int=0)


class PublicSide(NamedTuple):
    """The public side of a case as the wall takes it."""

    case_id: UUID
    org: UUID
    audience: tuple[str, ...]
    people: tuple[UUID, ...]


def public_of(type_: CaseType, case: Case) -> list[PublicCase]:
    """The public side of a case, in days of its own zone; empty where its type declares none."""
    if type_.public is None:
        return []
    zone = ZoneInfo(case.zone)
    kind = case.intake.get(type_.public.category)
    return [
        PublicCase(
            number=case.number,
            type=case.type,
            status=case.status,
            is_open=case.is_open,
            opened_on=case.opened_at.astimezone(zone).date(),
            closed_on=case.closed_at.astimezone(zone).date() if case.closed_at else None,
            category=str(kind) if kind is not None else None,
            fields={name: case.intake[name] for name in type_.public.fields if name in case.intake},
        )
    ]


def is_public(row: Any, published: Collection[str]) -> bool:
    """Whether everybody sees a public side: it is a thing whose audience is the public while its type is published."""
    audience = (PUBLIC,) if row["type"] in published else ()
    everybody = Viewer(NOBODY, frozenset({(row["org"], PUBLIC)}))
    return sees(everybody, PublicSide(row["case_id"], row["org"], audience, ()))


def public_types(names: Collection[str]) -> list[PublicType]:
    """How to read the public cases of these types, as far as they have a public side."""
    found: list[PublicType] = []
    for name in names:
        type_ = CURRENT.get(name)
        if type_ is None or type_.public is None:
            continue
        properties: Mapping[str, Any] = view(type_).intake_schema["properties"]
        fields = {field: properties[field] for field in type_.public.fields}
        found.append(
            PublicType(
                name, type_.title, type_.description, dict(type_.statuses), fields, type_.public.category
            )
        )
    return found


def publishable(offered: Collection[str]) -> list[str]:
    """Of the types that an organisation offers, those that have a public side."""
    return sorted(name for name in offered if name in CURRENT and CURRENT[name].public is not None)


def published(request: SetPublication, possible: Collection[str]) -> list[str]:
    if unknown := [name for name in request.types if name not in possible]:
        raise bad_input("$.types", f"{unknown[0]!r} is none of {', '.join(possible) or 'no types'}")
    return sorted(set(request.types))


class Causes(NamedTuple):
    """By what somebody is in a case: the roles that they were given themselves, and (team, role) of teams."""

    given: list[str]
    teams: list[tuple[str, str]]


def reason(viewer: Viewer, name: str, id: UUID, thing: Guarded, type_: CaseType, causes: Causes) -> Reason:
    """What `sees` says of somebody and a thing, and why: each cause of it, for who takes one away wants to know what
    remains; where they do not see it, what `explain` says."""
    seen = sees(viewer, thing)
    why = "; ".join(_causes(viewer, thing, type_, causes)) if seen else ""
    roles = roles_on(viewer, thing.case_id, thing.org, open_to_staff=type_.open_to_staff)
    return Reason(viewer.person, name, id, seen, why or explain(viewer, thing), sorted(roles))


def _causes(viewer: Viewer, thing: Guarded, type_: CaseType, causes: Causes) -> Iterator[str]:
    for role in sorted(set(causes.given) & set(thing.audience)):
        yield f"takes part in the case as {_title(type_, role)}"
    for team, role in causes.teams:
        if role in thing.audience:
            yield f"is in it as {_title(type_, role)} by the team {team}"
    if ADMIN in thing.audience and (thing.org, ADMIN) in viewer.grants:
        yield "administers the organisation"
    if DESK in thing.audience and (thing.org, DESK) in viewer.grants:
        yield "is staff of the organisation, to whom such cases are open"
    if viewer.person in thing.people:
        yield "is named in the conversation"


def _title(type_: CaseType, role: str) -> str:
    return type_.roles[role].title if role in type_.roles else role
