"""What a stack refuses before it starts, and what it remembers."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import nats
import pytest
from nats.aio.msg import Msg

from deploy import soundness
from deploy.embedded import ports
from deploy.embedded import postgres as embedded_postgres
from deploy.embedded.child import Child, StackError
from deploy.embedded.postgres import Postgres
from deploy.embedded.stack import SOCKET_PATH_BYTES_MAX, Stack
from schemas.settings import Settings
from schemas.subjects import EVENTS, STREAM_SUBJECTS
from storage.bus import Bus


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


def test_each_further_process_of_a_kind_has_ports_of_its_own_and_the_addresses_of_the_first(
    tmp_path: Path,
) -> None:
    stack = Stack(tmp_path, environ={}, embed=(), copies={"hub": 2, "gateway": 3, "relay": 2})
    stack.prepare()
    try:
        assert stack.named("gateway") == ["gateway", "gateway.2", "gateway.3"] and stack.named("files") == [
            "files"
        ]
        each = {name: Settings.read(stack.settings(name)) for name in stack.processes}
        assert len(each) == 11 and len({its.internal_port for its in each.values()}) == 11
        assert len({each[name].live_port for name in stack.named("gateway")}) == 3
        assert each["hub"].http_port != each["hub.2"].http_port
        assert {each[name].http_port for name in stack.processes if name != "hub.2"} == {
            each["hub"].http_port
        }
        for address in ("public_url", "live_url", "files_url"):
            assert len({getattr(its, address) for its in each.values()}) == 1, address
    finally:
        stack.stop()


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
        postgres.sql("alter role casewire_app set synchronous_commit = off")
        assert "synchronous_commit" in (await soundness.unsafe_database(careless) or "")
        superuser = Settings.read({"CASEWIRE_POSTGRES": postgres.dsn("postgres")})
        assert "bypasses row-level security" in (await soundness.unsafe_database(superuser) or "")
    finally:
        postgres.stop()


def test_free_ports_are_different_and_free() -> None:
    chosen = ports.free(20)
    assert len(set(chosen)) == 20 and not any(ports.taken(port) for port in chosen)


@contextlib.asynccontextmanager
async def only_nats(place: Path) -> AsyncIterator[Stack]:
    stack = Stack(place, environ={}, embed=("nats",))
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


FORBIDDEN = "nobody.may.publish.this"
REFUSAL_WAIT_S = 30.0  # only ends a failing test


async def allowed(stack: Stack, process: str, verb: str, subject: str) -> bool:
    """Whether NATS lets `process` subscribe or publish there."""
    settings = Settings.read(stack.settings(process))
    refusals: list[str] = []
    heard = asyncio.Event()

    async def refused(error: Exception) -> None:
        if FORBIDDEN in str(error):
            heard.set()
        else:
            refusals.append(str(error))

    client = await nats.connect(
        settings.nats, user=settings.nats_user, password=settings.nats_password.reveal(), error_cb=refused
    )
    await (client.subscribe(subject) if verb == "subscribe" else client.publish(subject, b""))
    # The server answers in order: once it refuses what nobody may do, it has refused what came before. A pong says
    # less, since the client's ping may overtake what it still has to send.
    await client.publish(FORBIDDEN, b"")
    async with asyncio.timeout(REFUSAL_WAIT_S):
        await heard.wait()
    await client.close()
    return not refusals


async def test_what_people_ask_of_the_hub_is_heard_by_the_hub_alone(tmp_path: Path) -> None:
    """Those requests carry the token of whoever asks, so no other process may listen, taken over or not."""
    async with only_nats(tmp_path) as stack:
        for process in ("hub", "gateway", "worker", "relay"):
            for subject in (
                "cw.api.messages.post", "cw.api.>", "cw.socket.messages.post", "cw.socket.>", "cw.>", "cw.*.*.*",
            ):  # fmt: skip
                hears = process == "hub" and subject.startswith(("cw.api.", "cw.socket."))
                assert await allowed(stack, process, "subscribe", subject) is hears, (process, subject)


async def test_for_sockets_the_gateway_alone_asks(tmp_path: Path) -> None:
    """The record takes its word for where their clients are."""
    async with only_nats(tmp_path) as stack:
        for process in ("hub", "gateway", "worker", "relay"):
            asks = await allowed(stack, process, "publish", "cw.socket.messages.post")
            assert asks is (process == "gateway"), process
            assert not await allowed(stack, process, "publish", "cw.api.messages.post"), process


async def test_answers_are_heard_and_given_by_nobody_else(tmp_path: Path) -> None:
    """An answer of the hub holds what one person may see, and whoever writes one decides what that person sees."""
    users = ("hub", "gateway", "worker", "relay")
    async with only_nats(tmp_path) as stack:
        for process in users:
            for subject in ("_INBOX.>", "*.>", *(f"_INBOX_{user}.>" for user in users)):
                own = subject == f"_INBOX_{process}.>"
                assert await allowed(stack, process, "subscribe", subject) is own, (process, subject)
            for subject in ("_INBOX.x", *(f"_INBOX_{user}.x" for user in users)):
                assert not await allowed(stack, process, "publish", subject), (process, subject)

        hub, gateway = [
            await Bus.connect(Settings.read(stack.settings(process))) for process in ("hub", "gateway")
        ]

        async def answer(message: Msg) -> None:
            await message.respond(b"answered " + message.data)

        await hub.subscribe("cw.socket.things.do", answer)
        await hub.client.flush()
        await hub.client.flush()
        for asked in (b"1", b"2"):
            answered = await gateway.request("cw.socket.things.do", asked, timeout_s=30)
            assert answered.data == b"answered " + asked
        await hub.close()
        await gateway.close()


async def test_the_relay_publishes_events_alone(tmp_path: Path) -> None:
    async with only_nats(tmp_path) as stack:
        for subject, may in (
            ("cw.org.staff.case.id.message.posted", True),
            ("$JS.API.STREAM.INFO.CW_EVENTS", True),
            ("cw.api.messages.post", False),
            ("cw.org.signal.case.id", False),
            ("$JS.API.STREAM.DELETE.CW_EVENTS", False),
            ("$JS.API.STREAM.CREATE.OTHER", False),
        ):
            assert await allowed(stack, "relay", "publish", subject) is may, subject


async def test_no_process_makes_jetstream_deliver_anywhere(tmp_path: Path) -> None:
    """A consumer delivers to whatever subject its maker names, and JetStream asks no permission of anybody for it: so
    nobody makes one. Nor does anybody answer to what it asks of JetStream elsewhere than where it may hear."""
    async with only_nats(tmp_path) as stack:
        for subject in (
            "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.UPDATE.CW_EVENTS",
            "$JS.API.CONSUMER.CREATE.CW_EVENTS", "$JS.API.CONSUMER.CREATE.CW_EVENTS.x",
            "$JS.API.CONSUMER.CREATE.CW_EVENTS.x.cw.>", "$JS.API.CONSUMER.DURABLE.CREATE.CW_EVENTS.x",
            "$JS.API.CONSUMER.MSG.NEXT.CW_EVENTS.x", "$JS.API.CONSUMER.DELETE.CW_EVENTS.x",
            "$JS.API.CONSUMER.LIST.CW_EVENTS", "$JS.API.DIRECT.GET.CW_EVENTS", "$JS.ACK.CW_EVENTS.x", "$JS.FC.x",
            "$JS.API.STREAM.DELETE.CW_EVENTS", "$JS.API.STREAM.SNAPSHOT.CW_EVENTS",
            "$JS.API.STREAM.RESTORE.CW_EVENTS", "$JS.API.STREAM.MSG.DELETE.CW_EVENTS", "$JS.API.ACCOUNT.PURGE.$G",
        ):  # fmt: skip
            for process in ("hub", "gateway", "worker", "relay"):
                assert not await allowed(stack, process, "publish", subject), (process, subject)
        for process in ("hub", "gateway", "worker"):
            for what in ("INFO", "CREATE", "MSG.GET", "PURGE"):
                subject = f"$JS.API.STREAM.{what}.CW_EVENTS"
                assert not await allowed(stack, process, "publish", subject), (process, subject)


async def test_events_are_heard_by_those_who_deliver_them(tmp_path: Path) -> None:
    async with only_nats(tmp_path) as stack:
        for process in ("hub", "gateway", "worker", "relay"):
            for subject in (EVENTS, *STREAM_SUBJECTS):
                may = process in ("gateway", "worker")
                assert await allowed(stack, process, "subscribe", subject) is may, (process, subject)


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
