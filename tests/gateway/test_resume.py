"""Whoever comes back with the last position gets what was missed, once, in order, and then goes on live."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import joining, replaying, ring
from gateway.replaying import Replaying
from schemas.positions import Position
from storage.postgres import events as log
from tests.gateway.conftest import Client, Live, Office
from tests.gateway.test_session import an_event, case_id
from tests.history import STAFF
from tests.wire import wipe

REPLAYED = 450  # more than a range and more than the first page


async def take(client: Client, count: int) -> list[int]:
    return [(await client.next())["seq"] for _ in range(count)]


async def reset_why(client: Client, topic: str, after: dict[str, Any]) -> str:
    frame = await client.subscribe(topic, after)
    assert (frame["op"], frame["topic"]) == ("reset", topic)
    return frame["why"]


async def test_resume_from_the_ring(office: Office) -> None:
    async with office.client("client") as client:
        head = await client.subscribe(office.topic)
        for _ in range(10):
            await office.post()
        assert await take(client, 10) == list(range(1, 11))
    async with office.client("client") as client:
        again = await client.subscribe(office.topic, {"epoch": head["epoch"], "seq": 4})
        assert (again["op"], again["seq"], again["replay"]) == ("subscribed", 10, 6)
        await office.post()
        assert await take(client, 7) == list(range(5, 12))


async def test_resume_counts_and_brings_only_what_one_may_see(office: Office) -> None:
    async with office.client("client") as client:
        for n in range(6):
            await office.post(audience=STAFF if n % 2 else ("admin", "client", "staff"))
        await office.live.told()
        again = await client.subscribe(office.topic, {"epoch": office.live.gateway.feed.epoch, "seq": 0})
        assert (again["seq"], again["replay"]) == (6, 3)
        assert await take(client, 3) == [1, 3, 5]
        assert await client.settled() == []


@pytest.mark.parametrize("topic", ["case", "mine", "me"])
async def test_resume_after_the_gateway_was_started_anew(live: Live, office: Office, topic: str) -> None:
    """Nothing is in its ring: PostgreSQL serves."""
    start = await log.head(live.database.system)
    for n in range(REPLAYED):
        await office.history.post(office.case, office.org, office.people["lawyer"], f"{n}")
        if n % 100 == 0:
            await office.history.append(
                "session.ended", org=None, stream=office.people["client"], audience=(),
                data={"id": str(office.sessions["stranger"])},
            )  # fmt: skip
    await live.told()
    epoch = live.gateway.feed.epoch
    await live.stop()
    await live.start()
    name = office.topic if topic == "case" else topic
    after = {"epoch": epoch, "pos": str(start)} if topic == "mine" else {"epoch": epoch, "seq": 0}
    count = 5 if topic == "me" else REPLAYED
    async with office.client("client") as client:
        again = await client.subscribe(name, after)
        assert again["replay"] == count
        await office.post("live")
        expected = count if topic == "me" else count + 1
        assert await take(client, expected) == list(range(1, expected + 1))
        assert await client.settled() == []


async def test_resume_while_others_write_leaves_no_gap_and_no_repeat(office: Office) -> None:
    epoch = office.live.gateway.feed.epoch

    async def write() -> None:
        for _ in range(150):
            await office.post()

    writing = asyncio.create_task(write())
    seen: list[int] = []
    while len(seen) < 150:
        # Away and back again and again, each time from the last place.
        async with office.client("client") as client:
            frame = await client.subscribe(office.topic, {"epoch": epoch, "seq": seen[-1] if seen else 0})
            assert frame["op"] == "subscribed"
            for _ in range(min(25, 150 - len(seen))):
                seen.append((await client.next())["seq"])
    await writing
    assert seen == list(range(1, 151))


async def test_mine_resumes_by_position_over_all_cases(office: Office) -> None:
    other = await office.new_case()
    async with office.client("client") as client:
        await client.subscribe("mine")
        await office.post("1")
        first = await client.next()
    for n, case in enumerate((other, office.case, other, other, office.case)):
        await office.post(f"{n}", case=case)
    async with office.client("client") as client:
        after = {"epoch": office.live.gateway.feed.epoch, "pos": first["pos"]}
        await office.live.told()
        assert (await client.subscribe("mine", after))["replay"] == 5
        got = [(await client.next())["data"]["message"]["body"] for _ in range(5)]
        assert got == ["0", "1", "2", "3", "4"]


async def test_clients_resume_without_noticing_a_wiped_stream(live: Live, office: Office) -> None:
    async with office.client("client") as client:
        await client.subscribe(office.topic)
        await office.post()
        wipe(live.stack)
        for _ in range(5):
            await office.post()
        assert await take(client, 6) == list(range(1, 7))


async def test_a_client_that_has_read_further_than_the_gateway_gets_only_what_follows(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read the case over HTTP before the event reached the gateway."""
    feed = live.gateway.feed
    take_batch, gate = feed.take, asyncio.Event()

    async def held(batch: Any) -> None:
        await gate.wait()
        await take_batch(batch)

    async with office.client("client") as client, office.client("lawyer") as other:
        await office.post("0")
        await live.told()
        monkeypatch.setattr(feed, "take", held)
        position = feed.position
        await office.post("read already")
        await office.post("and this")
        assert (await client.subscribe(office.topic, {"epoch": feed.epoch, "seq": 3}))["replay"] == 0
        ahead = f"{position.tx + 1_000_000}-0"
        assert (await other.subscribe("mine", {"epoch": feed.epoch, "pos": ahead}))["replay"] == 0
        gate.set()
        await office.post("new")
        assert await take(client, 1) == [4]
        assert await other.settled() == []


async def test_another_epoch_resets(office: Office) -> None:
    async with office.client("client") as client:
        for topic, place in ((office.topic, {"seq": 0}), ("mine", {"pos": "1-1"}), ("me", {"seq": 0})):
            assert await reset_why(client, topic, {"epoch": "of before", **place}) == "epoch"
        await office.post()
        await office.live.told()
        assert await client.settled() == []


async def test_a_place_that_never_was_resets(office: Office) -> None:
    async with office.client("client") as client:
        after = {"epoch": office.live.gateway.feed.epoch, "seq": 999}
        assert await reset_why(client, office.topic, after) == "history"


async def test_too_far_back_resets(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "REPLAY_EVENTS_MAX", 5)
    monkeypatch.setattr(joining, "REPLAY_MINE_EVENTS_MAX", 5)
    feed = office.live.gateway.feed
    start = str(feed.position)
    monkeypatch.setattr(
        feed.ring, "after", lambda *_: None
    )  # for `mine`, what the ring holds is always served
    for _ in range(6):
        await office.post()
    await office.live.told()
    epoch = feed.epoch
    async with office.client("client") as client:
        assert await reset_why(client, office.topic, {"epoch": epoch, "seq": 0}) == "history"
        assert await reset_why(client, "mine", {"epoch": epoch, "pos": start}) == "history"
        assert (await client.subscribe(office.topic, {"epoch": epoch, "seq": 1}))["replay"] == 5


async def test_a_restored_database_resets_every_topic(live: Live, office: Office) -> None:
    old = live.gateway.feed.epoch
    try:
        async with office.client("client") as client:
            for topic in (office.topic, "mine", "me"):
                await client.subscribe(topic)
            await live.database.system.execute("update epoch set value = 'restored'")
            resets = [await client.next() for _ in range(3)]
            assert [(f["op"], f["why"]) for f in resets] == [("reset", "epoch")] * 3
            assert (await client.subscribe(office.topic))["epoch"] == "restored"
    finally:
        await live.database.system.execute("update epoch set value = $1", old)
        await live.stop()
        await live.start()


@pytest.mark.parametrize("topic", ["case", "mine"])
async def test_what_is_written_during_a_replay_follows_it(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    start = live.gateway.feed.position
    for _ in range(5):
        await office.post()
    await live.told()
    monkeypatch.setattr(joining, "RANGE_EVENTS_MAX", 2)  # so that these are a long way
    monkeypatch.setattr(replaying, "STEP_EVENTS", 2)
    ready, asked, stopped, go = Replaying._ready, 0, asyncio.Event(), asyncio.Event()

    async def held(self: Replaying, *of: Any) -> bool:
        nonlocal asked
        asked += 1
        if asked == 4:
            stopped.set()
            await go.wait()
        return await ready(self, *of)

    monkeypatch.setattr(Replaying, "_ready", held)
    epoch = live.gateway.feed.epoch
    name, after = (office.topic, {"seq": 0}) if topic == "case" else ("mine", {"pos": str(start)})
    async with office.client("client") as client:
        assert (await client.subscribe(name, {"epoch": epoch, **after}))["replay"] == 5
        await stopped.wait()  # some are written, some are not, and it is not live yet
        await office.post()
        await live.told()
        go.set()
        await office.post()
        assert await take(client, 7) == list(range(1, 8))
        assert await client.settled() == []


async def test_replay_waits_for_a_slow_reader(live: Live, office: Office) -> None:
    """Eight megabytes through a buffer of 256 KiB: the client reads when it likes and is not cut."""
    large = "x" * 19_000
    for n in range(430):
        await office.history.post(office.case, office.org, office.people["lawyer"], f"{n}{large}")
    await live.told()
    async with office.client("client", max_queue=1) as client:
        after = {"epoch": live.gateway.feed.epoch, "seq": 0}
        assert (await client.subscribe(office.topic, after))["replay"] == 430
        await asyncio.sleep(0.5)
        await office.post("live")
        assert await take(client, 431) == list(range(1, 432))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60)), max_size=60),
    st.integers(1, 20),
    st.integers(0, 70),
)
def test_the_ring_gives_all_after_a_place_or_says_that_it_cannot(
    script: list[tuple[int, int]], size: int, place: int
) -> None:
    kept = ring.Ring(events_max=size)
    seqs: dict[int, int] = {}
    everything = []
    for number, (stream, _) in enumerate(script):
        seqs[stream] = seqs.get(stream, 0) + 1
        entry = ring.Entry(an_event(case_id(stream), seq=seqs[stream], tx=1, id=number + 1))
        kept.add(entry)
        everything.append(entry)
    for stream, last in seqs.items():
        for seq in range(last):
            found = kept.stream_after(case_id(stream), seq, 1000)
            expected = [e for e in everything if e.event.stream == case_id(stream) and e.event.seq > seq]
            assert found is None or found == expected
            if len(everything) <= size:
                assert found == expected
    found = kept.after(Position(1, place), 1000)
    expected = [e for e in everything if e.event.id > place]
    assert found is None or found == expected
    if len(expected) <= size:
        assert found == expected


@pytest.mark.parametrize("topic", ["case", "mine"])
async def test_what_was_erased_is_brought_to_nobody_who_comes_back(office: Office, topic: str) -> None:
    """Words go with no event of their own: the certificate tells that some did."""
    start = await log.head(office.history.pool)
    for n in range(3):
        await office.post(f"word {n}")
    await office.live.told()
    epoch = office.live.gateway.feed.epoch
    place = {"epoch": epoch, "pos": str(start)} if topic == "mine" else {"epoch": epoch, "seq": 0}
    async with office.client("lawyer") as client:  # what was made for one is at hand for others
        await client.subscribe("mine" if topic == "mine" else office.topic, place)
        assert [(await client.next())["data"]["message"]["body"] for _ in range(3)] == [
            "word 0",
            "word 1",
            "word 2",
        ]
    await office.history.pool.execute(
        "update events set data = jsonb_set(data::jsonb, '{message,body}', 'null')::json where stream = $1", office.case
    )
    issued = {"id": office.org, "kind": "person"}
    await office.history.append(
        "certificate.issued", org=office.org, stream=office.org, data=issued, audience=["admin"]
    )
    await office.live.told()
    async with office.client("client") as client:
        await client.subscribe("mine" if topic == "mine" else office.topic, place)
        assert [(await client.next())["data"]["message"]["body"] for _ in range(3)] == [None] * 3
