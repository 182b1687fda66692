"""What is refused leaves an entry as well: of whom, what they asked for, and by which rule it was refused.

A refusal is recorded after its transaction is rolled back and before it is told. What somebody may know of is recorded
with its organisation and case; what is absent or somebody else's stands in the house's log with the id that was asked
for, in the same number of steps either way. What is no request at all, and what we could not do, leaves nothing, and
nor does whoever is nobody and shows nothing to be known by.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hub.context import Hub, Who
from hub.http.rates import SAFE_METHODS
from schemas.audit import HOUSE, NOBODY, NOTHING, Actor, Doing
from schemas.errors import Refused
from storage.postgres import audit

# Requests that are none, and what is wrong on our side.
UNRECORDED = frozenset(
    {
        "bad_input", "key_missing", "revision_missing", "unauthenticated", "origin", "method", "reset", "too_large",
        "media_type", "checksum", "internal", "unavailable",
    }
)  # fmt: skip
# Reads whose refusal is recorded as well, by the paths that their routes name: of documents and exports, of the record,
# and of what was said. Whether that is privileged is not asked of who may not know it.
READS = re.compile(r"/v1/(documents|versions|exports)/|.*/(audit|events|messages)(/|$)")


@contextmanager
def naming(about: str, person: UUID | None = None) -> Iterator[None]:
    """Have a refusal say whom it was about: by what was typed, to which the record commits, and by the account."""
    try:
        yield
    except Refused as error:
        error.about, error.person = about, person
        raise


async def record_refused(hub: Hub, by: Actor, doing: Doing, error: Refused) -> None:
    """Raises `unavailable` where it cannot be written down."""
    if error.code in UNRECORDED or error.recorded:
        return
    error.recorded = True
    asked = error.asked
    known = asked is not None and error.code != "not_found"
    entry, private = audit.made(
        act=doing.act,
        at=hub.clock(),
        by=by,
        rule=f"{error.code}: {asked.rule}" if asked and asked.rule else error.code,
        outcome="refused",
        log=(asked.log if asked and known else None) or HOUSE,
        case=asked.case if asked and known else None,
        thing=error.person or doing.thing,
        address=doing.address,
        about=error.about,
    )
    await hub.recorder.record(entry, private)


class Refusals:
    """ASGI middleware around the authentication: records what is refused before the answer leaves."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self.app, self.hub = app, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (
            scope["method"] in SAFE_METHODS and not READS.match(scope["path_template"])
        ):
            await self.app(scope, receive, send)
            return
        instead: Refused | None = None

        async def telling(message: Message) -> None:
            nonlocal instead
            if message["type"] == "http.response.start":
                try:
                    await self._record(scope)
                except Refused as error:
                    instead = error
                    await _tell(send, error)
            if instead is None:
                await send(message)

        try:
            await self.app(scope, receive, telling)
        except Refused as error:  # by the authentication itself; the app answers it further out
            scope.setdefault("state", {})["refused"] = error
            await self._record(scope)
            raise

    async def _record(self, scope: Scope) -> None:
        state = scope.get("state", {})
        error: Refused | None = state.get("refused")
        # Nobody fills the record faster than the budgets let them ask.
        if error is None or not state.get("admitted"):
            return
        who: Who | None = state.get("who")
        await record_refused(self.hub, who.actor if who else NOBODY, state.get("doing", NOTHING), error)


async def _tell(send: Send, error: Refused) -> None:
    body = msgspec.json.encode(error.problem())
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": error.kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
