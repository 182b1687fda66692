"""What addresses an app may have, which of them is meant, and who manages apps. Pure.

RFC 9700, section 2.1: addresses are compared as they stand. RFC 8252 makes the one exception: a program on somebody's
own machine listens where a port is free.
"""

import re
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from schemas.errors import Refused, bad_input
from schemas.oauth import AppKind
from schemas.scopes import ADMIN as ADMIN_SCOPE
from schemas.scopes import EMAIL, OF_BROWSERS, OFFLINE, OPENID, PROFILE, READ, SCIM, WRITE

CODE, REFRESH, CLIENT, DEVICE = (
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
)
PROMPTS = ("none", "login", "consent", "select_account")
# How an app proves that it is itself; `none` for one that keeps no secret.
METHODS = ["client_secret_basic", "client_secret_post", "none"]
SECRET_METHODS = METHODS[:2]
# As `acr`: whether a second factor was proved.
MFA, SINGLE = "urn:casewire:mfa", "urn:casewire:single"
# What of an app's kind there is: how it may come, and whether it keeps a secret.
GRANTS: dict[AppKind, frozenset[str]] = {
    "web": frozenset({CODE, REFRESH}),
    "browser": frozenset({CODE, REFRESH}),
    "native": frozenset({CODE, REFRESH, DEVICE}),
    "service": frozenset({CLIENT}),
}
SECRETIVE: frozenset[AppKind] = frozenset({"web", "service"})
# A service has no person of whom an app could be told, and nobody goes away from it.
OF_SERVICES = frozenset({READ, WRITE, ADMIN_SCOPE, SCIM})
OF_PEOPLE = frozenset({OPENID, PROFILE, EMAIL, OFFLINE, *OF_BROWSERS})

LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(/[!-~]*)?")
# RFC 8252, section 7.1: a name under one's own, with a dot.
PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/[!-~]*")
# RFC 8628, section 6.1: no vowel, so no word, and nothing that looks like another.
USER_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_CHARS = 8


def fits(kind: AppKind, registered: Collection[str], asked: str) -> bool:
    """Whether `asked` is one of the app's addresses."""
    if asked in registered:
        return True
    if kind != "native" or not (there := LOOPBACK.fullmatch(asked)):
        return False
    return any((one := LOOPBACK.fullmatch(known)) and one.groups() == there.groups() for known in registered)


def may_be_address(kind: AppKind, uri: str) -> bool:
    """Whether an app of this kind may register `uri`: TLS, or the same machine; of its own name for a native app."""
    if not uri.isascii() or not uri.isprintable() or re.search(r'[\s"<>\\^`{|}#*]', uri):
        return False
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return False
    if kind == "native" and (LOOPBACK.fullmatch(uri) or PRIVATE.fullmatch(uri)):
        return True
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return (
        (parts.scheme == "https" or (parts.scheme == "http" and local))
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and port != 0
        and uri.startswith(f"{parts.scheme}://{parts.netloc}")
    )


def check(
    kind: AppKind,
    scopes: Collection[str],
    redirect_uris: Sequence[str],
    logout_uris: Sequence[str],
    *,
    service: bool,
) -> None:
    """Refuse what an app of this kind cannot be."""
    for name, uris in (("redirect_uris", redirect_uris), ("logout_uris", logout_uris)):
        for at, uri in enumerate(uris):
            if not may_be_address(kind, uri):
                raise bad_input(f"$.{name}[{at}]", _what_is_an_address(kind))
    if kind == "service":
        if redirect_uris or logout_uris:
            raise bad_input("$.redirect_uris", "a service app has no person before it, so no addresses")
        if not service:
            raise bad_input("$.service", "a service app acts as a service of your organisation; say which")
    elif service:
        raise bad_input("$.service", "only a service app acts as a service")
    elif not redirect_uris and kind != "native":
        raise bad_input("$.redirect_uris", "say where people go back to")
    if wrong := set(scopes) - (OF_SERVICES if kind == "service" else OF_PEOPLE):
        raise bad_input("$.scopes", f"not for an app of this kind: {', '.join(sorted(wrong))}")


def _what_is_an_address(kind: AppKind) -> str:
    if kind == "native":
        return "needs https://, http://127.0.0.1/ or a scheme of your own with a dot, such as com.example.app:/done"
    return "needs https:// without a fragment, or http://localhost for development"


def may_answer(opens: Collection[str]) -> None:
    """`opens` are the scopes of the browser's session. One that opens less than its person may, such as one by a link
    from a mail, gives nothing away that outlives it."""
    if not set(OF_BROWSERS) <= set(opens):
        raise Refused("forbidden", "Sign in with your password or a passkey to let an app act for you.")


def asks_anew(kind: AppKind, redirect_uri: str, scopes: Collection[str], known: Collection[str]) -> bool:
    """Whether the person has to answer: something is asked that they did not give before, or anybody could pose as the
    app (RFC 8252, section 8.6: on a machine's own address and scheme there is nobody whom the address proves)."""
    return not set(scopes) <= set(known) or (kind == "native" and not redirect_uri.startswith("https://"))


def proof_needed(prompt: Collection[str], max_age_s: int | None, now: datetime) -> datetime | None:
    """Since when the person must have proved who they are; None where any time does."""
    if "login" in prompt:
        return now
    return now - timedelta(seconds=max_age_s) if max_age_s is not None else None


def new_user_code() -> str:
    code = "".join(secrets.choice(USER_LETTERS) for _ in range(USER_CODE_CHARS))
    return f"{code[:4]}-{code[4:]}"


def typed(code: str) -> str:
    """A user code as it was made, however it was typed."""
    return "".join(one for one in code.upper() if one in USER_LETTERS)


def goes_to(uri: str) -> str:
    """The host that an address leads to, or its scheme where there is none: what a person can judge."""
    parts = urlsplit(uri)
    return parts.netloc or f"{parts.scheme}:"
