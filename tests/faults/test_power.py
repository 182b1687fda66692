"""Power failures in the middle of a conversation, of NATS alone, of PostgreSQL alone and of the whole machine; and a
JetStream store that is wiped, deleted or older than it was. `FAULT_ROUNDS=20` runs each for long.

JetStream may lose what it likes: it is filled again from PostgreSQL, and clients on their sockets notice nothing.
PostgreSQL may lose nothing that was acknowledged.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.embedded.child import wait_until
from deploy.embedded.postgres import Postgres
from schemas.subjects import STREAM
from storage.bus import Bus
from tests.app import World
from tests.faults.power import Disk, disk, why_not
from tests.faults.talk import Talk, judge
from tests.faults.voices import until
from tests.house import House, gone, wait_for
from tests.live import live
from tests.wire import PATIENCE_S, api

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
ACKED_BETWEEN = 40  # messages between one failure and the next
HEALED_WITHIN_S = 60.0  # only ends a broken run
WITHOUT_POWER_S = 0.5  # at most, until the process is ended too

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=why_not() or ""),
    pytest.mark.timeout(180 + 120 * ROUNDS),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="casewire-power-", dir="/tmp"))
    # PostgreSQL may run as nobody, who must come through to its own directory.
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


class Parted:
    """A Casewire whose JetStream store and whose PostgreSQL have a disk of their own each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "parted"
        self.store = self.data / "nats" / "jetstream"

    def start(self, stack: contextlib.ExitStack) -> None:
        self.data.mkdir(mode=0o700)
        self.nats_disk = stack.enter_context(disk(self.folder / "nats.img", self.store))
        self.postgres_disk = stack.enter_context(disk(self.folder / "postgres.img", self.folder / "pg"))
        self.postgres_disk.at.chmod(0o711)
        self.postgres = Postgres(
            self.folder / "pg" / "data", self.folder / "postgres.log", self.folder / "run"
        )
        self.postgres.prepare()
        stack.callback(self.postgres.child.kill)
        self.postgres.start()
        self.postgres.bootstrap()
        self.house = House(self.data, environ={"CASEWIRE_POSTGRES": self.postgres.dsn()})
        stack.callback(self.house.stop)
        self.house.start()

    @contextlib.contextmanager
    def nats_down(self) -> Iterator[None]:
        """nats-server is killed, and started again by the supervisor afterwards."""
        supervisor, before = self.house.process, self.house.pids()["nats"]
        supervisor.send_signal(signal.SIGSTOP)
        try:
            os.kill(before, signal.SIGKILL)
            wait_for(lambda: gone(before), "the end of nats-server")
            yield
        finally:
            supervisor.send_signal(signal.SIGCONT)
        wait_for(lambda: self.house.pids()["nats"] not in (0, before), "a new nats-server")

    async def last_seq(self) -> int:
        """Of the stream. A server that starts knows none for a moment: it reads its store after it listens."""
        bus = await Bus.connect(self.house.settings("operator"), "test")
        try:
            async with asyncio.timeout(HEALED_WITHIN_S):
                while True:
                    with contextlib.suppress(Exception):  # JetStream is not up yet
                        info = await api(bus.client, f"STREAM.INFO.{STREAM}")
                        if "state" in info:
                            return info["state"]["last_seq"]
                    await asyncio.sleep(0.02)
        finally:
            await bus.close()

    async def stored(self, count: int) -> int:
        """The last seq, once it is `count` at least."""
        async with asyncio.timeout(PATIENCE_S):
            while (last := await self.last_seq()) < count:
                await asyncio.sleep(0.05)
        return last

    @contextlib.contextmanager
    def relay_frozen(self) -> Iterator[None]:
        """So that what is left of the stream can be seen before it is filled again."""
        pid = self.house.pids()["relay"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def parted(folder: Path) -> Iterator[Parted]:
    made = Parted(folder)
    with contextlib.ExitStack() as stack:
        made.start(stack)
        yield made


class Going:
    """A conversation of two who write, by HTTP and by socket, and three who follow."""

    def __init__(self, office: Any, talk: Talk) -> None:
        self.office, self.talk = office, talk

    async def on(self, after: str, count: int = ACKED_BETWEEN) -> None:
        """Everybody sends and everybody sees again."""
        known, senders = set(self.talk.acked), {"http0": 0, "http1": 0, "socket0": 0, "socket1": 0}

        def fresh() -> bool:
            new = [body for body in self.talk.acked if body not in known]
            senders.update({name: sum(body.startswith(name + " ") for body in new) for name in senders})
            return len(new) >= count and all(senders.values())

        await until(fresh, lambda: f"everybody sends after {after}: {senders}")
        newest = max(seq for body, (_, seq) in self.talk.acked.items() if body not in known)
        await self.seen(newest, after)

    async def seen(self, seq: int, after: str) -> None:
        followers = self.talk.followers
        await until(
            lambda: all(f.seq >= seq for f in followers),
            lambda: f"everybody sees {seq} after {after}: {[f.seq for f in followers]}",
        )

    @property
    def connections(self) -> list[int]:
        return [follower.connections for follower in self.talk.followers]


@asynccontextmanager
async def conversation(house: House) -> AsyncIterator[Going]:
    """Judged at the end: nothing acknowledged is lost, nobody lacks anything or was given it twice or out of order."""
    async with contextlib.AsyncExitStack() as exit:
        pool: Any = await asyncpg.create_pool(house.settings().postgres_owner, min_size=0, max_size=2)
        exit.callback(pool.terminate)
        address = f"http://127.0.0.1:{house.http_port}"
        http = await exit.enter_async_context(httpx.AsyncClient(base_url=address, timeout=30))
        office = await World(http, pool).office()
        room = await office.conversation()
        url = f"ws://127.0.0.1:{house.live_port}"
        await _caught_up(url, office)
        talk = Talk(url, office.case, room)
        exit.push_async_callback(talk.stop_following)
        followers = [talk.follow(person) for person in (office.lead, office.outside, office.admin)]
        await until(lambda: all(f.epoch for f in followers), lambda: "followers subscribe")
        for n, person in enumerate((office.lead, office.outside)):
            talk.send_over_http(person, f"http{n}")
            talk.send_over_socket(person, f"socket{n}")
        going = Going(office, talk)
        try:
            await going.on("the start")
            yield going
        finally:
            stopping = asyncio.create_task(talk.stop_sending())
            await asyncio.wait((stopping,), timeout=HEALED_WITHIN_S)
            stopping.cancel()
        history = await office.lead.all(f"/v1/cases/{office.case}/events", limit=500)
        await going.seen(history[-1]["seq"], "the end")
        messages = await office.lead.all(f"/v1/conversations/{room}/messages", limit=500)
        assert judge(talk, history, messages) == []
        assert len(messages) == len(talk.acked)


async def _caught_up(url: str, office: Any) -> None:
    """Until the gateway knows the case: followers begin after what is hidden from some of them."""
    history = await office.lead.all(f"/v1/cases/{office.case}/events")
    async with live(url, office.lead.token) as client, asyncio.timeout(HEALED_WITHIN_S):
        while (await client.ask("subscribe", topic=f"case:{office.case}"))["seq"] < history[-1]["seq"]:
            await asyncio.sleep(0.1)


async def test_jetstream_loses_its_tail_and_clients_notice_nothing(parted: Parted) -> None:
    async with conversation(parted.house) as going:
        before = going.connections
        for turn in range(ROUNDS):
            await asyncio.to_thread(parted.nats_disk.sync)
            await going.on(f"{turn} cuts")
            had = await parted.last_seq()
            parted.nats_disk.cut()
            await asyncio.sleep(random.uniform(0, WITHOUT_POWER_S))
            with parted.relay_frozen():
                with parted.nats_down():
                    parted.nats_disk.return_power()
                left = await parted.last_seq()
            assert 0 < left < had, "its tail was to be cut off, and only that"
            await going.on(f"cut {turn + 1}, from {had} to {left}")
        assert going.connections == before  # nobody was sent away


async def test_postgres_keeps_what_it_acknowledged(parted: Parted) -> None:
    async with conversation(parted.house) as going:
        for turn in range(ROUNDS):
            await cut_postgres(parted)
            await going.on(f"cut {turn + 1}")
        assert going.talk.retries > 0  # it was felt


async def cut_postgres(parted: Parted) -> None:
    postgres, log = parted.postgres, parted.postgres.child.log
    seen = log.stat().st_size
    parted.postgres_disk.cut()
    await asyncio.sleep(random.uniform(0, WITHOUT_POWER_S))
    postgres.child.kill()
    await asyncio.to_thread(parted.postgres_disk.return_power)
    postgres.prepare()
    postgres.child.start()
    await asyncio.to_thread(wait_until, postgres.child, postgres.ready, HEALED_WITHIN_S)
    assert "automatic recovery in progress" in log.read_text(errors="replace")[seen:]


def wiped(parted: Parted) -> None:
    for thing in parted.store.iterdir():
        shutil.rmtree(thing, ignore_errors=True)


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_a_store_wiped_under_a_running_server_is_filled_again(parted: Parted, restarted: bool) -> None:
    async with conversation(parted.house) as going:
        before = going.connections
        wiped(parted)
        if restarted:
            with parted.nats_down():
                pass
        await going.on("the store was wiped")
        assert going.connections == before
    with parted.nats_down():  # what the wiped server still held in memory is of no use to others
        wiped(parted)


async def test_a_stream_deleted_by_an_operator_is_made_again(parted: Parted) -> None:
    async with conversation(parted.house) as going:
        before = going.connections
        bus = await Bus.connect(parted.house.settings("operator"), "test")
        try:
            for _ in range(3):
                # Events are heard as they are published, so clients may be ahead of the new stream.
                async with asyncio.timeout(PATIENCE_S):
                    while "success" not in await api(bus.client, f"STREAM.DELETE.{STREAM}"):
                        await asyncio.sleep(0.05)
                await going.on("the stream was deleted")
        finally:
            await bus.close()
        assert going.connections == before


async def test_a_store_put_back_to_an_older_copy_is_continued(parted: Parted, folder: Path) -> None:
    async with conversation(parted.house) as going:
        before, copy = going.connections, folder / "copy"
        # Events are heard as they are published: that some are in the store as well takes a moment more.
        kept = await parted.stored(20)
        with parted.nats_down():
            shutil.copytree(parted.store / "jetstream", copy)
        await going.on("the copy")
        had = await parted.stored(kept + 20)
        with parted.relay_frozen():
            with parted.nats_down():
                shutil.rmtree(parted.store / "jetstream")
                copy.rename(folder / "jetstream")
                shutil.move(folder / "jetstream", parted.store)
            left = await parted.last_seq()
        assert 0 < left < had
        await going.on(f"the store was put back from {had} to {left}")
        assert going.connections == before


async def test_the_whole_machine_loses_its_power(folder: Path) -> None:
    data = folder / "machine"
    with disk(folder / "machine.img", data, 4096) as machine, contextlib.ExitStack() as exit:
        house = House(data)
        exit.callback(house.stop)
        house.start()
        async with conversation(house) as going:
            for turn in range(ROUNDS):
                await cut_everything(house, machine)
                await going.on(f"cut {turn + 1}")
            assert going.talk.retries > 0 and min(going.connections) > ROUNDS


async def cut_everything(house: House, machine: Disk) -> None:
    pids = house.pids()
    machine.cut()
    for pid in (house.process.pid, *pids.values()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    house.process.wait()
    await asyncio.to_thread(machine.return_power)
    house.launch()
    await until(lambda: house.ready or house.process.poll() is not None, lambda: "ready or ended")
    assert house.ready, house.printed
