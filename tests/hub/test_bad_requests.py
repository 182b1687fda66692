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


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("conversations", {"title": 1, "audience": "staff"}, "$.title"),
        ("entries", {"text": "x", "kind": True}, "$.kind"),
        ("tasks", {"title": "x", "assignee": 7}, "$.assignee"),
        ("deadlines", {"title": "x", "due_on": "2030-01-01", "escalate_after_h": "1"}, "$.escalate_after_h"),
        ("documents", ["name"], "$"),
    ],
)
async def test_body_with_a_value_of_another_type_is_refused_and_named(
    office: Office, path: str, body: object, at: str
) -> None:
    problem = refused(await office.lead.post(f"/v1/cases/{office.case}/{path}", body), 400, "bad_input")
    assert [field["at"] for field in problem["fields"]] == [at]


async def test_number_written_as_text_is_no_number(office: Office) -> None:
    conversation = await office.conversation()
    answer = await office.lead.call("POST", f"/v1/conversations/{conversation}/read", {"upto": "1"})
    assert [field["at"] for field in refused(answer, 400, "bad_input")["fields"]] == ["$.upto"]
