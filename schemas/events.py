"""Every event: its type, the noun its `data` holds, and the Struct of that noun. Extra or missing data is an error."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from schemas.access import Guarded
from schemas.cases import Case
from schemas.conversations import Conversation, Marker
from schemas.deadlines import Deadline
from schemas.details import Detail
from schemas.documents import Document, Version
from schemas.entries import Entry
from schemas.erasure import Erasure
from schemas.holds import Hold
from schemas.invitations import Invitation
from schemas.messages import Message
from schemas.notices import Notice
from schemas.oauth import App
from schemas.participants import Participant
from schemas.parties import Party
from schemas.people import Member
from schemas.positions import Position
from schemas.retention import Disposition, Issued, Schedule
from schemas.service_accounts import Service
from schemas.sessions import Session
from schemas.tasks import Task
from schemas.teams import Team, TeamCase
from schemas.walls import Wall

StreamKind = Literal["case", "person", "org"]


class EventType(NamedTuple):
    stream: StreamKind
    noun: str
    struct: type[Struct]


class Grant(Struct, frozen=True):
    """What changed in a person's own access: `role` at `scope` (a case or an organisation), given or taken.

    A place in an organisation that is given once more says: what you may see there is not what it was, read it again.
    """

    scope: UUID
    role: str
    given: bool


EVENTS: dict[str, EventType] = {
    "case.opened": EventType("case", "case", Case),
    "case.updated": EventType("case", "case", Case),
    "case.moved": EventType("case", "case", Case),
    "detail.set": EventType("case", "detail", Detail),
    "detail.changed": EventType("case", "detail", Detail),
    "party.added": EventType("case", "party", Party),
    "party.changed": EventType("case", "party", Party),
    "party.removed": EventType("case", "party", Party),
    "participant.granted": EventType("case", "participant", Participant),
    "participant.revoked": EventType("case", "participant", Participant),
    "team_case.granted": EventType("case", "team_case", TeamCase),
    "team_case.revoked": EventType("case", "team_case", TeamCase),
    "entry.added": EventType("case", "entry", Entry),
    "conversation.opened": EventType("case", "conversation", Conversation),
    "message.posted": EventType("case", "message", Message),
    "message.edited": EventType("case", "message", Message),
    "message.retracted": EventType("case", "message", Message),
    "document.added": EventType("case", "document", Document),
    "document.renamed": EventType("case", "document", Document),
    "version.received": EventType("case", "version", Version),
    "version.cleared": EventType("case", "version", Version),
    "version.quarantined": EventType("case", "version", Version),
    "version.indexed": EventType("case", "version", Version),
    "deadline.set": EventType("case", "deadline", Deadline),
    "deadline.changed": EventType("case", "deadline", Deadline),
    "deadline.met": EventType("case", "deadline", Deadline),
    "deadline.cancelled": EventType("case", "deadline", Deadline),
    "deadline.noticed": EventType("case", "deadline", Deadline),
    "task.added": EventType("case", "task", Task),
    "task.changed": EventType("case", "task", Task),
    "task.done": EventType("case", "task", Task),
    "hold.raised": EventType("case", "hold", Hold),
    "hold.released": EventType("case", "hold", Hold),
    "disposition.due": EventType("case", "disposition", Disposition),
    "disposition.kept": EventType("case", "disposition", Disposition),
    "disposition.approved": EventType("case", "disposition", Disposition),
    "notice.added": EventType("person", "notice", Notice),
    "notice.acked": EventType("person", "notice", Notice),
    "marker.moved": EventType("person", "marker", Marker),
    "grant.changed": EventType("person", "grant", Grant),
    "session.ended": EventType("person", "session", Session),
    "session.renewed": EventType("person", "session", Session),
    "member.added": EventType("org", "member", Member),
    "member.changed": EventType("org", "member", Member),
    "member.removed": EventType("org", "member", Member),
    "service.added": EventType("org", "service", Service),
    "service.changed": EventType("org", "service", Service),
    "token.made": EventType("org", "token", Session),
    "token.ended": EventType("org", "token", Session),
    "invitation.added": EventType("org", "invitation", Invitation),
    "team.changed": EventType("org", "team", Team),
    "wall.raised": EventType("org", "wall", Wall),
    "wall.changed": EventType("org", "wall", Wall),
    "wall.lifted": EventType("org", "wall", Wall),
    "person_hold.raised": EventType("org", "hold", Hold),
    "person_hold.released": EventType("org", "hold", Hold),
    "schedule.set": EventType("org", "schedule", Schedule),
    "certificate.issued": EventType("org", "certificate", Issued),
    "erasure.asked": EventType("org", "erasure", Erasure),
    "erasure.refused": EventType("org", "erasure", Erasure),
    "app.added": EventType("org", "app", App),
    "app.changed": EventType("org", "app", App),
    "app.ended": EventType("org", "app", App),
}

# Types after which what somebody may see can differ. They raise the access counters that events carry. Those of the
# second kind do not name whom they concern: it may be anybody who holds something in the organisation.
ACCESS_EVENTS = frozenset(
    {"participant.granted", "participant.revoked", "member.added", "member.changed", "member.removed"}
)
WIDE_ACCESS_EVENTS = frozenset(
    {"team_case.granted", "team_case.revoked", "team.changed", "wall.raised", "wall.changed", "wall.lifted"}
)


class Access(Struct, frozen=True, array_like=True):
    """The access counters of an event's case and organisation when it was written; 0 where it has none."""

    case: int
    org: int


class Event(Struct, frozen=True, kw_only=True):
    """An event as it is stored, relayed and followed. `case_id` is null for streams that are no case.

    `audience` holds roles (expanded) and `people` named persons: the wall's facts about the event itself. With
    `case_id` they are the wall's on a person's own stream too; without it what stands there is the person's.
    `thing` is the id of the noun that `data` holds. `data` is JSON, passed on without being parsed.
    """

    tx: int
    id: int
    org: UUID | None
    kind: StreamKind
    stream: UUID
    seq: int
    case_id: UUID | None
    type: str
    audience: list[str]
    people: list[UUID]
    access: Access
    at: datetime
    actor: UUID | None
    thing: UUID | None
    data: Raw

    @property
    def position(self) -> Position:
        return Position(self.tx, self.id)


class EventView(Struct, frozen=True):
    """An event as clients read it: `GET /v1/cases/{case}/events`, and inside a socket's `event` frame."""

    seq: int
    pos: str
    type: str
    case: UUID | None
    at: datetime
    actor: UUID | None
    data: dict[str, Any]


class NewEvent(NamedTuple):
    """What an action hands to the unit of work; stream, seq and position are added there.

    On a person's own stream `about` is what it tells of: then it is theirs as long as they may see that.
    """

    type: str
    thing: UUID
    data: Struct
    audience: tuple[str, ...] = ()
    people: tuple[UUID, ...] = ()
    about: Guarded | None = None


def encode_data(event: NewEvent) -> bytes:
    """`{"message": {...}}`; raises `TypeError` when the Struct is not the one declared."""
    declared = EVENTS[event.type]
    if type(event.data) is not declared.struct:
        raise TypeError(f"{event.type} carries {declared.struct.__name__}, not {type(event.data).__name__}")
    return msgspec.json.encode({declared.noun: event.data})
