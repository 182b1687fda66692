"""Errors as RFC 9457 problems: the one place where HTTP learns what went wrong."""

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from hub.scim import errors as scim
from schemas.errors import FieldProblem, Problem, Refused

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
BY_STATUS = {
    401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method", 413: "too_large", 415: "media_type",
    429: "too_many", 503: "unavailable",
}  # fmt: skip


def _answer(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    headers: dict[str, str] = {}
    if problem.retry_after_ms is not None:
        headers["retry-after"] = str(-(-problem.retry_after_ms // 1000))
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    elif problem.code == "scope":  # RFC 6750, section 3.1
        headers["www-authenticate"] = 'Bearer error="insufficient_scope"'
    if request.scope["path"].startswith(scim.PLACE):
        return Response(
            scim.as_scim(problem), status_code=problem.status, media_type=scim.MEDIA_TYPE, headers=headers
        )
    return Response(problem, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def refused(request: Request[Any, Any, Any], error: Refused) -> Response[Any]:
    request.scope["state"]["refused"] = error  # for the record: see hub/audit/recording.py
    return _answer(request, error.problem())


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if isinstance(error, ValidationException):
        return _answer(request, Refused("bad_input", _sentence(error), fields=_fields(error)).problem())
    if error.status_code == 400:
        return _answer(request, Refused("bad_input", error.detail, fields=_fields(error)).problem())
    answer = _answer(request, Refused(BY_STATUS.get(error.status_code, "internal")).problem())
    if error.headers and "allow" in error.headers:  # RFC 9110, section 15.5.6
        answer.headers["allow"] = error.headers["allow"]
    return answer


def unreadable(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    """What the decoder does not turn into an error of its own: bytes that are no UTF-8, and brackets without end."""
    why = "The body is not UTF-8, or is nested too deeply."
    return _answer(request, Refused("bad_input", why).problem())


def broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    log.exception("request failed", method=request.method, path=request.scope["path"], exc_info=error)
    return _answer(request, Refused("internal").problem())


def _fields(error: HTTPException) -> tuple[FieldProblem, ...]:
    extra: Any = error.extra
    if not isinstance(extra, list):
        return ()
    return tuple(_field(one) for one in extra)


def _field(one: dict[str, Any]) -> FieldProblem:
    """Litestar names a field of the body without `$`; a header or a query parameter by its own name."""
    key, why = str(one.get("key", "")), str(one.get("message", "is not valid"))
    source = one.get("source")
    if source in (None, "body"):
        key = "$" + (f".{key}" if key and key != "data" else "")
    return FieldProblem(key, why)


def _sentence(error: ValidationException) -> str:
    return "; ".join(f"{field.at}: {field.why}" for field in _fields(error)) or error.detail


HANDLERS: dict[Any, Any] = {
    Refused: refused,
    HTTPException: http_error,
    UnicodeDecodeError: unreadable,
    RecursionError: unreadable,
    Exception: broken,
}
