"""An exported archive, checked without the server."""

from pathlib import Path

from deploy.verify.notes import Key
from deploy.verify.report import Report, Unreadable


def verify_archive(report: Report, path: Path, *, named: list[Key], witnesses: list[Path]) -> None:
    raise Unreadable(f"{path} is no record folder.")
