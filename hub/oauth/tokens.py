"""What an app asks at the endpoints that are for apps: tokens for a code, a refresh token, a device or itself; and to
revoke and to look at what it was given.

An access token is a session of kind `app`: 256 random bits, stored as a hash, ended at once. Nothing here asks for a
session, so all goes through functions of the sign-in role; whatever is good once is used up by one of them.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Error
from authlib.oidc.core.util import create_half_hash
from msgspec import Struct

from hub.context import Hub, Who
from hub.oauth import grammar, keys, rules
from hub.oauth.consents import client_of
from hub.oauth.ending import end_families
from hub.oauth.grammar import Client, Code, Refresh
from schemas.audit import Actor, Doing
from schemas.credentials import token_hash
from schemas.ids import new_id
from schemas.limits import (
    ACCESS_TOKEN_S,
    DEVICE_CODE_S,
    DEVICE_INTERVAL_S,
    FAMILY_DAYS,
    ID_TOKEN_S,
    REFRESH_IDLE_DAYS,
)
from schemas.scopes import EMAIL, OFFLINE, OPENID, PROFILE
from storage.postgres import audit, oauth
from storage.postgres.pool import translated
from storage.postgres.rows import read

# What a device hears while nobody has answered yet.
WAITING = frozenset({"authorization_pending", "slow_down"})
CODES_TRIED = 5  # user codes that others may have already


class Message(Struct, frozen=True):
    """A message of an app: where it was sent, its form, its headers (lower-case names) and where it came from."""

    uri: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    address: str


class Device(Struct, frozen=True):
    app: UUID
    scopes: list[str]
    allowed: bool
    decided: bool
    used: bool
    expires_at: datetime


class Opened(Struct, frozen=True):
    """The secrets of a family's next step, and until when they are good."""

    session: UUID
    token: str
    refresh: str
    now: datetime

    @property
    def args(self) -> tuple[UUID, bytes, bytes, datetime, datetime, datetime]:
        return (
            self.session,
            token_hash(self.token),
            token_hash(self.refresh),
            self.now,
            self.now + timedelta(seconds=ACCESS_TOKEN_S),
            self.now + timedelta(days=REFRESH_IDLE_DAYS),
        )

    @property
    def family_expires(self) -> datetime:
        return self.now + timedelta(days=FAMILY_DAYS)


def _next(hub: Hub) -> Opened:
    return Opened(new_id(), secrets.token_urlsafe(32), secrets.token_urlsafe(32), hub.clock())


async def _fetch(hub: Hub, sql: str, *args: Any) -> Any:
    async with translated():
        return await hub.database.signin.fetchrow(sql, *args)


async def app_of(hub: Hub, message: Message, methods: list[str] = rules.METHODS) -> Client:
    """The app that sent this, authenticated; raises `invalid_client`."""
    app = await client_of(hub, grammar.client_id_of(message.fields, message.headers))
    return grammar.authenticated(message.uri, message.fields, message.headers, app, methods)


async def token(hub: Hub, message: Message) -> dict[str, Any]:
    """What the token endpoint answers (RFC 6749, section 5.1); raises `OAuth2Error`."""
    grant_type = message.fields.get("grant_type")
    if not grant_type:
        raise InvalidRequestError("grant_type is missing.")
    app = await app_of(hub, message)
    try:
        grammar.may_come(app, grant_type)
        if grant_type == rules.CODE:
            return await _by_code(hub, message, app)
        if grant_type == rules.REFRESH:
            return await _by_refresh(hub, message, app)
        if grant_type == rules.DEVICE:
            return await _by_device(hub, message, app)
        return await _by_itself(hub, message, app)
    except OAuth2Error as error:
        if error.error not in WAITING:
            await _refused(hub, message, app, str(error.error))
        raise


async def _refused(hub: Hub, message: Message, app: Client, error: str) -> None:
    entry, private = audit.made(
        act="app.tokens_made",
        at=hub.clock(),
        by=_by(app),
        rule=error,
        outcome="refused",
        thing=app.id,
        address=message.address,
    )
    await hub.recorder.record(entry, private)


def _by(app: Client, person: UUID | None = None, session: UUID | None = None) -> Actor:
    return Actor(kind="app", person=person, session=session, via=app.id)


async def _ended(hub: Hub, message: Message, app: Client, person: UUID, family: UUID, rule: str) -> None:
    await end_families(hub, person, by=_by(app), address=message.address, family=family, rule=rule)


async def _given(
    hub: Hub, message: Message, app: Client, act: str, rule: str, opened: "Opened", sql: str, *args: Any
) -> Any:
    """What a function answers that opens a session of an app; in the record it is the person's, by this app."""
    async with hub.signing(_by(app), Doing(address=message.address), act, rule=rule) as unit:
        row = await unit.connection.fetchrow(sql, *args)
        if row is not None:
            unit.by, unit.thing = _by(app, row[0], opened.session), opened.session
        else:
            # What was shown is used up, where it was good, and nobody came in by it.
            unit.act, unit.thing = "app.nothing_made", app.id
    return row


async def _by_code(hub: Hub, message: Message, app: Client) -> dict[str, Any]:
    hashed = token_hash(message.fields.get("code", ""))
    row = await _fetch(hub, oauth.OF_CODE, hashed)
    found = read(row, Code) if row else None
    if found is not None and found.used and found.app == app.id and found.family is not None:
        # Two have this code: what the first got may be the thief's (RFC 6749, section 4.1.2).
        await _ended(hub, message, app, found.person, found.family, "code used twice")
        raise InvalidGrantError("That code was used already.")
    grammar.code_shown(message.uri, message.fields, message.headers, app, found, hub.clock())
    opened, family = _next(hub), new_id()
    row = await _given(
        hub, message, app, "app.tokens_made", "code", opened,
        oauth.REDEEM, hashed, family, *opened.args, opened.family_expires, message.address,
    )  # fmt: skip
    if row is None:
        await _used_meanwhile(hub, message, app, hashed)
        raise InvalidGrantError("That code is over.")
    return await _granted(hub, app, opened, row, row["scopes"])


async def _used_meanwhile(hub: Hub, message: Message, app: Client, hashed: bytes) -> None:
    """Somebody else used the code at the same time: that is a second use as well."""
    row = await _fetch(hub, oauth.OF_CODE, hashed)
    if row is not None and row["used"] and row["family"] is not None:
        await _ended(hub, message, app, row["person"], row["family"], "code used twice")


async def _by_refresh(hub: Hub, message: Message, app: Client) -> dict[str, Any]:
    hashed = token_hash(message.fields.get("refresh_token", ""))
    row = await _fetch(hub, oauth.OF_REFRESH, hashed)
    refresh, scopes = grammar.refresh_shown(
        message.uri, message.fields, message.headers, app, read(row, Refresh) if row else None
    )
    opened = _next(hub)
    row = None
    if not refresh.used:
        row = await _given(
            hub, message, app, "app.tokens_renewed", "refresh", opened,
            oauth.ROTATE, hashed, scopes, *opened.args, message.address,
        )  # fmt: skip
    if row is None:
        # Used already, by the app or by a thief: nobody can tell, so neither goes on (RFC 9700, section 4.14.2).
        # An answer that was lost on its way costs a sign-in; a few seconds of grace would be a thief's too.
        await _ended(hub, message, app, refresh.person, refresh.family, "refresh token used twice")
        raise InvalidGrantError("That refresh token is over.")
    return await _granted(hub, app, opened, row, scopes, refreshable=OFFLINE in refresh.scopes)


async def _by_device(hub: Hub, message: Message, app: Client) -> dict[str, Any]:
    hashed = token_hash(message.fields.get("device_code", ""))
    row = await _fetch(hub, oauth.OF_DEVICE, hashed)
    found = read(row, Device) if row else None
    if found is None or found.app != app.id or found.used:
        raise InvalidGrantError("That device_code is not known.")
    if found.expires_at <= hub.clock():
        raise OAuth2Error(error="expired_token", description="That device_code is over; start again.")
    async with translated():
        too_soon = await hub.database.signin.fetchval(oauth.POLL, hashed, hub.clock())
    if too_soon and not found.decided:
        raise OAuth2Error(error="slow_down", description="Wait 5 seconds longer between two questions.")
    if not found.decided:
        raise OAuth2Error(error="authorization_pending", description="Nobody has answered yet.")
    if not found.allowed:
        raise OAuth2Error(error="access_denied", description="The person declined.")
    opened = _next(hub)
    row = await _given(
        hub, message, app, "app.tokens_made", "device", opened,
        oauth.REDEEM_DEVICE, hashed, new_id(), *opened.args, opened.family_expires, message.address,
    )  # fmt: skip
    if row is None:
        raise InvalidGrantError("That device_code is over.")
    return await _granted(hub, app, opened, row, row["scopes"])


async def _by_itself(hub: Hub, message: Message, app: Client) -> dict[str, Any]:
    scopes = grammar.service_shown(message.uri, message.fields, message.headers, app)
    opened = _next(hub)
    session, hashed, _, now, expires, _ = opened.args
    row = await _given(
        hub, message, app, "app.tokens_made", "service", opened,
        oauth.SERVE, app.id, new_id(), scopes, session, hashed, now, expires, message.address,
    )  # fmt: skip
    if row is None or row[0] is None:
        raise InvalidGrantError("The service of this app is disabled, or has no place in its organisation.")
    return _answer(opened, scopes)


async def _granted(
    hub: Hub, app: Client, opened: Opened, row: Any, scopes: list[str], *, refreshable: bool | None = None
) -> dict[str, Any]:
    said = _answer(opened, scopes)
    if OFFLINE in scopes or refreshable:
        said["refresh_token"] = opened.refresh
    if OPENID in scopes:
        said["id_token"] = await _id_token(hub, app, opened, row)
    return said


def _answer(opened: Opened, scopes: list[str]) -> dict[str, Any]:
    return {
        "access_token": opened.token,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_S,
        "scope": " ".join(scopes),
    }


async def _id_token(hub: Hub, app: Client, opened: Opened, row: Any) -> str:
    """OpenID Connect Core, section 2. Who it is and how that was proved; name and address are at `userinfo`."""
    now = int(opened.now.timestamp())
    alg = app.id_token_alg
    half = create_half_hash(opened.token, alg)
    claims: dict[str, Any] = {
        "iss": hub.settings.public_url,
        "sub": str(row["person"]),
        "aud": str(app.id),
        "iat": now,
        "exp": now + ID_TOKEN_S,
        "auth_time": int(row["auth_time"].timestamp()),
        "acr": rules.MFA if row["mfa"] else rules.SINGLE,
        "at_hash": half.decode() if half else "",
    }
    if row["mfa"]:
        claims["amr"] = ["mfa"]
    if nonce := row.get("nonce"):
        claims["nonce"] = nonce
    return await keys.sign(hub, alg, claims)


async def begin_device(hub: Hub, message: Message) -> dict[str, Any]:
    """RFC 8628, section 3.2."""
    app = await app_of(hub, message)
    grammar.may_come(app, rules.DEVICE)
    scopes = grammar.scopes_within(app, message.fields.get("scope"))
    now, device = hub.clock(), secrets.token_urlsafe(32)
    for _ in range(CODES_TRIED):
        code = rules.new_user_code()
        asked = hub.signing(
            _by(app), Doing(address=message.address), "device.asked", thing=app.id, rule="app"
        )
        async with asked as unit:
            free = await unit.connection.fetchval(
                oauth.BEGIN_DEVICE, token_hash(device), token_hash(rules.typed(code)), app.id, scopes,
                message.address, now, now + timedelta(seconds=DEVICE_CODE_S), DEVICE_INTERVAL_S,
            )  # fmt: skip
        if free:
            page = f"{hub.settings.public_url}/device"
            return {
                "device_code": device,
                "user_code": code,
                "verification_uri": page,
                "verification_uri_complete": f"{page}?user_code={code}",
                "expires_in": DEVICE_CODE_S,
                "interval": DEVICE_INTERVAL_S,
            }
    raise OAuth2Error(error="temporarily_unavailable", description="Try again.", status_code=503)


async def revoke(hub: Hub, message: Message) -> None:
    """RFC 7009: the token's whole family ends. What is unknown, or another app's, ends nothing and is no error."""
    app = await app_of(hub, message)
    if found := await _token(hub, message, app):
        await _ended(hub, message, app, found["person"], found["family"], "revoked by the app")


async def introspect(hub: Hub, message: Message) -> dict[str, Any]:
    """RFC 7662, for apps that keep a secret, about what they were given themselves; `inactive` for all else."""
    app = await app_of(hub, message, rules.SECRET_METHODS)
    found = await _token(hub, message, app)
    if found is None or not found["active"]:
        return {"active": False}
    said = {
        "active": True,
        "iss": hub.settings.public_url,
        "client_id": str(app.id),
        "sub": str(found["person"]),
        "iat": int(found["made_at"].timestamp()),
        "exp": int(found["expires_at"].timestamp()),
    }
    return said if found["refresh"] else said | {"token_type": "Bearer", "scope": " ".join(found["scopes"])}


async def _token(hub: Hub, message: Message, app: Client) -> Any:
    if "token" not in message.fields:
        raise InvalidRequestError("token is missing.")
    return await _fetch(hub, oauth.TOKEN, token_hash(message.fields["token"]), app.id, hub.clock())


async def claims(hub: Hub, who: Who) -> dict[str, Any] | None:
    """Who the holder of an app's token is, as far as its scopes say (OpenID Connect Core, section 5.3); None for a
    session that is none of an app's, or over."""
    row = await _fetch(hub, oauth.CLAIMS, who.session, hub.clock())
    if row is None:
        return None
    said: dict[str, Any] = {"sub": str(row["person"])}
    if PROFILE in row["scopes"]:
        said |= {"name": row["name"], "zoneinfo": row["zone"]}
    if EMAIL in row["scopes"] and row["email"]:
        said |= {"email": row["email"], "email_verified": row["verified"]}
    return said if OPENID in row["scopes"] else None
