"""What proves who asks, the same in every process: the cookie's name, its origins, and how tokens are kept. Pure."""

import secrets
from hashlib import sha256
from urllib.parse import urlsplit


def cookie_name(secure: bool) -> str:
    """The `__Host-` prefix binds the cookie to this host, HTTPS and `/`; browsers refuse it over plain HTTP."""
    return "__Host-casewire" if secure else "casewire"


def device_cookie_name(secure: bool) -> str:
    """The cookie by which an account knows a browser again. It opens nothing: see `hub/sessions/throttle.py`."""
    return "__Host-casewire-device" if secure else "casewire-device"


def journey_cookie_name(secure: bool) -> str:
    """The cookie that ties what a browser began elsewhere, at a provider or in its mail, to this browser."""
    return "__Host-casewire-journey" if secure else "casewire-journey"


def allowed_origins(public_url: str) -> frozenset[str]:
    """The exact origins of browsers. On plain-HTTP localhost its two names count as one."""
    parts = urlsplit(public_url)
    origins = {f"{parts.scheme}://{parts.netloc}"}
    if parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"):
        origins |= {f"http://{name}:{parts.port or 80}" for name in ("localhost", "127.0.0.1")}
    return frozenset(origins)


# What tokens begin with, by the kind of their session: whoever looks for secrets in files knows one by it. A browser's
# secret is in its cookie alone and has none.
PREFIXES = {"token": "cwp_", "service": "cws_", "app": "cwa_"}


def new_token(kind: str) -> str:
    """256 random bits as text, in front of them what says what they open."""
    return PREFIXES.get(kind, "") + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """SHA-256. Tokens are 256 random bits, so a plain hash is enough to keep them."""
    return sha256(token.encode()).digest()
