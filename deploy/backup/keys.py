"""The keys of a house, kept apart from its backups in a file of their own that its owner alone can read.

A backup holds of each key a print, so that the wrong file is told before anything is written, and is signed with them
all, so that nobody without them can exchange it.
"""

import hmac
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from deploy.embedded.child import StackError
from deploy.embedded.nats import write_private
from schemas.settings import SECRETS

FORMAT = 1
FILE_BYTES_MAX = 1 << 20

# These open servers and not content; a restored house has servers of its own, and is told anew who its witnesses are.
OF_SERVERS = frozenset({"nats_password", "nats_issuer", "s3_secret_key", "audit_witnesses"})
KEPT = SECRETS - OF_SERVERS

Keys = Mapping[str, str]


class KeySet(Struct, frozen=True, kw_only=True):
    """The keys that a house had at a time; those of before stay in the file for the backups that need them."""

    at: datetime
    house: str
    keys: dict[str, str]


class KeyFile(Struct, frozen=True, kw_only=True):
    casewire_keys: int = FORMAT
    sets: list[KeySet]


def keys_of(environs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The keys among the settings of a house's processes; no process has them all."""
    found: dict[str, str] = {}
    for environ in environs:
        found |= {name: given for name in sorted(KEPT) if (given := environ.get(f"CASEWIRE_{name.upper()}"))}
        if file := environ.get("CASEWIRE_ROOT_KEY_FILE"):
            try:
                found["root_key"] = ",".join(Path(file).read_text().split())
            except OSError as problem:
                raise StackError(f"The root keys in {file} cannot be read: {problem.strerror}.") from None
    return found


def read_keys(file: Path) -> list[KeySet]:
    """Raises `StackError` with one sentence for what is no file of keys."""
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise ValueError("too large")
        found = msgspec.json.decode(file.read_bytes(), type=KeyFile)
    except FileNotFoundError:
        raise StackError(
            f"There is no file {file}; name the one that `casewire backup --keys` wrote."
        ) from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it holds something else"
        raise StackError(f"{file} cannot be read as a file of keys: {reason}.") from None
    if found.casewire_keys > FORMAT:
        raise StackError(
            f"The keys in {file} are of version {found.casewire_keys} and this Casewire knows versions up to {FORMAT}; "
            "use the newer Casewire that wrote them."
        )
    return found.sets


def save_keys(file: Path, house: str, keys: Keys, now: datetime) -> bool:
    """Add the keys to the file unless they stand there; whether it was written."""
    sets = read_keys(file) if file.exists() else []
    if any(one.house == house and one.keys == keys for one in sets):
        os.chmod(file, 0o600)
        return False
    if sets and all(one.house != house for one in sets):
        raise StackError(f"{file} holds the keys of another Casewire; name another file with --keys.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sets = [*sets, KeySet(at=now, house=house, keys=dict(keys))]
        write_private(file, msgspec.json.format(msgspec.json.encode(KeyFile(sets=sets)), indent=1).decode())
    except OSError as problem:
        raise StackError(f"The keys cannot be written to {file}: {problem.strerror}.") from None
    return True


def prints_of(keys: Keys, salt: str) -> dict[str, str]:
    """Of each key something that tells it from another one and gives nothing of it away."""
    return {
        name: hmac.digest(salt.encode(), f"{name}={value}".encode(), "sha256").hex()[:32]
        for name, value in sorted(keys.items())
    }


def signed(keys: Keys, body: bytes) -> str:
    """The signature over a manifest (HMAC-SHA256 under a key that HKDF derives from all of them); hexadecimal."""
    material = "\n".join(f"{name}={value}" for name, value in sorted(keys.items())).encode()
    derived = HKDF(SHA256(), 32, salt=None, info=b"casewire backup manifest").derive(material)
    return hmac.digest(derived, body, "sha256").hex()


def matching(file: Path, house: str, prints: Mapping[str, str], salt: str) -> dict[str, str]:
    """The keys in `file` that a backup was made with. Raises `StackError` when they are not there."""
    sets = read_keys(file)
    for one in reversed(sets):
        if prints_of(one.keys, salt) == dict(prints):
            return one.keys
    if sets and all(one.house != house for one in sets):
        raise StackError(f"{file} holds the keys of another Casewire than this backup's.")
    raise StackError(f"{file} does not hold the keys with which this backup was made.")
