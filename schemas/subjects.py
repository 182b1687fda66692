"""Subjects on NATS, made and read in one place."""

from collections.abc import Collection
from uuid import UUID

from schemas.access import ADMIN, DESK, STAFF
from schemas.events import Event

STREAM = "CW_EVENTS"
STREAM_SUBJECTS = "cw.*.*.case.*.*.*", "cw.*.*.person.*.*.*", "cw.*.*.org.*.*.*"
EVENTS = "cw.*.*.*.*.*.*"  # all of these: of all subjects, theirs alone have seven parts
WAKE_RELAY = "cw.wake.relay"
SIGNALS = "cw.*.signal.case.*"

# Headers of a relayed event. Values are ASCII text.
HEADER_SEQ, HEADER_EPOCH, HEADER_POS, HEADER_PREV = "Cw-Seq", "Cw-Epoch", "Cw-Pos", "Cw-Prev"
HEADER_AUTHORIZATION = "Cw-Authorization"
HEADER_KEY = "Cw-Idempotency-Key"
# Where the client of a socket is, as the gateway knows it: on `socket_subject` alone.
HEADER_ADDRESS = "Cw-Address"


def audience_token(audience: Collection[str], people: Collection[UUID]) -> str:
    """`staff` when only staff may see it, `shared` when others may too, `named` for named people alone."""
    if not audience:
        return "named" if people else "none"
    return "staff" if set(audience) <= {STAFF, ADMIN, DESK} else "shared"


def event_subject(event: Event) -> str:
    """`cw.<org>.<audience>.<stream kind>.<stream id>.<noun>.<verb>`; a person's stream has `-` for its organisation and
    is for that person alone."""
    if event.kind == "person":
        return f"cw.-.named.person.{event.stream}.{event.type}"
    org = event.org or "-"
    return f"cw.{org}.{audience_token(event.audience, event.people)}.{event.kind}.{event.stream}.{event.type}"


def signal_subject(org: UUID, case: UUID) -> str:
    return f"cw.{org}.signal.case.{case}"


def inbox(owner: object) -> str:
    """Where answers come to: a place of one's own, so that the server can keep others away from it. A process is named
    by its user of NATS, a service by its id."""
    return f"_INBOX_{owner}"


def api_subject(noun: str, action: str) -> str:
    return f"cw.api.{noun}.{action}"


def socket_subject(noun: str, action: str) -> str:
    """The same, asked by the gateway for a client's socket. The server lets nobody else ask there, so what is said of
    the client can be believed."""
    return f"cw.socket.{noun}.{action}"
