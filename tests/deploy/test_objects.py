"""The embedded object store is called ready when it keeps what it is given, and leaves nothing where others look."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import ports, stack
from deploy.embedded.child import Child
from deploy.embedded.objects import FORSAKEN_AFTER_S, PORTS, PROBE, Objects, forsaken
from deploy.embedded.stack import Stack


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A short one: the path of a socket has a limit."""
    before = os.getcwd()
    os.chdir(tmp_path)
    yield Path(".")
    os.chdir(before)


def test_sockets_that_nobody_listens_to_are_forsaken(folder: Path) -> None:
    old = time.time() - 2 * FORSAKEN_AFTER_S
    with ExitStack() as listening:
        for name, age in (("live", old), ("dead", old), ("young", None), ("other", old)):
            path = folder / f"seaweedfs-{name}-grpc-1.sock" if name != "other" else folder / "another.sock"
            one = listening.enter_context(socket.socket(socket.AF_UNIX))
            one.bind(str(path))
            if name == "live":
                one.listen()
            else:
                one.close()
            if age is not None:
                os.utime(path, (age, age))
        (folder / "seaweedfs-file-grpc-1.sock").write_text("x")
        os.utime(folder / "seaweedfs-file-grpc-1.sock", (old, old))
        found = {path.name for path in forsaken(folder, time.time() - FORSAKEN_AFTER_S)}
    assert found == {"seaweedfs-dead-grpc-1.sock"}


def store(place: Path, port: int, shared: dict[str, str]) -> Objects:
    keys = shared["s3_access_key"], shared["s3_secret_key"]
    return Objects(place, place / "log", dict.fromkeys(PORTS, 0) | {"s3.port": port}, *keys)


def test_it_serves_when_it_gives_back_what_it_was_given(
    stack: Stack, shared: dict[str, str], worker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, (free,) = f"{worker}-quarantine", ports.free(1)
    running = store(tmp_path, int(shared["s3_url"].rpartition(":")[2]), shared)
    assert running.serves(bucket)
    assert list(running.client().list_objects(bucket, PROBE, include_version=True)) == []
    assert not running.serves("absent-bucket")
    assert not store(tmp_path, free, shared).serves(bucket)
    client = running.client()
    whole = client.get_object

    def another(bucket: str, name: str, **more: Any) -> Any:
        answer = whole(bucket, name, **more)
        answer.read = lambda: b"another"  # type: ignore[method-assign]
        return answer

    monkeypatch.setattr(client, "get_object", another)
    monkeypatch.setattr(running, "client", lambda: client)
    assert not running.serves(bucket)


def test_a_stack_waits_until_it_serves(
    shared: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def serves(_: Objects, bucket: str) -> bool:
        asked.append(bucket)
        return len(asked) == 3

    waiting = Stack(tmp_path, environ={"CASEWIRE_POSTGRES": "postgresql://localhost/none"}, embed=("objects",))
    waiting.prepare()
    try:
        monkeypatch.setattr(Child, "running", property(lambda _: True))
        monkeypatch.setattr(Objects, "ready", lambda _: True)
        monkeypatch.setattr(Objects, "serves", serves)
        monkeypatch.setattr(stack, "make_buckets", lambda *_: None)
        waiting.wait_ready()
    finally:
        waiting.stop()
    assert len(asked) == 3 and len(set(asked)) == 1
