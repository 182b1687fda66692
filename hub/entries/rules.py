"""What may stand on a case's timeline. Pure."""

from datetime import datetime
from uuid import UUID

from schemas.access import STAFF
from schemas.entries import AddEntry, Entry
from schemas.errors import bad_input
from schemas.facts import CaseFacts


def add(facts: CaseFacts, request: AddEntry, *, id: UUID, now: datetime) -> Entry:
    facts.require("entry.add")
    if request.kind not in facts.type.entry_kinds:
        raise bad_input("$.kind", f"one of {', '.join(facts.type.entry_kinds)} is needed")
    return Entry(
        id=id,
        case=facts.case,
        kind=request.kind,
        number=request.number,
        text=request.text,
        occurred_on=request.occurred_on,
        entered_on=request.entered_on,
        recorded_at=now,
        by=facts.viewer.person,
        audience=list(facts.audience_named(request.audience, frozenset({STAFF}))),
        seq=facts.stream.next_seq,
    )
