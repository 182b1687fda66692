"""The actions as NATS services: what a request holds is what HTTP takes, and a refusal says where it does not fit."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from deploy.embedded.stack import Stack
from hub.context import Hub
from hub.services import CALLS, offer
from schemas.ids import new_id
from schemas.settings import Settings
from schemas.subjects import HEADER_ADDRESS, HEADER_AUTHORIZATION, HEADER_KEY, api_subject, socket_subject
from storage.bus import Bus
from tests.app import Office, Person, opening
from tests.hub.audit.entries import count, entries, newest

ANSWER_S = 30.0  # only ends a broken run

ERROR = "Nats-Service-Error-Code"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(hub: Hub, stack: Stack) -> AsyncIterator[Bus]:
    """A connection of somebody who may ask."""
    offered = await offer(hub)
    bus = await Bus.connect(Settings.read(stack.settings("operator")))
    yield bus
    await bus.close()
    await offered.stop()


async def ask(bus: Bus, who: Person | None, name: str, body: Any, key: Any = None) -> Msg:
    headers = {HEADER_AUTHORIZATION: who.token} if who else {}
    if key is not None:
        headers[HEADER_KEY] = str(key)
    noun, _, action = name.partition(".")
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await bus.request(api_subject(noun, action), content, headers, timeout_s=ANSWER_S)


def refused(answer: Msg, code: str) -> list[str]:
    """Where it does not fit."""
    assert (answer.headers or {}).get(ERROR) == code, answer.data
    problem = msgspec.json.decode(answer.data)
    assert problem["code"] == code
    return [field["at"] for field in problem.get("fields", [])]


def item(answer: Msg) -> Any:
    assert answer.headers is None, (answer.headers, answer.data)
    return msgspec.json.decode(answer.data)["item"]


async def test_every_call_does_what_its_route_does(services: Bus, office: Office) -> None:
    lead, case = office.lead, office.case
    conversation = await office.conversation()
    asked: dict[str, dict[str, Any]] = {
        "messages.post": {"conversation": conversation, "body": "hello"},
        "markers.move": {"conversation": conversation, "upto": 1},
        "conversations.open": {"case": case, "title": "More", "audience": office.shared},
        "cases.open": opening(office.org, office.type),
        "cases.read": {"case": case},
        "cases.move": {"case": case, "name": "nowhere"},
        "entries.add": {"case": case, "text": "seen", "occurred_on": "2026-01-01"},
        "deadlines.set": {"case": case, "title": "Answer", "due_on": "2040-01-01"},
        "tasks.add": {"case": case, "title": "Call"},
    }
    assert set(asked) == {f"{call.noun}.{call.action}" for call in CALLS}
    for name, body in asked.items():
        answer = await ask(services, lead, name, body, new_id())
        if name == "cases.move":
            assert refused(answer, "bad_input") == ["$.name"]
        else:
            assert item(answer), name
    said = await lead.all(f"/v1/conversations/{conversation}/messages")
    assert [one["body"] for one in said] == ["hello"]


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"body": "x"}, "$"),
        ({"conversation": "nonsense", "body": "x"}, "$.conversation"),
        ({"conversation": UUID(int=1), "body": 7}, "$.body"),
        ({"conversation": UUID(int=1), "body": ""}, "$.body"),
        ({"conversation": UUID(int=1), "body": "x", "attachments": ["x"]}, "$.attachments[0]"),
        ({"conversation": UUID(int=1), "body": "x", "more": 1}, "$"),
        (b"{", "$"),
        (b"", "$"),
    ],
)
async def test_request_that_does_not_fit_is_named(services: Bus, office: Office, body: Any, at: str) -> None:
    assert refused(await ask(services, office.lead, "messages.post", body, uuid4()), "bad_input") == [at]


async def test_request_without_a_session_or_a_key_is_refused(services: Bus, office: Office) -> None:
    body = {"conversation": await office.conversation(), "body": "x"}
    refused(await ask(services, None, "messages.post", body, uuid4()), "unauthenticated")
    refused(await ask(services, office.lead, "messages.post", body), "key_missing")
    refused(await ask(services, office.lead, "messages.post", body, "nonsense"), "key_missing")


async def test_request_that_wants_no_answer_is_done(services: Bus, office: Office) -> None:
    """And whoever asks next is answered."""
    conversation = await office.conversation()
    body = msgspec.json.encode({"conversation": conversation, "body": "quietly"})
    for _ in range(20):
        headers = {HEADER_AUTHORIZATION: office.lead.token, HEADER_KEY: str(uuid4())}
        await services.client.publish(api_subject("messages", "post"), body, headers=headers)
    answer = await ask(
        services, office.lead, "messages.post", {"conversation": conversation, "body": "last"}, uuid4()
    )
    assert item(answer)["body"] == "last"


async def test_the_record_says_from_where_by_the_word_of_the_gateway_alone(
    services: Bus, office: Office, owner: Any
) -> None:
    """Whoever asks as a service may write what they like: the subject on which nobody but the gateway may ask is
    believed, and no other (tests/deploy/test_stack.py, test_guests.py)."""
    body = {"conversation": await office.conversation(), "body": "x"}
    by_subject: dict[str, list[str]] = {}
    for subject in (api_subject("messages", "post"), socket_subject("messages", "post")):
        headers = {
            HEADER_AUTHORIZATION: office.lead.token,
            HEADER_KEY: str(uuid4()),
            HEADER_ADDRESS: "192.0.2.7",
        }
        answer = await services.request(subject, msgspec.json.encode(body), headers, timeout_s=ANSWER_S)
        found = await entries(owner, thing=UUID(item(answer)["id"]))
        by_subject[subject] = [one.private.address for one in found]
        (said,) = [one.entry.from_ is not None for one in found]
        assert said is (subject == socket_subject("messages", "post"))
    assert list(by_subject.values()) == [[""], ["192.0.2.7"]]
    unknown = {"conversation": UUID(int=1), "body": "x"}
    headers = {HEADER_AUTHORIZATION: office.lead.token, HEADER_KEY: str(uuid4()), HEADER_ADDRESS: "192.0.2.8"}
    before = await count(owner)
    await services.request(
        socket_subject("messages", "post"), msgspec.json.encode(unknown), headers, timeout_s=ANSWER_S
    )
    (refusal,) = [one for one in await newest(owner, before) if one.by.person == office.lead.id]
    assert (refusal.outcome, refusal.from_ is not None) == ("refused", True)
