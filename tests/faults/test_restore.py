"""A house is lost, and made again of its backups: nothing that was followed is missing, nobody is still let in, and
whoever held a place in the old history reads anew. Then all that can be wrong with a backup, in one sentence each."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from deploy.backup.keys import KeyFile, read_keys, save_keys
from deploy.backup.look import verify
from deploy.backup.shelf import Shelf
from deploy.embedded.child import StackError
from deploy.embedded.stack import RESTORING, Stack
from tests.app import Person, World
from tests.contract.test_state_and_events import apply, read
from tests.faults.damages import DAMAGES
from tests.faults.lost import (
    HEALED_WITHIN_S,
    Lost,
    add,
    all_followed,
    casewire,
    kill,
    killed,
    remember,
    whole,
    world_of,
    write_on,
)
from tests.faults.taken import SAID, STANDING, TAKEN_BACK, Taken
from tests.house import House
from tests.live import live

PLACE = Path("/tmp")
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
async def lost() -> AsyncIterator[Lost]:
    """A house with a backup that was made while people wrote, some more that was followed, and then a power cut."""
    folder = Path(tempfile.mkdtemp(prefix="casewire-restore-", dir=PLACE))
    lost = Lost(folder)
    try:
        with (PLACE / "casewire-story.turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            await asyncio.to_thread(lost.house.start)
        async with world_of(lost.house) as world:
            lost.office = await world.office()
            lost.room = await lost.office.conversation()
            await add(lost, world, "before any backup", lost.said_before)
            # A hold forbids that a version is pinned anew, and yet must come back as it stood.
            admin = await world.token(lost.office.admin, kind="browser", proved=True)
            held = {"kind": "case", "thing": lost.office.case, "reason": "A court asked."}
            await admin.made(f"/v1/orgs/{lost.office.org}/holds", held)
            lost.taken = Taken(lost, world)
            await lost.taken.plant()
            await asyncio.to_thread(lost.backup)
            writing = asyncio.create_task(write_on(lost))
            await asyncio.to_thread(lost.backup)
            writing.cancel()
            await asyncio.wait([writing])
            lost.between = datetime.now(UTC)
            await add(lost, world, "after the backups", lost.said)
            answer = await admin.post(
                f"/v1/orgs/{lost.office.org}/people/{lost.office.stranger.id}/erasure",
                {"reason": "They asked for it."},
            )
            assert answer.status_code == 200, answer.text
            await lost.taken.take(admin)
            await remember(lost, world)
            await all_followed(lost, world)
            await lost.taken.written()
        kill(lost.house)
        yield lost
    finally:
        with contextlib.suppress(Exception):
            lost.house.stop()
        shutil.rmtree(folder, ignore_errors=True)


# -- what comes back ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def again(lost: Lost) -> AsyncIterator[House]:
    """The house that was made of the backups, by a second try: the first is killed when almost all of it is there."""
    arguments = ("restore", "--from", lost.backups, "--keys", lost.keys, "--data", lost.second)
    await asyncio.to_thread(killed, "restore", "module", "check_record", True, *arguments)
    assert (lost.second / RESTORING).exists() and (lost.second / "postgres" / "PG_VERSION").exists()
    with pytest.raises(StackError, match=r"A restore into .* was interrupted"):
        Stack(lost.second, environ={}).prepare()
    done = await asyncio.to_thread(casewire, *arguments)
    assert done.returncode == 0, done.stderr
    assert not (lost.second / RESTORING).exists()
    assert "everybody signs in again" in done.stdout and lost.names[-1] in done.stdout
    assert "taken away again" not in done.stdout  # all of it came with the log
    house = House(lost.second)
    with (PLACE / "casewire-story.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        await asyncio.to_thread(house.start)
    try:
        yield house
    finally:
        house.stop()


@pytest.fixture(scope="module")
async def world(again: House) -> AsyncIterator[World]:
    async with world_of(again) as world:
        yield world


async def back(lost: Lost, world: World, person: Person) -> Person:
    """The same person with a token that was made after the restore."""
    return await world.token(Person(world.http, person.id, person.email, "", person.id))


async def test_all_that_was_acknowledged_is_there(lost: Lost, world: World) -> None:
    lead = await back(lost, world, lost.office.lead)
    found = await lead.all(f"/v1/conversations/{lost.room}/messages", limit=500)
    bodies = [message["body"] for message in found]
    assert set(lost.said_before) | set(lost.said) <= set(bodies) and len(bodies) == len(set(bodies))
    seqs = [message["seq"] for message in found]
    assert sorted(set(seqs)) == sorted(seqs)


async def test_every_document_holds_its_bytes_and_is_pinned_to_them(lost: Lost, world: World) -> None:
    lead = await back(lost, world, lost.office.lead)
    assert len(lost.texts) == 2
    async with httpx.AsyncClient(timeout=30) as browser:
        for version, data in lost.texts.items():
            url = (await lead.get(f"/v1/versions/{version}/content")).json()["url"]
            answer = await browser.get(url)
            assert answer.status_code == 200 and answer.content == data
            row = await world.pool.fetchrow(
                "select sha256, object_version from versions where id = $1", version
            )
            assert row["sha256"] == hashlib.sha256(data).hexdigest() and row["object_version"]


async def test_a_hold_stands_as_it_stood(lost: Lost, world: World) -> None:
    version = next(iter(lost.texts))
    with pytest.raises(asyncpg.ObjectInUseError):
        await world.pool.execute("update versions set object_version = 'another' where id = $1", version)
    assert await world.pool.fetchval("select count(*) from holds where released_at is null") == 1


async def test_nobody_is_still_let_in(lost: Lost, world: World) -> None:
    for person in (lost.office.lead, lost.office.outside, lost.office.admin):
        answer = await world.http.get(
            f"/v1/cases/{lost.office.case}", headers={"authorization": f"Bearer {person.token}"}
        )
        assert answer.status_code == 401, answer.text
    for pending in (
        "challenges",
        "journeys",
        "links",
        "oauth_requests",
        "oauth_codes",
        "oauth_devices",
        "devices",
    ):
        assert await world.pool.fetchval(f"select count(*) from {pending}") == 0, pending
    assert not await world.pool.fetchval(
        "select count(*) from invitations where used_at is null and expires_at > now()"
    )


async def test_the_newest_moment_is_left_as_it_is(lost: Lost, world: World) -> None:
    found = [row[0] for row in await world.pool.fetch(lost.taken.question())]
    assert found == [f"{what} 0" for what in STANDING]
    assert (
        await world.pool.fetchval("select count(*) from walls where title = 'Canary' and lifted_at is null")
        == 1
    )
    assert (
        await world.pool.fetchval("select password_hash from people where id = $1", lost.taken.ids["changed"])
        == "after"
    )


async def test_who_held_a_place_in_the_old_history_reads_anew(lost: Lost, world: World, again: House) -> None:
    outside, lead = await back(lost, world, lost.office.outside), await back(lost, world, lost.office.lead)
    case, topic = lost.office.case, f"case:{lost.office.case}"
    old = await outside.get(f"/v1/cases/{case}/events", epoch=lost.epoch, seq=0)
    assert old.status_code == 410 and old.json()["code"] == "reset"
    async with live(f"ws://127.0.0.1:{again.live_port}", outside.token) as client:
        await client.send("subscribe", ref="old", topic=topic, after={"epoch": lost.epoch, "seq": lost.last})
        told = await client.until("reset")
        assert told["why"] == "epoch"
        # It reads again and goes on from there: state and events are state.
        state, at = await read(outside, case)
        answer = await client.ask("subscribe", topic=topic, after={"epoch": await epoch(world), "seq": at})
        assert answer["epoch"] != lost.epoch
        for n in range(3):
            await lead.made(f"/v1/conversations/{lost.room}/messages", {"body": f"in the new history {n}"})
        last = (await lead.all(f"/v1/cases/{case}/events", limit=500))[-1]["seq"]
        events: list[dict[str, Any]] = []
        async with asyncio.timeout(HEALED_WITHIN_S):
            while not events or events[-1]["seq"] < last:
                events.append(await client.until("event", topic=topic))
        fresh, _ = await read(outside, case)
        assert apply(state, events) == fresh


async def epoch(world: World) -> str:
    return await world.pool.fetchval("select value from epoch")


async def test_what_was_done_with_backups_stands_in_the_record_once(lost: Lost, world: World) -> None:
    rows = await world.pool.fetch(
        "select convert_from(entry, 'UTF8')::json ->> 'act' as act, private ->> 'about' as about from audit_entries"
        " where convert_from(entry, 'UTF8') like '%\"act\":\"backup.%' order by tx, id"
    )
    # The last backup's entry was written after its copy, and came with the log that was followed.
    assert [tuple(row) for row in rows] == [
        ("backup.made", lost.names[0]),
        ("backup.made", lost.names[1]),
        ("backup.restored", lost.names[1]),
    ]


async def test_a_restored_house_is_backed_up_and_restored_like_any_other(
    lost: Lost, world: World, again: House
) -> None:
    """Into the same place: what both hold is there once, and each knows its own history."""
    before = {path.name for path in lost.shelf.objects.glob("*/*")}
    done = await asyncio.to_thread(
        casewire, "backup", "--to", lost.backups, "--keys", lost.keys, "--data", lost.second
    )
    assert done.returncode == 0, done.stderr
    name = done.stdout.split()[0]
    try:
        assert {path.name for path in lost.shelf.objects.glob("*/*")} == before
        third = lost.folder / "third"
        assert await asyncio.to_thread(whole, lost, third, name) == ""
        shutil.rmtree(third)
    finally:
        shutil.rmtree(lost.shelf.backups / name)


# -- which moment ------------------------------------------------------------------------------------------


def rows_of(data: Path, statement: str) -> str:
    """What a restored database answers, without anything else running on it."""
    stack = Stack(data, environ={}, embed=("postgres",))
    stack.start()
    try:
        assert stack.postgres is not None
        return stack.postgres.sql(statement, database="casewire")
    finally:
        stack.stop()


@pytest.mark.parametrize("which", ["a time", "a backup", "a time as it was"])
def test_a_restore_ends_where_it_is_told_to(lost: Lost, which: str) -> None:
    data = lost.folder / "moment"
    name, until = (lost.names[0], None) if which == "a backup" else (None, lost.between)
    as_it_was = which.endswith("as it was")
    try:
        command = ["restore", "--from", lost.backups, "--keys", lost.keys, "--data", data]
        command += ["--backup", name] if name else ["--until", str(until)]
        done = casewire(*command, *["--as-it-was"] * as_it_was)
        assert done.returncode == 0, done.stderr
        _, heading, told = done.stdout.partition("taken away again, as it was after that:\n")
        assert bool(heading) != as_it_was
        assert {line for line in told.splitlines() if line.startswith("  ")} == (set() if as_it_was else SAID)
        erased = (
            f"select 'erased ' || (erased_at is not null) from people where id = '{lost.office.stranger.id}'"
        )
        words = "select coalesce(body, 'taken back') from messages"
        questions = f"{words} union all {erased} union all {lost.taken.question()}"
        said = set(rows_of(data, questions).splitlines())
        said.remove("erased true")  # at that moment they were not, but nobody knows them again
        standing = {f"{what} {int(as_it_was)}" for what in STANDING}
        assert standing <= said
        said -= standing
        assert TAKEN_BACK not in said
        said.remove("taken back")
        assert not said & set(lost.said)
        if name is None:
            assert set(lost.said_before) <= said
        else:
            assert said == {"before any backup"}
    finally:
        shutil.rmtree(data, ignore_errors=True)


# -- what is wrong with it ---------------------------------------------------------------------------------


@pytest.fixture
def copy(lost: Lost) -> Iterator[Shelf]:
    """The backups once more, to be damaged. Files are shared until they are written anew."""
    target = lost.folder / "copy"
    shutil.copytree(lost.backups, target, copy_function=os.link)
    yield Shelf(target)
    shutil.rmtree(target)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_backup_is_one_sentence_and_nothing_is_left(
    lost: Lost, copy: Shelf, damage: Callable[[Shelf], None]
) -> None:
    damage(copy)
    data = lost.folder / "never"
    said = whole(lost, data, backups=copy.place)
    assert DAMAGES[damage] in said
    assert not data.exists() or not any(data.iterdir())


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_verify_finds_the_same(lost: Lost, copy: Shelf, damage: Callable[[Shelf], None]) -> None:
    damage(copy)
    with pytest.raises(StackError):
        verify(copy.place, None, lost.keys, print)


def test_verify_says_of_whole_ones_that_they_are(lost: Lost, capsys: pytest.CaptureFixture[str]) -> None:
    verify(lost.backups, lost.names[-1], lost.keys, print)
    assert capsys.readouterr().out.startswith(f"{lost.names[-1]} is whole")


def test_other_keys_are_told_before_anything_is_written(lost: Lost, tmp_path: Path) -> None:
    data = lost.folder / "untouched"
    house = lost.shelf.house()
    [ours] = read_keys(lost.keys)
    other, changed = tmp_path / "other.json", tmp_path / "changed.json"
    save_keys(other, "1", ours.keys | {"secret": "s" * 40}, datetime.now(UTC))
    save_keys(changed, house, ours.keys | {"root_key": "r" * 44}, datetime.now(UTC))
    assert "keys of another Casewire" in whole(lost, data, keys=other)
    assert "does not hold the keys with which this backup was made" in whole(lost, data, keys=changed)
    assert "There is no file" in whole(lost, data, keys=tmp_path / "absent.json")
    fewer = msgspec.json.encode(
        KeyFile(sets=[msgspec.structs.replace(ours, keys={"secret": ours.keys["secret"]})])
    )
    (tmp_path / "fewer.json").write_bytes(fewer)
    assert "does not hold the keys" in whole(lost, data, keys=tmp_path / "fewer.json")
    file, right = tmp_path / "damaged.json", lost.keys.read_bytes()
    at = right.index(ours.keys["root_key"].encode())
    for wrong, told in (
        (right[:-5], "cannot be read as a file of keys: it holds something else"),
        (right[: len(right) // 2], "cannot be read as a file of keys: it holds something else"),
        (right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :], "does not hold the keys with which"),
        (bytes([right[0] ^ 1]) + right[1:], "cannot be read as a file of keys: it holds something else"),
    ):
        file.write_bytes(wrong)
        assert told in whole(lost, data, keys=file)
    assert not data.exists()


def test_nothing_of_the_keys_stands_in_the_backups(lost: Lost) -> None:
    [ours] = read_keys(lost.keys)
    assert {"secret", "seal_key", "root_key", "audit_key"} <= set(ours.keys)
    secrets = [value.encode() for value in ours.keys.values()]
    for path in lost.backups.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path


def test_a_time_that_no_backup_reaches_is_refused(lost: Lost) -> None:
    data = lost.folder / "never"
    first = lost.shelf.whole()[0].manifest.ended_at
    assert "The oldest backup in" in whole(lost, data, until=first - timedelta(seconds=1))
    said = whole(lost, data, until=datetime.now(UTC))
    assert said.startswith("The log in the backup ends before") and "its last transaction is of" in said
    assert not any(data.iterdir())


def test_a_directory_that_holds_something_is_left_alone(lost: Lost, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert "is not empty; restore into a fresh directory" in whole(lost, tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_nothing(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    data = lost.folder / "never"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**12, 10**12, 2**20))  # type: ignore[attr-defined]
    assert "MiB free and the restored house needs" in whole(lost, data)
    assert not any(data.iterdir())


def test_the_command_ends_with_two_and_one_sentence(lost: Lost, tmp_path: Path) -> None:
    done = casewire("restore", "--from", tmp_path, "--keys", lost.keys, "--data", lost.folder / "never")
    assert done.returncode == 2
    assert done.stderr == f"casewire: There are no backups in {tmp_path}.\n"


# -- a backup that is killed -------------------------------------------------------------------------------

# The first two always; all of them in the long form.
KILLS = [
    ("module.Shelf", "write_manifest", False),
    ("module.database", "base_backup", False),
    ("module", "save_keys", False),
    ("module", "copy_objects", True),
    ("module.Shelf", "write_manifest", True),
    ("module", "_record", False),
][: None if ROUNDS > 1 else 2]


async def test_a_backup_that_was_killed_is_none_and_the_next_one_is_whole(lost: Lost, again: House) -> None:
    to = lost.folder / "others"
    arguments = ("backup", "--to", to, "--keys", lost.folder / "other-keys.json", "--data", lost.second)
    try:
        for where, name, before in KILLS:
            await asyncio.to_thread(killed, "make", where, name, before, *arguments)
            assert Shelf(to).whole() == []
            with pytest.raises(StackError, match="There is no whole backup"):
                verify(to, None, None, print)
        done = await asyncio.to_thread(casewire, *arguments)
        assert done.returncode == 0, done.stderr
        assert [path.name for path in Shelf(to).backups.iterdir()] == [done.stdout.split()[0]]
        await asyncio.to_thread(verify, to, None, None, print)
    finally:
        shutil.rmtree(to, ignore_errors=True)
