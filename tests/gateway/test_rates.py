"""Budgets of handshakes and of file reads: what is over them is told when to come back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.connection import ANSWER_HEADERS
from gateway.files import Files
from gateway.handshake import Door, address_of
from schemas.addresses import Address, write_address
from schemas.ids import new_id
from schemas.proxies import networks
from schemas.rates import budgets
from storage.blobs import Blobs
from storage.postgres.rates import Rates
from tests.gateway.conftest import Live, Office


async def tight(live: Live, monkeypatch: pytest.MonkeyPatch, text: str) -> Rates:
    await live.database.system.execute("delete from rates")  # all come from one address here
    rates = Rates(live.database.system, budgets("all=10000/100000," + text))
    monkeypatch.setattr(live.gateway, "_rates", rates)
    return rates


async def test_handshakes_of_an_address_over_its_budget_are_refused(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = await tight(live, monkeypatch, "live=1000/5")

    async def come_and_go() -> None:
        for _ in range(20):
            async with live.open(office.tokens["client"]) as socket:
                await socket.recv()
            await rates.say()

    with pytest.raises(InvalidStatus) as refused:
        await come_and_go()
    answer = refused.value.response
    assert answer.status_code == 429 and 1 <= int(answer.headers["retry-after"]) <= 60
    assert {name: answer.headers[name] for name in ANSWER_HEADERS} == ANSWER_HEADERS
    await rates.close()


async def test_handshakes_of_a_person_over_their_budget_are_told_to_come_back(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = await tight(live, monkeypatch, "live=5/100000")
    closed: Any = None
    for _ in range(20):
        async with live.open(office.tokens["client"]) as socket:
            try:
                await socket.recv()
            except ConnectionClosed as error:
                closed = error.rcvd
                break
        await rates.say()
    assert closed is not None and closed.code == 4013 and closed.reason.startswith("retry_after_ms=")
    async with live.client(office.tokens["lawyer"]):  # somebody else comes in
        pass
    await rates.close()


def test_the_address_of_a_handshake_is_what_trusted_proxies_say() -> None:
    heard = {"x-forwarded-for": ["6.6.6.6, 203.0.113.9"]}
    trusting = Door(frozenset(), "casewire", networks("10.0.0.0/8"))
    assert address_of("10.0.0.1", heard, trusting) == "203.0.113.9"
    assert address_of("10.0.0.1", heard, trusting._replace(proxies=())) == "10.0.0.1"
    assert address_of("192.0.2.1", heard, trusting) == "192.0.2.1"


async def test_file_reads_over_the_budget_are_told_when_to_come_back(live: Live) -> None:
    settings = msgspec.structs.replace(live.settings, files_url="http://files.test")
    rates, blobs = Rates(live.database.system, budgets("file=5/1000")), Blobs(settings)
    app = Files(settings, live.database, blobs, rates)
    expires = datetime.now(UTC) + timedelta(seconds=60)
    url = write_address(
        settings.files_url, settings.secret.reveal(), Address(new_id(), new_id(), new_id(), expires, False)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.files_url) as client:
        answers = [await client.get(url) for _ in range(12)]
    codes = [answer.status_code for answer in answers]
    assert codes[0] != 429 and codes[-1] == 429 and 5 <= sum(code != 429 for code in codes) <= 7
    assert int(answers[-1].headers["retry-after"]) >= 1 and answers[-1].json()["code"] == "too_many"
    await rates.close()
    blobs.close()
