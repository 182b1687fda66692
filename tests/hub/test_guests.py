"""Services on NATS: nats-server asks the hub about each, lets it do what its token opens, and nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.embedded.nats import PERMISSIONS
from deploy.embedded.stack import Stack
from hub.context import Hub
from hub.services import CALLS, admit, offer
from schemas.ids import new_id
from schemas.settings import Settings
from schemas.subjects import HEADER_AUTHORIZATION, HEADER_KEY, STREAM, WAKE_RELAY, api_subject, inbox
from storage.bus import Bus
from storage.callout import Callout
from tests.app import Office, Person, World
from tests.hub.audit.entries import entries
from tests.knocking import comes_in

PATIENCE_S = 30.0  # only ends a broken run
FORBIDDEN = "nobody.may.publish.this"
POST, READ = api_subject("messages", "post"), api_subject("cases", "read")
OPENED = {
    scope: sorted(api_subject(call.noun, call.action) for call in CALLS if call.scope == scope)
    for scope in ("read", "write", "admin", "scim")
}


class Guest:
    """A service on NATS with its token; `refusals` is what the server said no to."""

    def __init__(self, who: Person) -> None:
        self.who, self.client = who, Client()
        self.refusals: list[str] = []
        self._heard: asyncio.Queue[None] = asyncio.Queue()

    async def connect(self, url: str, **more: Any) -> "Guest":
        async def failed(error: Exception) -> None:
            if FORBIDDEN in str(error).lower():
                self._heard.put_nowait(None)
            else:
                self.refusals.append(str(error))

        options = {"error_cb": failed, "inbox_prefix": inbox(self.who.id).encode()} | more
        if not await comes_in(url, self.client, token=self.who.token, **options):
            raise ConnectionRefusedError
        return self

    async def settled(self) -> list[str]:
        """What was refused until now: the server answers in order."""
        await self.client.publish(FORBIDDEN, b"")
        async with asyncio.timeout(PATIENCE_S):
            await self._heard.get()
        found, self.refusals = self.refusals, []
        return found

    async def may(self, verb: str, subject: str) -> bool:
        await (self.client.subscribe(subject) if verb == "hear" else self.client.publish(subject, b"x"))
        return not await self.settled()

    async def ask(self, subject: str, body: Any, token: str = "") -> Any:
        headers = {HEADER_AUTHORIZATION: token or self.who.token, HEADER_KEY: str(uuid4())}
        answer = await self.client.request(
            subject, msgspec.json.encode(body), timeout=PATIENCE_S, headers=headers
        )
        return msgspec.json.decode(answer.data)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(hub: Hub) -> AsyncIterator[None]:
    offered = await offer(hub)
    callout = await Callout.start(hub.bus, hub.settings.nats_issuer.reveal(), partial(admit, hub))
    yield
    await callout.stop(hub.bus)
    await offered.stop()


@pytest.fixture
async def service(office: Office, world: World) -> UUID:
    """A service that takes part in the office's case."""
    admin = await world.token(office.admin, kind="browser", proved=True)
    made = await admin.made(f"/v1/orgs/{office.org}/services", {"name": "Docket reader"})
    body = {"person": made["id"], "role": office.role}
    await office.lead.made(f"/v1/cases/{office.case}/participants", body)
    return UUID(made["id"])


@pytest.fixture
async def guests(hub: Hub, door: None, world: World) -> AsyncIterator[Any]:
    """Makes guests: a service by id, with a token of these scopes."""
    async with contextlib.AsyncExitStack() as leaving:

        async def make(id: UUID, *scopes: str) -> Guest:
            who = await world.token(Person(world.http, id, "", "", id), *scopes, kind="service")
            guest = await Guest(who).connect(hub.settings.nats)
            leaving.push_async_callback(guest.client.close)
            return guest

        yield make


async def test_a_service_asks_by_its_token(office: Office, service: UUID, guests: Any, owner: Any) -> None:
    guest = await guests(service, "read", "write")
    read = await guest.ask(READ, {"case": office.case})
    assert read["item"]["case"]["id"] == str(office.case)
    talk = await office.conversation()
    said = await guest.ask(POST, {"conversation": talk, "body": "Filed."})
    assert said["item"]["author"] == str(service)
    (entry,) = [one.entry for one in await entries(owner, thing=UUID(said["item"]["id"]))]
    assert (entry.by.kind, entry.by.person, entry.by.session) == ("service", service, guest.who.session)
    assert entry.from_ is None
    assert await guest.settled() == []


async def test_its_scopes_are_its_subjects(service: UUID, guests: Any) -> None:
    for scopes in (["read"], ["write"], ["admin"], ["scim"], ["read", "write"]):
        guest = await guests(service, *scopes)
        for scope, subjects in OPENED.items():
            for subject in subjects:
                assert await guest.may("ask", subject) is (scope in scopes), (scopes, subject)
    assert OPENED["read"] and OPENED["write"]


async def test_a_hostile_service_reaches_nothing_of_others(
    service: UUID, guests: Any, world: World, hub: Hub
) -> None:
    hostile = await guests(service, "read", "write", "admin", "scim")
    other = new_id()
    inboxes = [f"{inbox(name)}.>" for name in (other, "hub", "gateway", "relay", "worker", "operator")]
    for subject in (
        ">", "*", "cw.>", "cw.api.>", "cw.socket.>", POST,
        "cw.*.*.*.*.*.*", f"cw.{other}.staff.case.{other}.message.posted",
        f"cw.{other}.signal.case.{other}", "_INBOX.>", "*.>", "$SYS.>", "$JS.>", "$SRV.>",
        "$SYS.REQ.USER.AUTH", "$JS.API.>", "$JS.EVENT.>", *inboxes, *(one[:-1] + "*" for one in inboxes),
    ):  # fmt: skip
        assert not await hostile.may("hear", subject), subject
        queued = hostile.client.subscribe(subject, queue="casewire")
        await queued
        assert await hostile.settled(), subject
    for subject in (
        "x", WAKE_RELAY, "cw.api.people.remove", "cw.api.messages", f"{POST}.x", "cw.api.>", "cw.api.*.*",
        f"cw.{other}.staff.case.{other}.message.posted", f"cw.{other}.signal.case.{other}",
        "cw.socket.messages.post", "cw.socket.markers.move", "cw.socket.>",
        f"{inbox('gateway')}.x", f"{inbox(other)}.x", f"{inbox(service)}.x", "_INBOX.x",
        "$SYS.REQ.USER.AUTH", "$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SRV.PING", "$JS.API.INFO",
        f"$JS.API.STREAM.INFO.{STREAM}", f"$JS.API.STREAM.DELETE.{STREAM}", f"$JS.API.STREAM.PURGE.{STREAM}",
        f"$JS.API.STREAM.MSG.GET.{STREAM}", f"$JS.API.DIRECT.GET.{STREAM}", f"$JS.API.CONSUMER.CREATE.{STREAM}",
        f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.x", "$JS.API.STREAM.CREATE.OTHER", f"$JS.ACK.{STREAM}.x",
    ):  # fmt: skip
        assert not await hostile.may("publish", subject), subject
    assert await hostile.may("hear", f"{inbox(service)}.more")


async def test_nobody_speaks_through_the_hub(
    office: Office, service: UUID, guests: Any, stack: Stack
) -> None:
    """The hub may answer anywhere. A request that names a place where no answer belongs is not even done."""
    hostile = await guests(service, "read", "write")
    everybody = await Bus.connect(Settings.read(stack.settings("operator")))
    heard: list[str] = []
    places = (WAKE_RELAY, f"$JS.API.STREAM.PURGE.{STREAM}", "cw.x.staff.case.x.message.posted", POST, "x.y")

    async def hear(message: Msg) -> None:
        if message.data:  # to be woken up, it takes no word
            heard.append(message.subject)

    for place in places:
        if place != POST:
            await everybody.subscribe(place, hear)
    await everybody.client.flush()
    talk = await office.conversation()
    for place in places:
        body = msgspec.json.encode({"conversation": talk, "body": f"through {place}"})
        headers = {HEADER_AUTHORIZATION: hostile.who.token, HEADER_KEY: str(uuid4())}
        await hostile.client.publish(POST, body, reply=place, headers=headers)
    await hostile.ask(POST, {"conversation": talk, "body": "at last"})
    await everybody.client.flush()
    said = [one["body"] for one in await office.lead.all(f"/v1/conversations/{talk}/messages")]
    assert (said, heard) == (["at last"], [])
    await everybody.close()


async def test_an_ended_token_opens_nothing_more(
    office: Office, service: UUID, guests: Any, hub: Hub, world: World
) -> None:
    guest = await guests(service, "read")
    assert (await guest.ask(READ, {"case": office.case}))["item"]
    admin = await world.token(office.admin, kind="browser", proved=True)
    await admin.delete(f"/v1/orgs/{office.org}/services/{service}/tokens/{guest.who.session}")
    assert (await guest.ask(READ, {"case": office.case}))["code"] == "unauthenticated"
    with pytest.raises(ConnectionRefusedError):
        await Guest(guest.who).connect(hub.settings.nats)
    # One of somebody else's, of wider scope, does not widen what the connection may.
    assert not await guest.may("publish", POST)


async def test_a_connection_ends_with_its_token(service: UUID, hub: Hub, door: None, world: World) -> None:
    who = await world.token(Person(world.http, service, "", "", service), "read", kind="service")
    soon = "update sessions set expires_at = now() + interval '2 seconds' where id = $1"
    await world.pool.execute(soon, who.session)
    gone = asyncio.Event()

    async def closed() -> None:
        gone.set()

    await Guest(who).connect(hub.settings.nats, closed_cb=closed)
    async with asyncio.timeout(PATIENCE_S):
        await gone.wait()


async def test_who_is_no_service_stays_out(office: Office, hub: Hub, door: None, world: World) -> None:
    people = [office.lead, await world.token(office.admin, kind="browser", proved=True)]
    people += [await world.token(office.lead, kind="app")]
    ghosts = [
        Person(world.http, new_id(), "", token, new_id()) for token in ("x", "x" * 43, "cws_" + "x" * 43)
    ]
    for who in people + ghosts:
        assert not await comes_in(hub.settings.nats, token=who.token)
    for user in (*PERMISSIONS, "somebody", "$SYS", ""):
        assert not await comes_in(hub.settings.nats, user=user, password="x" * 32)
    assert not await comes_in(hub.settings.nats)
