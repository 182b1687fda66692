"""What happens between backups: PostgreSQL's log as it is written, and the objects as they come."""

import asyncio
import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.backup import database
from deploy.backup.make import House, ask, copy_objects, keep_ledger, keep_received
from deploy.backup.objects import EVER, Say
from deploy.backup.shelf import Held, Place, Shelf, lines, locked, place, to_disk
from deploy.embedded.child import StackError, die_with_parent

SLOT = "casewire_follow"
OBJECTS_EVERY_S = 5.0
LOOKED_BACK = timedelta(minutes=10)
AGAIN_AFTER_S = 2.0
ASKING_PART = 20  # of the time, one part in so many
TICK_S = 0.2


class Follower:
    """Streams the log of one house into a shelf until asked to stop."""

    def __init__(self, house: House, to: Path, dsn: str | None, say: Say) -> None:
        self.house, self.shelf, self.say = house, Shelf(to), say
        self.dsn = dsn or database.copying_dsn(house.settings, house.data, None)
        self._known: dict[Place, Held] | None = None
        self._from = self._ledger_from = EVER
        self._receiving: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises `StackError` when it cannot go on."""
        about = asyncio.run(ask(self.house))
        self.shelf.make(about.house)
        folder = self.shelf.wal(about.epoch)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / "lock").open("a") as lock:
            if not locked(lock):
                raise StackError(f"Another one already follows this Casewire into {self.shelf.place}.")
            self.say(f"following into {self.shelf.place}")
            try:
                self._follow(folder, about.epoch)
            finally:
                self._stop()

    def _follow(self, folder: Path, epoch: str) -> None:
        objects_at, said = 0.0, ""
        while True:
            if self._receiving is None or self._receiving.poll() is not None:
                self._receive(folder)
            if time.monotonic() - objects_at >= OBJECTS_EVERY_S:
                try:
                    self.objects(epoch)
                    said = ""
                except StackError as problem:  # the servers are away for a moment, or a backup is being made
                    if said != str(problem):  # once, not every few seconds while it lasts
                        self.say(said := str(problem))
                objects_at = time.monotonic()
            time.sleep(TICK_S)

    def _receive(self, folder: Path) -> None:
        """Start the receiver, after the last segment that is there. Where the server has no longer what comes next, it
        begins anew in a folder of its own: recovery stops where something is missing."""
        parts = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: int(path.name))
        if self._receiving is not None:
            said = (self._receiving.stderr.read() if self._receiving.stderr else "") or ""
            lost = "has already been removed" in said or "can no longer" in said or "invalidated" in said
            self.say(f"the log is not received: {said.strip().splitlines()[-1:] or ['no reason']}")
            if lost:
                self.say("a part of the log is gone before it was fetched; make a backup now")
                database.run("pg_receivewal", self.dsn, "--drop-slot", "-S", SLOT, "-w")
                parts.append(folder / str(len(parts)))
            time.sleep(AGAIN_AFTER_S)
        made = database.run("pg_receivewal", self.dsn, "--create-slot", "--if-not-exists", "-S", SLOT, "-w")
        if made.returncode != 0 and "REPLICATION" in made.stderr:
            raise StackError(
                "The database role may not replicate, so its log cannot be followed; see --postgres."
            )
        to = parts[-1] if parts else folder / "0"
        to.mkdir(exist_ok=True, mode=0o700)
        argv, environ = database.command(
            "pg_receivewal",
            self.dsn,
            "-D",
            str(to),
            "-S",
            SLOT,
            "--synchronous",
            "--no-loop",
            "-w",
            "-s",
            "1",
        )
        self._receiving = subprocess.Popen(
            argv, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - no other thread runs now
        )  # fmt: skip

    def objects(self, epoch: str) -> int:
        """Copy the objects that came since; how many."""
        with self.shelf.taken(wait_s=0):
            known = self.shelf.known(epoch) if self._known is None else self._known
            begun = datetime.now(UTC)
            held, _ = asyncio.run(copy_objects(self.house, self.shelf, known, self.say, self._from))
            fresh = [one for one in held if place(one) not in known and one.version is not None]
            if fresh:
                to_disk(self.shelf.place)
                with (self.shelf.wal(epoch) / "objects.jsonl").open("ab") as file:
                    file.write(lines(fresh))
                    file.flush()
                    os.fsync(file.fileno())
            asyncio.run(keep_received(self.house, self.shelf, epoch, SLOT))
            asked = datetime.now(UTC)
            if asked >= self._ledger_from:
                asyncio.run(keep_ledger(self.house, self.shelf))
                # In a large house to ask takes longer than a round: no more than a part of the time goes into it.
                self._ledger_from = datetime.now(UTC) + (datetime.now(UTC) - asked) * ASKING_PART
            self._known = known | {place(one): one for one in fresh}
            # Clocks differ, and what is committed now may have been dated a while ago.
            self._from = begun - LOOKED_BACK
            return len(fresh)

    def _stop(self) -> None:
        if self._receiving is not None and self._receiving.poll() is None:
            self._receiving.send_signal(signal.SIGINT)  # it ends after what it has is written
            try:
                self._receiving.wait(5)
            except subprocess.TimeoutExpired:
                self._receiving.kill()
