"""Everything that a provider, or who stands between, may try: one row each, and how it is answered. A corpus."""

import gzip
import json
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from tests.hub.providers.bent import CLIENT, KEY, KID, OTHER, SECRET, Answer, Shop, b64, raw_token

LONG = 10 << 20
WELL_KNOWN = "/.well-known/openid-configuration"
INSIDE = "http://169.254.169.254/latest/meta-data"


class Row(NamedTuple):
    """`bend` is done to the provider before somebody comes back from it; `code` is how the hub refuses."""

    name: str
    bend: Callable[[Shop], None]
    code: str = "bad_credentials"


def header(by: Any = KEY, **more: Any) -> Callable[[Shop], None]:
    """Signed rightly, with another header: made by hand, since no library writes some of these."""

    def bend(shop: Shop) -> None:
        shop.header = {name: value for name, value in {**shop.header, **more}.items() if value is not None}

        def sign(head: dict[str, Any], claims: dict[str, Any]) -> str:
            signed = f"{b64(head)}.{b64(claims)}"
            signature = by.raw_value.sign(signed.encode(), padding.PKCS1v15(), SHA256())
            return f"{signed}.{b64(signature)}"

        shop.sign = sign

    return bend


def token(make: Callable[[dict[str, Any], dict[str, Any]], Any]) -> Callable[[Shop], None]:
    def bend(shop: Shop) -> None:
        shop.sign = make

    return bend


def claim(**more: Any) -> Callable[[Shop], None]:
    return lambda shop: shop.more.update(more)


def keys(*made: dict[str, Any]) -> Callable[[Shop], None]:
    def bend(shop: Shop) -> None:
        shop.keys = [{"use": "sig", "kid": KID, **one} for one in made]

    return bend


def answers(path: str, answer: Answer) -> Callable[[Shop], None]:
    return lambda shop: shop.answers.update({path: answer})


def says(**more: Any) -> Callable[[Shop], None]:
    """In its description; `{}` stands for its own address."""

    def bend(shop: Shop) -> None:
        for name, value in more.items():
            if value is None:
                shop.description.pop(name, None)
            else:
                shop.description[name] = value.replace("{}", shop.issuer) if isinstance(value, str) else value

    return bend


def by_other(head: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(head, claims, OTHER)


def changed_after(head: dict[str, Any], claims: dict[str, Any]) -> str:
    first, _, last = jwt.encode(head, claims, KEY).split(".")
    return f"{first}.{b64({**claims, 'sub': 'somebody else'})}.{last}"


def mac_by(secret: bytes) -> Callable[[Shop], None]:
    return token(lambda head, claims: raw_token({**head, "alg": "HS256"}, claims, secret))


PUBLIC = KEY.as_dict(private=False)
with warnings.catch_warnings(action="ignore"):
    SMALL = RSAKey.generate_key(1024)
CURVE = ECKey.generate_key("P-256")
PEM = KEY.as_pem(private=False)
now = lambda more: int(time.time()) + more  # noqa: E731
NESTED = b"[" * 100_000 + b"]" * 100_000

TOKENS = [
    # The algorithm, and who chooses it.
    Row("alg none", token(lambda head, claims: raw_token({**head, "alg": "none"}, claims))),
    Row("alg None", token(lambda head, claims: raw_token({**head, "alg": "nOnE"}, claims))),
    Row("alg none with the signature of another token", token(
        lambda head, claims: raw_token({**head, "alg": "none"}, claims) + jwt.encode(head, claims, KEY).split(".")[2])),
    Row("alg missing", header(alg=None)),
    Row("alg is a list", header(alg=["RS256"])),
    Row("alg unknown", header(alg="RS1")),
    Row("alg of another family", header(alg="ES256")),
    Row("alg of another padding", header(alg="PS256")),
    Row("HS256 by the public key as PEM", mac_by(PEM)),
    Row("HS256 by the public key as JWK", mac_by(json.dumps(PUBLIC).encode())),
    Row("HS256 by the client's own secret", mac_by(SECRET.encode())),
    Row("HS256 by an empty key", mac_by(b"")),
    # The key, and who names it.
    Row("signed by another key", token(by_other)),
    Row("kid unknown", header(kid="k2")),
    Row("kid is a number", header(kid=1)),
    Row("kid is a path", header(kid="../../../../dev/null")),
    Row("kid is SQL", header(kid="k1' or '1'='1")),
    Row("kid missing where two keys fit", lambda shop: (header(kid=None)(shop), shop.keys.append(
        {**OTHER.as_dict(private=False), "kid": "k2", "use": "sig"}))[0]),
    Row("jku", header(jku="https://evil.test/keys")),
    Row("jwk", token(lambda head, claims: raw_token({**head, "jwk": OTHER.as_dict(private=False)}, claims, b"x"))),
    Row("jwk beside a right signature", header(jwk=PUBLIC)),
    Row("x5u", header(x5u="https://evil.test/chain")),
    Row("x5c", header(x5c=["MIIB"])),
    Row("crit", header(crit=["exp"])),
    Row("crit of what we do not know", header(crit=["casewire"], casewire=True)),
    Row("b64 false", header(b64=False, crit=["b64"])),
    Row("zip", header(zip="DEF")),
    Row("a key of 1024 bits", lambda shop: (keys(SMALL.as_dict(private=False))(shop), header(by=SMALL)(shop))[0]),
    Row("a key for encryption", keys({**PUBLIC, "use": "enc"})),
    Row("a key of another algorithm", keys({**PUBLIC, "alg": "RS512"})),
    Row("two keys of one name", keys(PUBLIC, OTHER.as_dict(private=False))),
    Row("a symmetric key among the keys", lambda shop: (keys({"kty": "oct", "k": b64(b"x" * 32)})(shop), mac_by(
        b"x" * 32)(shop))[0]),
    Row("a key that is broken", keys({"kty": "RSA", "n": "AQAB", "e": "!!"})),
    Row("a key of another type", keys(CURVE.as_dict(private=False))),
    Row("keys that are no objects", lambda shop: shop.answers.update({"/jwks": Answer({"keys": ["k1", 1, None]})})),
    # The form.
    Row("an access token as identity token", header(typ="at+jwt")),
    Row("a logout token as identity token", header(typ="logout+jwt")),
    Row("two parts", token(lambda head, claims: f"{b64(head)}.{b64(claims)}")),
    Row("five parts", token(lambda head, claims: f"{b64({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a.b.c.d")),
    Row("no token", token(lambda head, claims: "not a token")),
    Row("an empty token", token(lambda head, claims: "")),
    Row("letters that are none", token(lambda head, claims: jwt.encode(head, claims, KEY) + "ä")),
    Row("JSON serialization", token(lambda head, claims: json.dumps({"payload": b64(claims), "signatures": []}))),
    Row("an object in place of a token", token(lambda head, claims: {"token": jwt.encode(head, claims, KEY)})),
    Row("20 KiB", claim(padding="x" * (20 << 10))),
    Row("no signature", token(lambda head, claims: jwt.encode(head, claims, KEY).rpartition(".")[0] + ".")),
    Row("changed after it was signed", token(changed_after)),
    Row("claims that are a list", token(lambda head, claims: _signed(head, [claims]))),
    Row("claims that are text", token(lambda head, claims: _signed(head, "sub"))),
]  # fmt: skip


def _signed(head: dict[str, Any], payload: Any) -> str:
    return jws.serialize_compact(head, json.dumps(payload), KEY)


CLAIMS = [
    Row("iss of another", claim(iss="https://accounts.test")),
    Row("iss with a slash more", lambda shop: shop.more.update(iss=shop.issuer + "/")),
    Row("iss in capitals", lambda shop: shop.more.update(iss=shop.issuer.replace("http", "HTTP"))),
    Row("iss missing", claim(iss=None)),
    Row("iss is a list", lambda shop: shop.more.update(iss=[shop.issuer])),
    Row("aud of another", claim(aud="another-client")),
    Row("aud of others", claim(aud=["one", "two"])),
    Row("aud missing", claim(aud=None)),
    Row("aud empty", claim(aud=[])),
    Row("aud is a number", claim(aud=7)),
    Row("aud in capitals", claim(aud=CLIENT.upper())),
    Row("aud of several, and no azp", claim(aud=[CLIENT, "another-client"])),
    Row("azp of another", claim(azp="another-client")),
    Row("aud of several, and azp of another", claim(aud=[CLIENT, "another-client"], azp="another-client")),
    Row("nonce missing", claim(nonce=None)),
    Row("nonce of an earlier time", claim(nonce="x" * 43)),
    Row("nonce empty", claim(nonce="")),
    Row("nonce is a list", claim(nonce=["x" * 43])),
    Row("nonce true", claim(nonce=True)),
    Row("expired", lambda shop: shop.more.update(exp=now(-120))),
    Row("exp missing", claim(exp=None)),
    Row("exp is text", claim(exp="9999999999")),
    Row("exp is not a number", claim(exp=float("nan"))),
    Row("exp true", claim(exp=True)),
    Row("issued in the future", lambda shop: shop.more.update(iat=now(600))),
    Row("iat missing", claim(iat=None)),
    Row("not yet good", lambda shop: shop.more.update(nbf=now(600))),
    Row("at_hash of another access token", claim(at_hash="x" * 22)),
    Row("sub missing", claim(sub=None)),
    Row("sub empty", claim(sub="")),
    Row("sub is a number", claim(sub=7)),
    Row("sub is a list", lambda shop: shop.more.update(sub=[shop.subject])),
    Row("sub with a line break", lambda shop: shop.more.update(sub=shop.subject + "\n")),
    Row("sub of 300 characters", claim(sub="x" * 300)),
    Row("sub of somebody else", lambda shop: shop.more.update(sub=shop.subject.upper())),
    Row("amr is text", claim(amr="mfa")),
]

ENDPOINTS = [
    # The token endpoint.
    Row("token: refused", answers("/token", Answer({"error": "invalid_grant"}, 400))),
    Row("token: no identity token", answers("/token", Answer({"access_token": "a", "token_type": "Bearer"}))),
    Row("token: no access token", answers("/token", Answer({"id_token": "a.b.c"}))),
    Row("token: broken", answers("/token", Answer({}, 500)), "unavailable"),
    Row("token: elsewhere", answers("/token", Answer({}, 307, location=INSIDE)), "unavailable"),
    Row("token: no JSON", answers("/token", Answer(b"<html>")), "unavailable"),
    Row("token: a list", answers("/token", Answer([])), "unavailable"),
    Row("token: nested without end", answers("/token", Answer(NESTED)), "unavailable"),
    Row("token: no UTF-8", answers("/token", Answer(b'{"id_token":"\xff"}')), "unavailable"),
    Row("token: 10 MB", answers("/token", Answer({"id_token": "x" * LONG})), "unavailable"),
    Row(
        "token: a bomb",
        answers("/token", Answer(gzip.compress(b"[" * LONG), content_encoding="gzip")),
        "unavailable",
    ),
    Row("token: drop by drop", answers("/token", Answer({"id_token": "x" * 99}, drip_s=0.05)), "unavailable"),
    # What it says of itself, when it is asked.
    Row("description: of another", says(issuer="https://accounts.test"), "unavailable"),
    Row("description: with a slash more", says(issuer="{}/"), "unavailable"),
    Row("description: elsewhere", answers(WELL_KNOWN, Answer({}, 302, location=INSIDE)), "unavailable"),
    Row("description: 10 MB", answers(WELL_KNOWN, Answer({"issuer": "x" * LONG})), "unavailable"),
    Row(
        "description: drop by drop", answers(WELL_KNOWN, Answer({"x": "x" * 99}, drip_s=0.05)), "unavailable"
    ),
    Row("description: no JSON", answers(WELL_KNOWN, Answer(b"hello")), "unavailable"),
    Row("description: no token endpoint", says(token_endpoint=None), "unavailable"),
    Row("description: tokens in the clear", says(token_endpoint="http://accounts.test/token"), "unavailable"),
    Row("description: tokens from a file", says(token_endpoint="file:///etc/passwd"), "unavailable"),
    Row("description: tokens inside", says(token_endpoint="https://10.0.0.1/token"), "unavailable"),
    Row(
        "description: tokens at the cloud's own address",
        says(token_endpoint="https://169.254.169.254/t"),
        "unavailable",
    ),
    Row(
        "description: tokens by a name and a secret",
        says(token_endpoint="https://a:b@accounts.test/t"),
        "unavailable",
    ),
    Row("description: keys in the clear", says(jwks_uri="http://accounts.test/keys"), "unavailable"),
    Row("description: keys inside", says(jwks_uri="https://[::ffff:10.0.0.1]/keys"), "unavailable"),
    Row(
        "description: sends the browser to a script",
        says(authorization_endpoint="javascript:alert(1)"),
        "unavailable",
    ),
    Row(
        "description: sends the browser to data",
        says(authorization_endpoint="data:text/html,x"),
        "unavailable",
    ),
    Row("keys: 10 MB", answers("/jwks", Answer({"keys": ["x" * LONG]})), "unavailable"),
    Row("keys: a thousand", answers("/jwks", Answer({"keys": [PUBLIC] * 1000})), "unavailable"),
    Row("keys: none at all", answers("/jwks", Answer({})), "unavailable"),
    Row("keys: drop by drop", answers("/jwks", Answer({"keys": ["x" * 99]}, drip_s=0.05)), "unavailable"),
    # What it says apart from the token.
    Row("userinfo: of another subject", lambda shop: setattr(shop, "userinfo", {"sub": "another"})),
    Row("userinfo: of nobody", lambda shop: setattr(shop, "userinfo", {"email": "a@b.test"})),
    Row("userinfo: elsewhere", answers("/userinfo", Answer({}, 302, location=INSIDE)), "unavailable"),
    Row("userinfo: no JSON", answers("/userinfo", Answer(b"eyJhbGciOiJub25lIn0.e30.")), "unavailable"),
]
