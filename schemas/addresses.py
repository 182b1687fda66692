"""Short-lived personal addresses on the files origin: made by the hub, read by the files process. Pure.

An address says who may read what until when, under a signature; it opens nothing by itself, since the files process
asks the wall again at every read.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args
from uuid import UUID

Kind = Literal["file", "export"]

# Of a version's bytes, and of a case's archive: neither is taken for the other.
PURPOSES: dict[Kind, bytes] = {"file": b"casewire file address 1", "export": b"casewire export address 1"}
PREFIXES: dict[Kind, str] = {"file": "/f/", "export": "/x/"}
_BODY_BYTES = 16 * 3 + 8 + 1
_MAC_BYTES = 32


class Address(NamedTuple):
    """`version` is what may be read; an export's id where `kind` is that. `inline` asks for showing in the browser;
    what is not safe to show is an attachment all the same."""

    version: UUID
    person: UUID
    session: UUID
    expires_at: datetime
    inline: bool
    kind: Kind = "file"


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
    token = urlsafe_b64encode(body + _mac(secret, body, address.kind)).decode().rstrip("=")
    return f"{files_url.rstrip('/')}{PREFIXES[address.kind]}{token}"


def read_address(path: str, secret: str) -> Address | None:
    """The address that `path` is, whether over or not; None when nobody with the secret made it."""
    kinds: list[Kind] = [kind for kind in get_args(Kind) if path.startswith(PREFIXES[kind])]
    kind = kinds[0] if kinds else None
    if kind is None or len(path) > 200:
        return None
    token = path.removeprefix(PREFIXES[kind])
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    if len(mac) != _MAC_BYTES or not hmac.compare_digest(mac, _mac(secret, body, kind)):
        return None
    version, person, session = (UUID(bytes=body[at : at + 16]) for at in (0, 16, 32))
    expires = datetime.fromtimestamp(int.from_bytes(body[48:56], "big"), UTC)
    return Address(version, person, session, expires, bool(body[56]), kind)


def _mac(secret: str, body: bytes, kind: Kind) -> bytes:
    """HMAC-SHA-256 under a key of its own, so that a signature made for something else is none here."""
    return hmac.digest(hmac.digest(secret.encode(), PURPOSES[kind], "sha256"), body, "sha256")
