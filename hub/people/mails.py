"""What mails to people say."""

from typing import NamedTuple


class Mail(NamedTuple):
    subject: str
    body: str


def invitation(name: str, url: str, days: int, *, by: str, organisation: str) -> Mail:
    """`by` invites for `organisation`: who gets a link wants to know from whom before opening it."""
    name, by, organisation = _line(name), _line(by), _line(organisation)
    return Mail(
        f"{by} of {organisation} invites you to Casewire",
        f"Hello {name},\n\n"
        f"{by} of {organisation} invites you to Casewire, where the messages, documents and dates of a case are kept "
        "together.\n\n"
        f"Choose a password here:\n{url}\n\n"
        f"The address works once and for {days} days. If you did not expect this, ignore it.\n",
    )


def _line(name: str) -> str:
    """A name without the line breaks with which it could pose as more of the mail than a name."""
    return " ".join(name.split())
