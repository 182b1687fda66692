"""`casewire backup` and `casewire restore`, as a person types them."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from deploy.backup.make import House

Data = Annotated[
    Path | None, Parameter(help="Data directory of the stack; default CASEWIRE_DATA, else .data.")
]
To = Annotated[Path, Parameter(help="The directory of backups.")]

backup = App(
    name="backup",
    help="Copy a running Casewire, and look after the copies.",
    default_parameter=Parameter(negative=()),
)


@backup.default
def make(*, to: To, keys: Path | None = None, postgres: str | None = None, data: Data = None) -> None:
    """Make a backup while everything runs. What an earlier one holds is not copied again.

    Args:
        keys: File for the keys, to be kept elsewhere: without them nobody reads what the backup holds.
        postgres: DSN of a role that may replicate, where the database is not the embedded one.
    """
    from deploy.backup.make import make as run

    house = _house(data)
    name, lost = run(house, to, keys, postgres, _say)
    print(f"{name} is made in {to.absolute()}")
    if keys is None:
        _say("The keys are not in it; --keys FILE writes them, to be kept elsewhere.")
    if lost:
        sys.exit(1)


@backup.command
def verify(name: str | None = None, *, to: To, keys: Path | None = None) -> None:
    """Read every byte of one backup, or of all, and compare it with what was written.

    Args:
        name: Of the backup; all when it is left out.
        keys: File of the keys: then also that nobody else wrote the backup.
    """
    from deploy.backup.look import verify as run

    run(to, name, keys, print)


@backup.command(name="list")
def list_(*, to: To, data: Data = None) -> None:
    """What backups there are, and what each still holds that has been erased since."""
    from deploy import find
    from deploy.backup.look import show
    from deploy.embedded.child import StackError

    try:
        settings = find.settings(data)
    except StackError:
        if data is not None:
            raise
        settings = None  # nothing runs here: what was erased since nobody can say
    show(to, settings, print)


@backup.command
def prune(*, to: To, keep: int) -> None:
    """Remove old backups, and the objects and the log that only they needed.

    Args:
        keep: How many of the newest stay.
    """
    from deploy.backup.look import prune as run

    run(to, keep, print)


@backup.command
def follow(*, to: To, postgres: str | None = None, data: Data = None) -> None:
    """Stay, and take PostgreSQL's log and new objects into the directory as they come, so that a restore may end at any
    time after a backup. `casewire up --follow DIR` does it too.

    Args:
        postgres: DSN of a role that may replicate, where the database is not the embedded one.
    """
    from deploy.backup.follow import Follower

    def asked(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, asked)
    try:
        Follower(_house(data), to, postgres, _say).run()
    except KeyboardInterrupt:
        _say("stopped following")


def restore(
    *,
    from_: Annotated[Path, Parameter(name="--from")],
    keys: Path,
    data: Path,
    until: str | None = None,
    backup: str | None = None,
    as_it_was: bool = False,
    administrator: list[str] | None = None,
) -> None:
    """Make a new data directory out of a backup. Everybody has to sign in again, and clients read anew. What was taken
    away after the moment that comes back (places, passwords, second factors, secrets) is taken away again, and walls
    that were raised stand.

    Without `--until` and `--backup` it is the newest there is: the newest backup and what was followed since.

    Args:
        from_: The directory of backups.
        keys: The file that `casewire backup --keys` wrote.
        data: The new data directory; absent or empty.
        until: A time after the backup ended, such as 2026-03-01T09:00:00Z; in UTC unless it says otherwise.
        backup: Name of the backup; alone: as everything was when it ended.
        as_it_was: Leave who may what as it was at that moment, also what has been taken away since.
        administrator: Address of somebody who administered an organisation at that moment and keeps that place.
    """
    from deploy.backup.authority import said
    from deploy.backup.restore import LISTED_MAX, Wanted
    from deploy.backup.restore import restore as run

    wanted = Wanted(backup, _time(until), as_it_was, tuple(administrator or ()))
    done = run(from_, keys, data, wanted, _say)
    print(
        f"{done.name} is restored into {data.absolute()}; the last event is of {done.reached:%Y-%m-%d %H:%M:%S} UTC"
    )
    if done.taken:
        print("taken away again, as it was after that:")
    for line in said(done.taken):
        print(f"  {line}")
    print(f"start it with `casewire up --data {data}`; everybody signs in again")
    if done.absent:
        print(
            f"{len(done.absent)} objects came after the last copy, or were erased meanwhile, and are not there:"
        )
        print("\n".join(f"  {one.key}" for one in done.absent[:LISTED_MAX]))
        sys.exit(1)


def _house(data: Path | None) -> "House":
    from deploy import find
    from deploy.backup.make import House

    found = find.running(data)
    environs = list(found["environ"].values()) if found is not None else [dict(os.environ)]
    return House.of(find.settings(data), environs)


def _time(said: str | None) -> datetime | None:
    from deploy.embedded.child import StackError

    if said is None:
        return None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise StackError(f"--until must be a time such as 2026-03-01T09:00:00Z, not {said!r}.") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _say(text: str) -> None:
    """Progress goes beside the answer, at once."""
    os.write(2, (text + "\n").encode())
