"""Checkpoints as signed notes: of the form that other tools read, and by keys that are nobody else's."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas import audit_log
from schemas.settings import DEFAULT_AUDIT_KEY, Secret, Settings, SettingsError

LOG = UUID("01900000-0000-7000-8000-00000000000a")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ROOT = sha256(b"root").digest()
OURS = Settings.read({"CASEWIRE_PUBLIC_URL": "https://cases.example:8443"})
OTHER = Settings.read(
    {
        "CASEWIRE_PUBLIC_URL": "https://cases.example:8443",
        "CASEWIRE_AUDIT_KEY": b64encode(b"k" * 32).decode(),
    }
)


def test_a_checkpoint_is_a_signed_note() -> None:
    signer = audit_log.Signer(OURS)
    note = signer.checkpoint(LOG, 7, ROOT, AT)
    text, signature, end = note.partition("\n\n")[0] + "\n", note.splitlines()[-1], note[-1]
    assert text == (
        f"cases.example/audit/{LOG}\n7\n{b64encode(ROOT).decode()}\ntime 2026-03-01T09:00:00.000000Z\n"
    )
    dash, name, signed = signature.split(" ")
    assert (dash, name, end) == ("—", "cases.example", "\n")
    # As C2SP writes it down, without the code that made it.
    name, id, key = signer.key.split("+", 2)
    raw = b64decode(key)
    assert raw[0] == 1 and id == sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    assert b64decode(signed)[:4].hex() == id
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(b64decode(signed)[4:], text.encode())
    assert audit_log.read_note(note) == (f"cases.example/audit/{LOG}", 7, ROOT)
    assert audit_log.log_of(audit_log.read_note(note).origin) == LOG


def test_a_note_is_signed_by_its_key_alone() -> None:
    ours, other = audit_log.Signer(OURS), audit_log.Signer(OTHER)
    note = ours.checkpoint(LOG, 7, ROOT, AT)
    assert audit_log.signed_by(note, ours.key) and not audit_log.signed_by(note, other.key)
    assert not audit_log.signed_by(note.replace("\n7\n", "\n8\n"), ours.key)
    assert not audit_log.signed_by(note.replace("cases.example/audit", "evil.example/audit"), ours.key)
    # An id of four bytes is easily the same; the signature is not.
    forged = other.checkpoint(LOG, 7, ROOT, AT).splitlines()[-1].split(" ")[2]
    swapped = b64encode(b64decode(note.splitlines()[-1].split(" ")[2])[:4] + b64decode(forged)[4:]).decode()
    assert not audit_log.signed_by(note.rpartition("\n\n")[0] + f"\n\n— cases.example {swapped}\n", ours.key)
    both = note + other.checkpoint(LOG, 7, ROOT, AT).splitlines()[-1] + "\n"
    assert audit_log.signed_by(both, ours.key) and audit_log.signed_by(both, other.key)


@pytest.mark.parametrize(
    "note",
    ["", "a\nb\nc\n\n", "x\n7\nAAAA\n\n— x y\n\n", "x\n٧\n" + b64encode(ROOT).decode() + "\n\n— x y\n"],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(ValueError):
        audit_log.read_note(note)


@pytest.mark.parametrize(
    ("mode", "key", "good"),
    [
        ("development", DEFAULT_AUDIT_KEY, True),
        ("production", DEFAULT_AUDIT_KEY, False),
        ("production", b64encode(bytes(range(32))).decode(), True),
        ("development", "not base64", False),
        ("development", b64encode(b"short").decode(), False),
    ],
)
def test_nobody_signs_with_what_everybody_knows(mode: str, key: str, good: bool) -> None:
    settings = Settings(mode=mode, audit_key=Secret(key))
    if good:
        audit_log.check(settings)
        return
    with pytest.raises(SettingsError, match=r"^CASEWIRE_AUDIT_KEY") as said:
        audit_log.check(settings)
    assert key not in str(said.value)
