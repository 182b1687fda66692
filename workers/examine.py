"""Looks at what was uploaded, in a sandbox: harmless bytes are sealed and cleared, the others stay in quarantine."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import Counter

from hub.context import Hub
from hub.documents import actions
from schemas.errors import Refused
from schemas.settings import Settings
from storage.blobs import Absent
from storage.keys.wrapping import Broken
from storage.postgres import versions
from storage.sealed import About, open_file, seal_file, seal_small, sealed_size
from workers.opened import opened
from workers.sandbox.results import Examined, Extracted, Failure
from workers.sandbox.run import Sandbox
from workers.scratch import remove_leftovers, scratch
from workers.taking import Trade, work

EXAMINED = Counter("casewire_examined_total", "Versions examined, by what became of them.", ["outcome"])

GIVEN_UP = "It could not be examined; ask your administrator, or upload it again."


class Unexaminable(Exception):
    """The sandbox could not work, so nothing is known of the file."""


class Unfit(Exception):
    """Why a version stays in quarantine, in the words that its readers see."""


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Examine until `stop`. Several processes share the work."""
    remove_leftovers(settings)
    async with opened(settings, "examine") as hub, Sandbox() as sandbox:
        await work(hub, trade(hub, sandbox), stop)


def trade(hub: Hub, sandbox: Sandbox) -> Trade:
    async def do(row: Any) -> None:
        await examine(hub, sandbox, row)

    async def give_up(row: Any) -> None:
        await _quarantine(hub, row, GIVEN_UP)

    return Trade("examine", versions.TO_EXAMINE, "received", "version.received", do, give_up)


def text_key(object_key: str) -> str:
    """Where the text lies that the one examination found, for the index: bytes are parsed once."""
    return object_key + ".text"


async def examine(hub: Hub, sandbox: Sandbox, row: Any) -> None:
    """Decide about one received version. Raises `Refused` where a server is away, `Unexaminable` for the sandbox."""
    key = f"{row['org']}/{row['case_id']}/{row['document']}/{row['id']}"
    with scratch(hub.settings) as folder:
        path = Path(folder) / "bytes"
        try:
            found = await _looked_at(hub, sandbox, row, path)
            head, object_version = await _sealed(hub, row, key, path, found)
        except Unfit as unfit:
            await _quarantine(hub, row, str(unfit))
            return
    cleared = await actions.clear_version(
        hub, row["id"], media_type=found.found_media_type, why=found.why, object_key=key,
        object_version=object_version, sealed=head,
    )  # fmt: skip
    if cleared is None:
        # Another process was first and pinned its own; ours is a copy that nothing names.
        await hub.blobs.remove(hub.blobs.documents, key, object_version)
        return
    EXAMINED.labels("cleared").inc()
    try:
        await hub.blobs.remove(hub.blobs.quarantine, row["quarantine_key"])
    except Refused:
        pass  # sweep removes it, and what is uploaded once more


async def _looked_at(hub: Hub, sandbox: Sandbox, row: Any, path: Path) -> Examined:
    """Fetch the bytes to `path` in the clear, and what the sandbox found; `Unfit` where they cannot be cleared."""
    blobs, at = hub.blobs, (row["quarantine_key"], row["quarantine_version"])
    try:
        size = await blobs.fetch(blobs.quarantine, *at, path, bytes_max=sealed_size(row["size"]))
    except Absent:
        raise Unfit("The uploaded bytes are gone; upload them again.") from None
    if row["quarantine_sealed"] is not None:
        size = await _opened(hub, row, path)
    if size != row["size"]:
        raise Unfit("The bytes are not as many as were declared.")
    found = await sandbox.examine(path, declared_media_type=row["media_type"], filename=row["file_name"])
    if isinstance(found, Failure):
        raise Unexaminable(found.why)
    if found.sha256 != row["sha256"] or found.size != size:
        raise Unfit("The bytes do not match the declared SHA-256.")
    if found.verdict != "clean":
        raise Unfit(f"Refused: {found.why}.")
    return found


async def _sealed(hub: Hub, row: Any, key: str, path: Path, found: Examined) -> tuple[bytes, str]:
    """Store the text and the bytes, each sealed; the head of the sealed bytes and the version of their object."""
    place = row["org"], row["case_id"], row["id"]
    try:
        own = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
    except Refused as refused:
        if refused.code != "not_found":
            raise
        raise Unfit("It was erased before it was examined.") from None
    text = Extracted(found.text_status, found.pages, found.page_count, found.truncated, found.detail)
    sealed_text = await asyncio.to_thread(seal_small, msgspec.json.encode(text), own, About("text", *place))
    sealed = path.with_name("sealed")
    head = await asyncio.to_thread(seal_file, path, sealed, own, About("bytes", *place))
    await hub.blobs.put(hub.blobs.documents, text_key(key), sealed_text)
    return head, await hub.blobs.put(hub.blobs.documents, key, sealed)


async def _opened(hub: Hub, row: Any, path: Path) -> int:
    """Open what sweep sealed, because it waited long; how many bytes, none where it is not what was sealed."""
    own = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
    sealed = path.rename(path.with_name("waited"))
    about = About("quarantine", row["org"], row["case_id"], row["id"])
    try:
        await asyncio.to_thread(open_file, sealed, path, own, about)
    except Broken:
        return -1
    return path.stat().st_size


async def _quarantine(hub: Hub, row: Any, why: str) -> None:
    """The bytes stay for some days, for whoever has to look into it, and then sweep removes them."""
    if await actions.quarantine_version(hub, row["id"], why):
        EXAMINED.labels("quarantined").inc()
