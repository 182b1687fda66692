"""The leak matrix over NATS: every call that services can make times every kind of stranger."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from deploy.embedded.stack import Stack
from hub.context import Hub
from hub.services import CALLS, offer
from schemas.settings import Settings
from schemas.subjects import HEADER_AUTHORIZATION, HEADER_KEY, api_subject
from storage.bus import Bus
from tests.app import ABSENT
from tests.leaks.town import ASKERS, Town

# What stands in a call besides the id of its target; the kind of thing that the target is.
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "messages.post": ("conversation", {"body": "Hello"}),
    "markers.move": ("conversation", {"upto": 1}),
    "conversations.open": ("case", {"title": "Talk", "audience": "staff"}),
    "cases.open": ("org", {"type": "legal_matter", "title": "Mine", "intake": {}}),
    "cases.read": ("case", {}),
    "cases.move": ("case", {"name": "hold"}),
    "entries.add": ("case", {"text": "Seen", "occurred_on": "2026-01-01"}),
    "deadlines.set": ("case", {"title": "Due", "due_on": "2040-01-01"}),
    "tasks.add": ("case", {"title": "Do"}),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(hub: Hub, stack: Stack) -> AsyncIterator[Bus]:
    offered = await offer(hub)
    bus = await Bus.connect(Settings.read(stack.settings("operator")))
    yield bus
    await bus.close()
    await offered.stop()


def test_every_call_has_its_row() -> None:
    assert {f"{call.noun}.{call.action}" for call in CALLS} == set(ROWS), (
        "new calls: say here what strangers send"
    )


@pytest.mark.parametrize("asker", ASKERS)
async def test_no_call_leaks(town: Town, bus: Bus, asker: str) -> None:
    found: list[str] = []
    for name, (kind, fields) in ROWS.items():
        if (name == "cases.read") is (asker == "read_only") and asker in ("read_only", "write_only"):
            continue  # what their token is for
        absent = await _ask(bus, town.tokens[asker], name, kind, str(ABSENT), fields)
        for id in town.marks.hidden(kind, asker):
            answer = await _ask(bus, town.tokens[asker], name, kind, id, fields)
            found += [f"{asker}: {name} told {mark.where}" for mark in town.marks.leaked(asker, answer, id)]
            assert answer.replace(id, str(ABSENT)) == absent, f"{asker}: {name}"
    assert found == []


async def _ask(bus: Bus, token: str, name: str, kind: str, id: str, fields: dict[str, Any]) -> str:
    headers = {HEADER_KEY: str(uuid4())} | ({HEADER_AUTHORIZATION: token} if token else {})
    answer = await bus.request(
        api_subject(*name.split(".")), msgspec.json.encode({kind: id} | fields), headers, timeout_s=30
    )
    return f"{sorted((answer.headers or {}).items())} {answer.data.decode()}"
