"""Signed notes and their keys (C2SP signed-note, tlog-checkpoint), with Ed25519."""

import base64
import binascii
import re
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE_BYTES_MAX = 16 << 10
SIGNATURES_MAX = 16

_VKEY = re.compile(r"([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44,48})")
_SIGNATURE = re.compile("— ([^\\s+]{1,255}) ([A-Za-z0-9+/=]{8,400})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class Bad(Exception):
    """Something is not what its format says; the message is a sentence for people."""


class Key(NamedTuple):
    name: str
    id: bytes  # 4 bytes
    public: bytes


class Checkpoint(NamedTuple):
    """What a checkpoint says: that the log `origin` had `size` leaves and this root at `time`."""

    origin: str
    size: int
    root: bytes
    time: datetime


def strict64(text: str) -> bytes:
    """Bytes of base64 that has one spelling alone."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Bad("is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Bad("is base64 in an unusual spelling")
    return data


def read_key(line: str) -> Key:
    """A key as `<name>+<id>+<base64>`; raises `Bad`."""
    found = _VKEY.fullmatch(line)
    if not found:
        raise Bad("The key is not of the form <name>+<id>+<base64>.")
    name, id, text = found.groups()
    try:
        data = strict64(text)
    except Bad as problem:
        raise Bad(f"The key {problem}.") from None
    if len(data) != 33 or data[0] != 1:
        raise Bad("The key is no Ed25519 key.")
    # C2SP signed-note: the id is the beginning of SHA-256(name || 0x0A || 0x01 || public key).
    if sha256(name.encode() + b"\n" + data).digest()[:4].hex() != id:
        raise Bad("The key's id does not belong to its name and bytes: it was changed.")
    return Key(name, bytes.fromhex(id), data[1:])


def open_note(note: str, keys: list[Key]) -> str:
    """The text of a note that one of `keys` signed; raises `Bad`.

    Signatures by keys that nobody named here are passed over, as the format asks; one by a named key must hold.
    """
    head, mark, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not mark or not head or lines.pop() != "" or not 0 < len(lines) <= SIGNATURES_MAX:
        raise Bad("is no signed note")
    text = head + "\n"
    held = 0
    for line in lines:
        found = _SIGNATURE.fullmatch(line)
        if not found:
            raise Bad("holds a line that is no signature")
        data = strict64(found[2])
        for key in keys:
            if key.name != found[1] or key.id != data[:4]:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
            except (InvalidSignature, ValueError):
                raise Bad("has a signature that does not hold: it was changed, or signed with another key") from None
            held += 1
    if not held:
        raise Bad("is not signed by the key that you trust")
    return text


def read_checkpoint(note: str, keys: list[Key]) -> Checkpoint:
    """A checkpoint that one of `keys` signed; raises `Bad`."""
    lines = open_note(note, keys).split("\n")
    if len(lines) != 5 or not lines[3].startswith("time ") or not _SIZE.fullmatch(lines[1]):
        raise Bad("is no checkpoint")
    top = strict64(lines[2])
    if len(top) != 32:
        raise Bad("has no SHA-256 as its root")
    try:
        time = datetime.fromisoformat(lines[3].removeprefix("time "))
    except ValueError:
        raise Bad("has no time") from None
    if time.tzinfo is None:
        raise Bad("has a time without zone")
    return Checkpoint(lines[0], int(lines[1]), top, time)


def origin_of(note: str) -> str:
    """The first line of a note: whose it says it is."""
    return note.partition("\n")[0]
