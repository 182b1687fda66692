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
from workers.sandbox.results import Extracted, Failure
from workers.sandbox.run import Sandbox
from workers.scratch import remove_leftovers, scratch
from workers.taking import Trade, work

EXAMINED = Counter("casewire_examined_total", "Versions examined, by what became of them.", ["outcome"])

GIVEN_UP = "It could not be examined; ask your administrator, or upload it again."


class Unexaminable(Exception):
    """The sandbox could not work, so nothing is known of the file."""


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
    blobs = hub.blobs
    with scratch(hub.settings) as folder:
        path = Path(folder) / "bytes"
        try:
            size = await blobs.fetch(
                blobs.quarantine,
                row["quarantine_key"],
                row["quarantine_version"],
                path,
                bytes_max=sealed_size(row["size"]),
            )
        except Absent:
            await _quarantine(hub, row, "The uploaded bytes are gone; upload them again.")
            return
        if row["quarantine_sealed"] is not None:
            size = await _opened(hub, row, path)
        if size != row["size"]:
            await _quarantine(hub, row, "The bytes are not as many as were declared.")
            return
        found = await sandbox.examine(path, declared_media_type=row["media_type"], filename=row["file_name"])
        if isinstance(found, Failure):
            raise Unexaminable(found.why)
        if found.sha256 != row["sha256"] or found.size != size:
            await _quarantine(hub, row, "The bytes do not match the declared SHA-256.")
            return
        if found.verdict != "clean":
            await _quarantine(hub, row, f"Refused: {found.why}.")
            return
        text = Extracted(found.text_status, found.pages, found.page_count, found.truncated, found.detail)
        place = row["org"], row["case_id"], row["id"]
        try:
            own = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
        except Refused as refused:
            if refused.code != "not_found":
                raise
            await _quarantine(hub, row, "It was erased before it was examined.")
            return
        key = f"{row['org']}/{row['case_id']}/{row['document']}/{row['id']}"
        read = msgspec.json.encode(text)
        sealed_text = await asyncio.to_thread(seal_small, read, own, About("text", *place))
        sealed = Path(folder) / "sealed"
        head = await asyncio.to_thread(seal_file, path, sealed, own, About("bytes", *place))
        await blobs.put(blobs.documents, text_key(key), sealed_text)
        object_version = await blobs.put(blobs.documents, key, sealed)
    cleared = await actions.clear_version(
        hub,
        row["id"],
        media_type=found.found_media_type,
        why=found.why,
        object_key=key,
        object_version=object_version,
        sealed=head,
    )
    if cleared is None:
        # Another process was first and pinned its own; ours is a copy that nothing names.
        await blobs.remove(blobs.documents, key, object_version)
        return
    EXAMINED.labels("cleared").inc()
    try:
        await blobs.remove(blobs.quarantine, row["quarantine_key"])
    except Refused:
        pass  # sweep removes it, and what is uploaded once more


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
