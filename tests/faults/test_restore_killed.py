"""Backups and restores that are killed at any moment, with everything they have started, as when the power goes.

`FAULT_ROUNDS=20` does it so often, `FAULT_SEED=7` at the same moments again (as far as a machine repeats itself).
"""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.backup.look import verify
from deploy.backup.shelf import PART, Shelf
from deploy.embedded.child import StackError
from deploy.embedded.stack import RESTORING, Stack
from schemas.ids import new_id
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.migrations import available
from tests.faults.lost import casewire, fetched
from tests.house import ROOT, House, wait_for

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
# The short form, which everybody waits for, does about the same each time.
SEED = int(os.environ.get("FAULT_SEED") or (7 if ROUNDS <= 2 else random.randrange(10**6)))
OBJECTS, OBJECT_BYTES = 40, 64 << 10

pytestmark = pytest.mark.timeout(180 + 90 * ROUNDS)


class Small:
    """Servers with something in them, and where their backups are."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.backups, self.keys = folder, folder / "backups", folder / "apart" / "keys.json"
        self.house = House(folder / "first", "--servers-only")

    @property
    def backup(self) -> list[object]:
        return ["backup", "--to", self.backups, "--keys", self.keys, "--data", self.house.data]

    def restore(self, data: Path) -> list[object]:
        return ["restore", "--from", self.backups, "--keys", self.keys, "--data", data]

    async def write(self) -> None:
        settings = self.house.settings()
        blobs = Blobs(settings)
        on: Any = await asyncpg.connect(settings.postgres_owner)
        try:
            org, person, case, document = (new_id() for _ in range(4))
            await on.execute(
                "insert into organisations (id, name, zone, case_types, made_at) values ($1, 'O', 'UTC', '{}', now())",
                org,
            )
            await on.execute(
                "insert into people (id, email, name, zone, made_at) values ($1, 'a@mail.test', 'A', 'UTC', now())",
                person,
            )
            await on.execute(
                "insert into cases (id, org, type, type_version, number, title, status, is_open, intake, zone,"
                " opened_at, opened_by, audience) values ($1, $2, 'x', 1, '1', 'x', 'x', true, '{}', 'UTC', now(), $3,"
                " '{staff}')",
                case, org, person,
            )  # fmt: skip
            await on.execute(
                "insert into documents (id, case_id, org, name, kind, audience, added_at, added_by)"
                " values ($1, $2, $3, 'x', 'other', '{staff}', now(), $4)", document, case, org, person,
            )  # fmt: skip
            for n in range(OBJECTS):
                data, key = os.urandom(OBJECT_BYTES), f"o/{n}"
                pinned = await blobs.put(blobs.documents, key, data)
                await on.execute(
                    "insert into versions (id, document, case_id, org, n, status, file_name, media_type, size,"
                    " sha256, quarantine_key, object_key, object_version, text_status, begun_at, cleared_at, by,"
                    " audience, people) values ($1, $2, $3, $4, $5, 'cleared', 'b', 'x/x', $6, $7, '', $8, $9, 'empty',"
                    " now(), now(), $10, '{staff}', '{}')",
                    new_id(), document, case, org, n + 1, len(data), sha256(data).hexdigest(), key, pinned, person,
                )  # fmt: skip
        finally:
            await on.close()
            blobs.close()


@pytest.fixture(scope="module")
def small() -> Iterator[Small]:
    folder = Path(tempfile.mkdtemp(prefix="casewire-killed-", dir="/tmp"))
    small = Small(folder)
    try:
        small.house.start()
        asyncio.run(small.write())
        yield small
    finally:
        with contextlib.suppress(Exception):
            small.house.stop()
        shutil.rmtree(folder, ignore_errors=True)


def killed(arguments: list[object], after_s: float) -> bool:
    """Run a command and kill it with all that it has started; whether it had not ended by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        pids = [process.pid, *below(process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        # Those of a process that was started in this moment go with their parents, a moment later.
        for pid in pids:
            wait_for(lambda pid=pid: not Path(f"/proc/{pid}/cwd").exists(), "the end of everything")
        return True
    return False


def below(pid: int) -> list[int]:
    """All that a process started, and they."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                found += [int(child), *below(int(child))]
    return found


def nobody_works_in(folder: Path) -> bool:
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(link)).is_relative_to(folder):
                return False
    return True


def forget_sockets(data: Path) -> None:
    """The object store leaves them in /tmp, named by its ports; whoever is killed takes nothing along."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        for name, port in json.loads((data / "stack.json").read_text())["ports"].items():
            if name.endswith(".grpc"):
                part = name.removeprefix("objects.").partition(".")[0]
                Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)


def whole(data: Path, folder: Path) -> bool:
    """Whether a house stands there in which every row has its bytes; false where it refuses to start or is nothing yet.
    Anything else fails."""
    if not data.exists() or not [path for path in data.iterdir() if path.name != "lock"]:
        return False
    if (data / RESTORING).exists():
        with pytest.raises(StackError, match=r"A restore into .* was interrupted"):
            Stack(data, environ={}).prepare()
        return False
    stack = Stack(data, environ={}, embed=("postgres", "objects"))
    stack.start()
    try:
        assert asyncio.run(_bytes(Settings.read(stack.settings("operator")), folder / "read")) == OBJECTS
    finally:
        stack.stop()
    return True


async def _bytes(settings: Settings, to: Path) -> int:
    blobs = Blobs(settings)
    on: Any = await asyncpg.connect(settings.postgres_owner)
    try:
        assert await on.fetchval("select max(number) from schema_migrations") == len(available())
        assert await on.fetchval("select count(*) from sessions where ended_at is null") == 0
        rows = await on.fetch("select object_key, object_version, sha256 from versions")
        for row in rows:
            data = await fetched(blobs, row["object_key"], row["object_version"], to)
            assert sha256(data).hexdigest() == row["sha256"]
        return len(rows)
    finally:
        await on.close()
        blobs.close()


def test_whatever_moment_it_is_killed_in_it_is_whole_or_nothing(small: Small) -> None:
    print(f"\nFAULT_SEED={SEED} FAULT_ROUNDS={ROUNDS}")
    moments = random.Random(SEED)
    shelf = Shelf(small.backups)
    took: dict[str, float] = {}
    told: list[str] = []

    def through(what: str, arguments: list[object]) -> None:
        begun = time.monotonic()
        done = casewire(*arguments)
        assert done.returncode == 0, done.stderr
        took[what] = time.monotonic() - begun

    through("backup", small.backup)
    through("restore", small.restore(small.folder / "measure"))
    shutil.rmtree(small.folder / "measure")
    for n in range(ROUNDS):
        share = moments.uniform(0, 1)
        before = [backup.manifest.name for backup in shelf.whole()]
        cut = killed(small.backup, share * took["backup"])
        now = [backup.manifest.name for backup in shelf.whole()]
        assert now[: len(before)] == before and len(now) <= len(before) + 1
        verify(small.backups, now[-1], small.keys, told.append)  # what is shown as whole is whole
        parts = [path.name for path in shelf.backups.glob("*" + PART)]
        told.append(
            f"{n}: backup {'killed' if cut else 'ended'} at {share:.2f}, {len(parts)} interrupted, {len(now)} whole"
        )
        through("backup", small.backup)
        assert not list(shelf.backups.glob("*" + PART)) and not (shelf.place / "incoming").exists()

        data = small.folder / f"new{n}"
        share = moments.uniform(0, 1)
        cut = killed(small.restore(data), share * took["restore"])
        wait_for(lambda data=data: nobody_works_in(data), "the end of everything")
        forget_sockets(data)
        there = whole(data, small.folder)
        told.append(
            f"{n}: restore {'killed' if cut else 'ended'} at {share:.2f}, {'whole' if there else 'refuses'}"
        )
        if not there:
            through("restore", small.restore(data))
            assert whole(data, small.folder)
        shutil.rmtree(data)
    print("\n".join(told))
