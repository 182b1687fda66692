"""Short-lived personal addresses on the files origin: made by the hub, read by the files process. Pure.

An address says who may read what until when, under a signature; it opens nothing by itself, since the files process
asks the wall again at every read.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

PURPOSE = b"casewire file address 1"
PREFIX = "/f/"
_BODY_BYTES = 16 * 3 + 8 + 1
_MAC_BYTES = 32


class Address(NamedTuple):
    """`inline` asks for showing in the browser; what is not safe to show is an attachment all the same."""

    version: UUID
    person: UUID
    session: UUID
    expires_at: datetime
    inline: bool


def write_address(files_url: str, secret: str, address: Address) -> str:
    body = b"".join(
        (
            address.version.bytes,
            address.person.bytes,
            address.session.bytes,
            int(address.expires_at.timestamp()).to_bytes(8, "big"),
            bytes([address.inline]),
        )
    )
    token = urlsafe_b64encode(body + _mac(secret, body)).decode().rstrip("=")
    return f"{files_url.rstrip('/')}{PREFIX}{token}"


def read_address(path: str, secret: str) -> Address | None:
    """The address that `path` is, whether over or not; None when nobody with the secret made it."""
    token = path.removeprefix(PREFIX)
    if token == path or len(token) > 200:
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    if len(mac) != _MAC_BYTES or not hmac.compare_digest(mac, _mac(secret, body)):
        return None
    version, person, session = (UUID(bytes=body[at : at + 16]) for at in (0, 16, 32))
    expires = datetime.fromtimestamp(int.from_bytes(body[48:56], "big"), UTC)
    return Address(version, person, session, expires, bool(body[56]))


def _mac(secret: str, body: bytes) -> bytes:
    """HMAC-SHA-256 under a key of its own, so that a signature made for something else is none here."""
    return hmac.digest(hmac.digest(secret.encode(), PURPOSE, "sha256"), body, "sha256")
