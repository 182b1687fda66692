"""Document bytes leave by personal addresses alone, through the wall as it stands at the read."""

import asyncio
import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.embedded import ports
from deploy.embedded.stack import Stack
from gateway.files import Files
from gateway.parts import disposition, range_of
from hub.context import Hub
from schemas.addresses import Address, read_address, write_address
from schemas.audit import HOUSE
from schemas.settings import Settings
from tests.app import Office, Person, World
from tests.house import wait_for
from tests.hub.audit.entries import count, newest
from tests.uploads import Hands, cleared, document, revoke, upload

DATA = bytes(range(256)) * 3000  # three chunks
TEXT = b"The lessee pays on the first of each month.\n"


@pytest.fixture
async def version(office: Office, hands: Hands) -> UUID:
    return await cleared(hands, office.lead, office.case, TEXT, audience=office.shared)


async def address(person: Person, version: UUID, **query: Any) -> str:
    answer = await person.get(f"/v1/versions/{version}/content", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["url"]


def made_for(settings: Settings, version: UUID, person: Person, *, seconds: int = 60, **changed: Any) -> str:
    """An address with our own signature, as no hub would give it."""
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    one = Address(version, person.id, person.session, expires, False)._replace(**changed)
    return write_address(settings.files_url, settings.secret.reveal(), one)


async def test_who_may_see_it_reads_exactly_the_bytes(
    office: Office, version: UUID, reader: httpx.AsyncClient, settings: Settings
) -> None:
    for person in (office.lead, office.admin, office.outside):
        url = await address(person, version)
        assert url.startswith(settings.files_url)
        answer = await reader.get(url)
        assert answer.status_code == 200
        assert answer.content == TEXT
        assert answer.headers["etag"] == f'"{hashlib.sha256(TEXT).hexdigest()}"'
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-site"
        assert "no-store" in answer.headers["cache-control"]


async def test_who_may_not_see_it_gets_no_address(office: Office, version: UUID) -> None:
    for person in (office.stranger, office.foreign):
        assert (await person.get(f"/v1/versions/{version}/content")).status_code == 404


async def test_an_address_for_who_may_not_see_it_opens_nothing(
    office: Office, version: UUID, reader: httpx.AsyncClient, settings: Settings
) -> None:
    for person in (office.stranger, office.foreign):
        assert (await reader.get(made_for(settings, version, person))).status_code == 404
    # The same way of making one opens it for who may: what refused above is the wall.
    assert (await reader.get(made_for(settings, version, office.outside))).status_code == 200


async def test_a_changed_address_is_no_address(
    office: Office, version: UUID, reader: httpx.AsyncClient, settings: Settings
) -> None:
    url = await address(office.lead, version)
    head, _, token = url.rpartition("/")
    for at in range(0, len(token) - 1, 7):
        other = "A" if token[at] != "A" else "B"
        assert (await reader.get(f"{head}/{token[:at]}{other}{token[at + 1 :]}")).status_code == 404
    one = Address(
        version, office.lead.id, office.lead.session, datetime.now(UTC) + timedelta(minutes=1), False
    )
    assert (await reader.get(write_address(settings.files_url, "another secret", one))).status_code == 404
    for odd in ("/f/", "/f/é", "/", "/f/" + "A" * 500, "/f/a/../b"):
        assert (await reader.get(odd)).status_code == 404


async def test_an_address_ends(
    office: Office, version: UUID, reader: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await reader.get(made_for(settings, version, office.lead, seconds=-1))
    assert answer.status_code == 403
    assert "over" in answer.json()["detail"]


async def test_revoked_between_address_and_read(
    office: Office, version: UUID, reader: httpx.AsyncClient
) -> None:
    url = await address(office.outside, version)
    assert (await reader.get(url)).status_code == 200
    await revoke(office)
    assert (await reader.get(url)).status_code == 404


async def test_signed_out_between_address_and_read(
    office: Office, version: UUID, reader: httpx.AsyncClient, world: World
) -> None:
    url = await address(office.outside, version)
    await world.pool.execute("update sessions set ended_at = now() where id = $1", office.outside.session)
    assert (await reader.get(url)).status_code == 401


async def test_the_session_must_be_the_readers_own(
    office: Office, version: UUID, reader: httpx.AsyncClient, settings: Settings
) -> None:
    url = made_for(settings, version, office.outside, session=office.lead.session)
    assert (await reader.get(url)).status_code == 401


async def test_what_nobody_examined_is_not_read(
    office: Office, reader: httpx.AsyncClient, settings: Settings
) -> None:
    waiting = await upload(office.lead, await document(office.lead, office.case), TEXT)
    answer = await office.lead.get(f"/v1/versions/{waiting}/content")
    assert answer.status_code == 409
    assert (await reader.get(made_for(settings, waiting, office.lead))).status_code == 404


async def test_ranges(office: Office, hands: Hands, reader: httpx.AsyncClient) -> None:
    big = await cleared(
        hands, office.lead, office.case, DATA, file_name="b.bin", media_type="application/octet-stream"
    )
    url, size = await address(office.lead, big), len(DATA)
    etag = f'"{hashlib.sha256(DATA).hexdigest()}"'
    whole = await reader.get(url)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, DATA, "bytes")
    for asked, start, end in (
        ("bytes=0-0", 0, 0),
        ("bytes=5-9", 5, 9),
        (f"bytes={size - 1}-", size - 1, size - 1),
        ("bytes=300000-600000", 300000, 600000),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
        (f"bytes=1-{size * 9}", 1, size - 1),
    ):
        part = await reader.get(url, headers={"range": asked})
        assert part.status_code == 206, asked
        assert part.content == DATA[start : end + 1], asked
        assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"
        assert part.headers["content-length"] == str(end - start + 1)
    for asked in (f"bytes={size}-", f"bytes={size + 5}-{size + 9}", "bytes=-0"):
        beyond = await reader.get(url, headers={"range": asked})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}"), asked
    for asked in ("bytes=0-1,5-6", "bytes=9-5", "bytes=-", "lines=1-2", "bytes=a-b"):
        assert (await reader.get(url, headers={"range": asked})).status_code == 200, asked
    same = await reader.get(url, headers={"range": "bytes=0-1", "if-range": etag})
    other = await reader.get(url, headers={"range": "bytes=0-1", "if-range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert (await reader.get(url, headers={"if-none-match": etag})).status_code == 304
    head = await reader.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    assert (await reader.post(url)).status_code == 405


@pytest.mark.parametrize(
    ("data", "file_name", "media_type", "inline"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "x.svg",
            "image/svg+xml",
            False,
        ),
        (b"<!doctype html><html><body><script>alert(1)</script>", "x.html", "text/html", False),
        (TEXT, "x.txt", "text/plain", True),
    ],
)
async def test_only_what_is_safe_is_shown(
    office: Office,
    hands: Hands,
    reader: httpx.AsyncClient,
    data: bytes,
    file_name: str,
    media_type: str,
    inline: bool,
) -> None:
    made = await upload(
        office.lead,
        await document(office.lead, office.case),
        data,
        file_name=file_name,
        media_type=media_type,
    )
    assert (await hands.examine(made))["status"] == "cleared"
    answer = await reader.get(await address(office.lead, made, inline=True))
    kind = "inline" if inline else "attachment"
    assert answer.headers["content-disposition"].startswith(kind)
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    asked_for_download = await reader.get(await address(office.lead, made))
    assert asked_for_download.headers["content-disposition"].startswith("attachment")


async def test_only_our_page_reads_by_script(
    office: Office, version: UUID, reader: httpx.AsyncClient, settings: Settings
) -> None:
    url = await address(office.lead, version)
    ours = await reader.get(url, headers={"origin": settings.public_url})
    theirs = await reader.get(url, headers={"origin": "https://evil.test"})
    assert ours.headers["access-control-allow-origin"] == settings.public_url
    assert "access-control-allow-origin" not in theirs.headers
    # On localhost its two names are one origin, as for the hub and the gateway.
    other = settings.public_url.replace("localhost", "127.0.0.1")
    also = await reader.get(url, headers={"origin": other})
    assert other != settings.public_url and also.headers["access-control-allow-origin"] == other


async def test_bytes_that_are_not_those_examined_never_arrive_whole(
    office: Office, version: UUID, reader: httpx.AsyncClient, hub: Hub, world: World, hands: Hands
) -> None:
    row = await hands.row(version)
    other = await hub.blobs.put(hub.blobs.documents, row["object_key"], b"X" * len(TEXT))
    # Newer bytes under the same key change nothing: the version of the object is pinned.
    url = await address(office.lead, version)
    assert (await reader.get(url)).content == TEXT
    await world.pool.execute("update versions set object_version = $2 where id = $1", version, other)
    assert (await reader.get(url)).status_code == 503


async def test_bytes_under_way_stop_when_the_reader_loses_them(
    office: Office, files: Files, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.files.READING_ASKED_AGAIN_S", 0.0)
    version = await cleared(hands, office.lead, office.case, DATA, audience=office.shared)
    path = httpx.URL(await address(office.outside, version)).path
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body") and len(sent) == 2:
            await revoke(office)

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("127.0.0.1", 1)}
    await files(scope, receive, send)
    assert sent[0]["status"] == 200 and [one.get("more_body") for one in sent[1:]] == [True]
    assert len(sent[1]["body"]) < len(DATA), "an answer that ends before its length"


async def test_every_read_leaves_one_entry(
    office: Office, version: UUID, reader: httpx.AsyncClient, owner: Any
) -> None:
    """Also of a part; what sends no bytes leaves none."""
    url = await address(office.outside, version)
    etag = (await reader.head(url)).headers["etag"]
    assert (await reader.get(url, headers={"if-none-match": etag})).status_code == 304
    before = await count(owner)
    assert (await reader.get(url, headers={"range": "bytes=0-3"})).status_code == 206
    (entry,) = await newest(owner, before)
    assert (entry.act, entry.outcome, entry.thing) == ("document.read", "done", version)
    assert (entry.by.person, entry.by.session) == (office.outside.id, office.outside.session)
    assert (entry.log, entry.case, entry.rule) == (office.org, office.case, f"read: {office.role}")
    assert entry.of is not None and entry.of.sha256 == hashlib.sha256(TEXT).hexdigest()


async def test_what_may_not_be_read_leaves_one_too(
    office: Office, version: UUID, reader: httpx.AsyncClient, owner: Any
) -> None:
    url = await address(office.outside, version)
    path = f"/v1/cases/{office.case}/participants/{office.participant}"
    assert (await office.lead.delete(path)).status_code == 200
    before = await count(owner)
    assert (await reader.get(url)).status_code == 404
    (entry,) = await newest(owner, before)
    assert (entry.act, entry.outcome, entry.rule) == ("document.read", "refused", "not_found")
    assert (entry.log, entry.case, entry.thing) == (HOUSE, None, version)


async def test_what_cannot_be_written_down_is_not_sent(
    office: Office, version: UUID, reader: httpx.AsyncClient, owner: Any
) -> None:
    url = await address(office.outside, version)
    await owner.execute("revoke insert on audit_entries from casewire_app, casewire_system")
    try:
        answer = await reader.get(url)
    finally:
        await owner.execute("grant insert on audit_entries to casewire_app, casewire_system")
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "unavailable"
    assert TEXT not in answer.content


def test_names_of_every_kind() -> None:
    assert disposition("Straße “1”.pdf", False) == (
        "attachment; filename=\"Stra_e _1_.pdf\"; filename*=UTF-8''Stra%C3%9Fe%20%E2%80%9C1%E2%80%9D.pdf"
    )
    assert '\\"' not in disposition('a"b\\c.txt', True)


def test_an_address_is_read_as_it_was_written() -> None:
    one = Address(UUID(int=1), UUID(int=2), UUID(int=3), datetime(2026, 1, 1, tzinfo=UTC), True)
    url = write_address("http://files.test/", "secret", one)
    assert read_address(url.removeprefix("http://files.test"), "secret") == one
    assert read_address(url.removeprefix("http://files.test"), "other") is None


def test_a_range_without_a_header_is_everything() -> None:
    assert range_of({}, 10, '"e"') == (0, 10, True)


def test_the_process_ends_well_when_asked(stack: Stack) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CASEWIRE_")}
    internal, files = ports.free(2)
    code = "import os; from schemas.settings import Settings; from gateway.files import main; "
    code += "main(Settings.read(os.environ))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        env=environ | stack.settings("files")
        | {"CASEWIRE_INTERNAL_PORT": str(internal), "CASEWIRE_FILES_PORT": str(files)},
    )  # fmt: skip
    try:
        wait_for(lambda: _answers(f"http://127.0.0.1:{internal}/health/ready"), "ready")
        assert httpx.get(f"http://127.0.0.1:{files}/f/x", timeout=5).status_code == 404
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False
