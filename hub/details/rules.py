"""Which fields of a case are whose, and who may change them. Pure."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from schemas.access import expand
from schemas.casetypes import CaseType
from schemas.details import ChangeDetail, Detail
from schemas.errors import bad_input
from schemas.facts import CaseFacts, changed, check_revision
from schemas.ids import new_id


def opened(type_: CaseType, raw: dict[str, Any], roles: Collection[str], *, case: UUID) -> list[Detail]:
    """The details that a case of this type begins with: one for each group of roles, also where nothing was given.

    Whoever opens a case in `roles` fills in what they will see; `bad_input` for a field of others.
    """
    _, parts = type_.divided(raw)
    for group, fields in parts:
        if foreign := [name for name in fields if name in raw and not group & set(roles)]:
            raise bad_input(f"$.intake.{foreign[0]}", "this is not yours to fill in")
    return [
        Detail(new_id(), case, list(expand(group, open_to_staff=type_.open_to_staff)), fields, 1)
        for group, fields in parts
    ]


def change(facts: CaseFacts, before: Detail, request: ChangeDetail, *, revision: int) -> Detail:
    facts.require("case.update")
    check_revision(revision, before.revision)
    group = next(
        group
        for group in facts.type.groups
        if list(expand(group, open_to_staff=facts.type.open_to_staff)) == before.audience
    )
    return changed(before, fields=facts.type.read_part(request.fields, group, "$.fields"))
