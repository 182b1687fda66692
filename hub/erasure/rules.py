"""What erasing a person takes and leaves, and when it is refused. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785
from msgspec.structs import replace

from schemas.audit import moment
from schemas.erasure import Erasure, Kept, Preview
from schemas.errors import Refused
from schemas.facts import changed
from schemas.holds import Hold

# Regulation (EU) 2016/679, article 17(3): erasing gives way to a legal duty to keep (b) and to legal claims (e).
WHY = {
    "messages": "What they wrote in cases is part of the file: kept as long as the case is (GDPR 17(3)(b), (e)).",
    "documents": "What they handed in is part of the file: kept as long as the case is (GDPR 17(3)(b), (e)).",
    "entries": "What they entered is part of the file: kept as long as the case is (GDPR 17(3)(b), (e)).",
    "events": "That somebody did it stays, by an id that names nobody any more.",
    "record": "The record of who did what cannot be changed; it names an id, and from where they came is destroyed.",
}
UNSEEN = "A legal hold that is not yours to see keeps this person, so they cannot be erased now."
UNCOUNTED = "Not counted: what is in cases that a wall closes to somebody."
ONESELF = "Another administrator has to erase you."


def preview(person: UUID, row: Mapping[str, Any], hold: Hold | UUID | None) -> Preview:
    """`row` is what the database counted; `hold` what stands in the way, a bare id where it is not the asker's to
    know."""
    kept = [Kept(what, n, WHY[what]) for what, n in row["kept"].items() if n]
    mine = hold.id if isinstance(hold, Hold) else None
    return Preview(person, row["account"], row["what"], kept, mine, hold is not None and mine is None)


def may_erase(person: UUID, *, by: UUID, hold: Hold | UUID | None) -> None:
    if person == by:
        raise Refused("conflict", ONESELF)
    if isinstance(hold, Hold):
        raise Refused("held", f"A legal hold of {hold.raised_at:%Y-%m-%d} stands in the way: {hold.reason}")
    if hold is not None:
        raise Refused("held", UNSEEN)


def refuse(before: Erasure, reason: str, *, by: UUID, now: datetime) -> Erasure:
    if before.state != "asked":
        raise Refused("conflict", "This was decided already.")
    return replace(changed(before), state="refused", decided_at=now, decided_by=by, reason=reason)


def certificate(
    org: UUID, before: Preview, *, words: int, by: UUID, at: datetime
) -> bytes:
    """Canonical JSON (RFC 8785): what went and what stays, by counts; nothing of what it said, nor of what is behind a
    wall, since all who administer read it."""
    return rfc8785.dumps(
        {
            "v": 1, "kind": "person", "thing": str(before.person), "organisation": str(org),
            "destroyed_at": moment(at), "by": str(by), "under": "erasure",
            "account": before.account, "what": {**before.goes, "words": words},
            "kept": [{"what": one.what, "count": one.count, "why": one.why} for one in before.kept],
            "besides": UNCOUNTED,
        }
    )  # fmt: skip
