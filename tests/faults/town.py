"""Two hubs, two gateways, two relays, a worker and their servers, each reached through a line that a test can spoil."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import nats.errors
from nats.aio.client import Client

from deploy.embedded.stack import read_record
from schemas.subjects import STREAM
from tests.app import Office, World, opening
from tests.faults import detoured
from tests.faults.proxy import Address, Line
from tests.faults.voices import Room, Voices
from tests.house import House, wait_for

COPIES = ("--hubs", "2", "--gateways", "2", "--relays", "2")
OURS = ("hub", "hub.2", "gateway", "gateway.2", "relay", "relay.2")
PATIENCE_S = 8.0  # of those who ask a hub over HTTP; then they ask the other one


class Town:
    """`lines` are named by their ends: `gateway.2 nats`, `hub postgres`, and `clients gateway`."""

    def __init__(self, house: House, lines: dict[str, Line], world: World) -> None:
        self.house, self.lines, self.world = house, lines, world

    @property
    def gateways(self) -> list[str]:
        """Where clients reach each gateway, through its line."""
        return [f"ws://127.0.0.1:{self.lines[f'clients {name}'].port}" for name in ("gateway", "gateway.2")]

    def voices(self, *, pause_s: float = 0.01) -> Voices:
        return Voices(self.house.hub_urls, self.gateways, pause_s=pause_s)

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send it if the process runs; its id, 0 when it does not."""
        pid = self.house.pids()[name]
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, number)
                return pid
        return 0

    async def freeze(self, name: str, seconds: float) -> None:
        """Stop a process for so long, if it runs."""
        pid = self.signal(name, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                if pid:
                    os.kill(pid, signal.SIGCONT)

    async def delete_stream(self) -> None:
        """JetStream loses the stream of events while everybody reads it; nothing happens while NATS is away."""
        client, its = Client(), self.house.settings()
        with contextlib.suppress(nats.errors.Error, OSError):
            password = its.nats_password.reveal()
            await client.connect(its.nats, user=its.nats_user, password=password, allow_reconnect=False)
            await client.request(f"$JS.API.STREAM.DELETE.{STREAM}", timeout=5)
        with contextlib.suppress(nats.errors.Error, OSError):
            await client.close()

    def mend(self) -> None:
        """Every line is as good as new, and what is half open is gone for both sides."""
        for line in self.lines.values():
            line.heal()
            line.cut()

    def wipe(self) -> None:
        """JetStream loses everything that it stored, and is killed."""
        self.signal("nats", signal.SIGSTOP)
        store = self.house.data / "nats" / "jetstream"
        lost = store.with_name("lost")
        with contextlib.suppress(FileNotFoundError):
            store.rename(lost)
        self.signal("nats", signal.SIGKILL)
        shutil.rmtree(lost, ignore_errors=True)

    def whole(self) -> None:
        """Until every process runs."""
        wait_for(lambda: all(self.house.pids().values()), "all processes run", 60)

    async def case(self, office: Office) -> tuple[Room, Room]:
        """A further case of the office: a room that all share, and one for its staff alone."""
        case = (await office.lead.made("/v1/cases", opening(office.org, office.type)))["case"]["id"]
        person = {"person": office.outside.id, "role": office.role}
        await office.lead.made(f"/v1/cases/{case}/participants", person)
        return await self.rooms(office, case)

    async def rooms(self, office: Office, case: Any) -> tuple[Room, Room]:
        audiences = office.type.audiences.items()
        inner = next(name for name, one in audiences if "staff" in one.roles and office.role not in one.roles)
        made: list[Room] = []
        for audience in (office.shared, inner):
            body = {"title": "About it", "audience": audience}
            answer = await office.lead.made(f"/v1/cases/{case}/conversations", body)
            made.append(Room(str(case), answer["id"]))
        return made[0], made[1]


@contextlib.asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """A town of its own under `folder`."""
    data = folder / "data"

    def bus() -> Address:
        return "127.0.0.1", read_record(data)["ports"]["nats"]

    def postgres() -> Address:
        return f"{read_record(data)['socket_dir']}/.s.PGSQL.5432"

    async with contextlib.AsyncExitStack() as exit:

        async def line(*arguments: Any) -> Line:
            made = await Line(*arguments).start()
            exit.push_async_callback(made.stop)
            return made

        lines: dict[str, Line] = {}
        detours: dict[str, dict[str, str]] = {}
        for name in OURS:
            lines[f"{name} nats"], lines[f"{name} postgres"] = await line(bus), await line(postgres)
            dsn = f"postgresql://casewire_app@127.0.0.1:{lines[f'{name} postgres'].port}/casewire?sslmode=disable"
            detours[name] = {
                "CASEWIRE_NATS": f"nats://127.0.0.1:{lines[f'{name} nats'].port}",
                "CASEWIRE_POSTGRES": dsn,
            }
        house = House(
            data, *COPIES, environ={detoured.NAME: json.dumps(detours)}, module="tests.faults.detoured"
        )
        exit.callback(house.stop)
        house.launch()
        await asyncio.to_thread(house.wait_ready)
        for name in ("gateway", "gateway.2"):
            address = "127.0.0.1", house.settings(name).live_port
            lines[f"clients {name}"] = await line(lambda address=address: address)
        pool: Any = await asyncpg.create_pool(house.settings().postgres_owner, min_size=0, max_size=2)
        exit.push_async_callback(pool.close)
        http = await exit.enter_async_context(
            httpx.AsyncClient(base_url=house.hub_urls[0], timeout=httpx.Timeout(PATIENCE_S, pool=None))
        )
        yield Town(house, lines, World(http, pool))


async def crowd(place: Town, *, pause_s: float = 0.01) -> tuple[Voices, list[Room]]:
    """Writers over HTTP and socket in three cases, and listeners to `case`, `mine` and `me` at both gateways. The one
    from outside may see only what all share: to them the history has holes."""
    office = await place.world.office()
    rooms = [*await place.rooms(office, office.case)]
    for _ in range(2):
        rooms += await place.case(office)
    voices = place.voices(pause_s=pause_s)
    shared, inner = rooms[::2], rooms[1::2]
    for person, name, its in ((office.lead, "lead", rooms), (office.outside, "outside", shared)):
        for n in range(2):
            wants = {room.conversation: room.case for room in its if room.case == rooms[n * 2].case}
            voices.follow(f"{name} case {n}", person, f"case:{rooms[n * 2].case}", wants)
            voices.follow(f"{name} mine {n}", person, "mine", {room.conversation: room.case for room in its})
        voices.follow(f"{name} me", person, "me", {str(person.id): "me"})
        voices.mark(f"{name} marks", person, shared[0])
    for n, room in enumerate(shared):
        voices.write_over_http(f"lead http {n}", office.lead, room)
        voices.write_over_socket(f"outside socket {n}", office.outside, room)
    voices.write_over_socket("lead socket", office.lead, inner[0])
    voices.write_over_http("lead within", office.lead, inner[1])
    return voices, rooms
