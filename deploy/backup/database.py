"""PostgreSQL's own tools: the base backup, its check, the log after it, and the recovery to a time."""

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from deploy.backup.shelf import Manifest, digest_of
from deploy.embedded.child import StackError, die_with_parent
from deploy.embedded.postgres import SUPERUSER, Postgres, binary, environment
from schemas.settings import Settings, as_role

RECOVERY_WAIT_S = 6 * 3600.0
TICK_S = 0.05


def copying_dsn(settings: Settings, data: Path, named: str | None) -> str:
    """The DSN of a role that may copy the whole cluster: the embedded server's superuser, or whom the caller names."""
    if named:
        return named
    host = parse_qs(urlsplit(settings.postgres).query).get("host", [""])[0]
    if host.startswith("/") and _embedded(data, host):
        return as_role(settings.postgres, SUPERUSER)
    return settings.postgres_owner


def base_backup(dsn: str, to: Path) -> None:
    """Copy the running cluster into `to`, with the log that makes it whole and a manifest. Raises `StackError`."""
    done = run(
        "pg_basebackup", dsn, "-D", str(to), "-X", "stream", "-c", "fast", "-w",
        "--manifest-checksums=SHA256", "--sync-method=syncfs",
    )  # fmt: skip
    if done.returncode == 0:
        return
    if (
        "REPLICATION" in done.stderr
        or "WAL sender" in done.stderr
        or "no pg_hba.conf entry for replication" in done.stderr
    ):
        user = urlsplit(dsn).username or "of this DSN"
        raise StackError(
            f"The database role {user} may not replicate, so the database cannot be copied from here; name a role that "
            "may with --postgres, or back the database up with the tools of whoever runs it."
        )
    if "incompatible" in done.stderr or "server version" in done.stderr:
        raise StackError(
            f"This PostgreSQL cannot be copied with the tools of version 18: {_last(done.stderr)}"
        )
    if "No space left" in done.stderr:
        raise StackError(
            f"The disk under {to} became full while the database was copied; nothing was kept of it."
        )
    raise StackError(f"The database could not be copied: {_last(done.stderr)}")


def check_base(folder: Path) -> None:
    """Raises `StackError` unless the base backup is as PostgreSQL wrote it, file by file, and its log can be read."""
    done = run("pg_verifybackup", None, "--exit-on-error", "--quiet", str(folder))
    if done.returncode != 0:
        raise StackError(f"The database in the backup is damaged: {_last(done.stderr)}")


def base_digest(folder: Path) -> str:
    """SHA-256 of PostgreSQL's manifest, which has the SHA-256 of every file."""
    return digest_of(folder / "backup_manifest")


def base_bytes(folder: Path) -> int:
    """The size of a base backup by its manifest, without its log."""
    try:
        return sum(file["Size"] for file in json.loads((folder / "backup_manifest").read_text())["Files"])
    except (OSError, ValueError, KeyError):
        raise StackError(
            f"The backup {folder.parent} is not whole: the database's manifest cannot be read."
        ) from None


class Recovery:
    """How far a copied cluster is to be taken: `wal` holds the log after it; `until` a time, or all there is. Without
    `wal` the cluster becomes what it was when its copy ended."""

    def __init__(self, wal: Path | None, until: datetime | None) -> None:
        self.wal, self.until = wal, until

    @property
    def settings(self) -> dict[str, str]:
        # Whoever connected meanwhile would see a moment that never was.
        chosen = {"hot_standby": "off", "recovery_target_action": "promote"}
        if self.wal is None:
            return chosen | {"restore_command": "false", "recovery_target": "immediate"}
        wal = shlex.quote(str(self.wal)).replace("%", "%%")
        # A segment that was cut off is as good as its whole part; the whole one is preferred.
        command = f'for f in {wal}/*/%f {wal}/*/%f.partial; do if [ -f "$f" ]; then exec cp "$f" %p; fi; done; exit 1'
        chosen["restore_command"] = command
        if self.until is not None:
            chosen["recovery_target_time"] = self.until.astimezone(UTC).isoformat(sep=" ")
        return chosen


# In the place of what an outside server had in them or elsewhere: who may come in by which way, its certificates, its
# archive, what it loads. Nobody reaches a restored one but through its directory.
OWN_FILES = {
    "pg_hba.conf": "local all all trust\nlocal replication all trust\n",
    "pg_ident.conf": "",
    "postgresql.conf": "datestyle = 'iso, mdy'\ndefault_text_search_config = 'pg_catalog.english'\n",
    "postgresql.auto.conf": "",
}

# An outside server may call its database and its superuser otherwise.
ADOPT = """do $$
begin
    if not exists (select from pg_roles where rolname = 'postgres') then
        create role postgres;
    end if;
    alter role postgres superuser login;
end
$$"""


def recover(postgres: Postgres, recovery: Recovery, manifest: Manifest) -> str | None:
    """Take the copied cluster of `postgres` to the end of the recovery and stop it there, on a timeline of its own.
    Answers where in the log that end is.

    Raises `StackError` when the log does not reach so far.
    """
    signal_file = postgres.home / "recovery.signal"
    signal_file.touch(mode=0o600)
    postgres.own(signal_file)
    recovering = Postgres(postgres.home, postgres.child.log, postgres.socket_dir, more=recovery.settings)
    recovering.prepare()
    recovering.child.start()
    try:
        deadline = time.monotonic() + RECOVERY_WAIT_S
        while not recovering.ready():
            if not recovering.child.running:
                raise _why_not(recovering, recovery)
            if time.monotonic() > deadline:
                raise StackError(
                    f"The recovery of the database took longer than {RECOVERY_WAIT_S / 3600:g} hours."
                )
            time.sleep(TICK_S)
        _adopt(recovering, manifest)
        return recovering.sql("select pg_last_wal_replay_lsn()", database="template1") or None
    finally:
        recovering.stop()


def _adopt(postgres: Postgres, manifest: Manifest) -> None:
    statements: list[str] = []
    if manifest.superuser != SUPERUSER:
        statements.append(ADOPT)
    if manifest.database != "casewire":
        name = manifest.database.replace('"', '""')
        statements.append(f'alter database "{name}" rename to casewire')
    for statement in statements:
        done = run("psql", postgres.dsn(quote(manifest.superuser), "template1"), "-X", "-q", "-c", statement)
        if done.returncode != 0:
            raise StackError(f"The restored database cannot be made Casewire's own: {_last(done.stderr)}")


def _why_not(postgres: Postgres, recovery: Recovery) -> StackError:
    tail = postgres.child.tail()
    if "recovery ended before configured recovery target was reached" in tail:
        last = [line.partition("at log time ")[2] for line in tail.splitlines() if "at log time " in line]
        ends = f"; its last transaction is of {last[-1]}" if last else ""
        return StackError(
            f"The log in the backup ends before {recovery.until}{ends}. Name an earlier time, or none to restore all."
        )
    if "before consistent recovery point" in tail:
        return StackError(
            f"The backup was not yet whole at {recovery.until}; name a later time, or an older backup."
        )
    return postgres.child.failure("could not recover the database")


def run(program: str, dsn: str | None, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run one of PostgreSQL's programs to its end; it ends with us. A password goes by the environment: arguments stand
    in the list of processes."""
    argv, environ = command(program, dsn, *arguments)
    return subprocess.run(
        argv, capture_output=True, text=True, env=environ, check=False, stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip


def command(program: str, dsn: str | None, *arguments: str) -> tuple[list[str], Mapping[str, str]]:
    """What to execute, and its environment."""
    environ = environment()
    if dsn is None:
        return [binary(program), *arguments], environ
    parts = urlsplit(dsn)
    if parts.password:
        environ |= {"PGPASSWORD": parts.password}
        host = parts.netloc.rpartition("@")[2]
        dsn = urlunsplit(parts._replace(netloc=f"{parts.username}@{host}"))
    return [binary(program), "-d", dsn, *arguments], environ


def _embedded(data: Path, host: str) -> bool:
    """Whether the server behind this socket directory is the data directory's own."""
    try:
        pid = int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        return Path(os.readlink(f"/proc/{pid}/cwd")) == (data / "postgres").resolve() and bool(host)
    except (OSError, ValueError, IndexError):
        return False


def _last(said: str) -> str:
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it gave no reason."
