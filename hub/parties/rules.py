"""Who may write down whom a case is about. Pure."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from schemas.errors import Refused
from schemas.facts import CaseFacts, changed, check_revision
from schemas.parties import AddParty, ChangeParty, Party


def add(facts: CaseFacts, request: AddParty, *, id: UUID, now: datetime) -> Party:
    facts.require("party.add")
    audience = facts.audience_named(request.audience, frozenset(facts.type.roles))
    return Party(
        id=id,
        case=facts.case,
        name=request.name,
        kind=request.kind,
        role=request.role,
        contacts=request.contacts,
        note=request.note,
        audience=list(audience),
        added_at=now,
        removed_at=None,
        revision=1,
    )


def change(facts: CaseFacts, before: Party, request: ChangeParty, *, revision: int) -> Party:
    _present(facts, before, revision)
    given = {name: getattr(request, name) for name in request.__struct_fields__}
    return changed(before, **{name: value for name, value in given.items() if value is not UNSET})


def remove(facts: CaseFacts, before: Party, *, revision: int, now: datetime) -> Party:
    _present(facts, before, revision)
    return changed(before, removed_at=now)


def _present(facts: CaseFacts, before: Party, revision: int) -> None:
    facts.require("party.add")
    if before.removed_at is not None:
        raise Refused("not_found")
    check_revision(revision, before.revision)
