"""Signing in through an outside provider, and linking one's identity there.

Somebody is who they are there by issuer and subject. An address is taken for a name once only: when it comes for the
first time, its provider vouches for the domain and has verified it, and nobody has ever signed in with it here. Whoever
is here already links their identity themselves, signed in, and after proving once more that it is them: an organisation
administers its provider, and nobody administers an account of which other organisations know.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit
from uuid import UUID

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Struct

from hub.context import Hub, Who
from hub.factors import sealing
from hub.http.auth import session_of
from hub.people import mails
from hub.people.seating import was_seated
from hub.providers import outside, rules
from hub.providers.administering import redirect_uri
from hub.providers.knowing import Known
from hub.providers.outside import Unreachable
from hub.providers.rules import NotProved, Said
from hub.sessions import telling, throttle
from hub.sessions.actions import Shown
from hub.sessions.caller import Caller
from hub.sessions.signing import SignedIn, ask_second, signed_in
from hub.sessions.standing import recent, standing
from schemas.audit import NOBODY
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import IDENTITIES_MAX, JOURNEY_MINUTES, PROOF_MINUTES
from schemas.providers import Departure, Identities, Identity, Linked, Return, WayIn, WaysIn
from schemas.sessions import MfaNeeded
from storage.postgres import locks, providers
from storage.postgres.pool import translated
from storage.postgres.rows import read

log = structlog.get_logger()

SCOPE = "openid email profile"
START_AGAIN = "That took too long, was answered already, or began in another browser; start again."
NOT_LINKED = (
    "This account of {name} is not connected to anybody here. Sign in another way and connect it under Security, or "
    "ask the administrator of your organisation."
)
SILENT = "{name} does not answer as it should; try again, or sign in another way."
WRONG = "What {name} said about you does not hold; start again."


class Kept(Struct, frozen=True):
    """A provider as signing in needs it."""

    id: UUID
    org: UUID
    name: str
    issuer: str
    client_id: str
    sealed: bytes
    domains: list[str]
    brings: str | None
    mfa_amr: list[str]
    mfa_acr: list[str]


class Left(NamedTuple):
    """Where the browser goes, and the secret of the cookie that ties its return to it."""

    departure: Departure
    browser: str


async def ways(hub: Hub) -> WaysIn:
    """The buttons of the sign-in page."""
    async with translated():
        rows = await hub.database.signin.fetch(providers.WAYS)
    return WaysIn([read(row, WayIn) for row in rows])


async def depart(hub: Hub, provider: UUID, caller: Caller, browser: str, who: Who | None = None) -> Left:
    """Begin to sign in, or with `who` to link. `browser` is the cookie's secret if there is one already: two windows of
    one browser do not get into each other's way."""
    if who is not None:
        stands = await standing(hub, who)
        recent(stands.kind, stands.proved_at, hub.clock())
    await throttle.admit(hub, *throttle.of_question(caller.address))
    kept = await _kept(hub, provider)
    known = await _known(hub, kept)
    state, browser = secrets.token_urlsafe(32), browser or secrets.token_urlsafe(32)
    now = hub.clock()
    async with translated():
        await hub.database.signin.execute(
            providers.DEPART, token_hash(state), token_hash(browser), kept.id, who.session if who else None, now,
            now + timedelta(minutes=JOURNEY_MINUTES),
        )  # fmt: skip
    url = prepare_grant_uri(
        known.endpoints.authorization_endpoint,
        kept.client_id,
        "code",
        redirect_uri(hub, kept.id),
        SCOPE,
        state,
        nonce=_derived(browser, state, "nonce"),
        code_challenge=create_s256_code_challenge(_derived(browser, state, "verifier")),
        code_challenge_method="S256",
    )
    return Left(Departure(url), browser)


async def come_back(hub: Hub, request: Return, caller: Caller, browser: str) -> SignedIn | MfaNeeded | Linked:
    """The browser is back. `bad_credentials` where anything does not hold, and `unavailable` where the provider does
    not answer; either way what was begun is over."""
    now = hub.clock()
    async with translated():
        row = await hub.database.signin.fetchrow(
            providers.RETURN,
            token_hash(request.state),
            token_hash(browser) if browser else b"",
            request.provider,
            now,
        )
    if row is None:
        raise Refused("bad_credentials", START_AGAIN)
    kept = await _kept(hub, request.provider)
    known = await _known(hub, kept)
    if not rules.right_issuer(kept.issuer, request.iss, promised=known.endpoints.promises_iss):
        raise _refused(kept, "iss of the answer")
    if request.error or not request.code:
        raise Refused("bad_credentials", f"{kept.name} did not sign you in.")
    said = await _said(hub, kept, known, request, browser)
    if row["session"] is not None:
        return await _link(hub, kept, said, caller, row["session"])
    return await _enter(hub, kept, said, caller)


async def _said(hub: Hub, kept: Kept, known: Known, request: Return, browser: str) -> Said:
    """Who signed in there, by the code that the browser brought."""
    secret = sealing.unseal(hub.settings, kept.sealed, kept.id, kept.org).decode()
    endpoints, now = known.endpoints, hub.clock()
    form = {
        "grant_type": "authorization_code",
        "code": request.code,
        "redirect_uri": redirect_uri(hub, kept.id),
        "code_verifier": _derived(browser, request.state, "verifier"),
    }
    # RFC 6749, section 2.3.1: both parts are encoded as a form's are, before they become a header.
    auth = httpx.BasicAuth(quote_plus(kept.client_id), quote_plus(secret))
    if "client_secret_basic" not in endpoints.token_endpoint_auth_methods_supported:
        auth, form = None, {**form, "client_id": kept.client_id, "client_secret": secret}
    try:
        tokens = await outside.ask(hub.settings, endpoints.token_endpoint, form=form, auth=auth)
        id_token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access, str) or not access.isascii() or not access:
            raise NotProved("no tokens for the code")
        header = rules.header_of(id_token)
        key = await hub.knowledge.key(
            hub.settings, kept.issuer, now, lambda keys: rules.key_for(header, keys)
        )
        if key is None:
            raise NotProved("a key that is not the provider's")
        claims = rules.claims_of(
            id_token, key, issuer=kept.issuer, client_id=kept.client_id,
            nonce=_derived(browser, request.state, "nonce"), access_token=access, now=now,
        )  # fmt: skip
        more: dict[str, Any] | None = None
        if "email" not in claims and endpoints.userinfo_endpoint is not None:
            more = await outside.ask(hub.settings, endpoints.userinfo_endpoint, bearer=access)
        return rules.said_by(claims, more)
    except NotProved as error:
        raise _refused(kept, str(error)) from None
    except Unreachable as error:
        raise _silent(kept, str(error)) from None


async def _enter(hub: Hub, kept: Kept, said: Said, caller: Caller) -> SignedIn | MfaNeeded:
    row = await _identity(hub, kept, said)
    if row is None:
        await _arrive(hub, kept, said, caller)
        row = await _identity(hub, kept, said)  # also by somebody who arrived at the same moment
    if row is None:
        log.info("identity provider: not linked", provider=str(kept.id))
        raise Refused("bad_credentials", NOT_LINKED.format(name=kept.name))
    # What an administrator counts as a second factor is good for their own organisation: for its rule, and in the place
    # of a factor that somebody has here only where no other office knows them.
    mfa = rules.second_factor(said, kept.mfa_amr, kept.mfa_acr) and not row["elsewhere"]
    if row["second"] and not (mfa and await _theirs_alone(hub, row["person"], kept.org)):
        return await ask_second(hub, row["person"])
    shown = Shown(issuer=kept.issuer, subject=said.subject)
    return await signed_in(hub, row["person"], caller, [], "provider", mfa=mfa, shown=shown)


async def _identity(hub: Hub, kept: Kept, said: Said) -> Any:
    async with translated():
        return await hub.database.signin.fetchrow(
            providers.IDENTITY, kept.issuer, said.subject, kept.id, said.email, hub.clock()
        )


async def _theirs_alone(hub: Hub, person: UUID, org: UUID) -> bool:
    async with hub.database.reading(person) as connection:
        return bool(await connection.fetchval(providers.THEIRS_ALONE, org))


async def _arrive(hub: Hub, kept: Kept, said: Said, caller: Caller) -> None:
    """Somebody who is here for the first time, if their provider may say who they are."""
    row = None
    if rules.may_bring(said.email, kept.domains):
        name = said.name or said.email.partition("@")[0]
        doing = caller.doing
        async with hub.signing(NOBODY, doing, "account.arrived", thing=kept.id, rule="provider") as unit:
            row = await unit.connection.fetchrow(
                providers.ARRIVE,
                new_id(),
                kept.id,
                kept.issuer,
                said.subject,
                said.email,
                name,
                new_id(),
                unit.now,
            )
            if row is None:
                unit.changes_nothing()
            else:
                unit.thing = row["person"]
    if row is None:
        return
    person: UUID = row["person"]
    if row["brought"]:
        lock = locks.of_streams(kept.org, person, exclusive=True)
        async with hub.writing(Who(person, None, "provider", doing=caller.doing), lock) as unit:
            await was_seated(unit, kept.org, person, kept.brings or "")
    await telling.told(
        hub, person, mails.changed(f"Your account is opened by {kept.name} from now on", hub.clock())
    )


async def _link(hub: Hub, kept: Kept, said: Said, caller: Caller, session: UUID) -> Linked:
    """Only for the session in which it began, whose holder has proved lately that it is them."""
    who = await session_of(hub, caller.session, caller.doing) if caller.session else None
    if who is None or who.session != session:
        raise Refused("bad_credentials", START_AGAIN)
    id, now = new_id(), hub.clock()
    since = now - timedelta(minutes=PROOF_MINUTES)
    async with hub.signing(who.actor, caller.doing, "identity.linked", thing=id, rule="provider") as unit:
        done = await unit.connection.fetchval(
            providers.LINK,
            session,
            id,
            kept.id,
            kept.issuer,
            said.subject,
            said.email,
            now,
            since,
            IDENTITIES_MAX,
        )
        if done == "session":
            raise Refused("step_up_needed", "Confirm that it is you, then try again.")
        if done == "taken":
            raise Refused("conflict", f"This account of {kept.name} is connected to somebody else here.")
        if done == "many":
            raise Refused(
                "conflict", f"You have {IDENTITIES_MAX} connected accounts already; remove one first."
            )
        if done == "again":
            unit.changes_nothing()
    if done == "linked":
        await telling.told(
            hub, who.person, mails.changed(f"An account of {kept.name} signs you in from now on", now)
        )
    mine = (await list_identities(hub, who)).items
    return Linked(next(one for one in mine if done == "again" or one.id == id))


async def list_identities(hub: Hub, who: Who) -> Identities:
    """One's own."""
    async with hub.reading(who) as connection:
        rows = await connection.fetch(providers.MINE)
    return Identities([read(row, Identity) for row in rows])


async def remove_identity(hub: Hub, who: Who, id: UUID) -> None:
    """Removing an absent one is done already; `conflict` where it is the only way in."""
    stands = await standing(hub, who)
    now = hub.clock()
    recent(stands.kind, stands.proved_at, now)
    async with hub.signing(who.actor, who.doing, "identity.removed", thing=id) as unit:
        done = await unit.connection.fetchval(providers.UNLINK, who.session, id, now)
        if done == "needed":
            raise Refused(
                "conflict", "You sign in by this alone; set a password or add a passkey before you remove it."
            )
        if done != "removed":
            unit.changes_nothing()
    if done == "removed":
        await telling.told(hub, who.person, mails.changed("A connected account was removed from yours", now))


def _derived(browser: str, state: str, purpose: str) -> str:
    """43 characters that nobody can tell who has not both the cookie and the state: nonce and PKCE verifier. So neither
    is kept anywhere."""
    digest = hmac.digest(browser.encode(), f"casewire journey {purpose}\0{state}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


async def _kept(hub: Hub, id: UUID) -> Kept:
    async with translated():
        row = await hub.database.signin.fetchrow(providers.PROVIDER, id)
    if row is None:
        raise Refused("not_found")
    return read(row, Kept)


async def _known(hub: Hub, kept: Kept) -> Known:
    try:
        return await hub.knowledge.of(hub.settings, kept.issuer, hub.clock())
    except Unreachable as error:
        raise _silent(kept, str(error)) from None


def _silent(kept: Kept, why: str) -> Refused:
    log.warning(
        "identity provider: no answer", provider=str(kept.id), host=urlsplit(kept.issuer).hostname, why=why
    )
    return Refused("unavailable", SILENT.format(name=kept.name))


def _refused(kept: Kept, why: str) -> Refused:
    log.warning(
        "identity provider: refused", provider=str(kept.id), host=urlsplit(kept.issuer).hostname, why=why
    )
    return Refused("bad_credentials", WRONG.format(name=kept.name))
