"""The log's proofs: checkpoints as signed notes, the keys that sign them, and what the hub answers about a tree.

A checkpoint is a C2SP signed note (https://c2sp.org/signed-note) in the form of https://c2sp.org/tlog-checkpoint:
origin, size, root hash, and one line more that says when it was signed. The signature is Ed25519.
"""

from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from schemas.audit import moment
from schemas.merkle import HASH_BYTES
from schemas.settings import DEFAULT_AUDIT_KEY, Settings, SettingsError

ED25519 = b"\x01"  # the type of a signature, in C2SP's registry


class Checkpoint(NamedTuple):
    """What a note says: the tree's size and root hash, for the log `origin`."""

    origin: str
    size: int
    root: bytes


class Signer:
    """Signs checkpoints in the name of the host where people reach Casewire."""

    def __init__(self, settings: Settings) -> None:
        """Raises `SettingsError` where the key is missing, no key, or in production the known one."""
        check(settings)
        self._key = Ed25519PrivateKey.from_private_bytes(b64decode(settings.audit_key.reveal()))
        public = self._key.public_key().public_bytes_raw()
        self.name = host(settings)
        self.key = vkey(self.name, public)
        self._id = key_id(self.name, public)

    def checkpoint(self, log: UUID, size: int, root: bytes, at: datetime) -> str:
        """The note of a log's checkpoint."""
        return self.note(f"{origin(self.name, log)}\n{size}\n{b64encode(root).decode()}\ntime {moment(at)}\n")

    def note(self, text: str) -> str:
        """`text`, whose lines all end, with a signature."""
        signed = b64encode(self._id + self._key.sign(text.encode())).decode()
        return f"{text}\n\N{EM DASH} {self.name} {signed}\n"


def check(settings: Settings) -> None:
    """Refuse to sign with what everybody knows, or with what is no key. Raises `SettingsError`."""
    key = settings.audit_key.reveal()
    if settings.mode == "production" and key == DEFAULT_AUDIT_KEY:
        raise SettingsError(
            "CASEWIRE_AUDIT_KEY must be set in production: 32 random bytes in base64 (`openssl rand -base64 32`)."
        )
    try:
        whole = len(b64decode(key, validate=True)) == 32
    except ValueError:
        whole = False
    if not whole:
        raise SettingsError("CASEWIRE_AUDIT_KEY must be 32 bytes in base64 (`openssl rand -base64 32`).")


def host(settings: Settings) -> str:
    """The name that signs: the host of the public address."""
    return urlsplit(settings.public_url).hostname or "localhost"


def origin(name: str, log: UUID) -> str:
    return f"{name}/audit/{log}"


def log_of(origin: str) -> UUID | None:
    """The log that an origin names; None for that of another kind of log."""
    _, found, log = origin.rpartition("/audit/")
    try:
        return UUID(log) if found else None
    except ValueError:
        return None


def key_id(name: str, public: bytes) -> bytes:
    """The four bytes by which a signature says whose it is."""
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def vkey(name: str, public: bytes) -> str:
    """The public key as verifiers of signed notes take it."""
    return f"{name}+{key_id(name, public).hex()}+{b64encode(ED25519 + public).decode()}"


def read_note(note: str) -> Checkpoint:
    """What a note says, whoever signed it. Raises `ValueError` for what is no checkpoint."""
    lines = note.split("\n")
    if len(lines) < 6 or not (lines[1].isascii() and lines[1].isdigit()):
        raise ValueError("not a checkpoint")
    root = b64decode(lines[2], validate=True)
    if len(root) != HASH_BYTES:
        raise ValueError("not a checkpoint: its root is no SHA-256")
    return Checkpoint(lines[0], int(lines[1]), root)


def signed_by(note: str, key: str) -> bool:
    """Whether one of the note's signatures is by the key of this vkey."""
    name, _, rest = key.partition("+")
    id, _, encoded = rest.partition("+")
    text, found, signatures = note.rpartition("\n\n")
    if not found:
        return False
    public = Ed25519PublicKey.from_public_bytes(b64decode(encoded)[1:])
    for line in signatures.splitlines():
        dash, who, signed = [*line.split(" "), "", ""][:3]
        if dash != "\N{EM DASH}" or who != name:
            continue
        try:
            raw = b64decode(signed, validate=True)
            if raw[:4].hex() == id:
                public.verify(raw[4:], (text + "\n").encode())
                return True
        except (ValueError, InvalidSignature):
            continue
    return False


class LogHead(Struct, frozen=True):
    """The newest checkpoint of a log: `note` is what was signed, `size` what it says."""

    log: UUID
    size: int
    note: str


class LogKey(Struct, frozen=True):
    """A public key that signs or signed checkpoints, as verifiers take it; the newest signs."""

    key: str
    since: datetime


class LogKeys(Struct, frozen=True):
    keys: list[LogKey]


class InclusionProof(Struct, frozen=True):
    """That leaf `n` is in the tree of the checkpoint `note`, of `size` leaves. Hashes are in base64: `leaf` is
    SHA-256(0x00 || entry), `path` leads from it to the root (RFC 6962, section 2.1.1)."""

    log: UUID
    n: int
    size: int
    leaf: str
    path: list[str]
    note: str


class ConsistencyProof(Struct, frozen=True, rename={"from_": "from"}):
    """That the tree of `from` leaves is the beginning of that of `to` (RFC 6962, section 2.1.2). Hashes are in base64;
    the notes are those that were signed of these two sizes, empty where none was."""

    log: UUID
    from_: int
    to: int
    path: list[str]
    from_note: str
    to_note: str
