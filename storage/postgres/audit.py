"""Entries of the record: what an open transaction writes of itself, and the statements over them."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from schemas.audit import (
    HOUSE,
    SALT_BYTES,
    Actor,
    Entry,
    Outcome,
    Private,
    Span,
    Version,
    canonical,
    committed,
    moment,
    span,
)
from schemas.ids import new_id

# Whatever a transaction wrote has given it an id; one that only looked leaves nothing. Parameters come as bytes, so
# that nothing of a client's stands in the text of a statement.
WRITE = """insert into audit_entries (log, case_id, person, entry, private)
    select $1::uuid, $2::uuid, $3::uuid, $4::bytea, convert_from($5::bytea, 'UTF8')::jsonb
    where pg_current_xact_id_if_assigned() is not null"""
# The same for what writes nothing but this: a read, a refusal.
RECORD = """insert into audit_entries (log, case_id, person, entry, private)
    values ($1::uuid, $2::uuid, $3::uuid, $4::bytea, convert_from($5::bytea, 'UTF8')::jsonb)"""
_TYPES = "(uuid, uuid, uuid, bytea, bytea)"
PREPARE = f"prepare audit{_TYPES} as {WRITE}; prepare record{_TYPES} as {RECORD}"
SIGNING = "select signin_audit($1, $2, $3, $4, convert_from($5::bytea, 'UTF8')::jsonb)"
PREPARE_SIGNIN = f"prepare audit{_TYPES} as {SIGNING}"


class Written:
    """The events of a unit, stream by stream, as an entry commits to them."""

    def __init__(self) -> None:
        self.size = 0  # bytes of data
        self._streams: dict[UUID, tuple[int, list[bytes]]] = {}

    def add(self, stream: UUID, first: int, data: Iterable[bytes]) -> None:
        """Data of consecutive events from `first` on, which follow those added before."""
        _, kept = self._streams.setdefault(stream, (first, []))
        for one in data:
            kept.append(one)
            self.size += len(one)

    def spans(self, salt: bytes) -> list[Span] | None:
        found = [
            span(id, first, first + len(data) - 1, salt, data) for id, (first, data) in self._streams.items()
        ]
        return found or None


def made(
    *,
    act: str,
    at: datetime,
    by: Actor,
    rule: str,
    outcome: Outcome = "done",
    log: UUID = HOUSE,
    case: UUID | None = None,
    thing: UUID | None = None,
    of: Version | None = None,
    address: str = "",
    about: str = "",
    written: Written | None = None,
) -> tuple[Entry, Private]:
    """An entry with a salt of its own, and what opens it."""
    salt = secrets.token_bytes(SALT_BYTES)
    entry = Entry(
        about=committed(salt, about.encode()) if about else None,
        act=act,
        at=moment(at),
        by=by,
        case=case,
        from_=committed(salt, address.encode()) if address else None,
        id=new_id(),
        log=log,
        of=of,
        outcome=outcome,
        rule=rule,
        spans=written.spans(salt) if written else None,
        thing=thing,
    )
    return entry, Private(salt.hex(), address, about)


def statement(entry: Entry, private: Private) -> str:
    """Writes them by the statement that each connection has prepared: it goes with the commit in one round trip."""
    return f"execute audit({_values(entry, private)})"


def recording(entry: Entry, private: Private) -> str:
    """The same where there is nothing else to write: in the name of whom it is about."""
    person = entry.by.person or ""
    return (
        f"select set_config('casewire.person', '{person}', true); execute record({_values(entry, private)})"
    )


def _values(entry: Entry, private: Private) -> str:
    case, person = (f"'{id}'" if id else "null" for id in (entry.case, entry.by.person))
    opens = msgspec.json.encode(private).hex()
    return rf"'{entry.log}', {case}, {person}, '\x{canonical(entry).hex()}', '\x{opens}'"


def unnamed(person: UUID | None) -> str:
    """Of a unit that has no name for what it does: it may look, and whatever it writes is refused by the table."""
    mine = f"'{person}'" if person else "null"
    return f"execute audit('{HOUSE}', null, {mine}, null, null)"
