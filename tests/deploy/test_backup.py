"""What a directory of backups refuses and keeps, without any server: marks, manifests, keys, choices, removal."""

import fcntl
import os
import shutil
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec
import pytest

from deploy.backup import follow, ledger, log
from deploy.backup import keys as key_files
from deploy.backup import shelf as shelves
from deploy.backup.follow import Follower
from deploy.backup.keys import KEPT, keys_of, matching, prints_of, read_keys, save_keys
from deploy.backup.look import prune, show
from deploy.backup.make import House, make
from deploy.backup.restore import Wanted, choose, restore
from deploy.backup.shelf import MARK, PART, Held, Manifest, Shelf, lines
from deploy.embedded.child import StackError
from deploy.embedded.stack import RESTORING, Stack
from schemas.settings import SECRETS, Settings
from storage.postgres import backups
from tests.conftest import Database

HOUSE, OTHER = "7001", "7002"
KEYS = {"secret": "s" * 40, "seal_key": "k" * 40, "root_key": "r" * 44}
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def says(text: str) -> None:
    print(text)


def kept(shelf: Shelf, name: str, ended_at: datetime, contents: list[bytes], *, epoch: str = "e1") -> None:
    """A whole backup, as far as a shelf looks into one, of objects with these contents."""
    folder = shelf.backups / name
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "backup_manifest").write_text('{"Files": [{"Size": 7}]}')
    segment = f"{int(ended_at.timestamp()) % 10**9:024d}"
    (folder / "postgres" / "backup_label").write_text(f"START WAL LOCATION: 0/2000028 (file {segment})\n")
    held: list[Held] = []
    for n, data in enumerate(contents):
        digest = sha256(data).hexdigest()
        path = shelf.object(digest)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        held.append(Held("documents", f"key{n}", f"v{n}", digest, len(data)))
    data = lines(held)
    (folder / "objects.jsonl").write_bytes(data)
    salt = "5a17"
    manifest = Manifest(
        name=name, house=HOUSE, epoch=epoch, began_at=ended_at, ended_at=ended_at, schema=1, postgres=180001,
        database_bytes=7, database_sha256="", objects=len(held), objects_bytes=sum(map(len, contents)),
        objects_sha256=sha256(data).hexdigest(), lost=0, checkpoints={}, audit_keys=[], salt=salt,
        prints=prints_of(KEYS, salt),
    )  # fmt: skip
    shelf.write_manifest(folder, manifest, KEYS)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "backups")
    made.make(HOUSE)
    kept(made, "b1", NOW, [b"one", b"both"])
    kept(made, "b2", NOW + timedelta(hours=1), [b"two", b"both"])
    return made


# -- whose directory it is ---------------------------------------------------------------------------------


def test_a_directory_of_another_house_a_newer_version_or_something_else_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "a")
    shelf.make(HOUSE)
    shelf.make(HOUSE)
    with pytest.raises(StackError, match="another Casewire"):
        shelf.make(OTHER)
    (shelf.place / MARK).write_bytes(msgspec.json.encode({"casewire_backups": 2, "house": HOUSE}))
    with pytest.raises(StackError, match="of version 2 and this Casewire knows versions up to 1"):
        shelf.house()
    (shelf.place / MARK).write_text("{")
    with pytest.raises(StackError, match="damaged"):
        shelf.house()
    with pytest.raises(StackError, match="There are no backups"):
        Shelf(tmp_path / "absent").house()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(StackError, match="not empty and holds no backups"):
        Shelf(tmp_path / "mine").make(HOUSE)


def test_one_backup_is_made_at_a_time_and_readers_keep_removers_out(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "LOCK_WAIT_S", 0.0)
    with shelf.taken(), pytest.raises(StackError, match="Another backup works"), shelf.taken():
        pass
    with shelf.taken(shared=True), shelf.taken(shared=True):
        with pytest.raises(StackError, match="Another backup works"):
            prune(shelf.place, 1, says)
    with shelf.taken(), pytest.raises(StackError, match="Another backup works"):
        show(shelf.place, None, says)


# -- manifests ---------------------------------------------------------------------------------------------


def test_a_manifest_that_was_cut_or_changed_anywhere_is_none(shelf: Shelf) -> None:
    file = shelf.backups / "b1" / "manifest.json"
    whole = file.read_bytes()
    for n in range(len(whole) - 2):
        file.write_bytes(whole[:n])
        with pytest.raises(StackError, match="not whole"):
            shelf.named("b1")
    for n in range(0, whole.index(b"\n"), 3):
        file.write_bytes(whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :])
        with pytest.raises(StackError, match="not whole"):
            shelf.named("b1")
    file.write_bytes(whole)
    shelf.named("b1").check(KEYS)


def test_who_has_not_the_keys_writes_no_manifest(shelf: Shelf) -> None:
    backup = shelf.named("b1")
    theirs = KEYS | {"root_key": "x" * 44}
    shelf.write_manifest(backup.folder, msgspec.structs.replace(backup.manifest, epoch="theirs"), theirs)
    with pytest.raises(StackError, match="it has been exchanged"):
        shelf.named("b1").check(KEYS)


def test_a_list_of_objects_that_was_changed_is_refused(shelf: Shelf) -> None:
    file = shelf.backups / "b1" / "objects.jsonl"
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(StackError, match=r"objects\.jsonl is not as it was written"):
        shelf.held(shelf.named("b1"))


def test_a_backup_of_a_newer_version_is_refused(shelf: Shelf) -> None:
    backup = shelf.named("b1")
    shelf.write_manifest(backup.folder, msgspec.structs.replace(backup.manifest, format=2), KEYS)
    with pytest.raises(StackError, match="of version 2 and this Casewire knows versions up to 1"):
        shelf.named("b1")


def test_an_interrupted_backup_is_none_and_names_lead_nowhere_else(shelf: Shelf) -> None:
    (shelf.backups / ("b3" + PART)).mkdir()
    assert [backup.manifest.name for backup in shelf.whole()] == ["b1", "b2"]
    for name in ("b3" + PART, "b3", "../backups/b1"):
        with pytest.raises(StackError, match="There is no backup"):
            shelf.named(name)
    shelf.clear_parts()
    assert sorted(path.name for path in shelf.backups.iterdir()) == ["b1", "b2"]


def test_of_what_was_followed_a_line_that_was_cut_off_stands_for_nothing(shelf: Shelf) -> None:
    shelf.wal("e1").mkdir(parents=True)
    held = Held("documents", "k", "v", "0" * 64, 3)
    (shelf.wal("e1") / "objects.jsonl").write_bytes(lines([held]) + lines([held])[:-4])
    assert shelf.since("e1") == [held] and shelf.since("e2") == []


SEGMENT_BYTES = 1 << 24


def received(shelf: Shelf, *folders: list[str]) -> None:
    for n, names in enumerate(folders):
        folder = shelf.wal("e1") / str(n)
        folder.mkdir(parents=True)
        for name in names:
            with (folder / name).open("wb") as file:
                file.truncate(SEGMENT_BYTES)
            os.utime(folder / name, (NOW.timestamp() + 1800, NOW.timestamp() + 1800))


def segment(n: int, *, partial: bool = False) -> str:
    return f"00000001{n >> 8:08X}{n & 255:08X}" + (".partial" if partial else "")


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        ([segment(254), segment(255)], [segment(256)], False),
        ([segment(254), segment(255)], [segment(257)], True),
        ([segment(254), segment(255, partial=True)], [segment(255)], False),
        ([segment(254), segment(255, partial=True)], [segment(256)], True),
        ([segment(254), segment(255), segment(256, partial=True)], [segment(256), segment(257, partial=True)], False),
        ([segment(254)], [segment(300, partial=True)], True),
    ],
    ids=["next", "skipped", "begun again", "cut off", "overlapping", "far"],
)  # fmt: skip
def test_a_gap_is_seen_by_the_numbers_of_segments(
    shelf: Shelf, before: list[str], after: list[str], missing: bool
) -> None:
    received(shelf, before, after)
    (shelf.wal("e1") / "objects.jsonl").write_text("")
    gaps = log.gaps(shelf, "e1")
    assert [gap.to for gap in gaps] == ([after[0].removesuffix(".partial")] if missing else [])
    backup = shelf.named("b1")
    label = backup.folder / "postgres" / "backup_label"
    label.write_text(f"START WAL LOCATION: 0/2000028 (file {segment(254)})\n")
    log.check_reaches(shelf, backup, NOW + timedelta(minutes=29))
    if missing:
        for until in (None, NOW + timedelta(minutes=30)):
            with pytest.raises(StackError, match="has a gap from 2026-03-01 09:30:00 UTC on"):
                log.check_reaches(shelf, backup, until)
        label.write_text(f"START WAL LOCATION: 0/2000028 (file {gaps[0].to})\n")
    log.check_reaches(shelf, backup, None)


async def test_what_was_received_is_signed_for_and_may_only_grow(shelf: Shelf) -> None:
    class On:
        async def fetchval(self, statement: str, slot: str) -> str:
            return "1/800000"  # in the middle of the segment that is not whole

    received(shelf, [segment(255), segment(256, partial=True)])
    followed, objects = shelf.wal("e1") / "0", shelf.wal("e1") / "objects.jsonl"
    objects.write_bytes(lines([Held("documents", "k", "v", "0" * 64, 3)]))
    backup = shelf.named("b1")
    (backup.folder / "postgres" / "backup_label").write_text(f"(file {segment(255)})\n")
    await log.note(On(), shelf, "e1", "slot", KEYS)

    def flip(file: Path, at: int) -> None:
        with file.open("r+b") as opened:
            opened.seek(at)
            opened.write(b"x")

    # What comes later, and a segment that has become whole meanwhile, is as good.
    flip(followed / segment(256, partial=True), 0x800000)
    (followed / segment(256, partial=True)).rename(followed / segment(256))
    with objects.open("ab") as file:
        file.write(b"{}\n")
    log.check(shelf, backup, [KEYS], all_of_it=True)
    for name in (segment(255), segment(256)):
        whole = (followed / name).read_bytes()
        flip(followed / name, 0x7FFFFF)
        with pytest.raises(
            StackError, match=f"0/{name} is missing or holds other bytes than were received; name a"
        ):
            log.check(shelf, backup, [KEYS], all_of_it=True)
        log.check(shelf, backup, [KEYS], all_of_it=False)
        (followed / name).write_bytes(whole)
    flip(objects, 5)
    with pytest.raises(
        StackError, match=r"objects\.jsonl is missing or holds other bytes than were received\."
    ):
        log.check(shelf, backup, [KEYS], all_of_it=False)
    with pytest.raises(StackError, match="was not written with these keys"):
        log.check(shelf, backup, [KEYS | {"secret": "x" * 40}], all_of_it=True)


# -- keys --------------------------------------------------------------------------------------------------


def test_keys_are_for_their_owner_alone_and_older_ones_stay(tmp_path: Path) -> None:
    file = tmp_path / "apart" / "keys.json"
    before = os.umask(0)
    try:
        assert save_keys(file, HOUSE, KEYS, NOW) and not save_keys(file, HOUSE, KEYS, NOW)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    newer = KEYS | {"root_key": "n" * 44}
    assert save_keys(file, HOUSE, newer, NOW)
    for keys in (KEYS, newer):
        assert matching(file, HOUSE, prints_of(keys, "salt"), "salt") == keys
    with pytest.raises(StackError, match="does not hold the keys with which"):
        matching(file, HOUSE, prints_of(KEYS | {"secret": "t" * 40}, "salt"), "salt")
    with pytest.raises(StackError, match="another Casewire"):
        matching(file, OTHER, prints_of(KEYS | {"secret": "t" * 40}, "salt"), "salt")
    with pytest.raises(StackError, match="another Casewire"):
        save_keys(file, OTHER, KEYS, NOW)


def test_what_is_no_file_of_keys_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    with pytest.raises(StackError, match="There is no file"):
        read_keys(file)
    for wrong in (b"", b"{", b"[]", b"\x00" * 100, b'{"sets": [{"house": 1}]}'):
        file.write_bytes(wrong)
        with pytest.raises(StackError, match="cannot be read as a file of keys"):
            read_keys(file)
    file.write_bytes(b'{"casewire_keys": 2, "sets": []}')
    with pytest.raises(StackError, match="of version 2"):
        read_keys(file)


def test_every_secret_of_the_settings_is_kept_or_opens_a_server_alone(tmp_path: Path) -> None:
    """A key that is forgotten here is found missing when nothing can be read any more."""
    assert {"secret", "seal_key", "root_key", "audit_key"} <= KEPT
    assert SECRETS - KEPT == key_files.OF_SERVERS
    root = tmp_path / "root"
    root.write_text("one\ntwo\n")
    environs = [
        {"CASEWIRE_SECRET": "a", "CASEWIRE_NATS_PASSWORD": "b"},
        {"CASEWIRE_ROOT_KEY_FILE": str(root)},
    ]
    assert keys_of(environs) == {"secret": "a", "root_key": "one,two"}


def test_keys_are_not_put_beside_what_they_open(tmp_path: Path) -> None:
    house = House(Settings.read({}), tmp_path, KEYS)
    with pytest.raises(StackError, match="Keep the keys apart"):
        make(house, tmp_path / "b", tmp_path / "b" / "keys.json", None, says)
    assert not (tmp_path / "b").exists()
    with pytest.raises(StackError, match="keys are not known here"):
        House.of(Settings.read({}), [{}])


# -- which backup ------------------------------------------------------------------------------------------


def test_the_newest_backup_that_reaches_far_enough_back_is_chosen(shelf: Shelf) -> None:
    def chosen(name: str | None = None, until: datetime | None = None) -> str:
        return choose(shelf, Wanted(name, until)).manifest.name

    assert chosen() == "b2" and chosen("b1") == "b1"
    assert (
        chosen(until=NOW + timedelta(minutes=30)) == "b1" and chosen(until=NOW + timedelta(hours=1)) == "b2"
    )
    assert chosen("b1", NOW + timedelta(hours=2)) == "b1"
    with pytest.raises(StackError, match=r"The oldest backup in .* ended at 2026-03-01 09:00:00 UTC"):
        chosen(until=NOW - timedelta(seconds=1))
    with pytest.raises(StackError, match="name a later time, or an older backup"):
        chosen("b2", NOW + timedelta(minutes=30))
    with pytest.raises(StackError, match="still to come"):
        chosen(until=datetime.now(UTC) + timedelta(hours=1))
    shutil.rmtree(shelf.backups)
    with pytest.raises(StackError, match="There is no whole backup"):
        chosen()


# -- removal -----------------------------------------------------------------------------------------------


def test_pruning_removes_what_only_the_old_ones_held(shelf: Shelf) -> None:
    kept(shelf, "b3", NOW + timedelta(hours=2), [b"three"], epoch="e2")
    log = shelf.wal("e1") / "0"
    log.mkdir(parents=True)
    older, newer = (f"{int((NOW + timedelta(hours=h)).timestamp()) % 10**9:024d}" for h in (0, 1))
    for name in (older, newer):
        (log / name).write_text("")
    followed = b"followed"
    path = shelf.object(sha256(followed).hexdigest())
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(followed)
    (shelf.wal("e1") / "objects.jsonl").write_bytes(lines([Held("documents", "f", "f", path.name, 8)]))

    assert prune(shelf.place, 2, says) == 1
    assert [backup.manifest.name for backup in shelf.whole()] == ["b2", "b3"]
    assert contents(shelf) == {b"two", b"both", b"three", followed}
    assert [path.name for path in log.iterdir()] == [newer]

    assert prune(shelf.place, 1, says) == 1  # the last one of its history: the log goes with it
    assert contents(shelf) == {b"three"} and not shelf.wal("e1").exists()
    assert prune(shelf.place, 1, says) == 0 and len(shelf.whole()) == 1
    for wrong in (0, -1):
        with pytest.raises(StackError, match="--keep must be"):
            prune(shelf.place, wrong, says)


def contents(shelf: Shelf) -> set[bytes]:
    return {path.read_bytes() for path in shelf.objects.glob("*/*")}


def test_a_list_says_what_older_backups_hold(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    (shelf.backups / ("b3" + PART)).mkdir()
    show(shelf.place, None, says)
    said = capsys.readouterr().out
    assert "b1  2026-03-01 09:00:00 UTC  2 objects" in said and "b3  interrupted" in said
    assert "what has been erased since stays in it" in said


# -- what was erased ---------------------------------------------------------------------------------------


async def test_a_ledger_grows_and_is_written_by_who_has_the_keys(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    async def lines_of(connection: object) -> list[str]:
        return said

    monkeypatch.setattr(ledger.ledger, "lines", lines_of)
    one, changed, two = (
        f'{{"row": {{"{by}": "{id}", "n": {n}}}, "what": "{what}"}}'
        for what, by, id, n in (
            ("hold", "id", "1", 1),
            ("hold", "id", "1", 2),
            ("tombstone", "thing", "1", 1),
        )
    )
    await ledger.keep(None, shelf, KEYS)
    file = ledger.file_of(shelf.place, ledger.NAME, KEYS)
    assert ledger.read(shelf, [KEYS]) == [] and not file.exists()
    for now, held in (([one], [one]), ([changed, two], [changed, two]), ([], [changed, two])):
        said[:] = now
        await ledger.keep(None, shelf, KEYS)
        assert ledger.read(shelf, [KEYS]) == held
    whole = file.read_text()
    for wrong in (
        whole.replace('"1"', '"2"', 1),
        whole.splitlines(keepends=True)[0],
        "",
        whole[:-20],
        whole + "{}\n",
    ):
        file.write_text(wrong)
        with pytest.raises(StackError, match="was not written with these keys, or is damaged"):
            ledger.read(shelf, [KEYS])
    file.write_text(whole)
    # A house whose keys change goes on in another file; both count for whoever has both, as a file of keys does.
    newer = KEYS | {"root_key": "n" * 44}
    with pytest.raises(StackError, match="was not written with these keys"):
        ledger.read(shelf, [newer])
    said[:] = [two]
    await ledger.keep(None, shelf, newer)
    assert set(ledger.read(shelf, [KEYS, newer])) == {changed, two}
    # As an earlier version wrote it.
    file.rename(shelf.place / "erasures.jsonl")
    assert set(ledger.read(shelf, [KEYS, newer])) == {changed, two}


# -- a target ----------------------------------------------------------------------------------------------


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_full_disk_is_found_before_anything_is_written(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - 2**20, 2**20))
    with pytest.raises(StackError, match=r"has 1 MiB free and copying needs 2\d\d"):
        shelf.check_space(5 << 20, "copying")


def test_an_unfinished_restore_does_not_start(tmp_path: Path) -> None:
    (tmp_path / RESTORING).touch()
    with pytest.raises(StackError, match="was interrupted, so it is not whole"):
        Stack(tmp_path, environ={}).prepare()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "lock") == [RESTORING]


def test_servers_of_somebody_elses_are_not_restored_into(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWIRE_POSTGRES", "postgresql://casewire_app@db.example/casewire")
    with pytest.raises(StackError, match="unset CASEWIRE_POSTGRES"):
        restore(shelf.place, tmp_path / "keys", tmp_path / "new", Wanted(None, None), says)
    assert not (tmp_path / "new").exists()


# -- the database ------------------------------------------------------------------------------------------


async def test_every_column_that_names_an_object_is_known(database: Database) -> None:
    """A new one must be copied, and pinned anew after a restore."""
    connection = await asyncpg.connect(database.superuser)
    try:
        found = await connection.fetch(
            "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public'"
            " and column_name ~ '(object|quarantine|blob|bucket|s3)_?(key|version|name)?$'"
            " and data_type = 'text' order by 1"
        )
    finally:
        await connection.close()
    known = {
        "versions.object_key",
        "versions.object_version",
        "versions.quarantine_key",
        "versions.quarantine_version",
    }
    # What the store locks is not pinned by it: a restored house locks anew.
    assert {row[0] for row in found} == known | {"object_locks.object_version"}
    assert all(name.partition(".")[2] in backups.NAMED for name in known)


def test_a_lock_file_that_stays_locks_nobody(shelf: Shelf) -> None:
    with shelf.taken():
        pass
    with (shelf.place / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_what_stands_in_the_way_of_objects_is_said_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    follower, told = Follower.__new__(Follower), list[str]()
    turns = iter(["a backup works", "a backup works", None, "a backup works", "the store is away"])

    def objects(epoch: str) -> None:
        if (problem := next(turns, "over")) == "over":
            raise KeyboardInterrupt
        if problem is not None:
            raise StackError(problem)

    monkeypatch.setattr(follow, "OBJECTS_EVERY_S", 0)
    monkeypatch.setattr(follow, "TICK_S", 0)
    for name, value in (("say", told.append), ("objects", objects), ("_receive", says), ("_receiving", None)):
        monkeypatch.setattr(follower, name, value, raising=False)
    with pytest.raises(KeyboardInterrupt):
        follower._follow(tmp_path, "e1")
    assert told == ["a backup works", "a backup works", "the store is away"]
