"""Methods that no route has, and places that are none of ours to show."""

from pathlib import Path

import httpx
import pytest

from tests.app import ABSENT

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "path", ["/", "/v1/me", "/v1/session", "/scim/v2/x/Users", "/health/live", "/openapi.json"]
)
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "PROPFIND"])
async def test_no_route_answers_them(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path, headers={"x-probe": "echo me"})
    assert answer.status_code in (404, 405)
    assert "echo me" not in answer.text


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (f"/v1/cases/{ABSENT}", {"GET", "PATCH", "OPTIONS"}),
        ("/v1/session", {"POST", "DELETE", "OPTIONS"}),
        (f"/scim/v2/{ABSENT}/Groups", {"GET", "POST", "OPTIONS"}),
    ],
)
async def test_what_a_place_takes_is_said_with_the_refusal(
    http: httpx.AsyncClient, path: str, allowed: set[str]
) -> None:
    """RFC 9110, section 15.5.6."""
    answer = await http.request("TRACE", path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed


PLACES = [
    "/.git/config", "/.git/HEAD", "/.env", "/pyproject.toml", "/hub/app.py", "/README.md", "/assets/../../package.json",
    "/assets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/pyproject.toml", "/assets/", "/docs/../../package.json",
]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
async def test_nothing_of_the_source_is_served(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    for file in ("pyproject.toml", "README.md", "hub/app.py", "hub/web/package.json", ".gitignore"):
        assert (ROOT / file).read_text()[:60] not in answer.text
    assert (
        "[core]" not in answer.text
        and "Index of" not in answer.text
        and "Directory listing" not in answer.text
    )
