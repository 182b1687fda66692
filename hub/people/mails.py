"""What mails to people say."""

from typing import NamedTuple


class Mail(NamedTuple):
    subject: str
    body: str


def invitation(name: str, url: str, days: int) -> Mail:
    return Mail(
        "You are invited to Casewire",
        f"Hello {name},\n\n"
        "you are invited to Casewire, where the messages, documents and dates of a case are kept together.\n\n"
        f"Choose a password here:\n{url}\n\n"
        f"The address works once and for {days} days. If you did not expect this, ignore it.\n",
    )
