"""What was erased is nowhere: every file of a whole house is read byte by byte, before it is scrubbed and after."""

import asyncio
import contextlib
import fcntl
import mmap
import secrets
import shutil
import string
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from schemas.audit_log import Signer, signed_by
from tests.app import Office, Person, World
from tests.browsers import proved
from tests.house import ROOT, House
from tests.stories.conftest import PLACE
from tests.uploads import document, upload
from workers import retention
from workers.opened import opened

DONE_WITHIN_S = 90.0
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def house() -> Iterator[House]:
    """One of its own: what others wrote would be scrubbed too."""
    folder = Path(tempfile.mkdtemp(prefix="casewire-erased-", dir=PLACE))
    house = House(folder / "data")
    with (PLACE / "casewire-story.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        house.start()
    yield house
    house.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def world(house: House) -> AsyncIterator[World]:
    pool: Any = await asyncpg.create_pool(house.settings().postgres_owner, min_size=0, max_size=2)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.http_port}", timeout=30) as http:
        yield World(http, pool)
    await pool.close()


class Words(dict[str, str]):
    """A word for each thing, that stands nowhere else: letters alone, so that a search index keeps it whole."""

    def __missing__(self, what: str) -> str:
        self[what] = "zq" + "".join(secrets.choice("bcdfghjklmnpqrtvwxz") for _ in range(14))
        assert set(self[what]) <= set(string.ascii_lowercase)
        return self[what]


def standing(folder: Path, words: Words) -> dict[str, set[str]]:
    """Which words stand in which files under a folder."""
    needles = {what: word.encode() for what, word in words.items()}
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # while it runs, files come and go
            if not path.is_file() or not path.stat().st_size:
                continue
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                for what, needle in needles.items():
                    if whole.find(needle) >= 0 or whole.find(needle.title()) >= 0:
                        found.setdefault(what, set()).add(str(path.relative_to(folder)))
    return found


async def casewire(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "deploy.cli", *arguments], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


async def until(pool: Any, true: str, *args: Any) -> None:
    async with asyncio.timeout(DONE_WITHIN_S):
        while not await pool.fetchval(true, *args):
            await asyncio.sleep(0.1)


async def planted(world: World, office: Office, someone: Person, words: Words) -> None:
    """A word in everything that people write, upload or are called."""
    case, pool, lead = f"/v1/cases/{office.case}", world.pool, office.lead
    await pool.execute(
        "update people set name = $2, email = $3 where id = $1",
        someone.id, words["name"].title(), f"{words['email']}@mail.test",
    )  # fmt: skip
    await lead.patch(case, {"title": f"Of {words['title']}"}, 1)
    await lead.made(f"{case}/participants", {"person": someone.id, "role": "client"})
    talk = await office.conversation()
    said = await someone.made(f"/v1/conversations/{talk}/messages", {"body": f"First {words['original']}"})
    await someone.patch(f"/v1/messages/{said['id']}", {"body": f"Then {words['message']}"}, 1)
    said = await someone.made(f"/v1/conversations/{talk}/messages", {"body": f"Never {words['retracted']}"})
    await someone.delete(f"/v1/messages/{said['id']}", 1)
    party = {"name": f"Roe {words['party']}", "role": "other", "note": words["party note"]}
    await lead.made(f"{case}/parties", party)
    await lead.made(f"{case}/tasks", {"title": f"Ask {words['task']}", "assignee": lead.id})
    due = {"title": words["deadline"], "note": words["deadline note"], "due_on": "2090-01-01"}
    await lead.made(f"{case}/deadlines", due)
    await lead.made(f"{case}/entries", {"text": f"Saw {words['entry']}", "occurred_on": "2026-01-01"})
    paper = await document(someone, office.case, office.shared, f"Letter {words['document']}")
    data = f"Dear {words['text']}, we write to you.\n".encode() * 20
    version = await upload(someone, paper, data, file_name=f"{words['file']}.txt")
    await until(pool, "select text_status <> 'none' from versions where id = $1", version)
    await lead.made(
        f"/v1/conversations/{talk}/messages", {"body": f"See {words['sent']}", "attachments": [str(version)]}
    )
    asked = await lead.made(
        "/v1/people",
        {"org": office.org, "email": f"{words['email']}@mail.test", "name": words["name"].title()},
    )
    assert asked["id"] == str(someone.id)
    await until(pool, "select not exists (select 1 from mails where sent_at is null)")


async def test_nothing_of_it_is_on_the_disks(house: House, world: World) -> None:
    words = Words()
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    someone = await world.person(office.org, "outside")
    await planted(world, office, someone, words)
    assert len(words) >= 15
    settings = house.settings("retention")
    await office.close()
    since = datetime.now(UTC) - timedelta(days=3000)
    await world.pool.execute("update cases set closed_at = $2 where id = $1", office.case, since)
    async with opened(settings, "retention") as hub:
        await retention.propose(hub)
    (due,) = await office.admin.all(f"/v1/orgs/{office.org}/dispositions")
    one = due["disposition"]
    answer = await office.admin.post(
        f"/v1/orgs/{office.org}/dispositions/{one['id']}/approve",
        {"reason": "Over"},
        revision=one["revision"],
    )
    assert answer.status_code == 200, answer.text
    await until(world.pool, "select done_at is not null from tombstones where thing = $1", office.case)
    answer = await office.admin.post(
        f"/v1/orgs/{office.org}/people/{someone.id}/erasure", {"reason": "They asked for it"}
    )
    assert answer.status_code == 200, answer.text
    await until(world.pool, "select done_at is not null from tombstones where thing = $1", someone.id)

    # The reading finds what is there: gone from the tables, it stands in their files until they are written anew.
    left = standing(house.data, words)
    assert {"message", "original", "retracted", "party", "title", "name", "email"} <= set(left)

    places = {path.partition("/")[0] for paths in left.values() for path in paths}
    assert {"postgres", "nats"} <= places, left
    done = await casewire("scrub", "--data", str(house.data))
    assert done.returncode == 0, done.stderr
    certificates = await office.admin.all(f"/v1/orgs/{office.org}/certificates")
    assert {one["kind"] for one in certificates} == {"case", "person", "scrub"}
    assert all(one["scrubbed_at"] for one in certificates if one["kind"] != "scrub")
    key = Signer(house.settings("sequence")).key
    assert all(signed_by(one["note"], key) for one in certificates)
    for what in ("case", "person"):
        body = next(one["body"] for one in certificates if one["kind"] == what)
        assert not [word for word in words.values() if word in body.lower()]

    assert standing(house.data, words) == {}
    again = await world.office("legal_matter")  # it works, and what it says is carried
    await again.conversation()
    backups = house.data.with_name("backups")
    made = await casewire("backup", "--to", str(backups), "--data", str(house.data))
    assert made.returncode == 0, made.stderr
    assert house.stop() == 0
    assert standing(house.data, words) == {} and standing(backups, words) == {}
    assert sum(path.stat().st_size for path in backups.rglob("*") if path.is_file()) > 1 << 20
    printed = house.output.read_bytes().lower()
    assert not [what for what, word in words.items() if word.encode() in printed]
