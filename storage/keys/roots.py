"""The roots: what wraps the keys of cases. One small port, three ways to have it: a key of our own, Vault's transit, a
cloud's KMS.

A root has a name, which stands beside every key that it wrapped, so that several may be known at a time: the first
that the settings name wraps what is new, the others open what they wrapped until everything is wrapped anew.
"""

from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import Refused
from schemas.settings import DEFAULT_SECRET, Settings, SettingsError
from storage.keys.kms import Kms
from storage.keys.vault import Vault
from storage.keys.wrapping import KEY_BYTES, unwrap, wrap

# What everybody can know, so it guards nothing: for a developer's machine alone.
KNOWN = sha256(DEFAULT_SECRET.encode()).digest()
NAME = b"casewire root name 1"
ROOT_FILE_BYTES_MAX = 64 << 10


class Root(Protocol):
    """Wraps keys of 32 bytes. `about` is bound to what is wrapped and must be given again."""

    @property
    def id(self) -> str: ...

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        """Raises `Refused("unavailable")` where the root does not answer."""
        ...

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """Raises `Broken` for what this root did not wrap so, `Refused("unavailable")` where it does not answer."""
        ...

    async def close(self) -> None: ...


class Own:
    """A root key that this process holds. Its name is derived from it and tells nothing of it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        name = HKDF(algorithm=SHA256(), length=8, salt=None, info=NAME).derive(key)
        self.id = f"key:{name.hex()}"

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        return wrap(key, self._key, about)

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        return unwrap(wrapped, self._key, about)

    async def close(self) -> None:
        pass


class Roots(NamedTuple):
    """`current` wraps what is new; `known` has every root by its name."""

    current: Root
    known: Mapping[str, Root]

    def of(self, name: str) -> Root:
        root = self.known.get(name)
        if root is None:
            raise Refused(
                "unavailable", f"The root key {name} is not among those that this process was given."
            )
        return root


def roots_of(settings: Settings) -> Roots:
    """The roots that the settings name, the first of them current: Vault's, then KMS's, then the file's keys, then the
    environment's, unless `root_first` puts one kind before the others. Raises `SettingsError` for none in production, a
    known one there, or one that is no key."""
    in_file = _in_file(settings.root_key_file)
    given = _keys("CASEWIRE_ROOT_KEY", settings.root_key.reveal())
    if settings.mode == "production" and KNOWN in (*in_file, *given):
        raise SettingsError(
            "CASEWIRE_ROOT_KEY is one that everybody knows; `casewire keys new-root` makes one."
        )
    kinds: dict[str, list[Root]] = {
        "vault": _far("CASEWIRE_ROOT_VAULT", [_vault(one, settings) for one in _parts(settings.root_vault)]),
        "kms": _far("CASEWIRE_ROOT_KMS", [_kms(one, settings) for one in _parts(settings.root_kms)]),
        "file": [Own(key) for key in in_file],
        "key": [Own(key) for key in given],
    }
    first = settings.root_first
    if first and not kinds.get(first):
        raise SettingsError(
            "CASEWIRE_ROOT_FIRST must be one of vault, kms, file and key, and that one be set."
        )
    found = [root for kind in sorted(kinds, key=lambda kind: kind != first) for root in kinds[kind]]
    if not found:
        if settings.mode == "production":
            raise SettingsError(
                "Documents cannot be sealed without a root key: set CASEWIRE_ROOT_KEY, CASEWIRE_ROOT_KEY_FILE, "
                "CASEWIRE_ROOT_VAULT or CASEWIRE_ROOT_KMS (`casewire keys new-root` makes a key)."
            )
        found.append(Own(KNOWN))
    return Roots(found[0], {root.id: root for root in found})


def _vault(address: str, settings: Settings) -> Root:
    if not settings.root_vault_token_file:
        raise SettingsError(
            "CASEWIRE_ROOT_VAULT needs CASEWIRE_ROOT_VAULT_TOKEN_FILE, the file with its token."
        )
    return Vault(address, Path(settings.root_vault_token_file), settings.mode)


def _kms(key: str, settings: Settings) -> Root:
    return Kms(key, settings.root_kms_region, settings.root_kms_endpoint, settings.mode)


def _far(setting: str, roots: list[Root]) -> list[Root]:
    """What is kept elsewhere goes by its place there, and of two with one name nobody knew which had wrapped a key."""
    names = [root.id for root in roots]
    if len(set(names)) != len(names):
        raise SettingsError(f"{setting} names two roots that go by one name; give each but once.")
    return roots


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _in_file(name: str) -> list[bytes]:
    if not name:
        return []
    try:
        with Path(name).open() as file:
            text = file.read(ROOT_FILE_BYTES_MAX)
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"CASEWIRE_ROOT_KEY_FILE {name} cannot be read: {problem}.") from None
    keys = _keys("CASEWIRE_ROOT_KEY_FILE", ",".join(text.split()))
    if not keys:
        raise SettingsError(f"CASEWIRE_ROOT_KEY_FILE {name} holds no key.")
    return keys


def _keys(name: str, text: str) -> list[bytes]:
    keys: list[bytes] = []
    for part in _parts(text):
        try:
            key = b64decode(part, validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            # Never the value: it may be the right key, written wrongly.
            raise SettingsError(
                f"{name} must hold keys of {KEY_BYTES} bytes in base64, with commas between them."
            )
        keys.append(key)
    return keys
