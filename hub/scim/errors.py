"""Errors as SCIM says them (RFC 7644, section 3.12)."""

from typing import Any

import msgspec
from litestar import Request, Response
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from schemas.errors import Problem
from schemas.scim import MEDIA_TYPE

PLACE = "/scim/"
KEYWORDS = {"bad_input": "invalidValue", "key_reused": "uniqueness"}


def as_scim(problem: Problem) -> dict[str, Any]:
    """One of ours in their form; `detail` begins with our code, which says more than a status."""
    detail = f"{problem.code}: {problem.detail or problem.title}"
    return Error(status=problem.status, scim_type=KEYWORDS.get(problem.code), detail=detail).model_dump()


def refused(_: "Request[Any, Any, Any]", error: SCIMException) -> "Response[Any]":
    return _answer(error.to_error())


def invalid(_: "Request[Any, Any, Any]", error: ValidationError) -> "Response[Any]":
    """The first of what does not fit: a keyword can say no more."""
    return _answer(Error.from_validation_errors(error)[0])


def unreadable(_: "Request[Any, Any, Any]", __: msgspec.MsgspecError) -> "Response[Any]":
    return _answer(Error(status=400, scim_type="invalidSyntax", detail="The body is not JSON."))


def _answer(error: Error) -> "Response[Any]":
    return Response(error.model_dump(), status_code=error.status or 400, media_type=MEDIA_TYPE)


HANDLERS: dict[Any, Any] = {
    SCIMException: refused,
    ValidationError: invalid,
    msgspec.MsgspecError: unreadable,
}
