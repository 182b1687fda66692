"""Who may ask what of the record. Pure. The database repeats it: see `theirs`, `own` and `kept_out`."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from schemas.access import ADMIN, DESK, STAFF
from schemas.audit_questions import Question
from schemas.errors import Refused, bad_input
from schemas.limits import AUDIT_ACTS_MAX


class Asker(NamedTuple):
    """In whose right a question is answered: `rule` is what the record says of it, `all` whether of the whole
    organisation, so that one is also told from where others came."""

    rule: str
    all: bool


ADMINISTERS = Asker("place: admin", True)
STAFFS = Asker("role: staff", False)
OWN = Asker("own", False)


def may_ask_of_case(roles: Collection[str]) -> Asker:
    """`roles` are the asker's in a case that they see, and in its organisation where they count for the case."""
    if ADMIN in roles:
        return ADMINISTERS
    if STAFF in roles or DESK in roles:
        return STAFFS
    raise Refused("forbidden", "The record of a case is for its staff and the organisation's administrators.")


def question(
    *,
    person: UUID | None,
    case: UUID | None,
    thing: UUID | None,
    act: Collection[str],
    outcome: str | None,
    from_: datetime | None,
    until: datetime | None,
    since: int | None,
    changes: bool = False,
) -> Question:
    """`bad_input` for a moment without its zone, or for an end before the beginning."""
    for name, moment in (("from", from_), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise bad_input(name, "say the zone too, as in 2026-03-01T09:00:00Z")
    if from_ is not None and until is not None and from_ >= until:
        raise bad_input("until", "the end comes before the beginning")
    if len(act) > AUDIT_ACTS_MAX:
        raise bad_input("act", f"at most {AUDIT_ACTS_MAX} acts at once")
    if outcome not in (None, "done", "refused"):
        raise bad_input("outcome", "one of done, refused")
    return Question(
        person=person,
        case=case,
        thing=thing,
        act=tuple(dict.fromkeys(act)),
        outcome="done" if outcome == "done" else "refused" if outcome else None,
        from_=from_,
        until=until,
        since=since,
        changes=changes,
    )
