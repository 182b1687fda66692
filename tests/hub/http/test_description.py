"""What the description promises beside the Structs."""

from typing import Any

from hub.app import make_app
from hub.http.description import described
from tests.routes import description_hub


def test_what_can_be_asked_for_as_csv_says_so() -> None:
    found: dict[str, set[str]] = {}
    for operations in described(make_app(description_hub()), secure=False)["paths"].values():
        for one in operations.values():
            if isinstance(one, dict) and asks_for_csv(one):
                found[one["operationId"]] = set(one["responses"]["200"]["content"])
    assert set(found) == {"export_org", "export_case_record"}
    assert all(types == {"application/json", "text/csv"} for types in found.values())


def asks_for_csv(operation: dict[str, Any]) -> bool:
    return any("csv" in one["schema"].get("enum", ()) for one in operation.get("parameters", ()))
