"""What a restored record must prove: that it goes on from the checkpoints that were signed before the backup."""

from collections.abc import Mapping

from deploy.backup.objects import Say
from schemas.settings import Settings


def check_record(settings: Settings, checkpoints: Mapping[str, str], say: Say) -> None:
    """Raises `StackError` when the restored record is not the one that was copied."""
