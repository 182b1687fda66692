"""`casewire up`: starts, heals, stops, and leaves nothing behind."""

import asyncio
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import asyncpg
import pytest
from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from deploy.embedded import ports
from deploy.embedded.objects import s3_client
from deploy.embedded.stack import read_record
from tests.house import ROOT, House, gone, stopped, wait_for


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One stack for the tests that leave it running."""
    running = House(tmp_path_factory.mktemp("up") / "data", "--servers-only").start()
    yield running
    running.stop()


def objects_of(house: House) -> Minio:
    settings = house.settings()
    return s3_client(settings.s3_url, settings.s3_access_key, settings.s3_secret_key.reveal())


def casewire(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    sentence = done.stderr.strip()
    assert sentence.startswith("casewire: ") and "\n" not in sentence and sentence.endswith("."), sentence
    for word in words:
        assert word in sentence


def test_what_holds_passwords_is_for_its_owner_alone(house: House) -> None:
    for name in ("stack.json", "nats/nats.conf", "objects/s3.json", "objects/security.toml"):
        assert stat.S_IMODE((house.data / name).stat().st_mode) == 0o600, name
    for name in ("postgres", "run"):
        assert stat.S_IMODE((house.data / name).stat().st_mode) == 0o700, name


def test_servers_listen_on_loopback_only(house: House) -> None:
    pids = set(house.pids().values())
    listening: list[str] = []
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
        inodes = {row[9]: row[1] for row in rows if row[3] == "0A"}
        for pid in pids:
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                target = str(handle.readlink())
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    listening.append(inodes[target[8:-1]].split(":")[0])
    assert set(listening) == {"0100007F"}


def plain_http(method: str, port: int, path: str) -> int:
    """The status of a request as any user of the machine can send it."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    if method in ("PUT", "POST"):
        request.data = b"mine now"
        request.add_header("Content-Type", "application/octet-stream")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code


def test_objects_are_reached_through_s3_alone(house: House) -> None:
    """Every user of a shared machine reaches loopback: the inner ports of the object store must not serve them."""
    client = objects_of(house)
    documents = house.settings().s3_documents
    version = client.put_object(documents, "sealed/one", BytesIO(b"sealed"), 6).version_id
    ports_of = read_record(house.data)["ports"]
    filer, master, volume = (ports_of[f"objects.{name}.port"] for name in ("filer", "master", "volume"))
    at = f"/buckets/{documents}/sealed/one"
    for method, path in (
        ("GET", f"/buckets/{documents}/"),
        ("GET", f"{at}.versions/"),
        ("PUT", f"/buckets/{documents}/planted"),
        ("DELETE", f"{at}.versions?recursive=true"),
    ):
        assert plain_http(method, filer, path) in (401, 404), (method, path)
    for path in (
        "/dir/assign",
        "/dir/lookup?fileId=1,01ab&read=yes",
        "/submit",
        f"/col/delete?collection={documents}",
    ):
        assert plain_http("POST", master, path) in (401, 404), path
    for method in ("GET", "PUT", "DELETE"):
        assert plain_http(method, volume, "/1,01abcdef12") == 401, method
    with client.get_object(documents, "sealed/one", version_id=version) as answer:
        assert answer.read() == b"sealed"
    assert [found.object_name for found in client.list_objects(documents, "planted")] == []


def test_a_second_start_on_the_same_data_is_refused(house: House) -> None:
    assert_one_sentence(
        casewire("up", "--servers-only", "--data", str(house.data)), str(house.data), "already runs"
    )
    assert all(not gone(pid) for pid in house.pids().values())


@pytest.mark.parametrize("name", ["postgres", "nats", "objects"])
async def test_a_killed_server_comes_back_with_what_it_had(house: House, name: str) -> None:
    client = objects_of(house)
    settings = house.settings()
    connection = await asyncpg.connect(settings.postgres_owner)
    await connection.execute(
        "create table if not exists kept (word text); insert into kept values ('acknowledged')"
    )
    await connection.close()
    (house.data / "small").write_bytes(b"bytes that were acknowledged")
    client.fput_object(settings.s3_documents, f"{name}/kept", str(house.data / "small"))

    house.kill(name)

    async def row_is_there() -> bool:
        try:
            connection = await asyncpg.connect(settings.postgres_owner)
        except (OSError, asyncpg.PostgresError):
            return False
        try:
            return await connection.fetchval("select count(*) from kept") >= 1
        finally:
            await connection.close()

    def object_is_there() -> bool:
        try:
            return client.stat_object(settings.s3_documents, f"{name}/kept").size == 28
        except (MinioException, HTTPError):
            return False

    async with asyncio.timeout(30):
        while not await row_is_there():
            await asyncio.sleep(0.02)
    wait_for(object_is_there, "the object")
    wait_for(lambda: ports.answers(int(settings.nats.rpartition(":")[2])), "NATS")


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    house = House(tmp_path / "data").start()
    pids = house.pids()
    assert set(pids) == {
        "postgres", "nats", "objects", "hub", "relay", "sequence", "retention", "worker", "files", "gateway",
    }  # fmt: skip
    assert house.stop() == 0, house.printed
    assert all(gone(pid) for pid in pids.values())
    assert stopped(house.data)
    assert house.printed.endswith("stopped\n")


def test_kill_9_leaves_no_orphan_and_the_next_start_recovers(tmp_path: Path) -> None:
    house = House(tmp_path / "data").start()
    pids = house.pids()
    client = objects_of(house)
    (tmp_path / "small").write_bytes(b"kept")
    client.fput_object("casewire-documents", "before", str(tmp_path / "small"))
    backends = _children(pids["postgres"])
    assert backends

    house.process.kill()
    house.process.wait()

    for pid in [*pids.values(), *backends]:
        wait_for(lambda pid=pid: gone(pid), f"the end of {pid}")
    assert stopped(house.data)
    again = House(house.data, "--servers-only").start()
    assert objects_of(again).stat_object("casewire-documents", "before").size == 4
    assert again.stop() == 0


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_a_taken_port_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = casewire("up", "--data", str(tmp_path / "data"), "--live-port", str(port))
    assert_one_sentence(done, str(port), "--live-port")
    assert not (tmp_path / "data" / "postgres").exists()


def test_data_of_a_newer_version_is_one_sentence_and_stays_untouched(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("99\n")
    assert_one_sentence(casewire("up", "--servers-only", "--data", str(tmp_path)), "99", "newer")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "version"]


def test_a_command_without_a_stack_says_how_to_start_one(tmp_path: Path) -> None:
    assert_one_sentence(casewire("doctor", "--data", str(tmp_path)), "casewire up", str(tmp_path))


def test_a_token_for_nobody_is_one_sentence_with_an_example() -> None:
    assert_one_sentence(casewire("token"), "EMAIL is missing", "casewire token ada@")
