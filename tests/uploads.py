"""Documents with bytes, for tests: what people upload, and the hands that examine and index it in this process."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from deploy.embedded.stack import Stack
from gateway.files import Files
from hub.context import Hub
from schemas.settings import Settings
from storage.postgres import versions
from storage.sealed import About, Sealing, opened
from tests.app import Office, Person
from workers import examine, index
from workers.opened import opened as working
from workers.sandbox.run import Sandbox
from workers.taking import take


@pytest.fixture
async def files(settings: Settings, hub: Hub) -> Files:
    """The files origin."""
    return Files(settings, hub.database, hub.blobs, hub.rates)


@pytest.fixture
async def reader(settings: Settings, files: Files) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who holds an address of a document and nothing else."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(files), base_url=settings.files_url) as client:
        yield client


def declared(data: bytes, file_name: str = "note.txt", media_type: str = "text/plain") -> dict[str, Any]:
    return {
        "file_name": file_name,
        "media_type": media_type,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


async def document(person: Person, case: UUID, audience: str | None = None, name: str = "Letter") -> UUID:
    return UUID(
        (await person.made(f"/v1/cases/{case}/documents", {"name": name, "audience": audience}))["id"]
    )


async def put(url: str, data: bytes) -> int:
    """Upload as a browser does; the store's status."""
    async with httpx.AsyncClient() as browser:
        return (await browser.put(url, content=data)).status_code


async def upload(person: Person, to: UUID, data: bytes, **named: Any) -> UUID:
    """A version in one request, `named` as in `send`; its id."""
    answer = await send(person, to, data, **named)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["item"]["id"])


async def send(
    person: Person,
    to: UUID,
    data: bytes,
    *,
    file_name: str = "note.txt",
    media_type: str = "text/plain",
    key: Any = None,
) -> httpx.Response:
    headers = {"idempotency-key": str(key or uuid4()), "content-type": "application/octet-stream"}
    return await person.call(
        "PUT",
        f"/v1/documents/{to}/content",
        data,
        headers=headers,
        file_name=file_name,
        media_type=media_type,
    )


class Hands:
    """Examine and index, one version at a time, as the workers do."""

    def __init__(self, hub: Hub, sandbox: Sandbox) -> None:
        self.hub, self.sandbox = hub, sandbox

    async def examine(self, version: UUID) -> Any:
        """The row afterwards."""
        assert await take(self.hub, examine.trade(self.hub, self.sandbox), version)
        return await self.row(version)

    async def index(self, version: UUID) -> Any:
        assert await take(self.hub, index.trade(self.hub), version)
        return await self.row(version)

    async def clear(self, version: UUID) -> UUID:
        assert (await self.examine(version))["status"] == "cleared"
        await self.index(version)
        return version

    async def row(self, version: UUID) -> Any:
        return await self.hub.database.system.fetchrow(versions.ONE, version)


async def cleared(
    hands: Hands, person: Person, case: UUID, data: bytes, *, audience: str | None = None, **named: str
) -> UUID:
    """A version that went the whole way."""
    return await hands.clear(await upload(person, await document(person, case, audience), data, **named))


async def opened_whole(hub: Hub, row: Any) -> bytes:
    """A cleared version's own bytes, as they are read out of the store."""
    about = About("bytes", row["org"], row["case_id"], row["id"])
    key = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
    sealing = Sealing(row["sealed"], key, about)
    parts = opened(hub.blobs, row["object_key"], row["object_version"], row["size"], sealing)
    return b"".join([part async for part in parts])


async def revoke(office: Office) -> None:
    answer = await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="session")
async def hands(stack: Stack) -> AsyncIterator[Hands]:
    async with working(Settings.read(stack.settings("worker")), "hands") as hub, Sandbox() as sandbox:
        yield Hands(hub, sandbox)
