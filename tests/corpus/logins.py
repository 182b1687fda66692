"""Bodies that let nobody in, for every route that lets somebody in."""

import json
from typing import Any, NamedTuple


class Login(NamedTuple):
    """`body` is what is sent, as JSON unless it is bytes already. Refused with one of `codes`."""

    name: str
    body: Any
    codes: tuple[str, ...] = ("bad_input",)
    kind: str = "application/json"


GOOD = {"email": "nobody@corpus.test", "password": "correct horse battery"}
WRONG = ("bad_credentials",)


def _with(name: str, *codes: str, **changed: Any) -> Login:
    return Login(name, GOOD | changed, codes or ("bad_input",))


PASSWORDS = [
    _with("nobody has this address", *WRONG),
    _with("a password of 256 characters", *WRONG, password="x" * 256),
    _with("a password with NUL", *WRONG, password="a\0b"),
    _with("a password of a NUL", *WRONG, password="\0"),
    _with("a password of spaces", *WRONG, password="        "),
    _with("a password of combining marks", *WRONG, password="\u0301" * 200),
    _with("a password beyond the plane", *WRONG, password="\U0001f512" * 100),
    _with("SQL for a password", *WRONG, password="' or 1=1 --"),
    _with("a hash for a password", *WRONG, password="$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB"),
    _with("SQL in the address", *WRONG, email="a'or'1'='1@corpus.test"),
    _with("an address with a plus", *WRONG, email="nobody+admin@corpus.test"),
    _with("an address of another script", *WRONG, email="\u043d\u043e@corpus.test"),
    _with("an address with an override", *WRONG, email="\u202enobody@corpus.test"),
    _with("an empty password", password=""),
    _with("a password of 257 characters", password="x" * 257),
    _with("a password of 100 KiB", password="x" * 100_000),
    _with("a password that is a number", password=12345678),
    _with("a password that is null", password=None),
    _with("a password that is true", password=True),
    _with("a password that is a list", password=["a"]),
    _with("a password that is an object", password={"$ne": ""}),
    _with("an address that is a number", email=5),
    _with("an address that is null", email=None),
    _with("an address that is a list", email=["a@b.test", "c@d.test"]),
    _with("an address that is an object", email={"$gt": ""}),
    _with("an empty address", email=""),
    _with("an address without a host", email="nobody"),
    _with("an address without a name", email="@corpus.test"),
    _with("an address without a dot", email="nobody@corpus"),
    _with("two addresses", email="a@corpus.test,b@corpus.test"),
    _with("an address with two ats", email="a@b@corpus.test"),
    _with("an address with a line end", email="nobody@corpus.test\nbcc:all@corpus.test"),
    _with("an address with a line end first", email="\r\nnobody@corpus.test"),
    _with("an address with a space", email="no body@corpus.test"),
    _with("an address with a tab", email="nobody@corpus.test\t"),
    _with("an address of 255 characters", email="a" * 243 + "@corpus.test"),
    _with("an address of 100 KiB", email="a" * 100_000 + "@corpus.test"),
    _with("an address with NUL", email="nobody\0@corpus.test"),
    _with("one field too many", admin=True),
    _with("a role in it", role="admin"),
    _with("a field that pollutes", __proto__={"admin": True}),
    Login("no password", {"email": "nobody@corpus.test"}),
    Login("no address", {"password": "x"}),
    Login("an empty object", {}),
    Login("a list", [GOOD]),
    Login("a string", "nobody@corpus.test"),
    Login("null", None),
    Login("a number", 5),
    Login("nothing", b""),
    Login("white space", b"   "),
    Login("half an object", b'{"email":"nobody@corpus.test","pass'),
    Login("two objects", json.dumps(GOOD).encode() * 2),
    Login("a byte order mark", b"\xef\xbb\xbf" + json.dumps(GOOD).encode()),
    Login("UTF-16", json.dumps(GOOD).encode("utf-16")),
    Login("no UTF-8", b'{"email":"\xff@corpus.test","password":"x"}'),
    Login("half a surrogate", b'{"email":"\\ud800@corpus.test","password":"x"}'),
    Login("NaN", b'{"email":NaN,"password":"x"}'),
    Login("comments", b'{"email":"nobody@corpus.test",/* */"password":"x"}'),
    Login("single quotes", b"{'email':'nobody@corpus.test','password':'x'}"),
    Login("brackets without end", b"[" * 100_000),
    Login("a form", b"email=nobody%40corpus.test&password=x", kind="application/x-www-form-urlencoded"),
    Login("XML", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", kind="application/xml"),
    Login("10 MB", b'{"email":"nobody@corpus.test","password":"' + b"x" * 10_000_000 + b'"}', ("too_large",)),
]

SECRET = "x" * 43
CREDENTIAL = {
    "id": "AAAA", "rawId": "AAAA", "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA"},
    "clientExtensionResults": {},
}  # fmt: skip

SECONDS = [
    Login("second: of a sign-in that never was", {"pending": SECRET, "code": "123456"}, WRONG),
    Login("second: by recovery code of none", {"pending": SECRET, "recovery": "aaaa-bbbb-cccc-dddd"}, WRONG),
    Login("second: by passkey of none", {"pending": SECRET, "passkey": CREDENTIAL}, WRONG),
    Login(
        "second: digits of another script",
        {"pending": SECRET, "code": "\u0661\u0662\u0663\u0664\u0665\u0666"},
        WRONG,
    ),
    Login("second: no way", {"pending": SECRET}),
    Login("second: two ways", {"pending": SECRET, "code": "123456", "recovery": "aaaa-bbbb-cccc"}),
    Login("second: no pending", {"code": "123456"}),
    Login("second: short pending", {"pending": "x", "code": "123456"}),
    Login("second: long pending", {"pending": "x" * 201, "code": "123456"}),
    Login("second: pending a number", {"pending": 5, "code": "123456"}),
    Login("second: code a number", {"pending": SECRET, "code": 123456}),
    Login("second: code of five", {"pending": SECRET, "code": "12345"}),
    Login("second: code of a thousand", {"pending": SECRET, "code": "1" * 1000}),
    Login("second: code a list of all codes", {"pending": SECRET, "code": ["123456"]}),
    Login("second: a passkey that is a list", {"pending": SECRET, "passkey": []}),
    Login("second: a person with it", {"pending": SECRET, "code": "123456", "person": SECRET}),
]
PASSKEYS = [
    Login("passkey: of no question", {"pending": SECRET, "passkey": CREDENTIAL}, WRONG),
    Login("passkey: empty", {"pending": SECRET, "passkey": {}}, (*WRONG, "bad_input")),
    Login(
        "passkey: id a number", {"pending": SECRET, "passkey": CREDENTIAL | {"id": 5}}, (*WRONG, "bad_input")
    ),
    Login(
        "passkey: id no base64",
        {"pending": SECRET, "passkey": CREDENTIAL | {"id": "\u00e9"}},
        (*WRONG, "bad_input"),
    ),
    Login("passkey: no response", {"pending": SECRET, "passkey": {"id": "AAAA"}}, (*WRONG, "bad_input")),
    Login(
        "passkey: another type",
        {"pending": SECRET, "passkey": CREDENTIAL | {"type": "password"}},
        (*WRONG, "bad_input"),
    ),
    Login(
        "passkey: 100 KiB",
        {"pending": SECRET, "passkey": CREDENTIAL | {"x": "y" * 100_000}},
        (*WRONG, "bad_input", "too_large"),
    ),
    Login("passkey: a string", {"pending": SECRET, "passkey": "AAAA"}),
    Login("passkey: no pending", {"passkey": CREDENTIAL}),
    Login("passkey: pending null", {"pending": None, "passkey": CREDENTIAL}),
]
INVITED = {"token": SECRET, "name": "Somebody", "password": "four words nobody has said"}
INVITATIONS = [
    Login("invitation: of none", INVITED, ("not_found", "forbidden", "bad_input", "bad_credentials")),
    Login("invitation: short", INVITED | {"token": "x"}),
    Login("invitation: a number", INVITED | {"token": 5}),
    Login(
        "invitation: with NUL",
        INVITED | {"token": "x" * 30 + "\0"},
        ("not_found", "bad_input", "bad_credentials"),
    ),
    Login("invitation: a role with it", INVITED | {"role": "admin"}),
    Login("invitation: another's address with it", INVITED | {"email": "admin@corpus.test"}),
    Login("invitation: no password", {"token": SECRET, "name": "Somebody"}),
    Login("invitation: a list of secrets", INVITED | {"token": [SECRET]}),
]
LOGINS: dict[str, list[Login]] = {
    "/v1/session": PASSWORDS,
    "/v1/session/mfa": SECONDS,
    "/v1/session/passkey": PASSKEYS,
    "/v1/invitations/accept": INVITATIONS,
}
