"""Where workers keep a file while they look at it, and what removes it when they were killed before they could."""

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from schemas.settings import Settings

PREFIX = "casewire-examine-"
LEFT_AFTER_S = 3600  # far longer than any file takes, so what is that old belongs to nobody


def scratch(settings: Settings) -> tempfile.TemporaryDirectory[str]:
    """A folder of its own that goes with the `with` block."""
    return tempfile.TemporaryDirectory(prefix=PREFIX, dir=_place(settings))


def remove_leftovers(settings: Settings) -> int:
    """Remove the folders of workers that were killed; how many. A disk must not fill with unexamined bytes."""
    removed = 0
    for folder in _place(settings).glob(f"{PREFIX}*"):
        try:
            found = folder.lstat()
        except FileNotFoundError:
            continue  # another worker was done with it
        # The system's temporary directory belongs to everybody: only our own folders, and no links.
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if ours and time.time() - found.st_mtime > LEFT_AFTER_S:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _place(settings: Settings) -> Path:
    """Inside the data directory, which is for its owner alone; a worker without one has the system's place."""
    data = Path(settings.data)
    if not (data.is_dir() and os.access(data, os.W_OK | os.X_OK)):
        return Path(tempfile.gettempdir())
    place = data / "tmp"
    place.mkdir(mode=0o700, exist_ok=True)
    return place
