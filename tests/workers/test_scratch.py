"""Where bytes lie while they are examined: for the owner alone, and never for long."""

import os
import stat
import time
from pathlib import Path

import pytest

from schemas.settings import Settings
from workers.scratch import LEFT_AFTER_S, PREFIX, remove_leftovers, scratch


def test_inside_the_data_directory_for_its_owner_alone(tmp_path: Path) -> None:
    with scratch(Settings(data=str(tmp_path))) as folder:
        assert Path(folder).parent == tmp_path / "tmp"
        assert stat.S_IMODE((tmp_path / "tmp").stat().st_mode) == 0o700
    assert list((tmp_path / "tmp").iterdir()) == []


def test_in_the_systems_place_without_a_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch(Settings(data=str(tmp_path / "absent"))) as folder:
        assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_left_is_removed_when_nobody_can_still_use_it(tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "tmp", tmp_path / "elsewhere"
    old, young, other = place / f"{PREFIX}old", place / f"{PREFIX}young", place / "other"
    for folder in (old, young, other, elsewhere):
        folder.mkdir(parents=True)
        (folder / "bytes").write_bytes(b"unexamined")
    link = place / f"{PREFIX}link"
    link.symlink_to(elsewhere)
    past = time.time() - LEFT_AFTER_S - 60
    for path in (old, other, elsewhere, link):
        os.utime(path, (past, past), follow_symlinks=False)
    assert remove_leftovers(Settings(data=str(tmp_path))) == 1
    assert sorted(place.iterdir()) == sorted((young, other, link))
    assert (elsewhere / "bytes").exists()
