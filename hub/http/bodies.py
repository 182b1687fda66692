"""JSON bodies: read once, straight into what the route asks for, and strictly."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request

from schemas.errors import Refused, bad_input


class StrictRequest(Request[Any, Any, Any]):
    """The framework's request, but for its JSON: that reads every body twice, and lets `"1"` count as 1."""

    async def json(self) -> Any:
        """The body as the type of the route's `data`; raises `bad_input` where it does not fit."""
        try:
            return _decoder(self.route_handler.parsed_fn_signature.parameters["data"].annotation).decode(
                await self.body()
            )
        except msgspec.MsgspecError as error:
            raise unfit(error) from None


@cache
def _decoder(type: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(type)


def unfit(error: msgspec.MsgspecError) -> Refused:
    """What the decoder says, as `bad_input` that names the place."""
    why, _, at = str(error).partition(" - at `")
    return bad_input(at.rstrip("`") or "$", why)
