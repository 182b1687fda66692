"""What leaves of an archive stops when its exporter loses the case; whoever takes it slowly keeps nobody waiting."""

import asyncio
import io
import secrets
import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from gateway.exports.serving import Serving
from gateway.files import Files
from hub.context import Hub
from schemas.addresses import Address
from schemas.audit_log import Signer
from schemas.errors import Refused
from schemas.limits import EXPORT_LATE_MAX_S, EXPORT_PART_BYTES, EXPORTS_AT_ONCE_MAX
from schemas.settings import Settings
from storage.leaving import Leaving, Slow
from tests.app import Office, Person, World
from tests.gateway.exports.test_exports import proved, signing
from tests.hub.walls.test_walls import raised
from tests.uploads import Hands, cleared, revoke

__all__ = ["signing"]  # a fixture

SOON_S = 0.01


@pytest.fixture
def serving(hub: Hub, signing: Settings) -> Serving:
    return Serving(Files(signing, hub.database, hub.blobs, hub.rates), Signer(signing))


async def long(office: Office) -> None:
    """A case whose text alone is several buffers, however well it is packed."""
    path = f"/v1/conversations/{await office.conversation()}/messages"
    for _ in range(24):
        await office.lead.made(path, {"body": secrets.token_hex(9_900)})


async def address(person: Person, case: UUID) -> Address:
    made = await person.made(f"/v1/cases/{case}/exports")
    expires = datetime.now(UTC) + timedelta(minutes=2)
    return Address(UUID(made["id"]), person.id, person.session, expires, False, "export")


async def stopped(serving: Serving, at: Address, lose: Callable[[], Awaitable[object]], after: int) -> None:
    """Lose the case while buffer `after` is under way: none follows it."""
    taken = 0

    async def hand(part: bytes) -> None:
        nonlocal taken
        taken += 1
        assert len(part) <= EXPORT_PART_BYTES
        if taken == after:
            await lose()

    with pytest.raises(Refused) as refused:
        await serving.send(at, "10.0.0.1", hand)
    assert refused.value.code in ("not_found", "unauthenticated")
    assert taken == after


@pytest.mark.parametrize("after", [1, 2])
async def test_nothing_follows_a_revocation(world: World, office: Office, serving: Serving, after: int) -> None:
    await long(office)
    person = await proved(world, office.outside)
    await stopped(serving, await address(person, office.case), lambda: revoke(office), after)


async def test_nothing_follows_a_wall_or_the_end_of_the_session(
    world: World, office: Office, serving: Serving, owner: asyncpg.Pool
) -> None:
    await long(office)
    person = await proved(world, office.lead)
    ended = "update sessions set ended_at = now() where id = $1"
    await stopped(serving, await address(person, office.case), lambda: owner.execute(ended, person.session), 1)
    person, office = await proved(world, office.lead), _with(office, await proved(world, office.admin))
    await stopped(serving, await address(person, office.case), lambda: raised(office, person), 1)


async def test_nothing_follows_the_loss_of_a_role_by_which_some_of_it_was_read(
    world: World, office: Office, serving: Serving, owner: asyncpg.Pool
) -> None:
    """They see the case after it, but not what the archive holds."""
    await long(office)
    person, staff = await proved(world, office.outside), (office.outside.id, office.case, office.org)
    await owner.execute(
        "insert into grants (person, scope, role, org, since) values ($1, $2, 'staff', $3, now())", *staff
    )
    lost = "delete from grants where (person, scope, org) = ($1, $2, $3) and role = 'staff'"
    await stopped(serving, await address(person, office.case), lambda: owner.execute(lost, *staff), 2)
    assert (await office.outside.get(f"/v1/cases/{office.case}")).status_code == 200


async def test_a_buffer_that_nobody_takes_does_not_put_off_the_question(
    world: World, office: Office, serving: Serving
) -> None:
    """Asked by the clock while the client does not read: the buffer that waits is given up."""
    await long(office)
    person, taken = await proved(world, office.outside), 0

    async def hand(part: bytes) -> None:
        nonlocal taken
        taken += 1
        await revoke(office)
        await asyncio.Event().wait()  # for ever

    with pytest.raises(Refused) as refused:
        await serving.send(await address(person, office.case), "10.0.0.1", hand, asked_again_s=SOON_S)
    assert refused.value.code == "not_found" and taken == 1


async def test_nothing_of_a_long_document_follows_a_revocation(
    world: World, office: Office, hands: Hands, serving: Serving
) -> None:
    data = secrets.token_hex(EXPORT_PART_BYTES * 2).encode()
    await cleared(hands, office.lead, office.case, data, audience=office.shared)
    person, total = await proved(world, office.outside), bytearray()
    at = await address(person, office.case)

    async def hand(part: bytes) -> None:
        total.extend(part)
        if data[:1000] in total and data[-1000:] not in total:
            await revoke(office)

    with pytest.raises(Refused) as refused:
        await serving.send(at, "10.0.0.1", hand)
    assert refused.value.code == "not_found"
    assert data[:1000] in total and data[-1000:] not in total


async def test_who_downloads_has_one_place_and_all_have_some(
    world: World, office: Office, serving: Serving
) -> None:
    people = [await proved(world, await world.person(office.org, "admin")) for _ in range(EXPORTS_AT_ONCE_MAX)]
    waits, under_way = asyncio.Event(), asyncio.Queue[None]()

    async def hand(_: bytes) -> None:
        under_way.put_nowait(None)
        await waits.wait()

    async def none(_: bytes) -> None:
        raise AssertionError

    async def refused(person: Person, code: str) -> None:
        with pytest.raises(Refused) as error:
            await serving.send(await address(person, office.case), "10.0.0.1", none)
        assert error.value.code == code and error.value.retry_after_ms

    async with asyncio.TaskGroup() as group:
        try:
            for person in people:
                group.create_task(serving.send(await address(person, office.case), "10.0.0.1", hand))
                await under_way.get()
                await refused(person, "too_many")
            await refused(await proved(world, office.lead), "unavailable")
        finally:
            waits.set()
    # Places are free again.
    waits.set()
    await serving.send(await address(people[0], office.case), "10.0.0.1", hand)


async def test_the_origin_says_when_to_ask_again(
    world: World, office: Office, hub: Hub, signing: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Files(signing, hub.database, hub.blobs, hub.rates)
    person = await proved(world, office.lead)
    made = await person.made(f"/v1/cases/{office.case}/exports")
    url = (await person.get(f"/v1/exports/{made['id']}/address")).json()["url"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=signing.files_url) as client:
        with monkeypatch.context() as changed:
            changed.setattr("gateway.exports.serving.EXPORTS_OF_ONE_MAX", 0)
            mine = await client.get(url)
        with monkeypatch.context() as changed:
            changed.setattr(app.exports, "at_once", 0)
            all = await client.get(url)
        assert (mine.status_code, all.status_code) == (429, 503)
        assert mine.headers["retry-after"] == all.headers["retry-after"] == "30"
        assert (await client.get(url)).status_code == 200


async def test_who_takes_longer_than_other_transactions_may_is_handed_all_of_it(
    world: World, office: Office, serving: Serving
) -> None:
    """Those of the app's role end after 2 s."""
    await long(office)
    person, data = await proved(world, office.lead), bytearray()

    async def hand(part: bytes) -> None:
        if not data:
            await asyncio.sleep(2.5)
        data.extend(part)

    await serving.send(await address(person, office.case), "10.0.0.1", hand)
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        assert box.testzip() is None and "manifest.sig" in box.namelist()


async def nothing() -> None:
    pass


async def test_who_takes_less_than_the_pace_is_given_up() -> None:
    now, part = 0.0, bytes(EXPORT_PART_BYTES)

    async def hand(_: bytes) -> None:
        await asyncio.Event().wait()

    def tick() -> float:
        nonlocal now
        now += EXPORT_LATE_MAX_S / 4
        return now

    with pytest.raises(Slow):
        await Leaving(hand, nothing, asked_again_s=SOON_S, tick=tick).add(part)
    assert now > EXPORT_LATE_MAX_S


async def test_what_was_quick_is_not_saved_up_and_what_was_late_is_made_up_for() -> None:
    """Long quick, then for ever a little slower than the pace: given up after as long as anybody."""
    now, parts, pace_s = 0.0, 0, EXPORT_PART_BYTES / (16 << 10)

    async def hand(_: bytes) -> None:
        nonlocal now, parts
        parts += 1
        now += 0.0 if parts <= 1000 else pace_s + 5.0 if parts != 1004 else 0.0

    async def slow() -> None:
        leaving = Leaving(hand, nothing, tick=lambda: now)
        while parts < 2000:
            await leaving.add(bytes(EXPORT_PART_BYTES))

    with pytest.raises(Slow):
        await slow()
    # 6 parts of 5 s each are as late as may be; one in between came at once, which makes up for 16 s.
    assert parts == 1000 + 3 + 1 + 7


def _with(office: Office, admin: Person) -> Office:
    return msgspec.structs.replace(office, admin=admin)
