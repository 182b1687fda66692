"""Makes the wire's descriptions from the Structs, `schemas/generated/`: `python -m deploy.generate_docs`.

`openapi.json` (HTTP), `asyncapi.json` (socket and NATS) and `errors.md`; a test keeps them fresh.
"""

import sys
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from hub.app import make_app
from hub.context import Hub
from hub.http.description import described
from schemas.errors import CLOSES, ERRORS, Problem
from schemas.events import EVENTS
from schemas.frames import PROTOCOL_VERSION, SUBPROTOCOL, FromClient, FromGateway
from schemas.settings import Settings
from schemas.subjects import SIGNALS, STREAM, STREAM_SUBJECTS

FOLDER = Path(__file__).parent.parent / "schemas" / "generated"


def render() -> dict[str, str]:
    """File name → its text."""
    return {"openapi.json": _json(openapi()), "asyncapi.json": _json(asyncapi()), "errors.md": errors()}


def openapi() -> dict[str, Any]:
    """OpenAPI 3.1 of every route. The app describes itself without any server."""
    nothing = cast(Any, None)
    settings = Settings.read({})
    return described(make_app(Hub(settings, nothing, nothing, nothing, nothing, nothing)), secure=settings.secure)


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: the frames of the socket in both directions, and the events as NATS carries them."""
    up, down = get_args(FromClient), get_args(FromGateway)
    nouns = {type_.struct for type_ in EVENTS.values()}
    _, parts = msgspec.json.schema_components(
        [*up, *down, *sorted(nouns, key=lambda noun: noun.__name__), Problem],
        ref_template="#/components/schemas/{name}",
    )
    events = {
        name: {
            "contentType": "application/json",
            "payload": {
                "type": "object",
                "properties": {type_.noun: {"$ref": f"#/components/schemas/{type_.struct.__name__}"}},
                "required": [type_.noun],
            },
        }
        for name, type_ in EVENTS.items()
    }
    frames = {
        struct.__name__: {"payload": {"$ref": f"#/components/schemas/{struct.__name__}"}}
        for struct in (*up, *down)
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Casewire", "version": str(PROTOCOL_VERSION)},
        "channels": {
            "live": {
                "address": "/v1/live",
                "description": f"WebSocket, subprotocol {SUBPROTOCOL}, one JSON object a text frame.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in frames},
            },
            "events": {
                "address": "cw.{org}.{audience}.{kind}.{stream}.{noun}.{verb}",
                "description": f"JetStream {STREAM}: {', '.join(STREAM_SUBJECTS)}. Signals: {SIGNALS}.",
                "parameters": {name: {} for name in ("org", "audience", "kind", "stream", "noun", "verb")},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in events},
            },
        },
        "operations": {
            "fromClient": _operation("receive", "live", [struct.__name__ for struct in up]),
            "fromGateway": _operation("send", "live", [struct.__name__ for struct in down]),
            "events": _operation("send", "events", list(events)),
        },
        "components": {"messages": frames | events, "schemas": dict(sorted(parts.items()))},
    }


def _operation(action: str, channel: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
    }


def errors() -> str:
    lines = [
        "# Errors",
        "",
        "Made by `python -m deploy.generate_docs` from `schemas/errors.py`.",
        "",
        "HTTP answers them as RFC 9457 problems, the socket as `error` frames, NATS in `Nats-Service-Error-Code`.",
        "",
        "| code | HTTP | what it says | trying again |",
        "| --- | --- | --- | --- |",
        *(f"| `{code}` | {kind.status} | {kind.title} | {kind.retry} |" for code, kind in ERRORS.items()),
        "",
        "## Why a socket closes",
        "",
        "4000 to 4499: come back and resume. 4500 to 4999: stop.",
        "",
        "| code | name | why |",
        "| --- | --- | --- |",
        *(f"| {close.code} | `{name}` | {close.meaning} |" for name, close in CLOSES.items()),
        "",
        "## Events",
        "",
        "| event | stream | `data` holds |",
        "| --- | --- | --- |",
        *(
            f"| `{name}` | {one.stream} | `{one.noun}`: {one.struct.__name__} |"
            for name, one in EVENTS.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1).decode() + "\n"


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, text in render().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
