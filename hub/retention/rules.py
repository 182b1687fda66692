"""How long something is kept, and what may be decided about what is due. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785
from msgspec.structs import replace

from schemas.audit import moment
from schemas.casetypes import CURRENT
from schemas.errors import Refused, bad_input
from schemas.facts import changed, check_revision
from schemas.retention import Approve, Disposition, KeepLonger, Schedule, SetSchedule

HELD = "A legal hold stands in the way; it is kept until the hold is released."


def schedules(org: UUID, types: Iterable[str], overrides: Iterable[Schedule]) -> list[Schedule]:
    """What counts for each case type of an organisation and each kind of document: its own word, else the type's."""
    own = {(one.type, one.kind): one for one in overrides}
    found: list[Schedule] = []
    for name in sorted(set(types) & set(CURRENT)):
        for kind in ("", *sorted(CURRENT[name].document_kinds)):
            declared = declared_years(name, kind)
            counted = own.get((name, kind))
            found.append(
                replace(counted, declared=declared)
                if counted is not None
                else Schedule(org, name, kind, declared, declared, "", None, None, 0)
            )
    return found


def declared_years(type: str, kind: str) -> int | None:
    """What the case type says; a document is kept as long as its case unless it says otherwise."""
    keeping = CURRENT[type].retention
    return keeping.kinds.get(kind, keeping.case) if kind else keeping.case


def check_schedule(request: SetSchedule, types: Iterable[str]) -> None:
    if request.type not in types or request.type not in CURRENT:
        raise bad_input("$.type", "the organisation has no case type of this name")
    if request.kind and request.kind not in CURRENT[request.type].document_kinds:
        raise bad_input("$.kind", "the case type has no document kind of this name")


def label(schedule: Schedule) -> str:
    """How a tombstone and a certificate name the schedule under which something was destroyed."""
    what = f"{schedule.type}/{schedule.kind}" if schedule.kind else schedule.type
    return f"{what}: {schedule.years} years after closing" + (
        "" if schedule.set_by is None else ", as the office set"
    )


def check_decision(before: Disposition, revision: int) -> None:
    check_revision(revision, before.revision)
    if before.state not in ("due", "kept"):
        raise Refused("conflict", "It was decided already that this is destroyed.")


def keep(before: Disposition, request: KeepLonger, *, revision: int, by: UUID, now: datetime) -> Disposition:
    check_decision(before, revision)
    if request.until <= now.date():
        raise bad_input("$.until", "a day that is still to come is needed")
    return replace(
        changed(before),
        state="kept",
        decided_at=now,
        decided_by=by,
        reason=request.reason,
        keep_until=request.until,
    )


def approve(
    before: Disposition, request: Approve, *, revision: int, held: bool, by: UUID, now: datetime
) -> Disposition:
    check_decision(before, revision)
    if before.state != "due":
        raise Refused("conflict", "This is kept longer; decide that it is due first, or wait for the day.")
    if held:
        raise Refused("held", HELD)
    return replace(
        changed(before),
        state="approved",
        decided_at=now,
        decided_by=by,
        reason=request.reason,
        keep_until=None,
    )


def certificate(stone: Mapping[str, Any], *, at: datetime) -> bytes:
    """Canonical JSON (RFC 8785): ids, counts and hashes of what was destroyed, and by whom and why; never what it
    said."""
    body: dict[str, Any] = {
        "v": 1, "issued_at": moment(at), "kind": stone["kind"], "thing": str(stone["thing"]),
        "organisation": str(stone["org"]), "destroyed_at": moment(stone["destroyed_at"]), "under": stone["why"],
        "by": str(stone["by"]) if stone["by"] else None, "what": stone["what"],
    }  # fmt: skip
    if stone["within"] is not None:
        body["within"] = str(stone["within"])
    for name in ("began_at", "ended_at"):
        if stone[name] is not None:
            body[name] = moment(stone[name])
    return rfc8785.dumps(body)


def scrubbed(org: UUID, covered: Iterable[bytes], *, at: datetime) -> bytes:
    """The same of a scrub. It names the certificates that it covers by one hash, SHA-256 over theirs in order: all who
    administer read it, and how many there are is not for whom a wall keeps out of what some of them tell of."""
    covers = sha256(b"".join(sorted(covered))).hexdigest()
    return rfc8785.dumps(
        {"v": 2, "kind": "scrub", "at": moment(at), "organisation": str(org), "covers": covers}
    )
