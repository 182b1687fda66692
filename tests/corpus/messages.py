"""What comes by other ways: requests over NATS, frames, addresses of files, forms of apps, bytes that are no HTTP."""

from typing import Any, NamedTuple

ID = "01900000-0000-7000-8000-000000000000"
KEY = "00000000-0000-4000-8000-00000000000a"


class Message(NamedTuple):
    """What `test_corpus.py` makes of `value` depends on its table. Refused with `code`."""

    name: str
    value: Any
    code: str = "bad_input"


POST = {"conversation": ID, "body": "x"}
# Requests to post a message: body, and its key.
CALLS = [
    Message("call: nothing", (b"", KEY)),
    Message("call: no JSON", (b"body=x", KEY)),
    Message("call: a list", ([POST], KEY)),
    Message("call: null", (b"null", KEY)),
    Message("call: no conversation", ({"body": "x"}, KEY)),
    Message("call: no body", ({"conversation": ID}, KEY)),
    Message("call: an empty body", (POST | {"body": ""}, KEY)),
    Message("call: a body too long", (POST | {"body": "x" * 20_001}, KEY)),
    Message("call: a body that is a number", (POST | {"body": 5}, KEY)),
    Message("call: one field too many", (POST | {"person": ID}, KEY)),
    Message("call: a token among the fields", (POST | {"token": "{good}"}, KEY)),
    Message("call: an id that is none", (POST | {"conversation": "1"}, KEY)),
    Message("call: an id that is a number", (POST | {"conversation": 1}, KEY)),
    Message("call: an id with a wildcard", (POST | {"conversation": "*"}, KEY)),
    Message("call: no UTF-8", (b'{"conversation":"\xff"}', KEY)),
    Message("call: brackets without end", (b"[" * 50_000, KEY)),
    Message("call: 21 attachments", (POST | {"attachments": [ID] * 21}, KEY)),
    Message("call: no key", (POST, None), "key_missing"),
    Message("call: a key that is none", (POST, "again"), "key_missing"),
    Message("call: an empty key", (POST, ""), "key_missing"),
    Message("call: a conversation that is not there", (POST, KEY), "not_found"),
]
# Frames of somebody who is signed in. They close the socket: 4508 no protocol, 4509 too big.
FRAMES = [
    Message("frame: no JSON", "hello", "4508"),
    Message("frame: empty", "", "4508"),
    Message("frame: a list", "[]", "4508"),
    Message("frame: null", "null", "4508"),
    Message("frame: no op", "{}", "4508"),
    Message("frame: an op that is none", '{"op":"sudo"}', "4508"),
    Message("frame: an op of ours", '{"op":"welcome"}', "4508"),
    Message("frame: an op that is a number", '{"op":1}', "4508"),
    Message("frame: an op that is a list", '{"op":["post"]}', "4508"),
    Message("frame: binary", b"\x00\x01", "4508"),
    Message("frame: brackets without end", "[" * 60_000, "4508"),
    Message("frame: 65 KiB", '{"op":"' + "x" * 66_560 + '"}', "4509"),
    Message("frame: a post without a key", f'{{"op":"post","ref":"1","conversation":"{ID}","body":"x"}}', "4508"),
    Message("frame: a post by another",
            f'{{"op":"post","ref":"1","key":"{KEY}","conversation":"{ID}","body":"x","as":"{ID}"}}', "4508"),
    Message("frame: half a surrogate", '{"op":"\\ud800"}', "4508"),
]  # fmt: skip
# Addresses on the files origin: what is done to a good one.
ADDRESSES = [
    Message("address: nothing", "/f/", "not_found"),
    Message("address: made up", "/f/" + "A" * 120, "not_found"),
    Message("address: another prefix", "/g/{token}", "not_found"),
    Message("address: no prefix", "/{token}", "not_found"),
    Message("address: cut", "/f/{cut}", "not_found"),
    Message("address: doubled", "/f/{token}{token}", "not_found"),
    Message("address: another signature", "/f/{forged}", "not_found"),
    Message("address: another version", "/f/{version}", "not_found"),
    Message("address: another person", "/f/{person}", "not_found"),
    Message("address: a later end", "/f/{later}", "not_found"),
    Message("address: shown in place of attached", "/f/{inline}", "not_found"),
    Message("address: signed by another secret", "/f/{secret}", "not_found"),
    Message("address: signed by an empty secret", "/f/{empty}", "not_found"),
    Message("address: signed for something else", "/f/{purpose}", "not_found"),
    Message("address: over", "/f/{over}", "forbidden"),
    Message("address: of a session that never was", "/f/{sessionless}", "unauthenticated"),
    Message("address: of a version that never was", "/f/{absent}", "not_found"),
    Message("address: a path behind it", "/f/{token}/../../etc/passwd", "not_found"),
    Message("address: with NUL", "/f/{token}\0", "not_found"),
    Message("address: with a space", "/f/{token} ", "not_found"),
    Message("address: no base64", "/f/\u00e9\u00e9\u00e9", "not_found"),
    Message("address: 64 KiB", "/f/" + "A" * 65_536, "not_found"),
]
# Forms for the token endpoint: RFC 6749, section 5.2.
GRANTS = [
    Message("grant: nothing", b"", "invalid_request"),
    Message("grant: none of ours", b"grant_type=password&username=a&password=b&client_id=x", "unsupported_grant_type"),
    Message("grant: implicit", b"grant_type=implicit&client_id=x", "unsupported_grant_type"),
    Message("grant: a code of nobody", b"grant_type=authorization_code&code=x&client_id=x", "invalid_client"),
    Message("grant: no client", b"grant_type=authorization_code&code=x", "invalid_client"),
    Message("grant: a client that is an id",
            b"grant_type=client_credentials&client_id=" + ID.encode(), "invalid_client"),
    Message("grant: a client with a made up secret", b"grant_type=client_credentials&client_id=" + ID.encode()
            + b"&client_secret=xxxxxxxxxxxxxxxxxxxxxxxx", "invalid_client"),
    Message("grant: a client with NUL",
            b"grant_type=client_credentials&client_id=a%00b&client_secret=x", "invalid_client"),
    Message("grant: a refresh token of nobody",
            b"grant_type=refresh_token&refresh_token=" + b"x" * 43 + b"&client_id=x",
            "invalid_client"),
    Message("grant: a device code of nobody",
            b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x&client_id=x",
            "invalid_client"),
    Message("grant: an assertion",
            b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=x.y.z",
            "unsupported_grant_type"),
    Message("grant: the type twice", b"grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
    Message("grant: no UTF-8", b"grant_type=%ff%fe&client_id=x", "unsupported_grant_type"),
    Message("grant: a thousand fields", b"&".join(b"a%d=b" % n for n in range(1000)), "invalid_request"),
    Message("grant: 100 KiB", b"grant_type=" + b"x" * 100_000, "unsupported_grant_type"),
]  # fmt: skip

_HOST = b"Host: localhost\r\n"
# Bytes for the hub's port. None is answered with anything of anybody; each connection is closed or answers 4xx.
WIRE = [
    Message("wire: length and chunks", b"POST /v1/session HTTP/1.1\r\n" + _HOST
            + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/me HTTP/1.1\r\n\r\n"),
    Message("wire: two lengths", b"POST /v1/session HTTP/1.1\r\n" + _HOST
            + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
    Message("wire: a length with a sign", b"POST /v1/session HTTP/1.1\r\n" + _HOST + b"Content-Length: +4\r\n\r\nabcd"),
    Message("wire: a length below nothing", b"POST /v1/session HTTP/1.1\r\n" + _HOST + b"Content-Length: -1\r\n\r\n"),
    Message("wire: a length beyond all", b"POST /v1/session HTTP/1.1\r\n" + _HOST
            + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    Message("wire: chunks in capitals of another kind", b"POST /v1/session HTTP/1.1\r\n" + _HOST
            + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    Message("wire: a chunk without a size", b"POST /v1/session HTTP/1.1\r\n" + _HOST
            + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n"),
    Message("wire: a header name with a space",
            b"GET /v1/me HTTP/1.1\r\n" + _HOST + b"Authorization : Bearer {good}\r\n\r\n"),
    Message("wire: a header with NUL", b"GET /v1/me HTTP/1.1\r\n" + _HOST + b"X: a\0b\r\n\r\n"),
    Message("wire: a header without a name", b"GET /v1/me HTTP/1.1\r\n" + _HOST + b": Bearer {good}\r\n\r\n"),
    Message("wire: a header without a colon", b"GET /v1/me HTTP/1.1\r\n" + _HOST + b"Authorization Bearer\r\n\r\n"),
    Message("wire: no version", b"GET /v1/me\r\n\r\n"),
    Message("wire: version 9", b"GET /v1/me HTTP/9.9\r\n" + _HOST + b"\r\n"),
    Message("wire: HTTP/2 as it begins", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Message("wire: TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64),
    Message("wire: a method that is none", b"G\xc9T /v1/me HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Message("wire: a method of small letters", b"get /v1/me HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Message("wire: a path of bytes", b"GET /v1/\xff\xfe HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Message("wire: a path of 100 KiB", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Message("wire: a header of 100 KiB", b"GET /v1/me HTTP/1.1\r\n" + _HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n"),
    Message("wire: 20,000 headers",
            b"GET /v1/me HTTP/1.1\r\n" + _HOST + b"".join(b"X%d: a\r\n" % n for n in range(20_000))
            + b"\r\n"),
    Message("wire: another's address in a header", b"GET /v1/me HTTP/1.1\r\n" + _HOST
            + b"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-User: admin\r\nX-Real-IP: ::1\r\n\r\n"),
    Message("wire: another path in a header", b"GET /v1/me HTTP/1.1\r\n" + _HOST
            + b"X-Original-URL: /health/live\r\nX-Rewrite-URL: /health/live\r\n\r\n"),
    Message("wire: another method in a header", b"GET /v1/me HTTP/1.1\r\n" + _HOST
            + b"X-HTTP-Method-Override: OPTIONS\r\n\r\n"),
    Message("wire: a whole address of another host", b"GET http://evil.test/v1/me HTTP/1.1\r\n" + _HOST + b"\r\n"),
    Message("wire: a tunnel", b"CONNECT evil.test:443 HTTP/1.1\r\n" + _HOST + b"\r\n"),
]  # fmt: skip
MESSAGES = [*CALLS, *FRAMES, *ADDRESSES, *GRANTS, *WIRE]
