"""Mail leaves here: over SMTP, or as RFC 5322 files under the data directory.

Both are told the Message-ID, which stays the same when a mail is sent again after a doubt; the file of it is replaced.
"""

import asyncio
import os
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from schemas.settings import Secret, Settings, SettingsError
from storage.postgres.mails import Mail

SEND_S_MAX = 30.0
SUBJECT_CHARACTERS_MAX = 200
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MailFailed(Exception):
    """It did not go. `passing` says whether another try may help."""

    def __init__(self, why: str, *, passing: bool) -> None:
        super().__init__(why)
        self.passing = passing


class Transport(Protocol):
    async def send(self, mail: Mail) -> None:
        """Hand a mail over; raises `MailFailed`."""
        ...


def transport_of(settings: Settings) -> Transport:
    """What `CASEWIRE_SMTP` asks for. Raises `SettingsError` for an address that is none."""
    sender = settings.mail_from
    return Smtp(settings.smtp, sender) if settings.smtp else Files(Path(settings.data) / "mail", sender)


def one_line(text: str) -> str:
    """Text as a header takes it: no control characters, no line breaks, not endless."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SUBJECT_CHARACTERS_MAX else line[: SUBJECT_CHARACTERS_MAX - 1] + "…"


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """The mail by RFC 5322. Whatever stands in subject or address can become no other header."""
    try:
        message = EmailMessage()
        name, address = parseaddr(sender)
        message["From"] = Address(name, addr_spec=address)
        message["To"] = Address(addr_spec=mail.recipient)
        message["Subject"] = one_line(mail.subject)
        message["Message-ID"] = mail.message_id
        message["Date"] = mail.made_at
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.body)
    except (MessageError, ValueError, IndexError) as error:
        raise MailFailed(f"not a mail: {type(error).__name__}", passing=False) from error
    return message


class Files:
    """`<directory>/<message id>.eml`, each there whole or not at all."""

    def __init__(self, directory: Path, sender: str) -> None:
        self.directory, self.sender = directory, sender

    async def send(self, mail: Mail) -> None:
        message = message_of(mail, self.sender)
        policy = SMTP if mail.recipient.isascii() else SMTPUTF8
        try:
            await asyncio.to_thread(self._put, mail.message_id.strip("<>"), message.as_bytes(policy=policy))
        except OSError as error:
            raise MailFailed(f"{self.directory}: {error.strerror}", passing=True) from error

    def _put(self, name: str, content: bytes) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two writers of the same mail write the same bytes, each under a name of its own until it is whole.
        part = self.directory / f".{name}.{os.getpid()}.part"
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.directory / f"{name}.eml")


class Smtp:
    """`smtp://` (STARTTLS where offered), `smtp+starttls://` (STARTTLS or nothing), `smtps://` (TLS from the start).

    With a password STARTTLS is a must, save to this machine itself: it never crosses a network in the clear.
    """

    def __init__(self, url: str, sender: str) -> None:
        try:
            parts = urlsplit(url)
            self.port = parts.port or {"smtps": 465, "smtp+starttls": 587}.get(parts.scheme, 25)
        except ValueError:
            parts = urlsplit("")
            self.port = 0
        if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
            raise SettingsError("CASEWIRE_SMTP must look like smtp://user:password@host:587 (or smtps://).")
        self.host, self.sender = parts.hostname, sender
        self.user = unquote(parts.username) if parts.username else None
        self.password = Secret(unquote(parts.password)) if parts.password else None
        self.tls = parts.scheme == "smtps"
        must = parts.scheme == "smtp+starttls" or (self.password is not None and self.host not in LOOPBACK)
        self.starttls = None if self.tls or not must else True

    async def send(self, mail: Mail) -> None:
        message = message_of(mail, self.sender)
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.user,
                password=self.password.reveal() if self.password is not None else None,
                use_tls=self.tls,
                start_tls=False if self.tls else self.starttls,
                timeout=SEND_S_MAX,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            passing = any(one.code < 500 for one in error.recipients)
            raise MailFailed(
                f"the server refuses the recipient ({_codes(error)})", passing=passing
            ) from error
        except aiosmtplib.SMTPSenderRefused as error:
            raise MailFailed(f"the server refuses the sender ({error.code})", passing=True) from error
        except aiosmtplib.SMTPDataError as error:
            raise MailFailed(
                f"the server refuses the mail ({error.code})", passing=error.code < 500
            ) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailFailed(f"the server does not take it ({type(error).__name__})", passing=True) from error


def _codes(error: aiosmtplib.SMTPRecipientsRefused) -> str:
    return ", ".join(str(one.code) for one in error.recipients)
