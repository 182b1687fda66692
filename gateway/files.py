"""The files origin: document bytes, by short-lived personal addresses, through the wall as it stands at the read.

A small ASGI app of its own. It changes nothing, holds one chunk of a file at a time, and lets nothing of what it
sends run: attachments, or under a sandbox for the few types that are safe to show.
"""

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    MutableMapping,
)
from contextlib import aclosing
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import Counter

from gateway.exports.serving import Serving
from gateway.parts import Range, disposition, range_of
from schemas.access import Viewer, opened_by, sees
from schemas.addresses import Address, read_address
from schemas.audit import HOUSE, Actor, Version
from schemas.audit_log import Signer
from schemas.credentials import allowed_origins
from schemas.errors import Refused
from schemas.facts import ruled
from schemas.headers import answer_headers
from schemas.limits import READING_ASKED_AGAIN_S
from schemas.proxies import client_address, networks
from schemas.rates import budgets
from schemas.settings import Settings
from storage.asgi import run, serve_asgi
from storage.blobs import Absent, Blobs
from storage.health import absent, serve_health
from storage.keys.ring import Keys
from storage.keys.roots import roots_of
from storage.leaving import Slow
from storage.logs import configure
from storage.postgres import audit, versions
from storage.postgres import keys as wrapped
from storage.postgres.pool import Database
from storage.postgres.rates import Rates
from storage.postgres.rows import read
from storage.sealed import About, Sealing, opened

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CONNECTIONS_MAX = 512

# Types that a browser shows without running anything of ours; everything else is an attachment. Never SVG or HTML.
INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"})
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")

READS = Counter("casewire_file_reads_total", "Requests for document bytes, by status.", ["status"])
READ_BYTES = Counter("casewire_file_bytes_total", "Document bytes sent.")

log = structlog.get_logger("files")


class Readable(Struct, frozen=True):
    """A cleared version as its reader may read it now."""

    id: UUID
    document: UUID
    n: int
    case_id: UUID
    org: UUID
    audience: list[str]
    people: list[UUID]
    file_name: str
    media_type: str
    size: int  # bytes
    sha256: str
    object_key: str
    object_version: str
    sealing: Sealing | None = None
    rule: str = ""  # by which its reader sees it


class Gone(Exception):
    """Whoever reads has left."""


class Broken(Exception):
    """What was begun to be sent cannot be ended."""


class Files:
    """The app. `clock` tells the time."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        blobs: Blobs,
        rates: Rates,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database, self.blobs, self.rates, self.clock = database, blobs, rates, clock
        self.keys = Keys(roots_of(settings), database.recorder)
        self.exports = Serving(self, Signer(settings), settings.postgres_pool)
        self._secret = settings.secret.reveal()
        self._origins = allowed_origins(settings.public_url)
        self._proxies = networks(settings.trusted_proxies)
        framers = " ".join(sorted(self._origins))
        fixed = answer_headers(secure=settings.files_url.startswith("https://")) | {
            # Casewire's own page, on another origin, shows what is safe to show.
            "cross-origin-resource-policy": "same-site",
            "content-security-policy": (
                f"sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors {framers}"
            ),
            "cache-control": "private, no-store",
        }
        del fixed["x-frame-options"]  # it knows no list: `frame-ancestors` says who
        self._fixed: Headers = [(name.encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            status = await self._answer(scope, receive, send)
        except Refused as error:
            status = await self._refuse(scope, send, error)
        READS.labels(str(status)).inc()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        method: str = scope["method"]
        if method == "OPTIONS":
            return await self._start(send, 204, self._common(scope), b"")
        if method not in ("GET", "HEAD"):
            raise Refused("method")
        address = read_address(scope["path"], self._secret)
        if address is None:
            raise Refused("not_found")
        client = self._from(scope)
        await self.rates.admit("file", address.person, client)
        if address.expires_at <= self.clock():
            await self._record(address, _by(address), client, refused="forbidden")
            raise Refused("forbidden", "This address is over; open the document again in Casewire.")
        if address.kind == "export":
            return await self._export(scope, receive, send, address, client)
        version, by = await self.readable(address, client)
        asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        etag = f'"{version.sha256}"'
        headers = [*self._common(scope), *self._about(version, etag, address.inline)]
        if asked.get("if-none-match") in (etag, f"W/{etag}"):
            return await self._start(send, 304, headers, b"")
        part = range_of(asked, version.size, etag)
        if part is None:
            headers.append((b"content-range", b"bytes */%d" % version.size))
            return await self._start(send, 416, headers, b"")
        headers.append((b"content-length", b"%d" % part.length))
        if not part.whole:
            last = part.start + part.length - 1
            headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, last, version.size)))
        status = 200 if part.whole else 206
        if method == "HEAD":
            return await self._start(send, status, headers, b"")
        await self._record(address, by, client, version=version)
        await self._send(receive, send, status, headers, version, part, lambda: self.readable(address, client))
        return status

    def _from(self, scope: Scope) -> str:
        heard = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        peer = scope.get("client")
        return client_address(peer[0] if peer else "", heard, self._proxies)

    async def readable(self, address: Address, client: str) -> tuple[Readable, Actor]:
        """Ask the wall again, twice: the database's row-level security as the reader, and the pure rule over facts
        read just now. The session must still be good. Hidden and absent are answered alike, and recorded alike."""
        async with self.database.reading(address.person, address.session) as connection:
            row = await connection.fetchrow(versions.READABLE, address.version, address.session)
        version = read(row, Readable, sealing=None, rule="") if row is not None and row["f_reads"] else None
        viewer = Viewer(
            address.person, frozenset(zip(row["f_scopes"], row["f_roles"], strict=True) if row else ())
        )
        if row is None or version is None or not sees(viewer, version):
            await self._record(address, _by(address), client, refused="not_found")
            raise Refused("not_found")
        by = Actor(kind=row["f_kind"], person=address.person, session=address.session)
        version = replace(version, rule=ruled("read", opened_by(viewer, version) or {"named"}))
        if row["sealed"] is None:  # from before there were keys
            return version, by
        key = await self.keys.of(wrapped.of_row(row), by)
        about = About("bytes", version.org, version.case_id, version.id)
        return replace(version, sealing=Sealing(row["sealed"], key, about)), by

    async def _record(
        self,
        address: Address,
        by: Actor,
        client: str,
        *,
        version: Readable | None = None,
        refused: str = "",
    ) -> None:
        """Before the first byte leaves. What may not be read leaves an entry as well, in the log of what belongs to
        nobody; raises `unavailable` where it cannot be written."""
        of = version and Version(
            document=version.document, n=version.n, sha256=version.sha256, version=version.id
        )
        entry, private = audit.made(
            act="document.read",
            at=self.clock(),
            by=by,
            rule=refused or (version.rule if version else ""),
            outcome="refused" if refused else "done",
            log=version.org if version else HOUSE,
            case=version.case_id if version else None,
            thing=address.version,
            of=of,
            address=client,
        )
        await self.database.recorder.record(entry, private)

    async def _send(
        self,
        receive: Receive,
        send: Send,
        status: int,
        headers: Headers,
        version: Readable,
        part: Range,
        still: Callable[[], Awaitable[object]],
    ) -> None:
        """`still` raises when the reader has lost what they read: it is asked every second in which bytes leave."""
        started, tick = False, asyncio.get_running_loop().time
        asked = tick()
        left = asyncio.create_task(_left(receive))
        chunks = opened(
            self.blobs,
            version.object_key,
            version.object_version,
            version.size,
            version.sealing,
            start=part.start,
            length=part.length,
        )
        try:
            async with aclosing(chunks), aclosing(_checked(chunks, version, part)) as checked:
                async for chunk in checked:
                    if left.done():
                        return
                    if tick() - asked >= READING_ASKED_AGAIN_S:
                        await still()
                        asked = tick()
                    if not started:
                        await send({"type": "http.response.start", "status": status, "headers": headers})
                        started = True
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    READ_BYTES.inc(len(chunk))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (Refused, Absent) as error:
            log.error(
                "the bytes cannot be read", version=str(version.id), key=version.object_key, why=repr(error)
            )
            if not started:
                raise Refused("unavailable", "The bytes cannot be read just now.") from error
            # An answer that ends before its length: the server closes the connection, and no reader takes it for all.
        finally:
            left.cancel()

    async def _export(
        self, scope: Scope, receive: Receive, send: Send, address: Address, client: str
    ) -> int:
        """A case as an archive, made as it is sent. Where it breaks off no program opens it: its index comes last."""
        name = await self.exports.name(address, client)
        headers = [
            *self._common(scope),
            (b"content-type", b"application/zip"),
            (b"content-disposition", disposition(name, False).encode()),
        ]
        if scope["method"] == "HEAD":
            return await self._start(send, 200, headers, b"")
        started = False
        left = asyncio.create_task(_left(receive))

        async def hand(part: bytes) -> None:
            nonlocal started
            if left.done():
                raise Gone
            if not started:
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                started = True
            await send({"type": "http.response.body", "body": part, "more_body": True})
            READ_BYTES.inc(len(part))

        try:
            await self.exports.send(address, client, hand)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Gone:
            pass
        except (Refused, Absent, Slow) as error:
            if not started:
                raise
            log.warning("an archive broke off", export=str(address.version), why=repr(error))
            raise Broken from error  # the server closes the connection before the end
        finally:
            left.cancel()
        return 200

    def _common(self, scope: Scope) -> Headers:
        """Of every answer. Only Casewire's own page may read it from a script."""
        headers: Headers = [*self._fixed, (b"vary", b"Origin")]
        origin = dict(scope["headers"]).get(b"origin", b"")
        if origin.decode("latin-1") in self._origins:
            headers += [
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-methods", b"GET, HEAD"),
                (b"access-control-allow-headers", b"Range, If-Range"),
                (b"access-control-expose-headers", b"Content-Range, Content-Length, Accept-Ranges, ETag"),
            ]
        return headers

    def _about(self, version: Readable, etag: str, inline: bool) -> Headers:
        known = bool(_MEDIA_TYPE.fullmatch(version.media_type))
        media_type = version.media_type if known else "application/octet-stream"
        shown = inline and media_type in INLINE
        charset = "; charset=utf-8" if media_type == "text/plain" else ""
        return [
            (b"content-type", f"{media_type}{charset}".encode()),
            (b"content-disposition", disposition(version.file_name, shown).encode()),
            (b"etag", etag.encode()),
            (b"accept-ranges", b"bytes"),
        ]

    async def _refuse(self, scope: Scope, send: Send, error: Refused) -> int:
        body = msgspec.json.encode(error.problem())
        headers = [
            *self._common(scope),
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
        ]
        if error.retry_after_ms is not None:
            headers.append((b"retry-after", b"%d" % -(-error.retry_after_ms // 1000)))
        return await self._start(send, error.kind.status, headers, b"" if scope["method"] == "HEAD" else body)

    async def _start(self, send: Send, status: int, headers: Headers, body: bytes) -> int:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return status


def _by(address: Address) -> Actor:
    """Whose address it is, where their session is not looked at."""
    return Actor(kind="address", person=address.person, session=address.session)


async def _left(receive: Receive) -> None:
    """Returns when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _checked(
    chunks: AsyncIterator[bytes], version: Readable, part: Range
) -> AsyncGenerator[bytes, None]:
    """The chunks as they come; of a whole file the last one only when the hash is the pinned one, so that bytes that
    rotted or were exchanged never arrive as a complete file."""
    if not part.whole:
        async for chunk in chunks:
            yield chunk
        return
    digest, held, total = sha256(), b"", 0
    async for chunk in chunks:
        digest.update(chunk)
        total += len(chunk)
        if held:
            yield held
        held = chunk
    if total != version.size or digest.hexdigest() != version.sha256:
        raise Refused("unavailable", "The stored bytes are not those that were examined.")
    yield held


async def serve(settings: Settings) -> None:
    database = await Database.open(settings, roles=("app",))
    blobs = Blobs(settings)
    rates = Rates(database.app, budgets(settings.rates))

    async def missing() -> list[str]:
        return await absent({"postgres": database.app.fetchval("select 1"), "objects": blobs.ready()})

    health = await serve_health(settings.internal_port, missing)
    app = Files(settings, database, blobs, rates)
    try:
        await serve_asgi(
            app, settings.http_host, settings.files_port, lifespan=False, connections_max=CONNECTIONS_MAX
        )
    finally:
        await app.keys.close()
        if health is not None:
            health.close()
        await rates.close()
        blobs.close()
        await database.close()


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    configure("files")
    run(lambda: serve(settings))
