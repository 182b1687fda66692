"""The servers of one data directory, and the settings with which each process finds them."""

import fcntl
import json
import os
import secrets
import shutil
import stat
import tempfile
from base64 import b64encode
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any

from deploy.embedded import ports
from deploy.embedded.child import StackError, wait_until
from deploy.embedded.nats import PERMISSIONS, Nats, write_private
from deploy.embedded.objects import PORTS as OBJECT_PORTS
from deploy.embedded.objects import Objects, make_buckets, s3_client
from deploy.embedded.postgres import Postgres
from schemas.settings import Settings
from storage.callout import issuer_of, new_issuer

DATA_VERSION = 1
RESTORING = "restoring"  # this file stands in a data directory until it is whole
READY_WAIT_S = 60.0
FREE_BYTES_MIN = 512 * 1024 * 1024
SOCKET_PATH_BYTES_MAX = 100  # the kernel's limit is 107; psql and asyncpg append `/.s.PGSQL.5432`

# Process → its NATS user.
PROCESSES: Mapping[str, str] = {
    "hub": "hub",
    "gateway": "gateway",
    "files": "gateway",
    "relay": "relay",
    "sequence": "worker",
    "retention": "worker",
    "worker": "worker",
    "operator": "operator",
}

# Who signs the record, exports of it and certificates: nobody else has the key. Witnesses are told by the first alone.
SIGNERS = ("sequence", "hub", "files", "retention")

# All but the person at the machine serve health and metrics.
SERVED = tuple(name for name in PROCESSES if name != "operator")

# Who opens what is sealed, and so has the root key.
OPENING = ("hub", "files", "worker", "retention", "operator")

# Of what people connect to, each further process of a kind listens on a port of its own.
PUBLIC_PORT: Mapping[str, str] = {"hub": "http_port", "gateway": "live_port", "files": "files_port"}

Record = dict[str, Any]


class Stack:
    """PostgreSQL, NATS and object storage for the data directory `data`, each embedded unless `environ` names another.

    `CASEWIRE_POSTGRES`, `CASEWIRE_NATS` and `CASEWIRE_S3_URL` in `environ` replace the embedded server of their kind;
    every other `CASEWIRE_*` of it is handed on to the processes. What must be remembered (ports, generated
    credentials) stands in `<data>/stack.json`, which only its owner can read.

    `copies` says how many of a kind of process are to run, one where it says nothing; the first is called by its kind
    alone, the second of the gateways `gateway.2`, and so on.
    """

    def __init__(
        self,
        data: Path,
        *,
        http_port: int = 8000,
        live_port: int = 8001,
        files_port: int = 8002,
        environ: Mapping[str, str] | None = None,
        embed: Collection[str] = ("postgres", "nats", "objects"),
        copies: Mapping[str, int] | None = None,
    ) -> None:
        self.data = data.absolute()
        self.public_ports = {"http_port": http_port, "live_port": live_port, "files_port": files_port}
        given = os.environ if environ is None else environ
        self.environ = {key: value for key, value in given.items() if key.startswith("CASEWIRE_") and value}
        self._embed = frozenset(embed)
        self._copies = dict(copies or {})
        self.postgres: Postgres | None = None
        self.nats: Nats | None = None
        self.objects: Objects | None = None
        self._record: Record = {}
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    def named(self, kind: str) -> list[str]:
        """The names of all processes of a kind: `gateway`, `gateway.2` …"""
        return [kind, *(f"{kind}.{n}" for n in range(2, self._copies.get(kind, 1) + 1))]

    @property
    def processes(self) -> list[str]:
        """The names of all processes that serve."""
        return [name for kind in SERVED for name in self.named(kind)]

    @property
    def servers(self) -> list[Postgres | Nats | Objects]:
        """The embedded servers, in the order in which they start."""
        return [server for server in (self.objects, self.postgres, self.nats) if server is not None]

    def prepare(self) -> None:
        """Take the data directory, check it, and make ready what the servers need. Starts nothing.

        Raises `StackError` when another stack has the directory, it is of a newer version, or its disk is full.
        """
        self._take()
        try:
            self._prepare()
        except BaseException:
            self._release()
            raise

    def _prepare(self) -> None:
        self._check_whole()
        self._check_version()
        self._check_space()
        self._record = read_record(self.data)
        self._remember()
        # They name people, and hold the statements that PostgreSQL refuses.
        self.logs.mkdir(exist_ok=True)
        self.logs.chmod(0o700)
        self._compose()
        for server in self.servers:
            server.prepare()

    def start(self) -> None:
        """Prepare and start all servers, and leave them answering: roles, databases and buckets exist then."""
        self.launch()
        try:
            self.wait_database()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Prepare and start all servers at once; each then takes its time on its own."""
        if self._lock is None:
            self.prepare()
        try:
            for server in self.servers:
                server.child.start()
        except BaseException:
            self.stop()
            raise

    def wait_database(self) -> None:
        """Wait for PostgreSQL and make the roles and the database that a fresh one lacks."""
        if self.postgres is not None:
            wait_until(self.postgres.child, self.postgres.ready, READY_WAIT_S)
            self.postgres.bootstrap()

    def wait_ready(self) -> None:
        """Wait for every server, and make the buckets that a fresh object store lacks."""
        for server in reversed(self.servers):
            wait_until(server.child, server.ready, READY_WAIT_S)
        settings = Settings.read(self.settings("operator"))
        if settings.s3_url:
            keys = settings.s3_access_key, settings.s3_secret_key.reveal()
            make_buckets(
                s3_client(settings.s3_url, *keys, settings.s3_region),
                settings.s3_quarantine,
                settings.s3_documents,
            )
        if (objects := self.objects) is not None:
            wait_until(objects.child, lambda: objects.serves(settings.s3_quarantine), READY_WAIT_S)

    def stop(self) -> None:
        """Stop the servers, ask all first and then wait, and give the data directory free."""
        for server in self.servers:
            server.child.ask_to_stop()
        for server in reversed(self.servers):
            server.stop()
        self._release()

    def settings(self, process: str) -> dict[str, str]:
        """The `CASEWIRE_*` environment of `process` (of `PROCESSES`, or a copy's name); `Settings.read` takes it."""
        kind, _, copy = process.partition(".")
        env = dict(self.environ)
        env["CASEWIRE_DATA"] = str(self.data)
        env["CASEWIRE_INTERNAL_PORT"] = str(self._record["ports"].get(f"internal.{process}", 0))
        env.setdefault("CASEWIRE_SECRET", self._record["credentials"]["secret"])
        if kind == "hub":
            env.setdefault("CASEWIRE_SEAL_KEY", self._record["credentials"]["seal_key"])
        else:
            env.pop("CASEWIRE_SEAL_KEY", None)  # nobody else opens what it seals
        if kind in OPENING:
            if not any(f"CASEWIRE_ROOT_{name}" in env for name in ("KEY_FILE", "VAULT", "KMS")):
                env.setdefault("CASEWIRE_ROOT_KEY", self._record["credentials"]["root_key"])
        else:
            for name in [name for name in env if name.startswith("CASEWIRE_ROOT_")]:
                del env[name]
        if kind in SIGNERS:
            env.setdefault("CASEWIRE_AUDIT_KEY", self._record["credentials"]["audit_key"])
        else:
            env.pop("CASEWIRE_AUDIT_KEY", None)
        if kind == "sequence":
            env.setdefault("CASEWIRE_AUDIT_WITNESSES", f"file:{self.data / 'witness' / 'checkpoints.txt'}")
        else:
            env.pop("CASEWIRE_AUDIT_WITNESSES", None)  # what lets in to them stands in their addresses
        for name, port in self.public_ports.items():
            env[f"CASEWIRE_{name.upper()}"] = str(port)
        if copy and (own := PUBLIC_PORT.get(kind)):
            # It is reached where the first one is; only what stands in front of both knows its port.
            first = Settings.read(env)
            env |= {"CASEWIRE_PUBLIC_URL": first.public_url, "CASEWIRE_LIVE_URL": first.live_url}
            env |= {"CASEWIRE_FILES_URL": first.files_url}
            env[f"CASEWIRE_{own.upper()}"] = str(self._record["ports"][f"public.{process}"])
        if self.postgres is not None:
            env["CASEWIRE_POSTGRES"] = self.postgres.dsn()
        if self.nats is not None:
            user = PROCESSES[kind]
            env["CASEWIRE_NATS"] = self.nats.url
            env["CASEWIRE_NATS_USER"] = user
            env["CASEWIRE_NATS_PASSWORD"] = self.nats.passwords[user]
            if user == "hub":  # nobody else lets anybody in
                env["CASEWIRE_NATS_ISSUER"] = self._record["credentials"]["nats_issuer"]
        if self.objects is not None:
            env["CASEWIRE_S3_URL"] = self.objects.url
            env["CASEWIRE_S3_ACCESS_KEY"] = self.objects.access_key
            env["CASEWIRE_S3_SECRET_KEY"] = self.objects.secret_key
        return env

    def record_running(self, pids: Mapping[str, int]) -> None:
        """Write down that this stack runs, so that `casewire … --data DIR` finds it; `read_running` reads it."""
        self._record["running"] = {
            "supervisor": os.getpid(),
            "pids": dict(pids),
            "environ": {process: self.settings(process) for process in ("operator", *self.processes)},
        }
        self._save()

    def _compose(self) -> None:
        chosen: dict[str, int] = self._record["ports"]
        credentials: Record = self._record["credentials"]
        if "postgres" in self._embed and "CASEWIRE_POSTGRES" not in self.environ:
            socket_dir = Path(self._record["socket_dir"])
            self.postgres = Postgres(self.data / "postgres", self.logs / "postgres.log", socket_dir)
        if "nats" in self._embed and "CASEWIRE_NATS" not in self.environ:
            issuer = issuer_of(credentials["nats_issuer"])
            self.nats = Nats(
                self.data / "nats", self.logs / "nats.log", chosen["nats"], credentials["nats"], issuer
            )
        if "objects" in self._embed and "CASEWIRE_S3_URL" not in self.environ:
            self.objects = Objects(
                self.data / "objects",
                self.logs / "objects.log",
                {flag: chosen[f"objects.{flag}"] for flag in OBJECT_PORTS},
                credentials["s3_access_key"],
                credentials["s3_secret_key"],
                origins=self._origins(),
                sse_key=credentials["s3_sse_key"],
            )

    def _origins(self) -> list[str]:
        """Pages that may upload: the public address, and on a developer's machine both names of loopback."""
        if public := self.environ.get("CASEWIRE_PUBLIC_URL"):
            return [public.rstrip("/")]
        port = self.public_ports["http_port"]
        return [f"http://localhost:{port}", f"http://127.0.0.1:{port}"]

    def _remember(self) -> None:
        """Keep ports and credentials of earlier starts, choose what is missing, and a new port where one is taken."""
        known: dict[str, int] = self._record.get("ports", {})
        names = [
            "nats",
            *(f"objects.{flag}" for flag in OBJECT_PORTS),
            *(f"internal.{name}" for name in self.processes),
            *(f"public.{name}" for kind in PUBLIC_PORT for name in self.named(kind)[1:]),
        ]
        lost = [name for name in names if not known.get(name) or ports.taken(known[name])]
        kept = {name: known[name] for name in names if name not in lost}
        fresh = [port for port in ports.free(len(names) + len(lost)) if port not in kept.values()]
        self._record["ports"] = kept | dict(zip(lost, fresh, strict=False))
        credentials: Record = self._record.setdefault("credentials", {})
        credentials.setdefault("secret", secrets.token_urlsafe(48))
        credentials.setdefault("seal_key", secrets.token_urlsafe(48))
        credentials.setdefault("root_key", b64encode(secrets.token_bytes(32)).decode())
        credentials.setdefault("audit_key", b64encode(secrets.token_bytes(32)).decode())
        credentials.setdefault("s3_access_key", secrets.token_hex(10))
        credentials.setdefault("s3_sse_key", secrets.token_urlsafe(48))
        credentials.setdefault("s3_secret_key", secrets.token_urlsafe(30))
        if "nats_issuer" not in credentials:
            credentials["nats_issuer"] = new_issuer()
        passwords = credentials.setdefault("nats", {})
        for user in PERMISSIONS:
            passwords.setdefault(user, secrets.token_urlsafe(24))
        self._record["socket_dir"] = str(_socket_dir(self.data, self._record.get("socket_dir")))
        self._record.pop("running", None)
        self._save()

    def _save(self) -> None:
        write_private(self.data / "stack.json", json.dumps(self._record, indent=1))

    def _take(self) -> None:
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.data / "lock").open("a+")
        except OSError as problem:
            raise StackError(
                f"The data directory {self.data} cannot be used: {problem.strerror}."
            ) from problem
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StackError(
                f"Another Casewire already runs on {self.data}; stop it, or choose another directory with --data."
            ) from None
        self._lock = lock

    def _release(self) -> None:
        if self._lock is None:
            return
        if self._record:
            self._record.pop("running", None)
            socket_dir = Path(self._record.get("socket_dir", self.data))
            if not socket_dir.is_relative_to(self.data):
                shutil.rmtree(socket_dir, ignore_errors=True)
            if self.data.exists():
                self._save()
        self._lock.close()
        self._lock = None

    def _check_whole(self) -> None:
        if (self.data / RESTORING).exists():
            raise StackError(
                f"A restore into {self.data} was interrupted, so it is not whole; run `casewire restore` again."
            )

    def _check_version(self) -> None:
        file = self.data / "version"
        try:
            found = int(file.read_text())
        except FileNotFoundError:
            write_private(file, f"{DATA_VERSION}\n")
            return
        except ValueError:
            raise StackError(
                f"{file} holds no version number, so {self.data} is no data directory of Casewire."
            ) from None
        if found > DATA_VERSION:
            raise StackError(
                f"The data in {self.data} is of version {found} and this Casewire knows versions up to {DATA_VERSION}; "
                "start the newer Casewire that wrote it."
            )

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.data).free
        if free < FREE_BYTES_MIN:
            raise StackError(
                f"The disk under {self.data} is full: {free // 2**20} MiB are free and Casewire needs "
                f"{FREE_BYTES_MIN // 2**20} MiB to start."
            )


def read_record(data: Path) -> Record:
    """What `<data>/stack.json` holds; empty when there is none."""
    try:
        return json.loads((data / "stack.json").read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        raise StackError(
            f"{data / 'stack.json'} cannot be read ({problem}); move it away to have it made anew."
        ) from None


def remember_credentials(data: Path, credentials: Mapping[str, str]) -> None:
    """Before the first start of a data directory: the keys it begins with. The rest is made then."""
    write_private(data / "stack.json", json.dumps({"credentials": dict(credentials)}, indent=1))


def read_running(data: Path) -> Record:
    """How the stack on `data` runs: `{"supervisor": pid, "pids": {...}, "environ": {process: {...}}}`.

    Raises `StackError` when none runs: nobody holds the lock, whatever an ended stack left written.
    """
    running = read_record(data).get("running")
    try:
        with (data / "lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        pass
    except OSError:
        if running:
            return running
    raise StackError(
        f"No Casewire runs on {data}; start one with `casewire up --data {data}`, or name another directory."
    )


def _socket_dir(data: Path, earlier: str | None) -> Path:
    """Where PostgreSQL's socket lives: in the data directory, or in a short private one when that path is too long."""
    inside = data / "run"
    if len(os.fsencode(inside)) <= SOCKET_PATH_BYTES_MAX - len("/.s.PGSQL.5432.lock"):
        return inside
    if earlier and _private(Path(earlier)):
        return Path(earlier)
    base = os.environ.get("XDG_RUNTIME_DIR")
    parent = base if base and len(base) < 40 and os.access(base, os.W_OK) else "/tmp"
    return Path(tempfile.mkdtemp(prefix="casewire-", dir=parent))


def _private(path: Path) -> bool:
    """Whether `path` is a directory of ours that nobody else can enter."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    )
