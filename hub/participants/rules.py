"""Who may bring whom into a case, and take them out. Pure."""

from datetime import datetime
from uuid import UUID

from schemas.casetypes.kernel import Side
from schemas.errors import Refused, bad_input
from schemas.facts import CaseFacts, changed
from schemas.participants import Participant


def grant(
    facts: CaseFacts, held: Participant | None, person: UUID, role: str, *, membership: str, walled: bool, id: UUID,
    now: datetime,
) -> Participant:
    """The participant as granted; keeps the id of an earlier grant of the same role."""
    facts.require("participant.grant", open=False)
    declared = facts.type.roles.get(role)
    if declared is None:
        raise bad_input("$.role", f"one of {', '.join(facts.type.roles)} is needed")
    if declared.side is Side.STAFF and membership not in ("admin", "desk"):
        raise Refused("conflict", "Only staff of the organisation can be on its team; choose an outside role.")
    if walled:
        raise Refused("conflict", "A wall keeps this person out of this case.")
    if held is not None:
        if held.revoked_at is None:
            raise Refused("conflict", "This person takes part in this role already.")
        return changed(held, granted_at=now, granted_by=facts.viewer.person, revoked_at=None)
    return Participant(id, facts.case, person, role, now, facts.viewer.person, None, 1)


def revoke(facts: CaseFacts, held: Participant, *, now: datetime) -> Participant:
    facts.require("participant.grant", open=False)
    return changed(held, revoked_at=now)
