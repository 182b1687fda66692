"""What is done by other ways than HTTP leaves one entry each too: requests over NATS, workers, and `casewire` commands;
and the first run, where nobody is yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest_asyncio

from deploy import dockets, scrub
from deploy.embedded.hold import TEMPLATE
from deploy.embedded.postgres import Postgres
from deploy.embedded.stack import Stack
from deploy.erasures import destroyed_again
from deploy.keys import forget
from hub.context import Hub
from hub.factors.actions import end_overtaken
from hub.oauth.keys import rotate
from hub.people.actions import set_up
from hub.serve import opened
from hub.services import CALLS, offer
from hub.sessions.actions import open_session
from schemas import audit
from schemas.audit import HOUSE, Doing
from schemas.ids import new_id
from schemas.people import FirstRun
from schemas.scopes import WRITE
from schemas.settings import Settings, as_role
from schemas.subjects import HEADER_ADDRESS, HEADER_AUTHORIZATION, HEADER_KEY, api_subject, socket_subject
from storage.bus import Bus
from storage.postgres import ledger as ledgers
from tests.app import Office, World, opening
from tests.browsers import Site, proved
from tests.deploy.docketfiles import small, write
from tests.leaks.written import NOBODY, OPERATOR, WORKER, Ledger, Someone, proves
from tests.uploads import Hands, document, upload
from workers import retention
from workers.notices import send_due

ANSWER_S = 30.0  # only ends a broken run
ERROR = "Nats-Service-Error-Code"
# The file by which scanners are tried out.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@asynccontextmanager
async def first_house(
    settings: Settings, shared: dict[str, str], worker: str, place: Path
) -> AsyncIterator[Hub]:
    """A hub on a database in which nobody is yet."""
    postgres = Postgres(Path(shared["postgres_home"]), place / "unused.log", Path(shared["socket_dir"]))
    name = f"casewire_{worker}_written"
    postgres.make_database(name, template=TEMPLATE)
    try:
        app = postgres.dsn("casewire_app", name)
        roles = {
            f"postgres_{role}": as_role(app, f"casewire_{role}") for role in ("owner", "system", "signin")
        }
        async with opened(msgspec.structs.replace(settings, postgres=app, **roles)) as hub:
            yield hub
    finally:
        postgres.drop_database(name)


@proves("POST /v1/setup")
async def test_the_first_run_and_what_the_person_at_the_machine_makes(
    ledger: Ledger, settings: Settings, shared: dict[str, str], worker: str, tmp_path: Path
) -> None:
    async with first_house(settings, shared, worker, tmp_path) as hub:
        owner = await asyncpg.create_pool(hub.settings.postgres_owner, min_size=1, max_size=1)
        try:
            ledger.hub, ledger.owner = hub, owner
            body = {
                "organisation": "Hale & Roe", "name": "Ada Hale", "email": "ada@firm.test",
                "password": "four words nobody has said",
            }  # fmt: skip
            made = await ledger.did(
                "POST /v1/setup", Site(hub).browser().post("/v1/setup", body), "organisation.made"
            )
            ada = await owner.fetchval("select id from people")
            made.says("organisation.made", NOBODY, thing=ada, rule="first")
            await ledger.no_more(Site(hub).browser().post("/v1/setup", body), 409)
            # `casewire token` and `casewire keys renew`, as deploy/people.py asks for them.
            by, doing = audit.OPERATOR, Doing("token")
            token = open_session(hub, ada, "token", "x", 1, mfa=True, by=by, doing=doing)
            (await ledger.watch(token)).says("token.made", OPERATOR, log=HOUSE)
            renewed = await ledger.watch(rotate(hub, by, distrust=True))
            assert renewed.acts == ["oauth_key.made"] * 2
            assert {one.entry.by.kind for one in renewed.said} == {"operator"}
        finally:
            await owner.close()


async def test_casewire_init_is_the_operators(
    ledger: Ledger, settings: Settings, shared: dict[str, str], worker: str, tmp_path: Path
) -> None:
    async with first_house(settings, shared, worker, tmp_path) as hub:
        owner = await asyncpg.create_pool(hub.settings.postgres_owner, min_size=1, max_size=1)
        try:
            ledger.hub, ledger.owner = hub, owner
            first = FirstRun("Hale & Roe", "ada@firm.test", "Ada Hale", "four words nobody has said")
            made = await ledger.watch(set_up(hub, first, audit.OPERATOR, Doing("init")))
            made.says("organisation.made", OPERATOR, thing=made.answer)
        finally:
            await owner.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(hub: Hub, stack: Stack) -> AsyncIterator[Bus]:
    offered = await offer(hub)
    bus = await Bus.connect(Settings.read(stack.settings("operator")))
    yield bus
    await bus.close()
    await offered.stop()


async def test_requests_over_nats(ledger: Ledger, bus: Bus, office: Office) -> None:
    """Each call that writes; by its subject for services, and by the gateway's where that may ask too."""
    lead, case = office.lead, office.case
    talk = await office.conversation()
    move = next(name for name, one in office.type.transitions.items() if office.type.initial in one.sources)
    asked: dict[str, tuple[dict[str, Any], str]] = {
        "messages.post": ({"conversation": talk, "body": "hello"}, "message.posted"),
        "markers.move": ({"conversation": talk, "upto": 1}, "marker.moved"),
        "conversations.open": (
            {"case": case, "title": "More", "audience": office.shared},
            "conversation.opened",
        ),
        "cases.open": (opening(office.org, office.type), "case.opened"),
        "entries.add": ({"case": case, "text": "seen", "occurred_on": "2026-01-01"}, "entry.added"),
        "deadlines.set": ({"case": case, "title": "Answer", "due_on": "2040-01-01"}, "deadline.set"),
        "tasks.add": ({"case": case, "title": "Call"}, "task.added"),
        "cases.move": ({"case": case, "name": move}, "case.moved"),
    }
    calls = {f"{call.noun}.{call.action}": call for call in CALLS if call.scope == WRITE}
    assert set(asked) == set(calls)
    me = await ledger.someone(lead)
    for name, (body, act) in asked.items():
        call = calls[name]
        for subject, address in (
            (api_subject(call.noun, call.action), ""),
            *([(socket_subject(call.noun, call.action), "192.0.2.7")] if call.socket else []),
        ):
            headers = {HEADER_AUTHORIZATION: lead.token, HEADER_KEY: str(new_id())}
            headers |= {HEADER_ADDRESS: address} if address else {}
            if name == "markers.move" and address:
                body = body | {"upto": body["upto"] + 1}
            request = bus.request(subject, msgspec.json.encode(body), headers, timeout_s=ANSWER_S)
            left = await ledger.watch(request)
            assert left.answer.headers is None, (name, left.answer.data)
            assert left.acts == [act], (subject, left.acts)
            of_case = {} if name == "cases.open" else {"case": case}
            left.says(act, me, log=office.org, **of_case)
            assert left.came_from(act) == address
    headers = {HEADER_AUTHORIZATION: office.foreign.token, HEADER_KEY: str(new_id())}
    body = msgspec.json.encode({"case": case, "title": "Mine"})
    request = bus.request(api_subject("tasks", "add"), body, headers, timeout_s=ANSWER_S)
    left = await ledger.watch(request)
    assert left.answer.headers[ERROR] == "not_found" and left.acts == ["add_task"]
    left.says("add_task", await ledger.someone(office.foreign), "refused", thing=case, log=HOUSE)


async def test_what_workers_do(
    ledger: Ledger, hub: Hub, hands: Hands, office: Office, world: World, owner: Any, stack: Stack
) -> None:
    of_case: dict[str, Any] = {"log": office.org, "case": office.case}
    version = await upload(office.lead, await document(office.lead, office.case), b"What the page says.")
    for work, act in ((hands.examine, "version.cleared"), (hands.index, "version.indexed")):
        left = await ledger.watch(work(version))
        assert left.acts == [act], left.acts
        of = left.says(act, WORKER, thing=version, **of_case).of
        assert of is not None and of.version == version
    empty = await upload(office.lead, await document(office.lead, office.case), EICAR)
    left = await ledger.watch(hands.examine(empty))
    assert left.acts == ["version.quarantined"], left.acts
    left.says("version.quarantined", WORKER, thing=empty, **of_case)

    due = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    body = {"title": "Answer", "due_at": due, "plan": ["2h"], "audience": office.shared}
    made = await office.lead.made(f"/v1/cases/{office.case}/deadlines", body)
    working = Settings.read(stack.settings("worker"))
    sent = await ledger.watch(send_due(working, hub.database, due - timedelta(hours=2)))
    (told,) = [one.entry for one in sent.said if one.entry.case == office.case]
    assert (told.by.kind, told.log, told.act) == ("worker", office.org, "deadline.noticed"), told
    assert told.thing == UUID(made["id"])

    # A rule that overtook sessions, whose process died before it ended them.
    late = await world.person(office.org, "desk")
    rule = (
        "update organisations set mfa_roles = '{desk}', mfa_since = now() + interval '1 minute' where id = $1"
    )
    await owner.execute(rule, office.org)
    ended = await ledger.watch(end_overtaken(hub))
    await owner.execute("update organisations set mfa_roles = '{}' where id = $1", office.org)
    (mine,) = [one.entry for one in ended.said if one.entry.thing == late.session]
    assert (mine.act, mine.by.kind) == ("session.ended", "worker") and "second factor" in mine.rule


async def test_what_the_person_at_the_machine_does(
    ledger: Ledger, hub: Hub, office: Office, settings: Settings, tmp_path: Path, owner: Any
) -> None:
    who = dockets.who_is(office.lead.id)
    file = write(tmp_path, "written.json", small(f"1:24-cv-{office.org.hex}"))
    imported = await ledger.watch(dockets.import_files(hub, who, office.org, [file]))
    assert imported.acts == ["case.opened"], (imported.acts, imported.answer)
    case = imported.entry("case.opened").case
    imported.says("case.opened", Someone("operator", office.lead.id), log=office.org, thing=case)
    assert (await ledger.watch(dockets.import_files(hub, who, office.org, [file]))).acts == []

    # A root key that wraps nothing any more.
    gone = new_id().hex[:16]
    await owner.execute("insert into roots (id, checked, made_at) values ($1, $2, now())", gone, b"x")
    current = await owner.fetchval("select id from roots where id <> $1 limit 1", gone)
    left = await ledger.watch(forget(hub.database, current))
    assert gone in left.answer
    said = [one for one in left.keys if one.private.about == gone]
    assert [(one.entry.act, one.entry.by.kind) for one in said] == [("key.root_forgotten", "operator")]

    # The ledger of erasures, applied: a hold that was raised since stands again, and the record says by whom.
    hold = await office.lead.made(
        f"/v1/orgs/{office.org}/holds", {"kind": "case", "thing": office.case, "reason": "R"}
    )
    connection = await asyncpg.connect(settings.postgres_owner)
    try:
        (line,) = [one for one in await ledgers.lines(connection) if hold["id"] in one]
        work = destroyed_again(connection, [line.replace(hold["id"], str(new_id()))])
        done = await ledger.watch(work, "holds")
    finally:
        await connection.close()
    assert done.answer["hold"] == 1
    done.says("erasures.applied", OPERATOR, log=HOUSE, rule="operator")


async def test_what_is_destroyed_and_scrubbed(ledger: Ledger, office: Office, hub: Hub, world: World) -> None:
    await proved(world, office.admin)
    erasure = f"/v1/orgs/{office.org}/people/{office.stranger.id}/erasure"
    assert (await office.admin.post(erasure, {"reason": "Asked for"})).status_code == 200
    done = await ledger.watch(retention.destroy(hub))
    (said,) = [one.entry for one in done.said if one.entry.log == office.org]
    assert (said.act, said.by.kind, said.thing) == ("destruction.done", "worker", office.stranger.id)
    # `casewire scrub` certifies it anew, once for each organisation of which something was destroyed.
    covered = await ledger.watch(scrub.certify(hub.settings, hub.settings, datetime.now(UTC)))
    (said,) = [one.entry for one in covered.said if one.entry.log == office.org]
    assert (said.act, said.by.kind, said.rule) == ("certificate.issued", "operator", "operator")
    assert said.thing == await ledger.owner.fetchval(
        "select id from certificates where org = $1 and kind = 'scrub'", office.org
    )
