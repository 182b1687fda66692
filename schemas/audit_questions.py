"""Questions over the record: who has seen this document, what did this person do, what changed in this case.

What is asked and what is answered. An entry names people, cases and things by id; `Names` says what the asker may know
of them now, and is silent about the rest.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from schemas.audit import Outcome
from schemas.positions import AsOf

# What somebody reads that is recorded; all other acts are events, or the operation that was asked for.
READS = (
    "document.read",
    "document.found",
    "conversation.read",
    "conversation.heard",
    "conversation.found",
    "export.read",
    "audit.read",
    "audit.exported",
    "case.exported",
)
# What changes nothing for anybody else: to read, to move one's own marker, to have a key opened.
LOOKS = (*READS, "key.used", "marker.moved")
Format = Literal["json", "csv"]
EXPORT_FORMAT = "casewire-audit-export/1"


class Question(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which entries: all that is given must hold. `act` is any of these; `from_` is the first moment and `until` the
    one after the last. `since` asks for what came into the log after its leaf of this number, `changes` for what was
    changed or refused, without what was only looked at (`LOOKS`)."""

    person: UUID | None = None
    case: UUID | None = None
    thing: UUID | None = None
    act: tuple[str, ...] = ()
    outcome: Outcome | None = None
    from_: datetime | None = None
    until: datetime | None = None
    since: int | None = None
    changes: bool = False


class By(Struct, frozen=True):
    """Who acted: `kind` is that of the session, or `worker`, `nobody`, `operator`; `via` the app or service that acted
    for the person, `viewing` through whose eyes they looked."""

    kind: str
    person: UUID | None
    session: UUID | None
    via: UUID | None
    viewing: UUID | None


class Bytes(Struct, frozen=True):
    """Exactly which bytes: a document's version, its number, and the SHA-256 of its content in hexadecimal."""

    document: UUID
    version: UUID
    n: int
    sha256: str


class Proof(Struct, frozen=True):
    """The first signed checkpoint that holds the entry: the size of the log that was signed, and when."""

    size: int
    at: datetime


class Recorded(Struct, frozen=True, kw_only=True):
    """An entry of a log, at its leaf `n`. `entry` is its id, `hash` the leaf's (RFC 6962) in hexadecimal. `address` is
    where the client was: for administrators, and for whoever it was themselves; null also once it was destroyed.
    `proof` is null until a checkpoint was signed that holds it."""

    log: UUID
    n: int
    hash: str
    entry: UUID
    at: datetime
    act: str
    outcome: Outcome
    rule: str
    by: By
    case: UUID | None
    thing: UUID | None
    of: Bytes | None
    address: str | None
    proof: Proof | None


class NamedThing(Struct, frozen=True):
    """What a thing is called: its kind is its table's noun, `n` the number of a version."""

    kind: str
    name: str
    case: UUID | None
    n: int | None = None


class Names(Struct, frozen=True):
    """What the asker may know now of the ids in an answer: people by name, cases and things by what they are called."""

    people: dict[UUID, str]
    things: dict[UUID, NamedThing]


class RecordPage(Struct, frozen=True, kw_only=True):
    """Newest first; `next` is the cursor for `?after=`. `head` is the last leaf of the answer, to ask on with
    `?since=`; `count` is how many there are in all, up to AUDIT_COUNT_MAX and one more, and null on later pages."""

    items: list[Recorded]
    next: str | None
    as_of: AsOf
    head: int
    count: int | None
    names: Names


class Seen(Struct, frozen=True):
    """That a person read a version of a document: how often, the first time and the last."""

    person: UUID
    version: UUID
    n: int
    first: datetime
    last: datetime
    times: int


class DocumentRecord(Struct, frozen=True, kw_only=True):
    """Who has seen a document, the last reader first, and all that was done with it. `whole` says whether all readings
    were counted, or the last AUDIT_SEEN_MAX."""

    seen: list[Seen]
    whole: bool
    record: RecordPage
