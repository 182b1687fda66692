"""The headers of every answer of the hub, whichever part of it made it: what says nothing gets the strictest."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from schemas.headers import answer_headers
from schemas.settings import Settings


def completed(settings: Settings) -> Callable[[Any, Any], Awaitable[None]]:
    """A hook for the first message of an answer. What a route or a page says for itself stays."""
    every = [
        (name.encode(), value.encode()) for name, value in answer_headers(secure=settings.secure).items()
    ]

    async def complete(message: Any, _: Any) -> None:
        if message["type"] == "http.response.start":
            given: Sequence[tuple[bytes, bytes]] = message["headers"]
            said = {name.lower() for name, _ in given}
            message["headers"] = [*given, *(one for one in every if one[0] not in said)]

    return complete


def page_policy(settings: Settings) -> str:
    """Of our own pages: our own scripts and styles alone; connections to the API, the socket, the files origin and the
    upload target."""
    connect = " ".join(["'self'", settings.live_url, settings.files_url, settings.s3_public_url])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            f"img-src 'self' data: blob: {settings.files_url}",
            f"connect-src {connect}",
            f"frame-src {settings.files_url}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def page_headers(settings: Settings) -> dict[str, str]:
    """A page is asked for anew each time: it names the scripts of the present build."""
    return {"content-security-policy": page_policy(settings), "cache-control": "no-cache"}
