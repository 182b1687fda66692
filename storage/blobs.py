"""Objects in S3: what was uploaded and not yet examined (quarantine), and what was (documents). Both are versioned.

The client is synchronous, so every call runs in a bounded pool of threads; never call one inside a transaction.
"""

import asyncio
import contextlib
import hmac
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from schemas.errors import Refused
from schemas.settings import Settings

THREADS_MAX = 16
CONNECT_S = 3.0
READ_S = 30.0
CHUNK_BYTES = 256 << 10

_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchObject", "MethodNotAllowed"})

T = TypeVar("T")


class Stored(NamedTuple):
    """An object as the store has it: its size in bytes and the version of it."""

    size: int
    version: str


class Absent(Exception):
    """There is no such object or version."""


class Blobs:
    """The two buckets of `settings`. Makes no connection until it is used; `close` gives the threads back."""

    def __init__(self, settings: Settings) -> None:
        self.quarantine, self.documents = settings.s3_quarantine, settings.s3_documents
        self._settings = settings
        self._threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="blobs")
        self._made: Minio | None = None

    @property
    def _client(self) -> Minio:
        if self._made is None:
            parts = urlsplit(self._settings.s3_url)
            self._made = Minio(
                parts.netloc,
                access_key=self._settings.s3_access_key,
                secret_key=self._settings.s3_secret_key.reveal(),
                secure=parts.scheme == "https",
                region=self._settings.s3_region,
                http_client=urllib3.PoolManager(
                    maxsize=THREADS_MAX,
                    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
                    retries=False,
                ),
            )
        return self._made

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _do(self, work: Callable[[], T]) -> T:
        """Run in a thread. Raises `Absent`, or `Refused("unavailable")` when the store does not answer as it should."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except S3Error as error:
            if error.code in _ABSENT:
                raise Absent from error
            raise Refused("unavailable", "The object store refuses.", retry_after_ms=1000) from error
        except (MinioException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise Refused("unavailable", "The object store does not answer.", retry_after_ms=1000) from error

    async def ready(self) -> None:
        """Raises `Refused("unavailable")` unless both buckets answer."""
        buckets = (self.quarantine, self.documents)
        if not await self._do(lambda: all(self._client.bucket_exists(name) for name in buckets)):
            raise Refused("unavailable", "A bucket is missing.")

    def upload_address(self, key: str, *, size: int, sha256_hex: str, seconds: int, now: datetime) -> str:
        """A presigned PUT into quarantine for exactly `size` bytes with this SHA-256, for `seconds`.

        The length is a signed header and the hash a signed query parameter, so the store refuses other bytes; a
        plain presigned PUT signs the host alone and takes anything. AWS Signature Version 4, query form; no I/O.
        """
        s = self._settings
        parts = urlsplit(s.s3_public_url or s.s3_url)
        at = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{at[:8]}/{s.s3_region}/s3/aws4_request"
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Checksum-Sha256": b64encode(bytes.fromhex(sha256_hex)).decode(),
            "X-Amz-Credential": f"{s.s3_access_key}/{scope}",
            "X-Amz-Date": at,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "content-length;host",
        }
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
        path = f"{parts.path.rstrip('/')}/{self.quarantine}/{quote(key)}"
        headers = f"content-length:{size}\nhost:{parts.netloc}\n"
        request = f"PUT\n{path}\n{asked}\n{headers}\ncontent-length;host\nUNSIGNED-PAYLOAD"
        to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signing = b"AWS4" + s.s3_secret_key.reveal().encode()
        for part in (*scope.split("/"), to_sign):
            signing = hmac.digest(signing, part.encode(), "sha256")
        return f"{parts.scheme}://{parts.netloc}{path}?{asked}&X-Amz-Signature={signing.hex()}"

    async def put(self, bucket: str, key: str, data: bytes | Path) -> str:
        """Store an object; the version the store gave it. The store checks the bytes on their way."""

        def work() -> str:
            if isinstance(data, Path):
                made = self._client.fput_object(bucket, key, str(data))
            else:
                made = self._client.put_object(bucket, key, BytesIO(data), len(data))
            return made.version_id or ""

        return await self._do(work)

    async def stat(self, bucket: str, key: str, version: str | None = None) -> Stored:
        """Raises `Absent`. Without `version`: the newest."""
        found = await self._do(lambda: self._client.stat_object(bucket, key, version_id=version or None))
        return Stored(found.size or 0, found.version_id or "")

    async def fetch(self, bucket: str, key: str, version: str | None, path: Path, *, bytes_max: int) -> int:
        """Write an object to the file `path`; how many bytes. Stops past `bytes_max`, so that the answer is more."""

        def work() -> int:
            answer = self._client.get_object(bucket, key, version_id=version or None)
            try:
                total = 0
                with path.open("wb") as file:
                    for chunk in answer.stream(CHUNK_BYTES):
                        total += file.write(chunk)
                        if total > bytes_max:
                            break
                return total
            finally:
                answer.close()
                answer.release_conn()

        return await self._do(work)

    async def read(
        self, bucket: str, key: str, version: str | None, *, start: int = 0, length: int = 0
    ) -> AsyncGenerator[bytes, None]:
        """The bytes from `start`, `length` of them (0: to the end), in chunks; holds one chunk at a time."""
        answer: Any = await self._do(
            lambda: self._client.get_object(
                bucket, key, offset=start, length=length, version_id=version or None
            )
        )
        try:
            while chunk := await self._do(lambda: answer.read(CHUNK_BYTES)):
                yield chunk
        finally:
            # Not back to the pool: what was not read to its end cannot be used again.
            answer.close()

    async def whole(self, bucket: str, key: str, version: str | None = None) -> bytes:
        """All bytes of an object that Casewire itself made and bounded."""
        return b"".join([chunk async for chunk in self.read(bucket, key, version)])

    async def remove(self, bucket: str, key: str, version: str | None = None) -> int:
        """Remove one version for good, or without `version` every one; how many. What is not there is gone already."""
        if version is None:
            return await self._remove(bucket, key, lambda _: True)
        try:
            await self._do(lambda: self._client.remove_object(bucket, key, version_id=version))
        except Absent:
            return 0
        return 1

    async def keep(self, key: str, version: str | None, held: bool) -> None:
        """Have the store itself keep one version of a document under a legal hold, or let go of it (S3 object lock).
        What is not there is not kept."""
        change = (
            self._client.enable_object_legal_hold if held else self._client.disable_object_legal_hold
        )
        with contextlib.suppress(Absent):
            await self._do(lambda: change(self.documents, key, version_id=version or None))

    async def remove_others(self, bucket: str, key: str, version: str | None) -> int:
        """Remove every version but this one, without `version` every one but the newest; how many."""
        return await self._remove(
            bucket, key, lambda one: one.version_id != version if version else one.is_latest != "true"
        )

    async def _remove(self, bucket: str, key: str, which: Callable[[Any], bool]) -> int:
        def work() -> int:
            n = 0
            for found in self._client.list_objects(bucket, prefix=key, recursive=True, include_version=True):
                if found.object_name == key and which(found):
                    self._client.remove_object(bucket, key, version_id=found.version_id)
                    n += 1
            return n

        try:
            return await self._do(work)
        except Absent:
            return 0
