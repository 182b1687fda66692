"""What is made from the Structs is fresh, and a change of the socket's frames raises the protocol's version."""

import hashlib
from typing import get_args

import msgspec
import pytest

from deploy import generate_docs
from schemas.errors import CLOSES, ERRORS, Retry
from schemas.events import EVENTS, Event
from schemas.frames import PROTOCOL_VERSION, FromClient, FromGateway

# SHA-256 of the frames' JSON Schema, by version. A new shape is a new version: add a line, never change one that
# a released client speaks.
FRAMES = {1: "92c8ff82f1c354d7f38fc936b6aaaba1039ef863a437909aaa87d70b36724ce5"}


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json", "errors.md"])
def test_description_is_fresh(name: str) -> None:
    written = (generate_docs.FOLDER / name).read_text(encoding="utf-8")
    assert written == generate_docs.render()[name], "run: python -m deploy.generate_docs"


def test_frames_are_those_of_the_protocol_version() -> None:
    frames = [*get_args(FromClient), *get_args(FromGateway)]
    schema = msgspec.json.schema_components(frames)
    found = hashlib.sha256(msgspec.json.encode(schema, order="sorted")).hexdigest()
    assert FRAMES.get(PROTOCOL_VERSION) == found, (
        "the frames changed: raise PROTOCOL_VERSION and add its hash"
    )
    assert len(set(FRAMES.values())) == len(FRAMES)


def test_every_route_is_described() -> None:
    paths = generate_docs.openapi()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method in ("get", "post", "patch", "put", "delete"):
                assert operation.get("description"), f"{method} {path} has no docstring"
    assert all(path.startswith("/v1/") for path in paths)


def test_close_codes_say_whether_to_come_back() -> None:
    codes = [close.code for close in CLOSES.values()]
    assert len(set(codes)) == len(codes) and all(4000 <= code <= 4999 for code in codes)
    for kind in ERRORS.values():
        assert (kind.retry is Retry.LATER) is (kind.status in (429, 500, 503))


def test_every_event_is_named_after_its_noun() -> None:
    for name, type_ in EVENTS.items():
        # Of an organisation: what becomes of its members, and what concerns a person instead of a case.
        also = ("member", f"person_{type_.noun}") if type_.stream == "org" else ()
        assert name.partition(".")[0] in (type_.noun, *also)
        assert type_.stream in get_args(Event.__annotations__["kind"])
