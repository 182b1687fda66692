"""`casewire up`: the whole product on this machine, from an empty directory to an address to open."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from deploy.embedded.child import Child, StackError
from deploy.embedded.stack import PUBLIC_PORT, Stack
from deploy.find import data_directory
from deploy.supervisor import PROCESSES, Supervisor, child_environment, run_step
from schemas.settings import Settings, SettingsError
from storage.migrations import MigrationError, migrate
from storage.postgres import people

COPIES_MAX = 64  # of one process on one machine

DEMO_ACCOUNTS = (
    ("lawyer@firm.test", "a lawyer of the law office"),
    ("partner@firm.test", "its partner, who administers it"),
    ("client@mail.test", "their client"),
    ("officer@city.test", "an officer of the town hall"),
    ("resident@mail.test", "a resident"),
)


def up(
    *,
    data: Path | None,
    http_port: int,
    live_port: int,
    files_port: int,
    demo: bool,
    servers_only: bool,
    copies: Mapping[str, int],
    follow: Path | None = None,
) -> None:
    """Start everything and stay until asked to stop. `follow` is a directory of backups that takes what happens between
    them. Raises `StackError` with one sentence when it cannot."""
    if few := [kind for kind, count in copies.items() if not 1 <= count <= COPIES_MAX]:
        raise StackError(
            f"There can be 1 to {COPIES_MAX} of each process; --{few[0]}s says {copies[few[0]]}."
        )
    stack = Stack(
        data_directory(data), http_port=http_port, live_port=live_port, files_port=files_port, copies=copies
    )
    processes = () if servers_only else tuple(PROCESSES)
    also = [follower(stack, follow.absolute())] if follow is not None else []
    supervisor = Supervisor(stack, processes, say=say, also=also)

    def before() -> None:
        settings = Settings.read(stack.settings("operator"))
        try:
            for name in asyncio.run(migrate(settings.postgres_owner)):
                say(f"migrated: {name}")
        except (MigrationError, OSError) as problem:
            raise StackError(str(problem)) from problem
        if demo:
            say("making the demo")
            stack.wait_ready()
            run_step(["seed"], stack.settings("operator"))

    def ready() -> None:
        say(f"the servers are up; data in {stack.data}" if servers_only else welcome(stack, demo=demo))

    try:
        supervisor.run(before=before, ready=ready)
    except SettingsError as problem:
        raise StackError(str(problem)) from problem
    say("stopped")


def follower(stack: Stack, to: Path) -> Child:
    """`casewire backup follow` beside the rest."""
    argv = [sys.executable, "-m", "deploy.cli", "backup", "follow", "--to", str(to), "--data", str(stack.data)]
    return Child(name="follow", argv=argv, log=stack.logs / "follow.log", env=child_environment({}))


def welcome(stack: Stack, *, demo: bool) -> str:
    """What a person reads when all of it works."""
    settings = Settings.read(stack.settings("hub"))
    lines = ["", f"  Casewire is ready:  {settings.public_url}", ""]
    if demo:
        lines += [f"    {address:<20} {who}" for address, who in DEMO_ACCOUNTS]
        lines += ["", f"  Password of each:   {settings.demo_password}", ""]
    elif asyncio.run(_set_up_needed(settings)):
        lines += [
            "  Its first page makes your organisation; so does:  casewire init" + _data_hint(stack.data),
            "",
        ]
    for name in stack.processes:
        if name.partition(".")[0] in PUBLIC_PORT and "." in name:
            its = Settings.read(stack.settings(name))
            port = getattr(its, PUBLIC_PORT[name.partition(".")[0]])
            lines.append(f"  {name} listens on {its.http_host}:{port}")
    lines += [f"  Data and logs in {stack.data}. Ctrl-C stops it.", ""]
    return "\n".join(lines)


async def _set_up_needed(settings: Settings) -> bool:
    """Whether the first organisation has still to be made."""
    connection = await asyncpg.connect(settings.postgres_signin)
    try:
        return bool(await connection.fetchval(people.SETUP_NEEDED))
    finally:
        await connection.close()


def _data_hint(data: Path) -> str:
    return "" if data == data_directory(None) else f" --data {data}"


def say(text: str) -> None:
    """One line of progress, at once also where nobody has a terminal."""
    os.write(1, (text + "\n").encode())
