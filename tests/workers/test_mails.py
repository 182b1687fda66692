"""The outbox: at least once, under one Message-ID, and nothing in it can become a header."""

import asyncio
import email
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, Envelope
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from deploy.embedded.stack import Stack
from schemas.ids import new_id
from schemas.settings import Settings, SettingsError
from storage.mail import Files, MailFailed, Smtp, message_of, transport_of
from storage.postgres.mails import Mail
from storage.postgres.pool import Database
from workers.notices import MAIL_LEASE, send_mails, wait_after

ROOT = Path(__file__).parents[2]
SENDER = "Casewire <no-reply@casewire.test>"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def mail(**more: Any) -> Mail:
    id = new_id()
    made = Mail(id, f"<{id}@casewire>", "somebody@mail.test", "Due 5 June 2026", "Hello,\n\n.\nBye\n", NOW, 1)
    return msgspec.structs.replace(made, **more)


def parsed(envelope: Envelope) -> Any:
    assert isinstance(envelope.content, bytes)
    return email.message_from_bytes(envelope.content, policy=default)


class Post:
    """A mail server: keeps what it takes, and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.rcpt_says = self.data_says = "250 OK"
        self.arrived = asyncio.Event()
        self.hold: asyncio.Event | None = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.rcpt_says.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_says

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.data_says.startswith("250"):
            self.taken.append(envelope)
        self.arrived.set()
        if self.hold is not None:
            await self.hold.wait()
        return self.data_says

    def ids(self, recipient: str) -> list[str]:
        return [parsed(one)["Message-ID"] for one in self.taken if recipient in one.rcpt_tos]


@pytest.fixture
async def post() -> AsyncIterator[tuple[Post, str]]:
    """A mail server and its URL."""
    handler = Post()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    yield handler, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.fixture
async def recipient(owner: Any) -> str:
    """An address of this test alone, and an outbox with nothing else in it."""
    await owner.execute("delete from mails")
    return f"m{new_id().hex}@mail.test"


async def put(owner: Any, recipient: str, now: datetime = NOW) -> UUID:
    id = new_id()
    await owner.execute(
        "insert into mails (id, message_id, recipient, subject, body, made_at, try_at) "
        "values ($1, $2, $3, 'Due', 'Soon', $4, $4)",
        id, f"<{id}@casewire>", recipient, now,
    )  # fmt: skip
    return id


async def test_a_mail_goes_once_over_smtp(
    owner: Any, system: Database, post: tuple[Post, str], recipient: str
) -> None:
    handler, url = post
    id = await put(owner, recipient)
    for _ in range(2):
        await send_mails(system, Smtp(url, SENDER), lambda: NOW)
    assert handler.ids(recipient) == [f"<{id}@casewire>"]
    (envelope,) = handler.taken
    assert envelope.mail_from == "no-reply@casewire.test"
    sent = parsed(envelope)
    assert (sent["From"], sent["To"], sent["Subject"]) == (SENDER, recipient, "Due")
    assert sent["Date"].datetime == NOW
    row = await owner.fetchrow("select sent_at, body from mails where id = $1", id)
    assert (row["sent_at"], row["body"]) == (NOW, "")


async def test_two_workers_at_once_send_each_mail_once(
    owner: Any, system: Database, post: tuple[Post, str], recipient: str
) -> None:
    handler, url = post
    ids = {f"<{await put(owner, recipient)}@casewire>" for _ in range(30)}
    await asyncio.gather(*(send_mails(system, Smtp(url, SENDER), lambda: NOW) for _ in range(4)))
    await send_mails(system, Smtp(url, SENDER), lambda: NOW)
    assert sorted(handler.ids(recipient)) == sorted(ids)


async def test_a_server_that_is_away_or_busy_is_tried_again_later(
    owner: Any, system: Database, post: tuple[Post, str], recipient: str
) -> None:
    handler, url = post
    id = await put(owner, recipient)
    await send_mails(system, Smtp("smtp://127.0.0.1:1", SENDER), lambda: NOW)
    assert await owner.fetchval("select try_at from mails where id = $1", id) == NOW + wait_after(1)
    handler.data_says = "451 busy"
    second = NOW + wait_after(1)
    await send_mails(system, Smtp(url, SENDER), lambda: second - timedelta(seconds=1))
    assert not handler.arrived.is_set()
    await send_mails(system, Smtp(url, SENDER), lambda: second)
    row = await owner.fetchrow("select * from mails where id = $1", id)
    assert (row["tries"], row["sent_at"], row["try_at"]) == (2, None, second + wait_after(2))
    assert "451" in row["error"]
    handler.data_says = "250 OK"
    await send_mails(system, Smtp(url, SENDER), lambda: row["try_at"])
    assert handler.ids(recipient) == [f"<{id}@casewire>"]


async def test_a_recipient_whom_the_server_does_not_know_is_given_up(
    owner: Any, system: Database, post: tuple[Post, str], recipient: str
) -> None:
    handler, url = post
    handler.rcpt_says = "550 no such user"
    id, other = await put(owner, recipient), await put(owner, "not an address")
    await send_mails(system, Smtp(url, SENDER), lambda: NOW)
    await send_mails(system, Smtp(url, SENDER), lambda: NOW + timedelta(days=400))
    rows = await owner.fetch("select tries, sent_at, error from mails where id = any($1)", [id, other])
    assert [(row["tries"], row["sent_at"], bool(row["error"])) for row in rows] == [(1, None, True)] * 2


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [wait_after(tries).total_seconds() for tries in range(1, 40)]
    assert waits[:3] == [15, 30, 60]
    assert max(waits) == waits[-1] == 3600


SEND = """
import asyncio, os, sys
from datetime import datetime
from schemas.settings import Settings
from storage.mail import transport_of
from storage.postgres.pool import Database
from workers.notices import send_mails

async def main():
    settings = Settings.read(os.environ)
    database = await Database.open(settings, roles=("system",))
    await send_mails(database, transport_of(settings), lambda: datetime.fromisoformat(sys.argv[1]))

asyncio.run(main())
"""


async def test_a_worker_killed_while_it_sends_is_repeated_under_the_same_id(
    owner: Any, stack: Stack, system: Database, post: tuple[Post, str], recipient: str
) -> None:
    handler, url = post
    handler.hold = asyncio.Event()
    id = await put(owner, recipient)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SEND, NOW.isoformat(),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **stack.settings("worker"), "CASEWIRE_SMTP": url},
    )  # fmt: skip
    async with asyncio.timeout(30):
        await handler.arrived.wait()  # the server has it, the worker does not know that
    worker.send_signal(signal.SIGKILL)
    assert await worker.wait() == -signal.SIGKILL
    handler.hold.set()
    handler.hold = None
    await send_mails(system, Smtp(url, SENDER), lambda: NOW + MAIL_LEASE - timedelta(seconds=1))
    assert len(handler.ids(recipient)) == 1
    await send_mails(system, Smtp(url, SENDER), lambda: NOW + MAIL_LEASE)
    assert handler.ids(recipient) == [f"<{id}@casewire>"] * 2


async def test_without_a_server_mails_are_files_and_a_repeat_replaces_its_file(tmp_path: Path) -> None:
    files, one = Files(tmp_path / "mail", SENDER), mail()
    await files.send(one)
    await files.send(one)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"{one.id}@casewire.eml"
    assert file.stat().st_mode & 0o077 == 0
    sent = email.message_from_bytes(file.read_bytes(), policy=default)
    assert sent["Message-ID"] == one.message_id
    assert sent.get_content().replace("\r\n", "\n") == one.body


async def test_a_directory_that_takes_no_mail_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(MailFailed) as failed:
        await Files(tmp_path / "mail", SENDER).send(mail())
    assert failed.value.passing


@hypothesis_settings(max_examples=300, deadline=None)
@given(subject=st.text(max_size=600), recipient=st.text(max_size=60), body=st.text(max_size=200))
def test_nothing_in_a_mail_becomes_a_header(subject: str, recipient: str, body: str) -> None:
    for address in (recipient, f"a{recipient}@mail.test", "a@mail.test"):
        try:
            message = message_of(mail(subject=subject, recipient=address, body=body), SENDER)
        except MailFailed:
            assert address != "a@mail.test"
            continue
        sent = email.message_from_bytes(message.as_bytes(), policy=default)
        assert set(sent.keys()) == {
            "From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted",
            "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
        }  # fmt: skip
        assert len(message["To"].addresses) == 1


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: evil@mail.test", "a\nBcc: evil@mail.test", "a\u2028Bcc: evil@mail.test", "\x00"]
)
def test_a_line_break_in_a_subject_is_a_space(subject: str) -> None:
    message = message_of(mail(subject=subject), SENDER)
    assert message["Bcc"] is None
    assert message["Subject"] in ("a Bcc: evil@mail.test", "")


@pytest.mark.parametrize("url", ["mail.test", "http://mail.test", "smtp://", "smtp://mail.test:port"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError):
        transport_of(Settings(smtp=url))


def test_a_password_never_crosses_a_network_in_the_clear() -> None:
    assert Smtp("smtp://me:secret@mail.test", SENDER).starttls is True
    assert Smtp("smtp://me:secret@127.0.0.1", SENDER).starttls is None
    assert Smtp("smtps://me:secret@mail.test", SENDER).tls
    assert Smtp("smtp+starttls://mail.test", SENDER).starttls is True
