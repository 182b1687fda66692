"""What stands in a directory of backups, whether it is whole, and what is no longer wanted there."""

import asyncio
import shutil
from pathlib import Path

import asyncpg

from deploy.backup import authority, database, ledger, log
from deploy.backup.keys import matching, read_keys
from deploy.backup.log import NAME_CHARS, first_segment, told
from deploy.backup.make import CONNECT_S
from deploy.backup.objects import Say, check_objects, named
from deploy.backup.shelf import PART, Backup, Shelf
from deploy.embedded.child import StackError
from schemas.settings import Settings

KEEP_MAX = 10_000


def verify(place_: Path, name: str | None, keys_file: Path | None, say: Say) -> None:
    """Read everything of one backup, or of all, once. Raises `StackError` for the first thing that is wrong."""
    shelf = Shelf(place_)
    house = shelf.house()
    with shelf.taken(shared=True):
        chosen = [shelf.named(name)] if name is not None else shelf.whole()
        if not chosen:
            raise StackError(f"There is no whole backup in {shelf.place}.")
        for backup in chosen:
            manifest = backup.manifest
            if keys_file is not None:
                backup.check(matching(keys_file, house, manifest.prints, manifest.salt))
                sets = [one.keys for one in read_keys(keys_file) if one.house == house]
                ledger.read(shelf, sets)
                authority.read(shelf, sets)
                log.check(shelf, backup, sets, all_of_it=True)
            folder = backup.folder / "postgres"
            if database.base_digest(folder) != manifest.database_sha256:
                raise StackError(
                    f"The backup {backup.folder} is damaged: the database's manifest is not as it was written."
                )
            database.check_base(folder)
            asyncio.run(check_objects(shelf, shelf.held(backup), say))
            shelf.since(manifest.epoch)  # refuses a list that cannot be read
            say(f"{manifest.name} is whole: {manifest.objects} objects, {_mib(_size(backup))} MiB")
        for line in told(shelf, shelf.whole()):
            say(line)


def show(place_: Path, settings: Settings | None, say: Say) -> None:
    """A line for each backup; with the settings of the house that runs also what of each has been erased since."""
    shelf = Shelf(place_)
    shelf.house()
    with shelf.taken(shared=True):
        whole = shelf.whole()
        now = asyncio.run(_named_now(settings)) if settings is not None and whole else None
        for backup in whole:
            manifest = backup.manifest
            line = (
                f"{manifest.name}  {manifest.ended_at:%Y-%m-%d %H:%M:%S} UTC  {manifest.objects} objects  "
                f"{_mib(_size(backup))} MiB"
            )
            if now is not None:
                # The new store calls an object by another version after a restore, and by the same key.
                erased = {one.key for one in shelf.held(backup) if one.bucket == "documents"} - now
                if erased:
                    line += f"  still holds {len(erased)} objects that were erased since"
            say(line)
        for part in sorted(shelf.backups.glob("*" + PART)):
            say(f"{part.name.removesuffix(PART)}  interrupted; the next backup removes it")
        for line in told(shelf, whole):
            say(line)
        if not whole:
            say("there is no whole backup")
        else:
            say(
                "A backup holds what there was when it was made: what has been erased since stays in it, and can be "
                "read with its keys, until `casewire backup prune` removes it."
            )


def prune(place_: Path, keep: int, say: Say) -> int:
    """Remove all but the newest `keep` whole backups and what only they held; how many were removed."""
    if not 1 <= keep <= KEEP_MAX:
        raise StackError(f"--keep must be 1 to {KEEP_MAX}, not {keep}.")
    shelf = Shelf(place_)
    shelf.house()
    with shelf.taken():
        shelf.clear_parts()
        whole = shelf.whole()
        gone, kept = whole[:-keep], whole[-keep:]
        # Which of the objects stay is known before anything is removed; a manifest goes before what it vouches for.
        epochs = {backup.manifest.epoch for backup in kept} | shelf.followed()
        wanted = {one.sha256 for backup in kept for one in shelf.held(backup)}
        wanted |= {one.sha256 for epoch in epochs for one in shelf.since(epoch)}
        for backup in gone:
            (backup.folder / "manifest.json").unlink()
            backup.folder.replace(backup.folder.with_name(backup.folder.name + PART))
            say(f"removed {backup.manifest.name}")
        shelf.clear_parts()
        _prune_log(shelf, epochs, gone, kept)
        n = 0
        for path in shelf.objects.glob("*/*"):
            if path.name not in wanted:
                path.unlink()
                n += 1
        say(f"removed {n} objects that only they held")
    return len(gone)


def _prune_log(shelf: Shelf, epochs: set[str], gone: list[Backup], kept: list[Backup]) -> None:
    """The log before the oldest backup that is kept of a history serves nobody, nor do histories without any."""
    for backup in gone:
        if backup.manifest.epoch not in epochs:
            shutil.rmtree(shelf.wal(backup.manifest.epoch), ignore_errors=True)
    for epoch in {backup.manifest.epoch for backup in kept}:
        oldest = next(backup for backup in kept if backup.manifest.epoch == epoch)
        segment = first_segment(oldest)
        for folder in shelf.wal(epoch).glob("*/"):
            for file in folder.iterdir():
                if len(file.name) >= NAME_CHARS and file.name[:NAME_CHARS] < segment:
                    file.unlink()


async def _named_now(settings: Settings) -> set[str]:
    try:
        connection = await asyncpg.connect(settings.postgres_owner, timeout=CONNECT_S)
    except (OSError, asyncpg.PostgresError) as problem:
        raise StackError(f"The database does not answer ({problem}); `casewire doctor` says more.") from None
    try:
        keys = {one.key for one in await named(connection)}
    finally:
        await connection.close()
    return keys | {key + ".text" for key in keys}


def _size(backup: Backup) -> int:
    return backup.manifest.database_bytes + backup.manifest.objects_bytes


def _mib(size: int) -> int:
    return (size + (1 << 20) - 1) >> 20
