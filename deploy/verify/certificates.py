"""A certificate of what was destroyed, as somebody took it along: `{"certificate":…,"note":…}`, one line of JSON."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from deploy.verify.notes import Bad, Key, open_note
from deploy.verify.record import trusted
from deploy.verify.report import Report, Unreadable

CERTIFICATE_BYTES_MAX = 64 << 20  # it names each version of a case
NO_KEY = (
    "A certificate does not bring the key that signed it: name the organisation's public key with --key. `casewire "
    "audit key` prints it, and administrators are shown it where they export a case."
)
BEFORE, BETWEEN, AFTER = b'{"certificate":', b',"note":', b"}\n"


def is_certificate(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(BEFORE)) == BEFORE


def verify_certificate(report: Report, path: Path, *, named: list[Key]) -> None:
    """Verify that the key that you trust signed this certificate, and that nothing in it was changed."""
    if path.stat().st_size > CERTIFICATE_BYTES_MAX:
        raise Unreadable(f"{path} has more than {CERTIFICATE_BYTES_MAX >> 20} MiB.")
    data = path.read_bytes()
    try:
        whole: dict[str, Any] = json.loads(data)
        body, note = whole["certificate"], whole["note"]
        told = [str(body[name]) for name in ("kind", "organisation")]
        if not isinstance(note, str) or len(whole) != 2:
            raise TypeError
        inside = data[len(BEFORE) : data.rindex(BETWEEN)]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable(f"{path} is no certificate, or was cut off.") from None
    try:
        keys = trusted(report, None, named, none=NO_KEY)
        if BEFORE + inside + BETWEEN + json.dumps(note, ensure_ascii=False).encode() + AFTER != data:
            raise Bad("is not spelled as it was issued: it was changed")
        said = open_note(note, keys).split("\n")
        if len(said) != 5 or not said[3].startswith("time "):
            raise Bad("carries a note that is of no certificate")
        if said[0] not in {f"{key.name}/certificate/{told[1]}" for key in keys}:
            raise Bad("is signed for something else than a certificate of its organisation")
        if said[2] != b64encode(sha256(inside).digest()).decode():
            raise Bad("was changed: its signature is for another one")
    except Bad as problem:
        report.say(f"The certificate {problem}.")
        return
    report.fact(f"Certificate {said[1]} of a {told[0]} that was destroyed, signed {said[3].removeprefix('time ')}.")
