"""The API's description lets a client be written: keys, revisions, errors and who may call stand in it."""

import re
from typing import Any

from deploy.generate_docs import openapi
from tests.tidy.test_routes import PUBLIC


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    ]


def headers(operation: dict[str, Any]) -> list[str]:
    return [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]


def test_every_operation_has_a_name_of_its_own_a_noun_and_problems_as_its_errors() -> None:
    found = operations()
    assert len({operation["operationId"] for _, _, operation in found}) == len(found) > 50
    for method, path, operation in found:
        assert len(operation["tags"]) == 1, (method, path)
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
        assert next(code for code in operation["responses"] if code != "default").startswith("2")


def test_keys_and_revisions_are_described_where_they_are_asked_for_and_once() -> None:
    by_name = {operation["operationId"]: headers(operation) for _, _, operation in operations()}
    assert by_name["open_case"] == ["Idempotency-Key"] == by_name["post_message"]
    assert by_name["edit_message"] == ["If-Match"] == by_name["change_deadline"]
    assert by_name["move_marker"] == [] == by_name["list_cases"]


def test_only_public_routes_need_no_session() -> None:
    free = {(method, path) for method, path, operation in operations() if operation.get("security") == []}
    public = {(method, re.sub(r":\w+\}", "}", path)) for method, path in PUBLIC if path.startswith("/v1")}
    assert free == public
