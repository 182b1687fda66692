"""The `casewire` command. Each subcommand imports what it needs when it runs, so that `--help` answers at once."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from deploy.backup.cli import backup, restore

Data = Annotated[
    Path | None, Parameter(help="Data directory of the stack; default CASEWIRE_DATA, else .data.")
]

app = App(
    name="casewire",
    help="Messaging and documents for case work, live.",
    version_flags=["--version"],
    default_parameter=Parameter(negative=()),  # what is off by default needs no word to be off
)
imports = App(name="import", help="Bring in cases from files.")
app.command(imports)
erasures = App(name="erasures", help="The ledger of what was destroyed, to be kept apart from backups.")
app.command(erasures)
keys = App(name="keys", help="Keys that sign identity tokens, and the root keys of what is kept sealed.")
app.command(keys)
audit = App(name="audit", help="The record of who did and saw what.")
app.command(audit)
app.command(backup)
app.command(restore)


@app.command
def up(
    *,
    demo: bool = False,
    data: Data = None,
    http_port: int = 8000,
    live_port: int = 8001,
    files_port: int = 8002,
    hubs: int = 1,
    gateways: int = 1,
    relays: int = 1,
    servers_only: bool = False,
    follow: Path | None = None,
) -> None:
    """Start everything on this machine and stay until Ctrl-C.

    Args:
        demo: Fill an empty database with a law office, a town hall and real dockets.
        http_port: Port of the web client and the API.
        live_port: Port of the live socket.
        files_port: Port of the origin that hands out documents.
        hubs: How many hubs to run; each after the first has a port of its own, for a balancer in front of them.
        gateways: How many gateways, likewise. A client may land on any.
        relays: How many relays; one leads, and another takes over when it is gone.
        servers_only: Start PostgreSQL, NATS and the object store alone.
        follow: Directory of backups that takes what happens between them, as `casewire backup follow` does.
    """
    from deploy.up import up as run

    run(
        data=data, http_port=http_port, live_port=live_port, files_port=files_port, demo=demo,
        servers_only=servers_only, copies={"hub": hubs, "gateway": gateways, "relay": relays},
        follow=follow,
    )  # fmt: skip


@app.command
def serve(process: str, names: str = "", /, *, data: Data = None) -> None:
    """Run one process: `hub`, `gateway`, `files` or `worker NAME[,NAME]`, set up by the environment alone.

    Args:
        process: hub, gateway, files or worker.
        names: For `worker`: relay, sequence, examine, index, notices, sweep, retention; several with commas.
        data: Reach the stack that runs on this data directory instead of what the environment names.
    """
    from deploy.serve import serve as run

    run(process, names, data)


@app.command
def migrate(*, data: Data = None) -> None:
    """Bring the database up to date."""
    from deploy import find
    from deploy.embedded.child import StackError
    from storage.migrations import MigrationError
    from storage.migrations import migrate as run

    try:
        applied = asyncio.run(run(find.settings(data).postgres_owner))
    except (MigrationError, OSError) as problem:
        raise StackError(str(problem)) from problem
    print("\n".join(f"applied {name}" for name in applied) or "nothing to do")


@app.command
def init(
    *,
    organisation: str = "",
    email: str = "",
    name: str = "",
    zone: str = "",
    types: str = "",
    data: Data = None,
) -> None:
    """Make the organisation and its first administrator; asks for what is not given.

    The password is asked, or read as a line from standard input when that is no terminal.

    Args:
        organisation: Name of the organisation, as its people know it.
        email: Address with which the administrator signs in.
        name: The administrator's name.
        zone: Time zone of its dates, such as America/New_York; default UTC.
        types: Case types it works with, with commas; default all.
    """
    from deploy import find
    from deploy.people import init as run

    run(find.settings(data), organisation=organisation, email=email, name=name, zone=zone, types=types)


@app.command
def token(email: str = "", *, days: int = 90, data: Data = None) -> None:
    """Print an API token for the person with this address. Whoever holds it acts as that person.

    Args:
        email: The person's address. Needed.
        days: How long it works, at most 365.
    """
    from deploy import find
    from deploy.embedded.child import StackError
    from deploy.people import token as run

    if not email:
        raise StackError(
            "EMAIL is missing, the address of a person, as in `casewire token ada@firm.example`."
        )
    run(find.settings(data), email, days)


@keys.command
def renew(*, distrust: bool = False, data: Data = None) -> None:
    """Make new keys that sign identity tokens for apps. They change by themselves every 90 days.

    Args:
        distrust: Publish the old ones no longer: for a key that got out. Apps refuse at once what it signed.
    """
    from deploy import find
    from deploy.people import keys as run

    run(find.settings(data), distrust=distrust)


@keys.command
def new_root() -> None:
    """Print a new root key, for CASEWIRE_ROOT_KEY or the file of CASEWIRE_ROOT_KEY_FILE."""
    from deploy.keys import new_root as run

    run()


@keys.command
def rotate_root(*, again: bool = False, data: Data = None) -> None:
    """Wrap the keys of all cases by the first of the root keys; no document is touched. A repeat does what is left.

    Args:
        again: Also those that it wrapped already, after Vault was told to rotate its key.
    """
    from deploy import find
    from deploy.keys import rotate_root as run

    run(find.settings(data), again=again)


@keys.command
def seal_old(*, data: Data = None) -> None:
    """Seal documents and messages of the past that are from before there were keys. A repeat does what is left."""
    from deploy import find
    from deploy.keys import seal_old as run

    run(find.settings(data))


@app.command
def seed(*, data: Data = None) -> None:
    """Fill the database with the demo: a law office, a town hall, real dockets. Once; a repeat changes nothing."""
    from deploy import find
    from deploy.seed import main as run

    run(find.settings(data))


@imports.command
def docket(
    *files: Path,
    org: str | None = None,
    as_email: Annotated[str | None, Parameter(name="--as")] = None,
    data: Data = None,
) -> None:
    """Make a legal matter of each docket file. All or nothing per file, and a repeat changes nothing.

    Args:
        files: Dockets as JSON.
        org: Name or id of the organisation; needed only where several take dockets.
        as_email: Who imports and staffs the cases; default the organisation's first administrator.
    """
    from deploy import find
    from deploy.dockets import main as run

    sys.exit(run(find.settings(data), files, org, as_email))


@audit.command
def key(*, json: bool = False, data: Data = None) -> None:
    """Print the public keys of the record's checkpoints, the newest first. Keep them where the record is not.

    Args:
        json: Print them as JSON, with the time since when each signs.
    """
    from deploy import find
    from deploy.audit import key as run

    run(find.settings(data), as_json=json)


@audit.command
def checkpoint(log: str = "", *, json: bool = False, data: Data = None) -> None:
    """Print the newest signed checkpoint of each log: what a verifier compares with what it has. Whose each is is said
    on stderr.

    Args:
        log: The organisation, by its id; default all, and what belongs to none.
        json: Print them as JSON.
    """
    from deploy import find
    from deploy.audit import checkpoint as run

    run(find.settings(data), log, as_json=json)


@audit.command
def show(
    log: str = "house",
    *,
    since: str = "",
    act: tuple[str, ...] = (),
    limit: int = 100,
    refused: bool = False,
    json: bool = False,
    data: Data = None,
) -> None:
    """Print who did and saw what, the newest last. Of an organisation its administrators have a page for it.

    Args:
        log: The organisation, by its id; default `house`, what belongs to none: who signs in, who is refused.
        since: From this moment on, as in 2026-03-01 or 2026-03-01T09:00:00Z.
        act: Of this kind alone, as in `session.opened`; several with the option again.
        limit: How many at most, the newest.
        refused: What was refused alone.
        json: The entries as the log holds them, a line each.
    """
    from deploy import find
    from deploy.audit_show import main as run

    run(find.settings(data), log, since=since, acts=act, limit=limit, refused=refused, as_json=json)


@audit.command
def verify(
    target: str = "",
    *,
    dsn: str = "",
    key: tuple[str, ...] = (),
    checkpoint: tuple[str, ...] = (),
    log: str = "",
    jobs: int = 0,
    data: Annotated[
        Path | None, Parameter(help="The database of the stack that runs on this data directory, instead of a DSN.")
    ] = None,
) -> None:
    """Say whether a record is the one that was written: exit code 0 if so, 1 if not, 2 where there is none.

    Args:
        target: A record folder, or an exported archive.
        dsn: A PostgreSQL database instead, with all its logs.
        key: A key that you trust, or a file of keys; else the one that the record brings.
        checkpoint: A file of checkpoints that a witness kept; several with the option again.
        log: Of a database this log alone: the id of an organisation.
        jobs: Processes to use; default as many as there are cores.
    """
    from deploy.verify.cli import verify as run

    if data is not None:
        from deploy import find
        from deploy.embedded.child import StackError

        if target or dsn:
            raise StackError("Name one record: a folder or an archive, or --dsn, or --data.")
        dsn = find.settings(data).postgres_system
    sys.exit(
        run(
            target or None, dsn=dsn or None, keys=[*key], checkpoints=[*checkpoint], log=log or None, jobs=jobs or None
        )
    )  # fmt: skip


@audit.command(name="export-log")
def export_log(*, org: str, to: Path, private: bool = False, data: Data = None) -> None:
    """Write an organisation's record as a folder that `audit verify` takes, up to what was signed last.

    Args:
        org: The organisation's id; zeros for what belongs to none.
        to: A folder that is not there yet, or empty.
        private: Also what opens commitments: addresses. Then the folder is as confidential as the database.
    """
    from deploy import find
    from deploy.audit_export import main as run

    run(find.settings(data), org, to, private=private)


@app.command
def bench(name: str, *, json: bool = False, quick: bool = False, data: Data = None) -> None:
    """Measure the stack that runs, else one of the bench's own. Exit code 1 when a bound is missed.

    Args:
        name: What to measure: fanout, burst, deliver, relay, post, storm, replay, idle, slow, revoke, import, signin,
            wall, proof, restore, verify, audit or seal.
        json: Print the figures as JSON.
        quick: A small part of the work, to see that the bench works; its figures mean nothing.
    """
    from deploy.serve import bench as load

    sys.exit(load(name)(data, json=json, quick=quick))


@erasures.command(name="write")
def write_erasures(file: Path, *, data: Data = None) -> None:
    """Write what was destroyed and what is held into FILE: ids, dates and reasons, nothing of what it was."""
    from deploy import find
    from deploy.erasures import write as run

    print(f"{run(find.settings(data), file)} lines")


@erasures.command(name="apply")
def apply_erasures(file: Path, *, data: Data = None) -> None:
    """After a restore: destroy again what was destroyed since its backup, and hold again what was held."""
    from deploy import find
    from deploy.erasures import apply as run

    for what, n in sorted(run(find.settings(data), file).items()):
        print(f"{what}: {n}")


@app.command
def scrub(*, data: Data = None) -> None:
    """Take the bytes of what was erased from the disks, and say so on the certificates."""
    from deploy.scrub import scrub as run

    print("\n".join(run(data)))


@app.command
def doctor(*, data: Data = None) -> None:
    """Check each part of a running stack; says what is wrong and what to do."""
    from deploy.doctor import main as run

    sys.exit(run(data))


def main() -> None:
    """Run the command line. What a person can mend is one sentence on stderr and exit code 2."""
    from deploy.embedded.child import StackError
    from schemas.settings import SettingsError

    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
    except CycloptsError as problem:
        problem.verbose = False
        _fail(f"{' '.join(str(problem).split())} `--help` says what there is.")
    except (StackError, SettingsError) as problem:
        _fail(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(sentence: str) -> None:
    os.write(2, f"casewire: {sentence}\n".encode())
    sys.exit(2)


if __name__ == "__main__":
    main()
