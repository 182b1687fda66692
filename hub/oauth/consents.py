"""What somebody who is signed in answers to an app: at the authorization endpoint, on the page that asks, for a device;
and what they take back. The answer goes to the app's address alone, with `iss` (RFC 9207)."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import OAuth2Error
from msgspec import Struct

from hub.context import Hub, Who
from hub.http.auth import session_of
from hub.oauth import rules
from hub.oauth.grammar import Asked, Client, asked, client_id_of, fields_of
from hub.sessions import throttle
from hub.sessions.caller import Caller
from hub.sessions.ending import tell_ended
from schemas.answers import Page
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import OAUTH_CODE_S, OAUTH_QUERY_BYTES_MAX, OAUTH_REQUEST_MINUTES, OAUTH_REQUESTS_MAX
from schemas.oauth import AnswerDevice, Asking, AskingDevice, Connection, Onward
from schemas.positions import AsOf
from schemas.scopes import BROWSER
from storage.postgres import locks, oauth
from storage.postgres.pool import translated
from storage.postgres.rows import read

AUTHORIZE = "/oauth/authorize"
NOT_YOURS = "This app is not for your organisations, or it is gone. Ask whoever sent you here."


class Waiting(Struct, frozen=True):
    """A question as it waits."""

    id: UUID
    app: UUID
    redirect_uri: str
    scopes: list[str]
    state: str
    nonce: str
    challenge: str
    proved_since: datetime | None
    name: str
    kind: str
    person: str
    email: str


class Proof(Struct, frozen=True):
    """How the asker's session was proved: `proved_at` is null once that counts no more."""

    kind: str
    mfa: bool
    proved_at: datetime | None
    made_at: datetime

    def since(self, at: datetime | None) -> bool:
        return at is None or (self.proved_at is not None and self.proved_at >= at)


async def client_of(hub: Hub, id: UUID | None) -> Client | None:
    """The app of this `client_id`, unless it has ended."""
    if id is None:
        return None
    async with translated():
        row = await hub.database.signin.fetchrow(oauth.CLIENT, id)
    return read(row, Client) if row else None


async def authorize(hub: Hub, query: str, caller: Caller) -> str:
    """Where the browser goes from the authorization endpoint. `caller` is the browser, which may hold a session.

    Straight back to the app where the person has given it all this before; else to a page of ours. What is wrong is
    told to the app only at an address that is its own.
    """
    page = f"{hub.settings.public_url}/connect"
    if len(query) > OAUTH_QUERY_BYTES_MAX:
        return f"{page}?error=invalid_request"
    try:
        fields = fields_of(query)
        question = asked(
            f"{hub.settings.public_url}{AUTHORIZE}", fields, await client_of(hub, client_id_of(fields, {}))
        )
    except OAuth2Error as error:
        if error.redirect_uri:
            return _refusal(
                hub, error.redirect_uri, error.state or "", str(error.error), error.description or ""
            )
        return f"{page}?{urlencode({'error': error.error})}"  # its words are the page's: anybody can make that address
    who = await session_of(hub, caller.session, caller.doing) if caller.session else None
    silent = "none" in question.prompt
    if who is None or who.kind != BROWSER:
        if silent:
            return _refusal(
                hub, question.redirect_uri, question.state, "login_required", "Nobody is signed in."
            )
        # Whoever signs in for it has proved who they are: they are not asked once more.
        kept = {name: value for name, value in fields.items() if (name, value) != ("prompt", "login")}
        return f"{page}?{_again(kept)}"
    try:
        to = await _put(hub, who, question, silent=silent)
        return f"{to}?{_again(fields)}" if to.startswith(f"{page}/") else to
    except Refused as refused:
        if not silent:
            return f"{page}?error={refused.code}"
        error = "login_required" if refused.code == "unauthenticated" else "interaction_required"
        return _refusal(hub, question.redirect_uri, question.state, error, "The person has to answer first.")


def _again(fields: Mapping[str, str]) -> str:
    """The whole question as one parameter of our page, for whoever signs in first or as somebody else: they are sent to
    the authorization endpoint with it once more."""
    return "q=~" + urlsafe_b64encode(urlencode(fields, quote_via=quote).encode()).decode().rstrip("=")


async def _put(hub: Hub, who: Who, question: Asked, *, silent: bool) -> str:
    """Put a question to the one who is signed in, or answer it as they did before."""
    rules.may_answer(who.scopes)
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        unit.thing = question.app.id
        asking = await unit.connection.fetchrow(oauth.ASKING, question.app.id)
        if asking is None:
            raise Refused("not_found", NOT_YOURS)
        proof = read(await unit.connection.fetchrow(oauth.PROOF, who.session), Proof)
        known = await unit.connection.fetchval(oauth.CONSENT, question.app.id) or []
        since = rules.proof_needed(question.prompt, question.max_age_s, unit.now)
        waiting = Waiting(
            new_id(), question.app.id, question.redirect_uri, question.scopes, question.state, question.nonce,
            question.challenge, since, question.app.name, question.app.kind, "", "",
        )  # fmt: skip
        anew = rules.asks_anew(question.app.kind, question.redirect_uri, question.scopes, known)
        fresh = proof.since(since)
        if not anew and fresh and question.prompt <= {"none"}:
            return await _give(hub, unit.connection, who, waiting, proof, unit.now)
        if silent:
            error = "consent_required" if anew else "login_required"
            return _refusal(
                hub, question.redirect_uri, question.state, error, "The person has to answer first."
            )
        await unit.connection.execute(
            oauth.ASK, waiting.id, who.person, who.session, waiting.app, waiting.redirect_uri, waiting.scopes,
            waiting.state, waiting.nonce, waiting.challenge, since, unit.now,
            unit.now + timedelta(minutes=OAUTH_REQUEST_MINUTES),
        )  # fmt: skip
        await unit.connection.execute(oauth.FORGET_ASKED, OAUTH_REQUESTS_MAX)
    return f"{hub.settings.public_url}/connect/{waiting.id}"


async def read_asking(hub: Hub, who: Who, id: UUID) -> Asking:
    """What waits for the answer of the asker, in this very session."""
    async with hub.reading(who) as connection:
        waiting = await _waiting(connection, who, id, hub.clock())
        asking = await connection.fetchrow(oauth.ASKING, waiting.app)
        known = await connection.fetchval(oauth.CONSENT, waiting.app) or []
    if asking is None:
        raise Refused("not_found", NOT_YOURS)
    return Asking(
        id,
        waiting.app,
        waiting.name,
        asking["kind"],
        asking["organisation"],
        waiting.scopes,  # type: ignore[arg-type]
        known,
        rules.goes_to(waiting.redirect_uri),
        waiting.person,
        waiting.email,
    )


async def answer(hub: Hub, who: Who, id: UUID, *, allow: bool) -> Onward:
    """The person's answer, once. Where the app asked for a fresh proof of who they are, that comes first."""
    rules.may_answer(who.scopes)
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        waiting = await _waiting(unit.connection, who, id, unit.now)
        unit.thing, unit.act = waiting.app, "app.allowed" if allow else "app.declined"
        proof = read(await unit.connection.fetchrow(oauth.PROOF, who.session), Proof)
        if allow and not proof.since(waiting.proved_since):
            raise Refused("step_up_needed", "Confirm that it is you, then try again.")
        taken = await unit.connection.execute(oauth.TAKE_ASKED, id, who.session)
        if taken != "DELETE 1":
            raise Refused("not_found")
        if not allow:
            return Onward(
                _refusal(hub, waiting.redirect_uri, waiting.state, "access_denied", "The person declined.")
            )
        if await unit.connection.fetchrow(oauth.ASKING, waiting.app) is None:
            raise Refused("not_found", NOT_YOURS)
        await unit.connection.execute(oauth.ALLOW, waiting.app, who.person, waiting.scopes, unit.now)
        return Onward(await _give(hub, unit.connection, who, waiting, proof, unit.now))


async def _waiting(connection: object, who: Who, id: UUID, now: datetime) -> Waiting:
    row = await connection.fetchrow(oauth.ASKED, id, who.session, now)  # type: ignore[attr-defined]
    if row is None:
        raise Refused(
            "not_found", "This was answered already, or took too long. Go back to the app and start again."
        )
    return read(row, Waiting)


async def _give(hub: Hub, connection: object, who: Who, waiting: Waiting, proof: Proof, now: datetime) -> str:
    code = secrets.token_urlsafe(32)
    await connection.execute(  # type: ignore[attr-defined]
        oauth.CODE, token_hash(code), waiting.app, who.person, who.session, waiting.redirect_uri, waiting.scopes,
        waiting.nonce, waiting.challenge, proof.proved_at or proof.made_at, proof.mfa, now,
        now + timedelta(seconds=OAUTH_CODE_S),
    )  # fmt: skip
    return _onward(hub, waiting.redirect_uri, {"code": code, "state": waiting.state})


def _refusal(hub: Hub, redirect_uri: str, state: str, error: str, description: str) -> str:
    return _onward(hub, redirect_uri, {"error": error, "error_description": description, "state": state})


def _onward(hub: Hub, redirect_uri: str, said: Mapping[str, str]) -> str:
    fields = [(name, value) for name, value in said.items() if value]
    return add_params_to_uri(redirect_uri, [*fields, ("iss", hub.settings.public_url)])


async def list_connections(hub: Hub, who: Who) -> Page[Connection]:
    """The apps that may act for the asker, the newest first."""
    async with hub.reading(who) as connection:
        rows = await connection.fetch(oauth.CONNECTIONS, hub.clock())
    return Page([read(row, Connection) for row in rows], None, AsOf(hub.database.epoch))


async def disconnect(hub: Hub, who: Who, app: UUID) -> None:
    """Take everything back from an app; its sockets close at once. From one that has nothing it is done already."""
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        unit.act, unit.thing = "app.disconnected", app
        await tell_ended(unit, who.person, await unit.connection.fetch(oauth.DISCONNECT, app, unit.now))


async def read_device(hub: Hub, who: Who, typed: str) -> AskingDevice:
    """What the device asks whose code was typed. Each try counts: there are few codes, and they are short."""
    counted = throttle.of_user_code(who.person)
    await throttle.admit(hub, counted)
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(oauth.ASKED_BY_DEVICE, _user_hash(typed), hub.clock())
    if row is None:
        raise Refused(
            "not_found", "There is no such code. Look at the device again: codes are good for 15 minutes."
        )
    await throttle.forgive(hub, counted.key)
    return read(row, AskingDevice)


async def answer_device(hub: Hub, who: Who, request: AnswerDevice) -> None:
    """Let a device act for the asker, or not. Once: the first answer stands."""
    rules.may_answer(who.scopes)
    counted = throttle.of_user_code(who.person)
    await throttle.admit(hub, counted)
    hashed = _user_hash(request.code)
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        row = await unit.connection.fetchrow(oauth.ASKED_BY_DEVICE, hashed, unit.now)
        unit.thing, unit.act = row and row["app"], "app.allowed" if request.allow else "app.declined"
        done = row and await unit.connection.fetchval(
            oauth.DECIDE_DEVICE, hashed, who.session, request.allow, unit.now
        )
        if not row or not done:
            raise Refused(
                "not_found", "This code was answered already, or is over. Start again on the device."
            )
        if request.allow:
            await unit.connection.execute(oauth.ALLOW, row["app"], who.person, row["scopes"], unit.now)
    await throttle.forgive(hub, counted.key)


def _user_hash(code: str) -> bytes:
    return token_hash(rules.typed(code))
