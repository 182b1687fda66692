"""Caps on what costs much: gone over, each is a refusal with a name. The whole list: hub/http/README.md."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.app import make_app
from hub.context import Hub
from hub.http import health
from schemas.limits import PAGE_ITEMS_MAX, REQUEST_BYTES_MAX, UPLOAD_ONE_REQUEST_BYTES_MAX
from tests.app import Office, refused

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("limit", [PAGE_ITEMS_MAX + 1, 0, -1, 10**9, 10**30])
async def test_a_page_holds_so_many_items_at_most(office: Office, limit: int) -> None:
    for path in ("/v1/cases", f"/v1/cases/{office.case}/entries", f"/v1/cases/{office.case}/events"):
        refused(await office.lead.get(path, limit=limit), 400, "bad_input")
    assert (await office.lead.get("/v1/cases", limit=PAGE_ITEMS_MAX)).status_code == 200


async def test_a_body_has_so_many_bytes_at_most(office: Office) -> None:
    path = f"/v1/cases/{office.case}/entries"
    body = b'{"text":"' + b"x" * REQUEST_BYTES_MAX + b'"}'
    refused(await office.lead.call("POST", path, body), 413, "too_large")
    chunked = office.lead.http.post(
        path,
        content=_pieces(REQUEST_BYTES_MAX + 1),
        headers={"authorization": f"Bearer {office.lead.token}", "content-type": "application/json"},
    )
    refused(await chunked, 413, "too_large")  # also where nobody says before how many come


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 1 << 16):
        yield b"x" * (1 << 16)


async def test_an_upload_in_one_request_has_so_many_bytes_at_most(office: Office) -> None:
    made = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Lease"})
    answer = await office.lead.call(
        "PUT",
        f"/v1/documents/{made['id']}/content",
        b"x" * (UPLOAD_ONE_REQUEST_BYTES_MAX + 1),
        headers={"idempotency-key": str(office.case)},
        file_name="lease.txt",
    )
    refused(answer, 413, "too_large")


async def test_however_many_ask_the_servers_are_asked_once_a_second(
    hub: Hub, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    async def look(_: Hub) -> list[str]:
        looked.append(1)
        return []

    monkeypatch.setattr(health, "_look", look)
    monkeypatch.setattr(health, "READY_KEPT_S", 3600.0)
    monkeypatch.setattr(hub.health, "asked", None)
    answers = await asyncio.gather(*(http.get("/health/ready") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200} and looked == [1]
    monkeypatch.setattr(hub.health, "asked", None)


async def test_the_description_is_made_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def describe(*_: Any, **__: Any) -> dict[str, Any]:
        made.append(1)
        return {"openapi": "3.1.0"}

    monkeypatch.setattr("hub.http.docs.described", describe)
    app: Any = make_app(hub)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as client:
        answers = await asyncio.gather(*(client.get("/openapi.json") for _ in range(20)))
    assert {answer.json()["openapi"] for answer in answers} == {"3.1.0"} and made == [1]


def test_each_cap_names_a_test_that_is_there() -> None:
    rows = [line for line in (ROOT / "hub/http/README.md").read_text().splitlines() if line.startswith("| ")][
        2:
    ]
    assert len(rows) >= 15
    for row in rows:
        tests = [part.strip("` ").split("`")[0] for part in row.split("|")[4].split(", ")]
        assert tests, row
        for test in tests:
            assert (ROOT / "tests" / test).exists(), row
