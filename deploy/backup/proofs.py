"""What a restored record must prove: that it goes on from the checkpoints that were signed before the backup."""

import tempfile
from pathlib import Path

from deploy.backup.objects import Say
from deploy.backup.shelf import Manifest
from deploy.embedded.child import StackError
from deploy.verify.database import verify_database
from deploy.verify.record import keys_named
from deploy.verify.report import Report, Unreadable
from schemas.settings import Settings


def check_record(settings: Settings, manifest: Manifest, say: Say) -> None:
    """Verify every log of the restored database. Raises `StackError` when one is not what was signed."""
    if not manifest.audit_keys:
        say("no checkpoint of the record had been signed yet")
        return
    report = Report(tell=_silent, progress=say)
    with tempfile.TemporaryDirectory(prefix="casewire-proofs-") as place:
        known = Path(place) / "checkpoints.txt"
        known.write_text("---\n".join(manifest.checkpoints.values()))
        try:
            verify_database(
                report,
                settings.postgres_owner,
                named=keys_named(["\n".join(manifest.audit_keys)]),
                witnesses=[known] if manifest.checkpoints else [],
            )
        except Unreadable as problem:
            raise StackError(f"The restored record cannot be verified: {problem}") from None
    if report.wrong:
        raise StackError(f"The restored record is not the one that was signed: {report.findings[0]}")
    say("the record is whole: each log goes on from what was signed of it")


def _silent(sentence: str) -> None:
    pass
