"""The word by which nats-server lets a client in: it must be ours, for this client, and asked for by the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from deploy.embedded.stack import Stack
from schemas.errors import Refused
from schemas.settings import Settings
from storage.bus import Bus
from storage.callout import SUBJECT, Callout, Guest, new_issuer
from tests import knocking

PATIENCE_S = 30.0  # only ends a broken run
UNTIL = datetime.now(UTC) + timedelta(hours=1)
asked: list[tuple[str, str]] = []


async def decide(token: str, address: str) -> Guest | None:
    asked.append((token, address))
    if token == "busy":
        raise Refused("too_many")
    if token == "broken":
        raise RuntimeError("the database is away")
    return Guest("guest", ["may.ask"], ["_INBOX_guest.>"], UNTIL) if token == "good" else None


@contextlib.asynccontextmanager
async def doorkeeper(stack: Stack, seed: str) -> AsyncIterator[Bus]:
    bus = await Bus.connect(Settings.read(stack.settings("hub")))
    callout = await Callout.start(bus, seed, decide)
    yield bus
    await callout.stop(bus)
    await bus.close()


async def comes_in(stack: Stack, token: str) -> bool:
    return await knocking.comes_in(Settings.read(stack.settings("hub")).nats, token=token)


@pytest.fixture(scope="module")
def only_nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    place: Path = tmp_path_factory.mktemp("nats")
    running = Stack(place, environ={}, embed=("nats",))
    running.start()
    yield running
    running.stop()


async def test_a_good_token_comes_in_and_no_other(only_nats: Stack) -> None:
    seed = only_nats.settings("hub")["CASEWIRE_NATS_ISSUER"]
    async with doorkeeper(only_nats, seed):
        for token in ("good", "bad", "busy", "broken"):
            assert await comes_in(only_nats, token) is (token == "good"), token
    assert ("good", "127.0.0.1") in asked


async def test_without_the_hub_nobody_comes_in(only_nats: Stack) -> None:
    assert not await comes_in(only_nats, "good")


async def test_a_word_under_another_key_lets_nobody_in(only_nats: Stack) -> None:
    asked.clear()
    async with doorkeeper(only_nats, new_issuer()):
        assert not await comes_in(only_nats, "good")
    assert asked  # it was heard, and said yes


async def test_who_is_not_the_server_gets_no_word(only_nats: Stack) -> None:
    """A word signed for a key of one's own choice would be worth something elsewhere."""
    questions: asyncio.Queue[bytes] = asyncio.Queue()
    listening = await Bus.connect(Settings.read(only_nats.settings("operator")))

    async def hear(message: Msg) -> None:
        questions.put_nowait(message.data)

    await listening.subscribe(SUBJECT, hear)
    await listening.client.flush()
    seed = only_nats.settings("hub")["CASEWIRE_NATS_ISSUER"]
    async with doorkeeper(only_nats, seed) as bus:
        assert await comes_in(only_nats, "good")
        async with asyncio.timeout(PATIENCE_S):
            question = await questions.get()
        asked.clear()
        answers: list[bytes] = []

        async def answered(message: Msg) -> None:
            answers.append(message.data)

        await listening.subscribe("_INBOX_operator.word", answered)
        for body in (question, b"", b"a.b", b"a.e30.c", question[:-5]):
            await listening.client.publish(SUBJECT, body, reply="_INBOX_operator.word")
        await listening.client.flush()
        await bus.client.flush()
        assert await comes_in(only_nats, "good")  # what came before has been looked at
        assert (len(asked), answers) == (1, [])
    await listening.close()


def test_the_issuer_is_the_hubs_alone(only_nats: Stack) -> None:
    for process in ("gateway", "files", "relay", "worker", "operator"):
        assert "CASEWIRE_NATS_ISSUER" not in only_nats.settings(process)
    settings = Settings.read(only_nats.settings("hub"))
    assert settings.nats_issuer.reveal().startswith("SA") and settings.nats_issuer.reveal() not in repr(
        settings
    )
