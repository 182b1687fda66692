"""The leak matrix for what is sent unasked or held as an address: mails, notices, and links to documents."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from deploy.embedded.stack import Stack
from gateway.files import Files
from hub.context import Hub
from schemas.addresses import Address, write_address
from schemas.settings import Settings
from storage.postgres.pool import Database
from tests.app import ABSENT
from tests.leaks.town import ASKERS, DEAD, NARROW, Town
from workers.notices import Nudges, send_due


@pytest.fixture(scope="session")
async def reader(settings: Settings, hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who holds an address and nothing else."""
    transport = httpx.ASGITransport(Files(settings, hub.database, hub.blobs, hub.rates))
    async with httpx.AsyncClient(transport=transport, base_url=settings.files_url) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everything_sent(town: Town, stack: Stack) -> AsyncIterator[None]:
    """A month later: every deadline has been told of and every message that nobody read."""
    working = Settings.read(stack.settings("worker"))
    database = await Database.open(working, ("system",))
    now = datetime.now(UTC)
    for day in (1, 24, 28, 29, 31):
        await send_due(working, database, now + timedelta(days=day))
    await Nudges(working, database).send(now + timedelta(minutes=11))
    yield
    await database.close()


async def test_mails_hold_nothing_of_others(town: Town, owner: Any, everything_sent: None) -> None:
    """Not even of what their reader may see: a mail says that there is something, and where."""
    names = {person.email: name for name, person in town.people.items()}
    mails = await owner.fetch("select recipient, subject, body from mails")
    ours = [
        (names[mail["recipient"]], f"{mail['subject']} {mail['body']}")
        for mail in mails
        if mail["recipient"] in names
    ]
    assert {"lead", "client", "cocounsel", "client2"} <= {name for name, _ in ours}
    found = [
        f"{name}: a mail told {mark.where}"
        for name, text in ours
        for mark in town.marks.leaked(name, text, "")
        # An invitation says who asks, and for which organisation.
        if "invite" not in text or not mark.where.startswith(("the name of", "an organisation's name"))
    ]
    assert found == []
    content = ("message", "document", "entry", "note", "intake", "party")
    said = [
        mark.where
        for _, text in ours
        for mark in town.marks.leaked("nobody", text, "")
        if mark.where.startswith(content)
    ]
    assert said == []


async def test_notices_are_of_what_their_reader_sees(town: Town, owner: Any, everything_sent: None) -> None:
    names = {person.id: name for name, person in town.people.items()}
    rows = await owner.fetch("select person, title, case_id, thing from notices")
    ours = [
        (names[row["person"]], f"{row['title']} {row['case_id']} {row['thing']}")
        for row in rows
        if row["person"] in names
    ]
    assert len(ours) >= 4
    found = [
        f"{name}: a notice told {mark.where}"
        for name, text in ours
        for mark in town.marks.leaked(name, text, "")
    ]
    assert found == []


@pytest.mark.parametrize("asker", [name for name in ASKERS if name not in DEAD and name not in NARROW])
async def test_addresses_open_nothing_that_is_hidden(
    town: Town, asker: str, reader: httpx.AsyncClient, settings: Settings
) -> None:
    """Even with our own signature, as no hub would give it: the wall is asked when the bytes are."""
    person = town.people.get(asker, town.people["outsider"])
    expires = datetime.now(UTC) + timedelta(seconds=60)

    def address(version: UUID, *, inline: bool) -> str:
        made = Address(version, person.id, person.session, expires, inline)
        return write_address(settings.files_url, settings.secret.reveal(), made)

    absent = await reader.get(address(ABSENT, inline=False))
    assert absent.status_code == 404
    for id in town.marks.hidden("version", asker):
        for inline in (False, True):
            answer = await reader.get(address(UUID(id), inline=inline))
            assert town.marks.leaked(asker, f"{answer.headers} {answer.text}", id) == []
            assert (answer.status_code, answer.content) == (404, absent.content)
