"""A witness that is a bucket of an object store."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import structlog
import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import MinioException, S3Error
from minio.retention import Retention

from schemas.audit_log import read_note
from schemas.limits import WITNESS_KEPT_DAYS
from schemas.settings import Settings, SettingsError, masked
from storage.witnesses.web import LOOPBACK
from storage.witnesses.witness import ANSWER_S, Forked, Held, Unheard

logger = structlog.get_logger("witnesses")


def bucket_of(settings: Settings, address: str) -> "BucketWitness":
    """Raises `SettingsError` for an address that names none."""
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
