"""Signing in and out, and personal tokens."""

import secrets
from datetime import timedelta
from uuid import UUID

from hub.context import Hub, Who
from hub.sessions import passwords
from schemas.answers import Page
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.limits import SESSION_DAYS
from schemas.people import Me, SignIn
from schemas.positions import AsOf
from schemas.sessions import MakeToken, NewToken, Session
from storage.postgres import locks, sessions
from storage.postgres.pool import translated
from storage.postgres.rows import read


async def sign_in(hub: Hub, request: SignIn, label: str) -> tuple[str, Me]:
    """A new session's secret (never one that the client chose) and the person; `bad_credentials` else."""
    async with translated():
        row = await hub.database.signin.fetchrow(sessions.PERSON, request.email)
    if not await passwords.verified(row["password_hash"] if row else None, request.password):
        raise Refused("bad_credentials")
    token, _ = await open_session(hub, row["id"], "browser", label, SESSION_DAYS)
    return token, await me(hub, row["id"])


async def open_session(hub: Hub, person: UUID, kind: str, label: str, days: int) -> tuple[str, Session]:
    token = secrets.token_urlsafe(32)
    now = hub.clock()
    session = Session(new_id(), person, kind, label[:200], now, now + timedelta(days=days))
    async with translated():
        await hub.database.signin.execute(
            sessions.OPEN, session.id, token_hash(token), person, kind, session.label, now, session.expires_at
        )
    return token, session


async def me(hub: Hub, person: UUID, session: UUID | None = None) -> Me:
    async with hub.database.reading(person, session) as connection:
        row = await connection.fetchrow(sessions.ME, person)
    if row is None:
        raise Refused("unauthenticated")
    return read(row, Me, live_url=hub.settings.live_url, files_url=hub.settings.files_url)


async def make_token(hub: Hub, who: Who, request: MakeToken) -> NewToken:
    """A personal API token; its secret is shown this once and kept nowhere."""
    if who.kind != "browser":
        raise Refused("forbidden", "Sign in with your password to make a token.")
    async with hub.reading(who):
        pass  # the session is still good, or this raises: a token must not outlive a session that was ended
    token, session = await open_session(hub, who.person, "token", request.label, request.days)
    return NewToken(session, token)


async def list_sessions(hub: Hub, who: Who) -> Page[Session]:
    async with hub.reading(who) as connection:
        rows = await connection.fetch(sessions.MINE, hub.clock())
    return Page([read(row, Session) for row in rows], None, AsOf(hub.database.epoch))


async def end_session(hub: Hub, who: Who, id: UUID | None) -> None:
    """End one of one's own sessions; its sockets close at once. Ending an ended one is done already."""
    if id is None:
        return
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        row = await unit.connection.fetchrow("select * from end_session($1, $2)", id, unit.now)
        if row is None:
            return
        stream = await unit.person_stream(who.person)
        unit.append(stream, NewEvent("session.ended", id, read(row, Session), (), (who.person,)))
