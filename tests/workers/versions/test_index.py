"""The index: what is in it, what is not, and limits that PostgreSQL has."""

import hashlib
from typing import Any

import msgspec
import pytest

from hub.context import Hub
from storage.sealed import About, seal_small
from tests.app import Office, World
from tests.uploads import Hands, document, upload
from workers.examine import text_key
from workers.index import BATCH_CHARS_MAX, BATCH_PAGES_MAX, batches
from workers.sandbox.results import Extracted
from workers.taking import TRIES_MAX


async def with_text(office: Office, hands: Hands, found: Extracted) -> Any:
    """A cleared version of which examination found this text."""
    version = await upload(office.lead, await document(office.lead, office.case), b"whatever")
    row = await hands.examine(version)
    hub, about = hands.hub, About("text", row["org"], row["case_id"], row["id"])
    key = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
    sealed = seal_small(msgspec.json.encode(found), key, about)
    await hub.blobs.put(hub.blobs.documents, text_key(row["object_key"]), sealed)
    return row


async def test_pages_keep_their_numbers_and_hold_no_sentinels(office: Office, hands: Hands) -> None:
    row = await with_text(office, hands, Extracted("ok", ["one\ue000", "", "\ue001three"], 3))
    after = await hands.index(row["id"])
    assert (after["text_status"], after["pages"], after["revision"]) == ("ok", 3, row["revision"] + 1)
    pages = await office.lead.all(f"/v1/versions/{row['id']}/text", limit=1)
    assert pages == [{"page": 1, "text": "one"}, {"page": 2, "text": ""}, {"page": 3, "text": "three"}]


async def test_a_page_with_more_words_than_one_vector_holds(
    office: Office, hands: Hands, world: World
) -> None:
    words = " ".join(
        hashlib.sha256(str(n).encode()).hexdigest() for n in range(40_000)
    )  # 2.6 MB, all different
    row = await with_text(office, hands, Extracted("ok", ["before", words, "after"], 3))
    assert (await hands.index(row["id"]))["text_status"] == "ok"
    pages = await world.pool.fetch(
        "select page, length(tsv) > 0 as found, octet_length(text) as size from version_texts where version = $1 "
        "order by page", row["id"],
    )  # fmt: skip
    assert [page["page"] for page in pages] == [1, 2, 3]
    assert all(page["found"] for page in pages)
    assert pages[1]["size"] == len(words)


async def test_indexing_again_leaves_nothing_twice(office: Office, hands: Hands, world: World) -> None:
    """Killed between its pages and its last word, it begins anew."""
    row = await with_text(office, hands, Extracted("ok", ["one", "two"], 2))
    await hands.index(row["id"])
    await world.pool.execute("update versions set text_status = 'none' where id = $1", row["id"])
    await hands.index(row["id"])
    assert await world.pool.fetchval("select count(*) from version_texts where version = $1", row["id"]) == 2


async def test_text_that_is_lost_or_unreadable_is_said(office: Office, hands: Hands, hub: Hub) -> None:
    lost = await with_text(office, hands, Extracted("ok", ["x"], 1))
    await hub.blobs.remove(hub.blobs.documents, text_key(lost["object_key"]))
    assert (await hands.index(lost["id"]))["text_status"] == "failed"
    odd = await with_text(office, hands, Extracted("ok", ["x"], 1))
    await hub.blobs.put(hub.blobs.documents, text_key(odd["object_key"]), b"{nonsense")
    for _ in range(TRIES_MAX):
        assert (await hands.index(odd["id"]))["text_status"] == "none"
    assert (await hands.index(odd["id"]))["text_status"] == "failed"


@pytest.mark.parametrize("status", ["no_text", "encrypted", "corrupt", "unsupported", "too_large", "failed"])
async def test_why_there_is_no_text_is_said(office: Office, hands: Hands, status: Any) -> None:
    row = await with_text(office, hands, Extracted(status, page_count=4))
    assert (await hands.index(row["id"]))["text_status"] == status
    (version,) = await office.lead.all(f"/v1/cases/{office.case}/versions")
    assert (version["text_status"], version["pages"]) == (status, 4)
    assert await office.lead.all(f"/v1/versions/{row['id']}/text") == []


def test_batches_are_bounded_and_complete() -> None:
    pages = ["x" * (n * 7919 % 90_000) for n in range(500)]
    seen: list[str] = []
    for first, batch in batches(pages):
        assert first == len(seen) + 1
        assert len(batch) <= BATCH_PAGES_MAX
        assert len(batch) == 1 or sum(map(len, batch)) <= BATCH_CHARS_MAX
        seen += batch
    assert seen == pages
    assert list(batches([])) == []
