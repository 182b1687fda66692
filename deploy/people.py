"""`casewire init`, `token` and `keys renew`: what the person at the machine may do without signing in."""

import asyncio
import getpass
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog

from deploy.embedded.child import StackError
from hub.context import Hub
from hub.oauth.keys import rotate
from hub.people.actions import set_up
from hub.serve import opened
from hub.sessions.actions import open_session
from schemas.audit import OPERATOR, Doing
from schemas.errors import Refused
from schemas.people import FirstRun
from schemas.sessions import MakeToken
from schemas.settings import Settings
from storage.postgres import sessions
from storage.postgres.pool import PASSING

Answer = TypeVar("Answer")


def init(
    settings: Settings,
    *,
    organisation: str = "",
    email: str = "",
    name: str = "",
    zone: str = "",
    types: str = "",
) -> None:
    """Make the first organisation and its administrator. Raises `StackError` when there is one, or the input is bad.

    The password is asked at the terminal, else read as one line from standard input: an argument would stand in the
    list of processes. What else is missing is asked as well.
    """
    request = {
        "organisation": organisation or _ask("Name of the organisation: "),
        "name": name or _ask("Name of its administrator: "),
        "email": email or _ask("E-mail with which the administrator signs in: "),
        "zone": zone or "UTC",
        "case_types": [part for part in types.split(",") if part],
        "password": _password(),
    }
    try:
        first = msgspec.convert(request, FirstRun)
    except msgspec.ValidationError as problem:
        raise StackError(f"That cannot be used: {problem}.") from None
    _run(settings, lambda hub: set_up(hub, first, OPERATOR, Doing("init")))
    print(f"{first.organisation} is made; {first.email} signs in at {settings.public_url}")


def token(settings: Settings, email: str, days: int) -> None:
    """Print an API token for the person with this address, and nothing else. Raises `StackError` for an unknown one."""
    try:
        wanted = msgspec.convert(
            {"label": f"casewire token on {socket.gethostname()}"[:100], "days": days}, MakeToken
        )
    except msgspec.ValidationError as problem:
        raise StackError(f"That cannot be used: {problem}.") from None

    async def make(hub: Hub) -> str:
        row = await hub.database.signin.fetchrow(sessions.PERSON, email, b"", hub.clock())
        if row["id"] is None:
            raise StackError(f"Nobody here has the address {email}.")
        secret, _ = await open_session(
            hub, row["id"], "token", wanted.label, wanted.days, mfa=True, by=OPERATOR, doing=Doing("token")
        )
        return secret

    print(_run(settings, make))


def keys(settings: Settings, *, distrust: bool) -> None:
    """Make new keys for identity tokens."""
    _run(settings, lambda hub: rotate(hub, OPERATOR, distrust=distrust))
    print("new keys sign from now on" + ("; the old ones are published no longer" if distrust else ""))


def _run(settings: Settings, work: Callable[[Hub], Awaitable[Answer]]) -> Answer:
    """Do `work` on a hub of our own; what is refused or away becomes one sentence."""

    # Standard output belongs to the answer alone, and a connection that we close ourselves is no news.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )

    async def inside() -> Answer:
        async with opened(settings) as hub:
            return await work(hub)

    try:
        return asyncio.run(inside())
    except Refused as refused:
        raise StackError(refused.detail or refused.kind.title) from None
    except PASSING as problem:
        raise StackError(f"A server does not answer ({problem}); `casewire doctor` says which.") from None


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise StackError(
            f"Nobody is here to be asked; give it as an option, see `casewire init --help` ({question[:-2]})."
        )
    return input(question).strip()


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password, at least 12 characters: ")
    if getpass.getpass("Once more: ") != first:
        raise StackError("The two passwords differ; nothing was made.")
    return first
