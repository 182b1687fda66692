"""`casewire restore`: a new data directory out of a backup, whole or not at all."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

from deploy.backup import authority, database, ledger, log, retractions
from deploy.backup.keys import Keys, matching, read_keys
from deploy.backup.make import record
from deploy.backup.objects import Named, Put, Say, named, put_back
from deploy.backup.proofs import check_record
from deploy.backup.shelf import Backup, Held, Shelf, check_space, place, to_disk
from deploy.embedded.child import StackError
from deploy.embedded.postgres import Postgres
from deploy.embedded.stack import RESTORING, Stack, remember_credentials
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.migrations import MigrationError, available, migrate
from storage.postgres import backups

POSTGRES_MAJOR = 18
LISTED_MAX = 20  # of what is not there
NO_ADMINISTRATOR = "restore once more with --administrator and the address of whoever did at that moment"
# What a restored house starts as its own: another one's are named by settings, and hold another one's data.
ELSEWHERE = ("CASEWIRE_POSTGRES", "CASEWIRE_S3_URL", "CASEWIRE_NATS")

ENDING = (
    backups.END_SESSIONS,
    backups.END_FAMILIES,
    backups.END_INVITATIONS,
)
DROPPING = (
    backups.UNLOCKED,
    backups.DROP_CHALLENGES,
    backups.DROP_JOURNEYS,
    backups.DROP_LINKS,
    backups.DROP_QUESTIONS,
    backups.DROP_CODES,
    backups.DROP_DEVICE_CODES,
    backups.DROP_KNOWN_BROWSERS,
)


class Wanted(NamedTuple):
    """Which moment: of the backup `name` or the newest that serves; `until` a time after it ended. Neither: all that
    is there, with the log after the newest backup. `as_it_was`: who may what is left as it was at that moment;
    `administrators`: addresses of people who keep that place, though they hold it no longer."""

    name: str | None
    until: datetime | None
    as_it_was: bool = False
    administrators: tuple[str, ...] = ()

    @property
    def to_its_end(self) -> bool:
        return self.name is not None and self.until is None


class Restored(NamedTuple):
    """What came back: from which backup, up to when the last transaction was, how many objects, and which of those that
    the database names stand in no backup; what was taken away again, how much of each kind."""

    name: str
    reached: datetime
    objects: int
    absent: list[Named]
    taken: dict[str, int]


class Since(NamedTuple):
    """What lies beside the backups and is applied to whatever moment comes back: what was destroyed, and who may what
    by now (None: nobody wrote it, or it is not wanted)."""

    destroyed: list[str]
    standing: authority.Standing | None


class Unfinished(Stack):
    """The servers of a data directory that is not whole yet, on which nobody else may start."""

    def _check_whole(self) -> None:
        pass


def restore(place_: Path, keys_file: Path, data: Path, wanted: Wanted, say: Say) -> Restored:
    """Raises `StackError` with one sentence, and leaves `data` empty then."""
    if named_ := [name for name in ELSEWHERE if os.environ.get(name)]:
        raise StackError(
            f"A restored Casewire has servers of its own under --data; unset {named_[0]} meanwhile."
        )
    data = data.absolute()
    shelf = Shelf(place_)
    house = shelf.house()
    with shelf.taken(shared=True):
        backup = choose(shelf, wanted)
        manifest = backup.manifest
        keys = matching(keys_file, house, manifest.prints, manifest.salt)
        backup.check(keys)
        _check_versions(backup)
        sets = [one.keys for one in read_keys(keys_file) if one.house == house]
        since = _since(shelf, sets, wanted, say)
        if not wanted.to_its_end:
            log.check_reaches(shelf, backup, wanted.until)
            log.check(shelf, backup, sets, all_of_it=wanted.until is None)
        held = _holdings(shelf, backup, wanted)
        _check_target(data)
        try:
            (data / RESTORING).touch(mode=0o600)
            check_space(
                data,
                manifest.database_bytes * 2 + sum(one.size for one in held.values()),
                "the restored house",
            )
            return _fill(shelf, backup, data, keys, held, since, wanted, say)
        except OSError as problem:
            _clear(data)
            raise StackError(
                f"The restored house could not be written to {data}: {problem.strerror}."
            ) from None
        except BaseException:
            _clear(data)
            raise


def choose(shelf: Shelf, wanted: Wanted) -> Backup:
    """The backup to begin with. Raises `StackError` when none reaches so far back."""
    if wanted.name is not None:
        backup = shelf.named(wanted.name)
        if wanted.until is not None and wanted.until < backup.manifest.ended_at:
            raise StackError(
                f"The backup {wanted.name} ended at {_said(backup.manifest.ended_at)}; name a later time, or an older "
                "backup."
            )
        return backup
    whole = shelf.whole()
    if not whole:
        raise StackError(f"There is no whole backup in {shelf.place}.")
    fit = [one for one in whole if wanted.until is None or one.manifest.ended_at <= wanted.until]
    if not fit:
        raise StackError(
            f"The oldest backup in {shelf.place} ended at {_said(whole[0].manifest.ended_at)}; nothing before that "
            "can be restored."
        )
    if wanted.until is not None and wanted.until > datetime.now(UTC):
        raise StackError(
            f"{_said(wanted.until)} is still to come; leave --until out to restore all there is."
        )
    return fit[-1]


def _since(shelf: Shelf, sets: Sequence[Keys], wanted: Wanted, say: Say) -> Since:
    destroyed, standing = ledger.read(shelf, sets), authority.read(shelf, sets)
    if standing is None and not wanted.as_it_was:
        say("nobody wrote down who may what by now, so passwords, places and walls are as they were")
    return Since(destroyed, None if wanted.as_it_was else standing)


def _check_versions(backup: Backup) -> None:
    manifest = backup.manifest
    known = len(available())
    if manifest.schema > known:
        raise StackError(
            f"The backup {manifest.name} was made by a newer Casewire (its database is at {manifest.schema:04d}, this "
            f"one ends at {known:04d}); restore it with the newer one."
        )
    if manifest.postgres // 10000 != POSTGRES_MAJOR:
        raise StackError(
            f"The backup {manifest.name} is of PostgreSQL {manifest.postgres // 10000} and this Casewire brings "
            f"{POSTGRES_MAJOR}; restore its folder postgres/ with the tools of that version."
        )
    if database.base_digest(backup.folder / "postgres") != manifest.database_sha256:
        raise StackError(
            f"The backup {backup.folder} is damaged: the database's manifest is not as it was written."
        )


def _holdings(shelf: Shelf, backup: Backup, wanted: Wanted) -> dict[Any, Held]:
    """What can be put back, by what the database calls it. Raises `StackError` where the backup's own are missing."""
    own = {place(one): one for one in shelf.held(backup)}
    for one in own.values():
        if not shelf.has(one):
            raise StackError(
                f"The backup is not whole: object {one.sha256} ({one.key}) is missing or cut off."
            )
    if wanted.to_its_end:
        return own
    later = [one for other in shelf.whole() for one in shelf.held(other)]
    return {place(one): one for one in [*later, *shelf.since(backup.manifest.epoch)]} | own


def _check_target(data: Path) -> None:
    """Make the directory, or see that it is empty; what an interrupted restore left is cleared away."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (data / RESTORING).exists():
            _clear(data)
        if any(data.iterdir()):
            raise StackError(f"{data} is not empty; restore into a fresh directory.")
    except OSError as problem:
        raise StackError(f"{data} cannot be written: {problem.strerror}.") from None


def _clear(data: Path) -> None:
    """All but the mark first, so that at no moment something is there that would start."""
    for path in data.iterdir():
        if path.name != RESTORING:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    (data / RESTORING).unlink(missing_ok=True)


def _fill(
    shelf: Shelf,
    backup: Backup,
    data: Path,
    keys: Mapping[str, str],
    held: Mapping[Any, Held],
    since: Since,
    wanted: Wanted,
    say: Say,
) -> Restored:
    remember_credentials(data, keys)
    say("laying down the database")
    _lay_down(backup.folder / "postgres", data / "postgres")
    environ = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    stack = Unfinished(data, environ=environ, embed=("postgres", "objects"))
    stack.prepare()
    try:
        assert stack.postgres is not None and stack.objects is not None
        stack.objects.child.start()  # it takes longest to come up
        _own_all(stack.postgres)
        say("recovering the database")
        wal = None if wanted.to_its_end else shelf.wal(backup.manifest.epoch)
        lsn = database.recover(stack.postgres, database.Recovery(wal, wanted.until), backup.manifest)
        stack.postgres.child.start()
        stack.wait_database()
        stack.wait_ready()
        settings = Settings.read(stack.settings("operator"))
        restored = asyncio.run(
            _bring_up(stack.postgres, settings, shelf, backup, held, since, lsn, wanted, say)
        )
        check_record(settings, backup.manifest, say)
    finally:
        stack.stop()
    to_disk(data)
    (data / RESTORING).unlink()
    to_disk(data)
    return restored


def _lay_down(source: Path, home: Path) -> None:
    try:
        shutil.copytree(source, home, copy_function=shutil.copyfile)
    except (OSError, shutil.Error) as problem:
        raise StackError(f"The database could not be copied to {home}: {problem}.") from None
    home.chmod(0o700)
    database.check_base(home)
    for file, text in database.OWN_FILES.items():
        (home / file).write_text(text)


def _own_all(postgres: Postgres) -> None:
    for path in (postgres.home, *postgres.home.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        postgres.own(path)


async def _bring_up(
    postgres: Postgres,
    settings: Settings,
    shelf: Shelf,
    backup: Backup,
    held: Mapping[Any, Held],
    since: Since,
    lsn: str | None,
    wanted: Wanted,
    say: Say,
) -> Restored:
    """Objects first, then all that makes of the copy a history of its own, in one transaction."""
    try:
        for name in await migrate(settings.postgres_owner):
            say(f"migrated: {name}")
    except MigrationError as problem:
        raise StackError(str(problem)) from None
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    blobs = Blobs(settings)
    try:
        reached = await connection.fetchval(backups.REACHED) or backup.manifest.ended_at
        epoch = await connection.fetchval("select value from epoch")
        if n := await ledger.apply(connection, since.destroyed):
            say(f"erased again what had been erased since, and held again what was held: {n}")
        if n := await retractions.apply(settings, connection, since.destroyed):
            say(f"taken back again what people had taken back since: {n}")
        taken: dict[str, int] = {}
        if since.standing is not None and since.standing.later_than(epoch, lsn, reached):
            taken = await authority.apply(connection, since.standing, wanted.administrators)
        names = await named(connection)
        present = [held[one.place] for one in names if one.place in held]
        absent = [one for one in names if one.place not in held and one.version is not None]
        say(f"putting {len(present)} objects back")
        done = await put_back(blobs, shelf, present, say)
        now = datetime.now(UTC)
        async with connection.transaction():
            # The same bytes under another name of the store: no hold stands against that, though its triggers would.
            await connection.execute("set local session_replication_role = replica")
            await _repin(connection, backups.REPIN, "documents", done)
            await _repin(connection, backups.REPIN_QUARANTINE, "quarantine", done)
            await connection.execute("set local session_replication_role = origin")
            await connection.execute(backups.NEW_EPOCH, secrets.token_hex(16))
            for statement in ENDING:
                await connection.execute(statement, now)
            for statement in DROPPING:
                await connection.execute(statement)
            until = f" until {_said(wanted.until)}" if wanted.until else ""
            about = f"{backup.manifest.name}{until}{' as it was' if wanted.as_it_was else ''}"
            await record(connection, "backup.restored", "; ".join([about, *authority.said(taken)]))
        for name in await authority.nobody_administers(connection):
            say(f"nobody administers {name} any more; {NO_ADMINISTRATOR}")
        return Restored(backup.manifest.name, reached, len(done), absent, taken)
    finally:
        await connection.close()
        blobs.close()


async def _repin(connection: Any, statement: str, bucket: str, done: Sequence[Put]) -> None:
    pinned = [one for one in done if one.held.bucket == bucket and one.held.version is not None]
    await connection.execute(
        statement,
        [one.held.key for one in pinned],
        [one.held.version for one in pinned],
        [one.version for one in pinned],
    )


def _said(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
