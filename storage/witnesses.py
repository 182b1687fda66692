"""Witnesses: who is told of checkpoints, so that nobody who holds the database can later tell another history.

Each has a position of its own (`audit_witnessed`) and is told of the newest checkpoint of each log, whatever becomes of
the others: a later one says all that those before it said. Before it is told, what it holds is compared with the tree.
A witness that holds what the tree does not begin with is not told any more of that log, and an alarm is raised: either
it was tampered with or the log was.
"""

import asyncio
import os
import stat
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx
import msgspec
import structlog
import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import MinioException, S3Error
from minio.retention import Retention
from prometheus_client import Counter, Gauge

from schemas import merkle
from schemas.audit_log import log_of, read_note
from schemas.limits import WITNESS_KEPT_DAYS
from schemas.settings import Settings, SettingsError, masked
from storage.postgres import audit_log
from storage.postgres.pool import PASSING, Database

ROUND_S = 0.5
LOGS_MAX = 200  # told in one round
ANSWER_S = 10.0
PAUSE_MIN_S, PAUSE_MAX_S = 1.0, 60.0
REFUSED_AGAIN_S = 60.0  # a log that a witness refuses is tried again after that: somebody may have mended it
BETWEEN = b"\n---\n"  # the first of these ends the note
READ_BYTES = 1 << 20
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

TOLD = Counter("casewire_audit_witness_told_total", "Checkpoints that a witness has taken.", ["witness"])
BEHIND_S = Gauge(
    "casewire_audit_witness_behind_seconds",
    "Age of the oldest checkpoint that a witness was not told of.",
    ["witness"],
)
REFUSED = Gauge(
    "casewire_audit_witness_refused",
    "Logs of which a witness holds a checkpoint that is not of this tree.",
    ["witness"],
)
LOST = Counter(
    "casewire_audit_witness_lost_total", "Times a witness held nothing of what it was told.", ["witness"]
)

logger = structlog.get_logger("witnesses")


class Held(NamedTuple):
    """The newest checkpoint that a witness has of a log."""

    size: int
    root: bytes


class Forked(Exception):
    """The witness holds another history than the one it is told."""


class Unheard(Exception):
    """The witness does not answer as it should; it is told again."""


class Witness(Protocol):
    """`name` stands for it in the database, logs and metrics, and holds no secret."""

    name: str
    remembers: bool  # whether it can be asked what it holds

    async def held(self, log: UUID, told: int) -> Held | None:
        """What it holds of a log of which it was told `told` leaves last; None where it holds nothing or cannot be
        asked. Raises `Unheard`, and `Forked` for what is no checkpoint."""
        ...

    async def take(self, log: UUID, size: int, note: str) -> None:
        """Tell it. Raises `Unheard`, and `Forked` where it refuses by itself. Telling it twice is free."""
        ...


def witnesses_of(settings: Settings) -> list[Witness]:
    """Those that are set. Raises `SettingsError` with one sentence for an address that is none."""
    found: list[Witness] = []
    for address in filter(None, (part.strip() for part in settings.audit_witnesses.reveal().split(","))):
        scheme, _, rest = address.partition(":")
        if scheme == "file" and rest:
            found.append(FileWitness(Path(rest.removeprefix("//"))))
        elif scheme in ("s3", "s3+https", "s3+http"):
            found.append(_bucket(settings, address))
        elif scheme in ("https", "http") and _reachable(address):
            found.append(HttpWitness(address))
        else:
            raise SettingsError(
                f"CASEWIRE_AUDIT_WITNESSES: {masked(address)} is no witness; write `file:<path>`, "
                "`s3://<bucket>/<prefix>` or `https://<address>`."
            )
    return found


def _reachable(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or parts.hostname in LOOPBACK)


def _bucket(settings: Settings, address: str) -> "BucketWitness":
    parts = urlsplit(address)
    if parts.scheme == "s3":
        at, keys = urlsplit(settings.s3_url), (settings.s3_access_key, settings.s3_secret_key.reveal())
        bucket, prefix = parts.netloc, parts.path
    else:
        at, keys = parts, (unquote(parts.username or ""), unquote(parts.password or ""))
        bucket, _, prefix = parts.path.lstrip("/").partition("/")
    secure = at.scheme.endswith("https")
    if not bucket or not at.hostname or (parts.scheme == "s3+http" and at.hostname not in LOOPBACK):
        raise SettingsError(
            f"CASEWIRE_AUDIT_WITNESSES: {masked(address)} names no bucket; write `s3://<bucket>/<prefix>`."
        )
    host = at.hostname if at.port is None else f"{at.hostname}:{at.port}"
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=ANSWER_S, read=ANSWER_S), retries=False)
    client = Minio(
        host,
        access_key=keys[0],
        secret_key=keys[1],
        secure=secure,
        region=settings.s3_region,
        http_client=pool,
    )
    return BucketWitness(client, bucket, prefix.strip("/"), str(masked(address)))


class FileWitness:
    """A file of notes, each followed by a line `---`. It is on another machine than the database if it is to witness
    anything, and append-only for us (`chattr +a`) if it is to witness against us."""

    remembers = True

    def __init__(self, path: Path) -> None:
        self.name = f"file:{path}"
        self._path = path
        self._read = 0  # bytes of it, all of which are whole notes
        self._file: tuple[int, int] | None = None
        self._held: dict[UUID, Held] = {}

    async def held(self, log: UUID, told: int) -> Held | None:
        try:
            await asyncio.to_thread(self._look)
        except (OSError, UnicodeDecodeError) as error:
            raise Unheard(str(error)) from error
        return self._held.get(log)

    async def take(self, log: UUID, size: int, note: str) -> None:
        try:
            await asyncio.to_thread(self._append, note.encode() + BETWEEN[1:])
        except OSError as error:
            raise Unheard(str(error)) from error

    def _look(self) -> None:
        """Read what is new in it: another process may have led meanwhile, and somebody may have changed it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise OSError(f"{self._path} is no file")
            if self._file != (found.st_dev, found.st_ino) or found.st_size < self._read:
                self._file, self._read, self._held = (found.st_dev, found.st_ino), 0, {}
            file.seek(self._read)
            rest = b""
            while data := file.read(READ_BYTES):
                *notes, rest = (rest + data).split(BETWEEN)
                for note in notes:
                    self._remember(note.decode() + "\n")
                    self._read += len(note) + len(BETWEEN)
            if rest:  # half a note, of a process that died in the middle: nobody was told that it was taken
                file.truncate(self._read)

    def _remember(self, note: str) -> None:
        try:
            said = read_note(note)
        except ValueError:
            return
        if (log := log_of(said.origin)) is not None and (
            log not in self._held or self._held[log].size <= said.size
        ):
            self._held[log] = Held(said.size, said.root)

    def _append(self, data: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(f"{self._path} took only a part")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class BucketWitness:
    """A bucket with an object for each checkpoint, `<prefix>/<log>/<size>`, which nobody can remove before its time
    where the bucket has object lock. It is another account's if it is to witness against us."""

    remembers = True

    def __init__(self, client: Minio, bucket: str, prefix: str, name: str) -> None:
        self.name = name
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._locks: bool | None = None

    async def held(self, log: UUID, told: int) -> Held | None:
        return await self._do(lambda: self._newest(log, told))

    async def take(self, log: UUID, size: int, note: str) -> None:
        await self._do(lambda: self._put(self._key(log, size), note.encode()))

    def _key(self, log: UUID, size: int) -> str:
        # Of one length, so that the order of names is that of sizes.
        return "/".join(filter(None, (self._prefix, str(log), f"{size:020}")))

    def _newest(self, log: UUID, told: int) -> Held | None:
        """From what it was told last on: beyond that may stand what was told and not written down, or meant to be
        forgotten."""
        folder = self._key(log, 0)[:-20]
        after = self._key(log, told - 1) if told else None
        found = self._client.list_objects(self._bucket, prefix=folder, recursive=True, start_after=after)
        newest = max((str(one.object_name) for one in found), default=None)
        if newest is None:
            return None
        answer = self._client.get_object(self._bucket, newest)
        try:
            said = read_note(answer.read(16 << 10).decode())
        except ValueError:
            raise Forked(f"{newest} is no checkpoint") from None
        finally:
            answer.close()
            answer.release_conn()
        return Held(said.size, said.root)

    def _put(self, key: str, data: bytes) -> None:
        kept = None
        if self._is_locked():
            kept = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=WITNESS_KEPT_DAYS))
        self._client.put_object(
            self._bucket, key, BytesIO(data), len(data), content_type="text/plain", retention=kept
        )

    def _is_locked(self) -> bool:
        if self._locks is None:
            try:
                self._client.get_object_lock_config(self._bucket)
                self._locks = True
            except S3Error as error:
                if error.code not in (
                    "ObjectLockConfigurationNotFoundError",
                    "NotImplemented",
                    "MethodNotAllowed",
                ):
                    raise
                self._locks = False
                logger.warning(
                    "a witness keeps nothing from being removed: no object lock", witness=self.name
                )
        return self._locks

    async def _do(self, work: Any) -> Any:
        try:
            return await asyncio.to_thread(work)
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Unheard(type(error).__name__) from error


class HttpWitness:
    """Whoever takes a POST of a note: 2xx is taken, 409 says that it holds another history, all else is tried again."""

    remembers = False

    def __init__(self, address: str) -> None:
        self.name = str(masked(address.partition("?")[0]))
        self._address = address

    async def held(self, log: UUID, told: int) -> Held | None:
        return None

    async def take(self, log: UUID, size: int, note: str) -> None:
        try:
            async with (
                asyncio.timeout(ANSWER_S),
                httpx.AsyncClient(timeout=ANSWER_S, trust_env=False) as client,
            ):
                request = client.build_request(
                    "POST",
                    self._address,
                    content=note.encode(),
                    headers={"content-type": "text/plain; charset=utf-8"},
                )
                answer = await client.send(request, stream=True)  # what it says beyond its status is not read
                await answer.aclose()
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise Unheard(type(error).__name__) from error
        if answer.status_code == 409:
            raise Forked("it answers 409")
        if not answer.is_success:
            raise Unheard(f"it answers {answer.status_code}")


class Teller:
    """Tells one witness what it does not know yet, until it is cancelled."""

    def __init__(self, settings: Settings, witness: Witness) -> None:
        self._settings = msgspec.structs.replace(settings, postgres_pool=1)
        self._witness = witness
        self._refused: dict[UUID, float] = {}
        self._pause = PAUSE_MIN_S

    async def run(self) -> None:
        """For ever: a witness or a database that is away is waited for."""
        while True:
            try:
                database = await Database.open(self._settings, roles=("system",))
                try:
                    await self._tell_on(database)
                finally:
                    await database.close()
            except PASSING as error:
                logger.warning("a witness waits for the database", error=type(error).__name__)
            except Exception:
                logger.exception("telling a witness failed", witness=self._witness.name)
            await asyncio.sleep(PAUSE_MIN_S)

    async def _tell_on(self, database: Database) -> None:
        while True:
            try:
                await self.tell(database.system)
                self._pause = PAUSE_MIN_S
                await asyncio.sleep(ROUND_S)
            except Unheard as reason:
                logger.warning(
                    "a witness does not take what it is told", witness=self._witness.name, reason=str(reason)
                )
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, PAUSE_MAX_S)

    async def tell(self, on: Any) -> int:
        """One round; how many checkpoints were taken. `on` is of the system role. Raises `Unheard`."""
        now = asyncio.get_running_loop().time()
        refused = [log for log, at in self._refused.items() if now - at < REFUSED_AGAIN_S]
        rows = await on.fetch(audit_log.UNTOLD, self._witness.name, refused, LOGS_MAX)
        oldest = min((row["at"] for row in rows), default=None)
        BEHIND_S.labels(self._witness.name).set(
            (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
        )
        taken = 0
        for row in rows:
            log, size = row["log"], row["size"]
            try:
                if not await self._holds(on, log, row["told"], size):
                    await self._witness.take(log, size, row["note"])
            except Forked as reason:
                self._refused[log] = now
                logger.error(
                    "a witness holds another history of the record",
                    witness=self._witness.name, log=str(log), size=size, reason=str(reason),
                )  # fmt: skip
            else:
                self._refused.pop(log, None)
                await on.execute(audit_log.TOLD, self._witness.name, log, size, datetime.now(UTC))
                TOLD.labels(self._witness.name).inc()
                taken += 1
            REFUSED.labels(self._witness.name).set(len(self._refused))
        return taken

    async def _holds(self, on: Any, log: UUID, told: int, size: int) -> bool:
        """Whether it has this checkpoint, or a later one. Raises `Forked` unless the tree begins with what it holds."""
        held = await self._witness.held(log, told)
        if held is None:
            if told and self._witness.remembers:
                LOST.labels(self._witness.name).inc()
                logger.error(
                    "a witness has lost what it was told", witness=self._witness.name, log=str(log), size=told
                )
            return False
        whole = [(0, held.size)]
        try:
            root = merkle.root(await audit_log.tiles(on, log, whole), *whole[0])
        except merkle.Unfit as error:
            raise Forked(
                f"it holds a checkpoint of {held.size} leaves, and the log has fewer: {error}"
            ) from error
        if root != held.root:
            theirs, ours = (b64encode(one).decode() for one in (held.root, root))
            raise Forked(f"of {held.size} leaves it holds the root {theirs}, and the log has {ours}")
        return held.size >= size
