"""A witness that takes what it is told by HTTP."""

import asyncio
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from schemas.settings import masked
from storage.witnesses.witness import ANSWER_S, Forked, Held, Unheard

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def reachable(address: str) -> bool:
    """Whether an address is one that may be told: in the clear only on this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or parts.hostname in LOOPBACK)


class HttpWitness:
    """Whoever takes a POST of a note: 2xx is taken, 409 says that it holds another history, all else is tried again."""

    remembers = False

    def __init__(self, address: str) -> None:
        self.name = str(masked(address.partition("?")[0]))
        self._address = address

    async def held(self, log: UUID, told: int) -> Held | None:
        return None

    async def take(self, log: UUID, size: int, note: str) -> None:
        try:
            async with (
                asyncio.timeout(ANSWER_S),
                httpx.AsyncClient(timeout=ANSWER_S, trust_env=False) as client,
            ):
                request = client.build_request(
                    "POST",
                    self._address,
                    content=note.encode(),
                    headers={"content-type": "text/plain; charset=utf-8"},
                )
                answer = await client.send(request, stream=True)  # what it says beyond its status is not read
                await answer.aclose()
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unheard(type(error).__name__) from error
        if answer.status_code == 409:
            raise Forked("it answers 409")
        if not answer.is_success:
            raise Unheard(f"it answers {answer.status_code}")
