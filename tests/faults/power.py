"""A disk whose power can be cut: ext4 on a loop device, shut down without flushing its journal.

What was not synced is gone afterwards, as after a power failure; what was synced is there. Only root can do this.
"""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

# linux/fs/ext4: EXT4_IOC_SHUTDOWN is _IOR('X', 125, __u32); this flag drops what the journal has not written yet.
EXT4_IOC_SHUTDOWN = 0x8004587D
EXT4_GOING_FLAGS_NOLOGFLUSH = 2
BUSY_WAIT_S = 20.0
PROBE = "written-and-not-synced"


def why_not() -> str | None:
    """Why there can be no such disk here, None where there can."""
    if os.geteuid() != 0:
        return "only root can mount a loop device"
    missing = [name for name in ("losetup", "mkfs.ext4", "mount", "umount") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    if not Path("/dev/loop-control").exists():
        return "this machine has no loop devices"
    return None


class Disk:
    """A file system of `mebibytes` in the file `image`, mounted at `at`. Sparse: it takes what is written to it."""

    def __init__(self, image: Path, at: Path, mebibytes: int) -> None:
        self.image, self.at, self._mebibytes = image, at, mebibytes
        self.cuts = 0

    def make(self) -> None:
        self.at.mkdir(parents=True, exist_ok=True)
        with self.image.open("wb") as image:
            image.truncate(self._mebibytes << 20)
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()

    def mount(self) -> None:
        """Whatever the journal holds is replayed."""
        device = _run("losetup", "--find", "--show", str(self.image)).strip()
        try:
            _run("mount", "-t", "ext4", device, str(self.at))
        finally:
            _run("losetup", "--detach", device)  # a mounted one goes by itself when it is unmounted

    def unmount(self) -> None:
        """Waits for those who still have files there and are about to end."""
        deadline = time.monotonic() + BUSY_WAIT_S
        while subprocess.run(["umount", str(self.at)], capture_output=True, check=False).returncode != 0:
            assert time.monotonic() < deadline, f"{self.at} stays busy: {_run('fuser', '-vm', str(self.at))}"
            time.sleep(0.02)

    def sync(self) -> None:
        """All that was written so far survives."""
        _run("sync", "--file-system", str(self.at))

    def cut(self) -> None:
        """The power fails: from here on every write and sync on it fails, and what was not synced is lost."""
        (self.at / PROBE).write_text("lost")
        root = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(root, EXT4_IOC_SHUTDOWN, struct.pack("I", EXT4_GOING_FLAGS_NOLOGFLUSH))
        finally:
            os.close(root)
        self.cuts += 1

    def return_power(self) -> None:
        """Mount it again; nobody may have it open any more."""
        self.unmount()
        self.mount()
        assert not (self.at / PROBE).exists(), "this was no power cut: what was not synced is still there"

    def remove(self) -> None:
        """Harmless when there is nothing to remove."""
        if os.path.ismount(self.at):
            with contextlib.suppress(AssertionError):
                self.unmount()
        if os.path.ismount(self.at):
            _run("umount", "--lazy", str(self.at))
        self.image.unlink(missing_ok=True)


@contextlib.contextmanager
def disk(image: Path, at: Path, mebibytes: int = 2048) -> Iterator[Disk]:
    """A mounted disk, gone at the end whatever happened."""
    made = Disk(image, at, mebibytes)
    try:
        made.make()
        yield made
    finally:
        made.remove()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or command[0] == "fuser", f"{' '.join(command)}: {done.stderr.strip()}"
    return done.stdout + (done.stderr if command[0] == "fuser" else "")
