"""The checks of style, types and architecture, as tests: what is green here is green everywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import generate

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-8000:]}{done.stderr[-2000:]}"


def test_ruff_finds_nothing() -> None:
    run(str(BIN / "ruff"), "check", "--no-cache", ".")


def test_imports_follow_the_arrows() -> None:
    run(str(BIN / "lint-imports"), "--no-cache")


@pytest.mark.timeout(600)
def test_types_hold() -> None:
    run(str(BIN / "pyright"), "--pythonpath", sys.executable)


def test_the_table_of_settings_is_fresh() -> None:
    text = generate.README.read_text()
    assert generate.readme(text) == text, "stale: run `python -m deploy.generate`"
    assert text.count("| `CASEWIRE_") >= 30


def test_the_lock_names_no_registry() -> None:
    """A lock with a host in it would bind every installation to that host."""
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock and "--index-url" not in lock
    assert lock.count("--hash=sha256:") >= lock.count("==") > 50
