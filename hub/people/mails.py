"""What mails to people say."""

from datetime import datetime
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


def question(name: str, url: str, days: int, *, by: str, organisation: str) -> Mail:
    """The same for somebody who signs in already: nothing changes for them until they say yes."""
    name, by, organisation = _line(name), _line(by), _line(organisation)
    return Mail(
        f"{by} of {organisation} invites you on Casewire",
        f"Hello {name},\n\n"
        f"{by} asks you to join {organisation} on Casewire. You decide: nothing changes before you say yes.\n\n"
        f"Sign in and answer here:\n{url}\n\n"
        f"The question stands for {days} days. If you did not expect it, say no or ignore it.\n",
    )


def new_device(device: str, address: str, now: datetime) -> Mail:
    """Nothing in it signs in or confirms: a mail that looks like it leads nowhere."""
    place = f" from {_line(address)}" if address else ""
    return Mail(
        "Somebody signed in to your Casewire account with a new browser",
        f"On {_moment(now)} somebody signed in as you{place}, with a browser that your account did not know:\n\n"
        f"{_line(device)[:200]}\n\n"
        "If that was you, there is nothing to do. If not, sign in, end that session under Security, and change your "
        "password.\n",
    )


def changed(what: str, now: datetime) -> Mail:
    """`what` is a whole sentence without its full stop: "Your password was changed"."""
    return Mail(
        f"{what} (Casewire)",
        f"{what}, on {_moment(now)}.\n\n"
        "If that was you, there is nothing to do. If not, sign in, look at your sessions under Security, and tell the "
        "administrator of your organisation.\n",
    )


def link(url: str, minutes: int) -> Mail:
    return Mail(
        "Your link to Casewire",
        f"Come in here:\n{url}\n\n"
        f"The link works once, for {minutes} minutes. If you asked for it in a browser, open it in that one. If "
        "you did not ask for it, ignore it: without it nobody comes in.\n",
    )


def reset(url: str, minutes: int) -> Mail:
    return Mail(
        "Set a new password for Casewire",
        f"Somebody asked to set the password of your Casewire account anew. Do it here:\n{url}\n\n"
        f"The address works once, for {minutes} minutes. If you did not ask for it, ignore it: your password "
        "stays as it is.\n",
    )


def _moment(now: datetime) -> str:
    return f"{now:%d %B %Y at %H:%M} UTC"


def _line(name: str) -> str:
    """A name without the line breaks with which it could pose as more of the mail than a name."""
    return " ".join(name.split())
