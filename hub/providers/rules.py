"""What an outside provider's word is worth: its identity token, and whom it may bring. Pure.

The checks of a token are those of OpenID Connect Core, section 3.1.3.7, by joserfc and Authlib; what comes before them,
which key and which algorithm, is decided here, and never by the token.
"""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from msgspec import Struct

from schemas.limits import ID_TOKEN_BYTES_MAX, ID_TOKEN_LEEWAY_S, SUBJECT_CHARS_MAX

# Signatures by a key that the provider alone has. Never `none`, and never one that readers of the public key can make.
FAMILIES = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP",
}  # fmt: skip
RSA_BITS_MIN = 2048
# A token names no key of its own, brings none, and asks for nothing that we may not pass over.
BANNED = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
TYPES = (None, "JWT", "jwt")


class NotProved(Exception):
    """A token or an answer that does not hold; the message says why, for the log."""


class Said(Struct, frozen=True):
    """Who signed in there. `email` is "" unless the provider says that it saw the address answer."""

    subject: str
    email: str
    name: str
    amr: tuple[str, ...]
    acr: str


def header_of(token: str) -> dict[str, Any]:
    """A token's header, before anything is believed; `NotProved` for one that no token of ours can have."""
    if len(token) > ID_TOKEN_BYTES_MAX or not token.isascii():
        raise NotProved("too long")
    try:
        header = dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotProved(f"no token: {type(error).__name__}") from None
    if not isinstance(header.get("alg"), str) or header["alg"] not in FAMILIES:
        raise NotProved("algorithm")
    if BANNED & set(header) or header.get("typ") not in TYPES:
        raise NotProved("header")
    if not isinstance(header.get("kid", ""), str):
        raise NotProved("kid")
    return header


def key_for(header: Mapping[str, Any], keys: list[dict[str, Any]]) -> Any:
    """The one key of the provider that can have signed this; None where there is none, or more than one."""
    alg = header["alg"]
    fit = [
        one
        for one in keys
        if one.get("kty") == FAMILIES[alg]
        and one.get("use", "sig") == "sig"
        and one.get("alg", alg) == alg
        and ("kid" not in header or one.get("kid") == header["kid"])
    ]
    if len(fit) != 1:
        return None
    if (
        FAMILIES[alg] == "RSA" and len(str(fit[0].get("n"))) * 6 < RSA_BITS_MIN
    ):  # in base64url; a shorter one is for show
        return None
    try:
        key = JWKRegistry.import_key(
            {name: value for name, value in fit[0].items() if name not in ("d", "p", "q")}
        )
        if FAMILIES[alg] == "RSA" and key.raw_value.key_size < RSA_BITS_MIN:  # type: ignore[union-attr]
            return None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return key


def claims_of(
    token: str, key: Any, *, issuer: str, client_id: str, nonce: str, access_token: str, now: datetime
) -> dict[str, Any]:
    """The claims of an identity token that was made for this very sign-in; `NotProved` else."""
    header = header_of(token)
    try:
        decoded = jwt.decode(token, key, algorithms=[header["alg"]])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=int(now.timestamp()), leeway=ID_TOKEN_LEEWAY_S)
    except (
        JoseError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise NotProved(f"{type(error).__name__}: {error}"[:200]) from None
    found: dict[str, Any] = dict(claims)
    for name in ("iss", "sub", "nonce"):
        if not isinstance(found.get(name), str) or not found[name]:
            raise NotProved(name)
    if len(found["sub"]) > SUBJECT_CHARS_MAX or not found["sub"].isprintable():
        raise NotProved("sub")
    return found


def said_by(claims: Mapping[str, Any], more: Mapping[str, Any] | None) -> Said:
    """Who somebody is by their token and, where the provider says more of them apart, by that. It must be of the same
    subject (OpenID Connect Core, section 5.3.2)."""
    if more is not None and more.get("sub") != claims["sub"]:
        raise NotProved("userinfo of another subject")
    told = {**(more or {}), **claims}
    email = told.get("email")
    verified = told.get("email_verified") is True and isinstance(email, str)
    name = told.get("name")
    amr = told.get("amr")
    return Said(
        subject=claims["sub"],
        email=email if verified and email and is_plain(email) else "",
        name=" ".join(name.split())[:200] if isinstance(name, str) else "",
        amr=tuple(one for one in amr if isinstance(one, str)) if isinstance(amr, list) else (),  # pyright: ignore
        acr=told["acr"] if isinstance(told.get("acr"), str) else "",
    )


def is_plain(email: str) -> bool:
    """An address that reads as it compares: ASCII, one `@`, nothing invisible. Others are nobody's word for somebody:
    they could look like, or fold to, an address that is another person's."""
    local, at, domain = email.partition("@")
    return (
        len(email) <= 254
        and bool(local and at and domain)
        and "@" not in domain
        and "." in domain.strip(".")
        and email.isascii()
        and not any(one.isspace() or unicodedata.category(one).startswith("C") for one in email)
        and not set(email) & set('"(),:;<>[\\]')
    )


def may_bring(email: str, domains: Collection[str]) -> bool:
    """Whether a provider's word is taken for this address: its domain itself, not one below it."""
    return email != "" and email.rpartition("@")[2].lower() in domains


def second_factor(said: Said, amr: Collection[str], acr: Collection[str]) -> bool:
    """Whether the provider proved a second factor, by what the administrator says counts as one."""
    return bool(set(said.amr) & set(amr)) or (said.acr != "" and said.acr in acr)


def right_issuer(issuer: str, given: str | None, *, promised: bool) -> bool:
    """RFC 9207: who says in each answer who it is must do so; and who says so at all must be the one that was asked."""
    return given == issuer if given is not None else not promised
