"""A case from which something was erased or destroyed is exported, and its archive verifies."""

from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from schemas.settings import Settings
from tests.app import Office, World
from tests.gateway.exports.test_exports import checked, exported, files, opened, proved, signing, told
from tests.record import Record
from tests.uploads import Hands

__all__ = ["files", "signing"]  # fixtures


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_words_that_were_erased(
    elsewhere: bool, record: Record, world: World, office: Office, hands: Hands, files: httpx.AsyncClient,
    signing: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    made = await told(office, hands, record)
    if elsewhere:
        await world.seat(office.outside.id, (await world.office("legal_matter")).org, "outside")
    admin = await proved(world, office.admin)
    path = f"/v1/orgs/{office.org}/people/{office.outside.id}/erasure"
    answer = await admin.post(path, {"reason": "They asked for it", "cases": [office.case]})
    assert answer.status_code == 200, answer.text
    await record.settle()
    archive = await exported(files, admin, office.case)
    assert checked(archive, tmp_path, signing).findings == []
    assert b"second wording" not in b"".join(opened(archive).values())
    assert made["edited"]["id"].encode() in opened(archive)["data/messages.jsonl"]


async def test_a_document_that_was_destroyed(
    record: Record, world: World, office: Office, hands: Hands, files: httpx.AsyncClient, signing: Settings,
    tmp_path: Path, stack: Any,
) -> None:  # fmt: skip
    made = await told(office, hands, record)
    owner = await asyncpg.connect(Settings.read(stack.settings("operator")).postgres_owner)
    try:
        document = await owner.fetchval("select document from versions where id = $1", made["version"])
        bury = "select bury_thing('document', $1, $2, 'kept long enough', $3, now())"
        await owner.execute(bury, document, office.case, office.admin.id)
    finally:
        await owner.close()
    archive = await exported(files, await proved(world, office.admin), office.case)
    assert checked(archive, tmp_path, signing).findings == []
