"""Requests that no client in good faith sends: each gets a problem that says so, none an error of ours."""

import httpx
import pytest

from tests.app import Office, refused

SIGN_IN = "/v1/session"
JSON = {"content-type": "application/json"}

BODIES = {
    "not utf-8": b'{"email":"\xff\xfe"}',
    "brackets without end": b"[" * 100_000,
    "objects without end": b'{"a":' * 100_000,
    "half a surrogate": b'{"email":"\\ud800@x.y","password":"x"}',
    "not json": b"email=a@b.c",
    "nothing": b"",
}


@pytest.mark.parametrize("what", BODIES)
async def test_body_that_cannot_be_read(http: httpx.AsyncClient, what: str) -> None:
    refused(await http.post(SIGN_IN, content=BODIES[what], headers=JSON), 400, "bad_input")


@pytest.mark.parametrize("depth", [500, 950, 990, 1000, 5000])
async def test_body_that_is_nested_is_refused_at_any_depth(office: Office, depth: int) -> None:
    text = "[" * depth + "]" * depth
    answer = await office.lead.http.post(
        f"/v1/cases/{office.case}/entries",
        content=f'{{"text":"x","more":{text}}}'.encode(),
        headers=JSON | {"authorization": f"Bearer {office.lead.token}", "idempotency-key": str(office.case)},
    )
    refused(answer, 400, "bad_input")


@pytest.mark.parametrize(
    "path",
    ["/" + "a" * 300, "/" + "a" * 5000, "/" + "%F0%9F%92%BE" * 70, "/%00", "/assets/%00", "/assets/" + "a" * 300,
     "/docs/" + "a" * 300, "/assets/..%2f..%2f%00"],
)  # fmt: skip
async def test_address_that_no_file_can_have(http: httpx.AsyncClient, path: str) -> None:
    refused(await http.get(path), 404, "not_found")
