"""A court's docket becomes a case of the organisation: all of it, once."""

from uuid import UUID

import msgspec
from msgspec import Struct

from hub.cases import actions as opening
from hub.cases import rules as case_rules
from hub.context import Hub, Who
from hub.details import rules as detail_rules
from hub.dockets import rules
from schemas.access import expand
from schemas.dockets import Docket
from schemas.errors import Refused
from schemas.events import Access, NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from storage.postgres import cases, dockets, locks

LONG_ENTRIES = 2000  # takes a tenth of a second on an idle machine


class Imported(Struct, frozen=True):
    """The case of a docket. `new` is false when it was there already; then nothing was written."""

    case: UUID
    number: str
    title: str
    new: bool
    parties: int
    entries: int


async def import_docket(hub: Hub, who: Who, org: UUID, docket: Docket) -> Imported:
    """Open a case of a docket with its parties and entries, in one transaction. A repeat changes nothing."""
    made = new_id()
    lock = locks.of_streams(org, made, rules.lock_of(org, docket))
    try:
        async with hub.writing(who, lock) as unit:
            found = await unit.connection.fetchrow(cases.OPENING, org, None)
            if found is None:
                raise Refused("not_found", "You do not belong to this organisation.")
            there = await unit.connection.fetchrow(dockets.EXISTING, org, docket.source)
            if there is not None:
                return Imported(
                    there["id"], there["number"], there["title"], False, there["parties"], there["entries"]
                )
            if len(docket.docket_entries) > LONG_ENTRIES:
                await unit.connection.execute(dockets.MORE_TIME)
            type_ = rules.type_for(found["case_types"])
            request = rules.request(docket, org, type_)
            _, role = case_rules.type_to_open(request, found["case_types"], found["roles"] or ())
            unit.by_place(org, role)
            rules.require_staff(role)
            n = await unit.connection.fetchval(cases.NUMBER, org, type_.prefix, unit.now.year)
            number = case_rules.number(type_, unit.now.year, n)
            case = case_rules.opened(
                type_, request, id=made, number=number, zone=found["zone"], by=who.person, now=unit.now
            )
            stream = Stream("case", made, org, made, 0, Access(1, found["access"][1]))
            details = detail_rules.opened(type_, request.intake, {role}, case=made)
            await opening.write_opened(unit, stream, case, details, [(who.person, role)], source=docket.source)

            everyone = expand(type_.roles, open_to_staff=type_.open_to_staff)
            parties = rules.parties(docket, type_, made, everyone, unit.now)
            first = stream.next_seq + len(parties)
            entries = rules.entries(docket, made, who.person, everyone, unit.now, seq=first)
            told = [NewEvent("party.added", party.id, party, everyone) for party in parties]
            told += [NewEvent("entry.added", entry.id, entry, everyone) for entry in entries]
            await unit.connection.execute(
                dockets.INSERT, made, org, everyone, unit.now, who.person, list(msgspec.structs.astuple(stream.access)),
                parties, *rules.columns(entries, "id", "kind", "number", "text", "occurred_on", "entered_on", "seq"),
                *unit.append_many(stream, told),
            )  # fmt: skip
    except Refused as refused:
        if refused.code == "conflict":
            raise Refused(
                "conflict", "A case that you may not see was made of this docket already."
            ) from refused
        raise
    return Imported(made, number, case.title, True, len(parties), len(entries))
