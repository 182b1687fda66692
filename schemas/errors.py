"""One table of everything that can go wrong: HTTP status, WebSocket close code, and whether trying again helps."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct


class Retry(StrEnum):
    """What a client does next."""

    STOP = "stop"  # the same request will fail again
    LATER = "later"  # the same request may succeed later
    REFRESH = "refresh"  # read again, then decide


class Kind(NamedTuple):
    status: int
    title: str
    retry: Retry


ERRORS: dict[str, Kind] = {
    "bad_input": Kind(400, "The request is not valid", Retry.STOP),
    "key_missing": Kind(400, "An Idempotency-Key header with a UUID is needed", Retry.STOP),
    "unauthenticated": Kind(401, "Sign in first", Retry.STOP),
    "bad_credentials": Kind(401, "E-mail or password is wrong", Retry.STOP),
    "mfa_needed": Kind(403, "Set up a second factor first", Retry.STOP),
    "step_up_needed": Kind(403, "Confirm that it is you", Retry.STOP),
    "origin": Kind(403, "This origin is not allowed", Retry.STOP),
    "scope": Kind(403, "The token does not open this", Retry.STOP),
    "forbidden": Kind(403, "You may not do this", Retry.STOP),
    "not_found": Kind(404, "Not found", Retry.STOP),
    "method": Kind(405, "This method is not allowed here", Retry.STOP),
    "key_reused": Kind(409, "This Idempotency-Key was used for another request", Retry.STOP),
    "case_closed": Kind(409, "The case is closed", Retry.STOP),
    "held": Kind(409, "A legal hold stands in the way", Retry.STOP),
    "conflict": Kind(409, "This does not fit the present state", Retry.REFRESH),
    "transition": Kind(409, "This transition is not possible now", Retry.REFRESH),
    "retracted": Kind(409, "The message was retracted", Retry.STOP),
    "reset": Kind(410, "That history is gone; read again", Retry.REFRESH),
    "stale": Kind(412, "The record was changed meanwhile; read it again", Retry.REFRESH),
    "too_large": Kind(413, "The request is too large", Retry.STOP),
    "media_type": Kind(415, "Send JSON", Retry.STOP),
    "checksum": Kind(422, "The bytes do not match what was declared", Retry.STOP),
    "revision_missing": Kind(428, "An If-Match header with the record's revision is needed", Retry.STOP),
    "too_many": Kind(429, "Too many requests", Retry.LATER),
    "internal": Kind(500, "Something broke on our side; it is logged", Retry.LATER),
    "unavailable": Kind(503, "A part of Casewire does not answer; try again", Retry.LATER),
}


class FieldProblem(Struct, frozen=True):
    """`at` is a JSONPath like `$.due_on`; `why` is for people."""

    at: str
    why: str


class Problem(Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem: the body of every HTTP error."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    fields: list[FieldProblem] = []
    retry_after_ms: int | None = None


class Asked(NamedTuple):
    """What a refusal is about, as far as who was refused may know it: organisation and case, and what was asked."""

    log: UUID | None
    case: UUID | None
    rule: str


class Refused(Exception):
    """Raised by rules and actions; HTTP, socket and NATS each translate it once."""

    asked: Asked | None = None
    recorded = False  # it stands in the record already
    about = ""  # what was named by text, where that was no id: the record commits to it
    person: UUID | None = None  # whose account it is about, if anybody's

    def __init__(
        self, code: str, detail: str = "", *, fields: tuple[FieldProblem, ...] = (), retry_after_ms: int | None = None
    ) -> None:
        super().__init__(code, detail)
        self.kind = ERRORS[code]
        self.code, self.detail, self.fields, self.retry_after_ms = code, detail, fields, retry_after_ms

    def problem(self) -> Problem:
        return Problem(
            type=f"urn:casewire:problem:{self.code}",
            title=self.kind.title,
            status=self.kind.status,
            code=self.code,
            detail=self.detail,
            fields=list(self.fields),
            retry_after_ms=self.retry_after_ms,
        )


def bad_input(at: str, why: str) -> Refused:
    return Refused("bad_input", f"{at}: {why}", fields=(FieldProblem(at, why),))


class Close(NamedTuple):
    code: int
    meaning: str


# 4000 to 4499: come back and resume. 4500 to 4999: stop.
CLOSES: dict[str, Close] = {
    "going_away": Close(4000, "the gateway stops or restarts"),
    "too_slow": Close(4008, "the reader did not keep up"),
    "session_renewed": Close(4010, "the session has another secret: come back with it"),
    "try_later": Close(4013, "too many connections at once"),
    "unauthenticated": Close(4501, "no valid session or token"),
    "session_ended": Close(4503, "the session was ended"),
    "scope": Close(4504, "the token does not open the socket"),
    "protocol": Close(4508, "a frame that is not of the protocol"),
    "frame_too_big": Close(4509, "a frame over the limit"),
}
