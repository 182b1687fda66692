"""What the record says of one act: an entry, and the exact bytes of it that the log is made of.

An entry names people, cases and things by id and never says what they contain. What may have to be forgotten (from
where somebody came, what was written) stands in it as a commitment: SHA-256 over a random salt and the value. Salt and
address are kept apart, in `Private`, so they can be destroyed without changing the log.

Its bytes are JSON in canonical form (RFC 8785): fields are declared in the order of their names, absent ones are left
out, and there is nothing in it but strings, whole numbers, arrays and objects.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

Outcome = Literal["done", "refused"]

# The log of what belongs to no organisation: who signs in, who knocks at what is not theirs.
HOUSE = UUID(int=0)
SALT_BYTES = 16
ENTRY_BYTES_MAX = 64 << 10


class Actor(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who acted. `kind` is that of the session (`schemas.sessions`), or `worker`, `nobody`, `operator`.

    `via` is the app or service that acted for the person, `viewing` through whose eyes an administrator looked.
    """

    kind: str
    person: UUID | None = None
    session: UUID | None = None
    via: UUID | None = None
    viewing: UUID | None = None


WORKER = Actor(kind="worker")
NOBODY = Actor(kind="nobody")
OPERATOR = Actor(kind="operator")  # whoever runs a command at the machine


class Version(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Exactly which bytes: a document's version, its number and the SHA-256 of its content in hexadecimal."""

    document: UUID
    n: int
    sha256: str
    version: UUID


class Span(Struct, frozen=True, kw_only=True):
    """The events that a write made on one stream: `first` to `last`, and the commitment over their data in order."""

    data: str
    first: int
    last: int
    stream: UUID


class Entry(Struct, frozen=True, omit_defaults=True, kw_only=True, rename={"from_": "from"}):
    """One act. `act` is the type of its first event, a read's name (`document.read`), or the operation that was asked
    for (`post_message`) where there is no event: of what is refused always. `rule` says by which rule it was allowed
    or refused; `log` is the organisation in whose record it stands, or `HOUSE`; `about` is the commitment to what was
    named by text (the address at a sign-in) and `from` to the client's address. Times are UTC, in microseconds."""

    about: str | None = None
    act: str
    at: str
    by: Actor
    case: UUID | None = None
    from_: str | None = None
    id: UUID
    log: UUID
    of: Version | None = None
    outcome: Outcome
    rule: str
    spans: list[Span] | None = None
    thing: UUID | None = None
    v: int = 1


class Private(Struct, frozen=True, omit_defaults=True):
    """What opens an entry's commitments: the salt (hexadecimal), the client's address, and what was named."""

    salt: str
    address: str = ""
    about: str = ""


class Doing(Struct, frozen=True):
    """What a request asks for, as the way it came by knows it: the name of the operation, the id it is about, and the
    client's address. It names what is refused, and what makes no event."""

    act: str = ""
    thing: UUID | None = None
    address: str = ""


NOTHING = Doing()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)


def moment(at: datetime) -> str:
    """A time as entries write it: `2026-03-01T09:00:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def committed(salt: bytes, *values: bytes) -> str:
    """The commitment to `values` one after the other, each with its length before it; hexadecimal."""
    digest = sha256(salt)
    for value in values:
        digest.update(len(value).to_bytes(8, "big"))
        digest.update(value)
    return digest.hexdigest()


def canonical(entry: Entry) -> bytes:
    """The bytes that the log is made of."""
    return _encoder.encode(entry)


def entry_of(data: bytes) -> Entry:
    return _decoder.decode(data)


def data_salt(salt: bytes) -> bytes:
    """What opens the commitments to events alone: who is shown it, with an exported case, learns no address by it."""
    return sha256(salt + b"data").digest()


def span(stream: UUID, first: int, last: int, salt: bytes, data: Iterable[bytes]) -> Span:
    return Span(data=committed(data_salt(salt), *data), first=first, last=last, stream=stream)
