"""What a stack refuses before it starts, and what it remembers."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import nats
import pytest

from deploy import soundness
from deploy.embedded import ports
from deploy.embedded import postgres as embedded_postgres
from deploy.embedded.child import Child, StackError
from deploy.embedded.postgres import Postgres
from deploy.embedded.stack import SOCKET_PATH_BYTES_MAX, Stack
from schemas.settings import Settings


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - 2**20, 2**20))
    with pytest.raises(StackError, match=r"^The disk under .* is full: 1 MiB are free"):
        Stack(tmp_path, environ={}).prepare()


def test_a_server_that_finds_the_disk_full_says_so(tmp_path: Path) -> None:
    child = Child(
        name="postgres",
        argv=["sh", "-c", "echo 'FATAL: could not write: No space left on device'; exit 1"],
        log=tmp_path / "logs" / "postgres.log",
    )
    child.start()
    assert child.wait(10)
    assert str(child.failure("ended")) == f"The disk under {tmp_path} is full, so postgres cannot run."


def test_ports_and_credentials_are_remembered_and_a_taken_port_is_chosen_anew(tmp_path: Path) -> None:
    first = Stack(tmp_path, environ={}, embed=("nats",))
    first.start()
    before = Settings.read(first.settings("hub"))
    first.stop()
    second = Stack(tmp_path, environ={}, embed=("nats",))
    second.start()
    try:
        assert Settings.read(second.settings("hub")) == before
        assert second.nats is not None
        third = Stack(tmp_path / "third", environ={}, embed=("nats",))
        third._record = {"ports": {"nats": second.nats.port}}
        (tmp_path / "third").mkdir()
        third._remember()
        assert third._record["ports"]["nats"] != second.nats.port
    finally:
        second.stop()


def test_each_process_has_a_nats_user_and_an_internal_port_of_its_own(stack: Stack) -> None:
    each = {
        name: Settings.read(stack.settings(name)) for name in ("hub", "gateway", "relay", "worker", "files")
    }
    assert len({settings.internal_port for settings in each.values()}) == len(each)
    assert each["relay"].nats_user == "relay" and each["hub"].nats_user == "hub"
    assert each["relay"].nats_password != each["hub"].nats_password
    assert len({settings.secret.reveal() for settings in each.values()}) == 1


def test_a_server_of_ones_own_replaces_the_embedded_one(tmp_path: Path) -> None:
    dsn = "postgresql://casewire_app@db.example/casewire"
    theirs = Stack(tmp_path, environ={"CASEWIRE_POSTGRES": dsn, "CASEWIRE_S3_URL": "https://s3.example"})
    theirs.prepare()
    try:
        assert theirs.postgres is None and theirs.objects is None and theirs.nats is not None
        assert theirs.settings("hub")["CASEWIRE_POSTGRES"] == dsn
    finally:
        theirs.stop()


def test_a_long_data_directory_gets_a_short_private_socket_that_is_removed(tmp_path: Path) -> None:
    stack = Stack(tmp_path / ("long" * 30), environ={}, embed=("postgres",))
    stack.start()
    assert stack.postgres is not None
    place = stack.postgres.socket_dir
    assert len(str(place)) < SOCKET_PATH_BYTES_MAX and place.stat().st_mode & 0o777 == 0o700
    assert stack.postgres.sql("select 1", database="casewire") == "1"
    stack.stop()
    assert not place.exists()


async def test_an_unsafe_database_is_refused(tmp_path: Path, settings: Settings) -> None:
    assert await soundness.unsafe_database(settings) is None
    postgres = Postgres(tmp_path / "postgres", tmp_path / "log", tmp_path / "run")
    postgres.child.argv = ["fsync=off" if part == "fsync=on" else part for part in postgres.child.argv]
    postgres.prepare()
    postgres.start()
    try:
        postgres.bootstrap()
        careless = Settings.read({"CASEWIRE_POSTGRES": postgres.dsn()})
        assert "fsync" in (await soundness.unsafe_database(careless) or "")
        superuser = Settings.read({"CASEWIRE_POSTGRES": postgres.dsn("postgres")})
        assert "bypasses row-level security" in (await soundness.unsafe_database(superuser) or "")
    finally:
        postgres.stop()


def test_free_ports_are_different_and_free() -> None:
    chosen = ports.free(20)
    assert len(set(chosen)) == 20 and not any(ports.taken(port) for port in chosen)


async def test_what_people_ask_of_the_hub_is_heard_by_the_hub_alone(tmp_path: Path) -> None:
    """Those requests carry the token of whoever asks, so no other process may listen, taken over or not."""
    stack = Stack(tmp_path, environ={}, embed=("nats",))
    stack.start()
    try:
        for process, hears in (("hub", True), ("gateway", False), ("worker", False), ("relay", False)):
            settings = Settings.read(stack.settings(process))
            for subject in ("cw.api.messages.post", "cw.api.>", "cw.>", "cw.*.*.*"):
                refusals: list[str] = []

                async def refused(error: Exception, told: list[str] = refusals) -> None:
                    told.append(str(error))

                client = await nats.connect(
                    settings.nats,
                    user=settings.nats_user,
                    password=settings.nats_password.reveal(),
                    error_cb=refused,
                )
                await client.subscribe(subject)
                # The server answers in order, so its refusal comes before the second pong; the client's first ping may
                # overtake what it still has to send.
                await client.flush()
                await client.flush()
                await client.close()
                allowed = hears and subject.startswith("cw.api.")
                assert (refusals == []) is allowed, (process, subject, refusals)
    finally:
        stack.stop()


def test_a_data_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Files of ours that any user may read can be locked by any user, and names of ours are nobody's business."""
    before = os.umask(0)
    stack = Stack(tmp_path / "above" / "data", environ={}, embed=())
    try:
        stack.prepare()
        assert stack.data.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
        stack.stop()


def test_a_data_directory_of_somebodys_own_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    stack = Stack(tmp_path, environ={}, embed=())
    stack.prepare()
    stack.stop()
    assert tmp_path.stat().st_mode & 0o777 == 0o750


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another user")
def test_a_database_run_by_nobody_comes_through_the_private_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded_postgres, "_as_somebody_else", lambda: ([], embedded_postgres.NOBODY))
    place = Path(tempfile.mkdtemp(prefix="casewire-", dir="/tmp"))
    place.chmod(0o755)  # as /var/lib is; pytest's own directories let nobody else in
    stack = Stack(place / "data", environ={}, embed=("postgres",))
    try:
        stack.start()
        assert stack.postgres is not None and stack.postgres.sql("select 1", database="casewire") == "1"
        assert stack.data.stat().st_mode & 0o777 == 0o701
    finally:
        stack.stop()
        shutil.rmtree(place)


def test_logs_are_for_their_owner(tmp_path: Path) -> None:
    """They name people and addresses, and what PostgreSQL refuses is in its log with the statement."""
    stack = Stack(tmp_path, environ={}, embed=())
    stack.prepare()
    try:
        assert stack.logs.stat().st_mode & 0o777 == 0o700
    finally:
        stack.stop()
