"""`casewire audit verify`, and `python -m deploy.verify` where there is nothing else of Casewire."""

import argparse
import sys
import zipfile
from pathlib import Path

from deploy.verify.archive import OURS, verify_archive
from deploy.verify.certificates import is_certificate, verify_certificate
from deploy.verify.record import keys_named, verify_folder
from deploy.verify.report import Report, Unreadable


def verify(
    target: str | None,
    *,
    dsn: str | None = None,
    keys: list[str] | None = None,
    checkpoints: list[str] | None = None,
    log: str | None = None,
    jobs: int | None = None,
    report: Report | None = None,
) -> int:
    """Verify a record folder, an archive, or a database; answers the exit code (0 good, 1 wrong, 2 not to be read)."""
    report = report or Report()
    try:
        named = keys_named(keys or [])
        witnesses = [Path(one) for one in checkpoints or []]
        if dsn is not None:
            from deploy.verify.database import verify_database

            verify_database(report, dsn, named=named, witnesses=witnesses, only=log)
        elif target is None:
            raise Unreadable("Name a record folder or an archive, or a database with --dsn.")
        elif Path(target).suffix == ".json" and is_certificate(Path(target)):
            verify_certificate(report, Path(target), named=named)
        elif Path(target).suffix == ".json":
            from deploy.verify.answer import verify_answer

            verify_answer(report, Path(target), named=named, witnesses=witnesses)
        elif Path(target).is_dir() and not any((Path(target) / name).exists() for name in OURS):
            verify_folder(report, Path(target), named=named, witnesses=witnesses, jobs=jobs)
        else:
            verify_archive(report, Path(target), named=named, witnesses=witnesses)
    except (Unreadable, OSError, zipfile.BadZipFile) as problem:
        sys.stderr.write(f"casewire: {problem}\n")
        return 2
    return report.finish()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.verify", description="Verify a record of Casewire.")
    parser.add_argument("target", nargs="?", help="a record folder, or an archive that was exported")
    parser.add_argument("--dsn", help="verify the logs of this PostgreSQL database")
    parser.add_argument("--log", help="of a database this log alone: the id of an organisation")
    parser.add_argument("--key", action="append", default=[], help="a key that you trust, or a file of keys")
    parser.add_argument("--checkpoint", action="append", default=[], help="a file of checkpoints kept elsewhere")
    parser.add_argument("--jobs", type=int, help="processes to use; default: as many as there are cores")
    asked = parser.parse_args(arguments)
    return verify(
        asked.target,
        dsn=asked.dsn,
        keys=asked.key,
        checkpoints=asked.checkpoint,
        log=asked.log,
        jobs=asked.jobs,
    )
