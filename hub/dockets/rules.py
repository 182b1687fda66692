"""What a docket becomes: its case, parties and entries. Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from schemas import dockets
from schemas.access import STAFF
from schemas.cases import OpenCase
from schemas.casetypes import CURRENT, CaseType
from schemas.dockets import Docket
from schemas.entries import Entry
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.parties import Party

FORMAT = "docket"


def type_for(offered: Collection[str]) -> CaseType:
    """The case type of the organisation that takes dockets."""
    for name in sorted(offered):
        if name in CURRENT and FORMAT in CURRENT[name].imports:
            return CURRENT[name]
    raise Refused("forbidden", "This organisation has no case type that dockets become.")


def request(docket: Docket, org: UUID, type_: CaseType) -> OpenCase:
    return OpenCase(org=org, type=type_.name, title=docket.title, intake=type_.imports[FORMAT](docket))


def require_staff(role: str) -> None:
    if role != STAFF:
        raise Refused("forbidden", "Only staff bring in dockets.")


def lock_of(org: UUID, docket: Docket) -> UUID:
    """The same for every import of the same docket, so that two at once take turns."""
    return uuid5(org, docket.source)


def parties(
    docket: Docket, type_: CaseType, case: UUID, audience: Collection[str], now: datetime
) -> list[Party]:
    # Lists of parties go by id: sorted ids keep the court's order.
    ids = sorted(new_id() for _ in docket.parties)
    return [
        Party(
            id=party,
            case=case,
            name=dockets.one_line(given.name) or given.name,
            kind=dockets.kind(given.name),
            role=dockets.role(given, type_.party_roles),
            contacts=dockets.contacts(given),
            note=dockets.note(given),
            audience=list(audience),
            added_at=now,
            removed_at=None,
            revision=1,
        )
        for party, given in zip(ids, docket.parties, strict=True)
    ]


def entries(
    docket: Docket, case: UUID, by: UUID, audience: Collection[str], now: datetime, *, seq: int
) -> list[Entry]:
    """The entries in the docket's order; the first stands at `seq` of the case's stream."""
    roles = list(audience)
    return [
        Entry(new_id(), case, FORMAT, number, text, occurred_on, entered_on, now, by, roles, seq + n)
        for n, (number, text, occurred_on, entered_on) in enumerate(dockets.filed(docket))
    ]


def columns(rows: list[Any], *names: str) -> list[list[Any]]:
    """Rows as columns, for `unnest`."""
    return [[getattr(row, name) for row in rows] for name in names]
