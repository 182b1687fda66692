"""Puts the text of cleared versions into the search index, or says why there is none."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from prometheus_client import Counter

from hub.context import Hub
from hub.documents import actions
from schemas.errors import Refused
from schemas.settings import Settings
from storage.blobs import Absent
from storage.postgres import texts, versions
from storage.sealed import About, open_small
from workers.examine import text_key
from workers.opened import opened
from workers.sandbox.results import Extracted
from workers.taking import Trade, work

# A write is open for 2 s at most, and making words of text takes its time.
BATCH_CHARS_MAX = 300_000
BATCH_PAGES_MAX = 100

# They mark what matched in snippets, so no text may hold them.
_SENTINELS = {0xE000: None, 0xE001: None}

INDEXED = Counter("casewire_indexed_total", "Versions indexed, by the state of their text.", ["text_status"])

_read = msgspec.json.Decoder(Extracted).decode


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Index until `stop`. Several processes share the work."""
    async with opened(settings, "index") as hub:
        await work(hub, trade(hub), stop)


def trade(hub: Hub) -> Trade:
    async def do(row: Any) -> None:
        await index(hub, row)

    async def give_up(row: Any) -> None:
        await actions.index_version(hub, row["id"], "failed", 0)

    return Trade("index", versions.TO_INDEX, "cleared", "version.cleared", do, give_up)


async def index(hub: Hub, row: Any) -> None:
    """Index one cleared version. What a try before left is written over, so it can be repeated."""
    blobs = hub.blobs
    try:
        stored = await blobs.whole(blobs.documents, text_key(row["object_key"]))
    except Absent:
        await actions.index_version(hub, row["id"], "failed", 0)
        return
    if row["sealed"] is not None:
        try:
            own = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
        except Refused as refused:
            if refused.code != "not_found":
                raise
            await actions.index_version(hub, row["id"], "failed", 0)  # erased
            return
        about = About("text", row["org"], row["case_id"], row["id"])
        stored = await asyncio.to_thread(open_small, stored, own, about)
    found = _read(stored)
    async with hub.database.system.acquire() as connection:
        await connection.execute(texts.CLEAN, row["id"])
        for first, pages in batches(found.pages):
            await texts.put_pages(connection, row, first, pages)
    if await actions.index_version(hub, row["id"], found.text_status, found.page_count):
        INDEXED.labels(found.text_status).inc()


def batches(pages: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The number of the first page, counted from 1, and pages that go into one statement; empty ones go along."""
    first, batch, chars = 1, list[str](), 0
    for n, page in enumerate(pages, 1):
        page = page.translate(_SENTINELS)
        if batch and (chars + len(page) > BATCH_CHARS_MAX or len(batch) >= BATCH_PAGES_MAX):
            yield first, batch
            first, batch, chars = n, [], 0
        batch.append(page)
        chars += len(page)
    if batch:
        yield first, batch
