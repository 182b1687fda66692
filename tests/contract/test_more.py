"""Functions that see more than their caller: each is named here with the reason, and each is asked by strangers.

Row-level security does not bind them, so what they answer is looked at: nothing of a case to whom it is closed, walled
administrators among them. What they do beyond answering, tests of their nouns show.
"""

from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

from schemas.access import ADMIN, DESK, OUTSIDE, STAFF, WALLED
from schemas.ids import new_id
from tests.contract.test_wall import OURS, as_app, free
from tests.rows import Rows

__all__ = ["free"]  # fixture

NUMBER = "answers a number alone"
SELF = "about the asker alone"
ADMINS = "of an organisation, for its administrators"
STAFFED = "of an organisation's people, for its staff"
SEEING = "of a case, for who sees it and is not walled"
CHANGES = "changes what the rules have decided, and checks the asker's place again"

FUNCTIONS = {
    "access_counters": NUMBER, "stream_head": NUMBER, "last_version": NUMBER, "uploads_open": NUMBER,
    "governed": "says whether an organisation has an administrator", "administers": SELF, "enter": SELF,
    "change_password": SELF, "use_reset": SELF, "end_session": SELF, "end_other_sessions": SELF,
    "my_invitations": SELF, "answer_invitation": SELF, "oauth_asking": SELF, "oauth_decide_device": SELF,
    "oauth_device": SELF, "oauth_disconnect": SELF, "oauth_open_to_me": SELF, "oauth_proof": SELF,
    "session_over": "says whether a session has ended", "spend_rates": "counts calls, by keys that are hashes",
    "public_office": "what an organisation shows to everybody",
    "audit_names": "people of a record, for who may read that record",
    "cards": SEEING, "case_holders": SEEING, "readers": SEEING, "taking_part": SEEING, "kept_out": SEEING,
    "search_all": SEEING, "participations": ADMINS, "card_of": STAFFED, "seated": STAFFED, "find_person": STAFFED,
    "invitation_from": STAFFED, "services_of": ADMINS, "service_sessions": ADMINS, "scim_people": ADMINS,
    "scim_standing": ADMINS, "raise_access": CHANGES, "settle_grants": CHANGES, "give_grants": CHANGES,
    "seat_person": CHANGES, "introduce_person": CHANGES, "blank_message": CHANGES, "set_mfa_rule": CHANGES,
    "set_publications": CHANGES, "set_scim_role": CHANGES, "scim_rename": CHANGES, "scim_seat": CHANGES,
    "make_service": CHANGES, "change_service": CHANGES, "seat_service": CHANGES, "open_service_session": CHANGES,
    "end_service_sessions": CHANGES, "end_sessions_of": CHANGES, "give_link": CHANGES, "take_link": CHANGES,
    "held_for": ADMINS, "erasure_of": ADMINS, "erase_person": CHANGES, "bury": CHANGES,
    "erase_words": CHANGES, "correct_me": SELF,
    "person_rows": "about the asker, or for administrators of what is theirs",
    "renew_invitation": CHANGES, "withdraw_invitation": CHANGES,
    "renew_session": SELF, "scim_outsider": ADMINS,
    "brought_along": "who is there by whose hand, ids alone, for the organisation's people", "stood_behind": SELF,
    "hidden_walls": SELF,
}  # fmt: skip

ASKED = f"""select p.oid::regprocedure::text as call, p.proname as name, p.proargnames[1:p.pronargs] as names,
    array(select format_type(t, null) from unnest(p.proargtypes::oid[]) with ordinality as a(t, n) order by n) as types
    {OURS} and p.prosecdef and has_function_privilege('casewire_app', p.oid, 'execute') order by 2"""

REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.RaiseError,
    asyncpg.IntegrityConstraintViolationError,  # of the words that stand for what is not asked about
)


class Scene(NamedTuple):
    office: UUID
    case: UUID
    strangers: dict[str, UUID | None]
    staff: UUID
    given: dict[str, Any]
    canaries: list[str]


@pytest.fixture
async def scene(free: Any) -> Scene:
    """A case full of canaries, with a lawyer and a client who take part, and strangers of every kind."""
    rows = await Rows.on(free)
    office, elsewhere, case = new_id(), new_id(), new_id()
    names = ("other organisation", "known", "desk", "revoked", "walled staff", "walled administrator")
    strangers = {name: new_id() for name in names}
    staff, client = new_id(), new_id()
    for org in (office, elsewhere):
        await rows.put("organisations", id=org)
    for person in (staff, client, *strangers.values()):
        await rows.put("people", id=person, name=f"N{person.hex}", email=f"{person}@mail.test")
    audience = [ADMIN, STAFF]
    await rows.put(
        "cases", id=case, org=office, audience=audience, title="Canary of the title", number="CANARY-1"
    )
    rows.shared |= {"people": staff, "organisations": office, "cases": case}
    here = {"case_id": case, "org": office, "audience": audience}
    await rows.put("parties", **here, name="Canary of a party")
    talk = await rows.put("conversations", **here, title="Canary of a talk", people=list(strangers.values()))
    message = await rows.put(
        "messages", **here, conversation=talk["id"], body="canary of a message", author=staff, people=[]
    )
    await free.execute("update messages set body = 'canary of a message' where id = $1", message["id"])
    document = await rows.put("documents", **here, name="Canary of a document")
    await rows.put("participants", **here, person=client, role="client")
    await rows.put("events", stream=case, **here, people=list(strangers.values()), actor=staff)
    seats = {
        "known": OUTSIDE,
        "desk": DESK,
        "revoked": OUTSIDE,
        "walled staff": DESK,
        "walled administrator": ADMIN,
    }
    for name, seat in seats.items():
        await rows.put("grants", person=strangers[name], scope=office, role=seat, org=office)
    await rows.put(
        "grants", person=strangers["other organisation"], scope=elsewhere, role=ADMIN, org=elsewhere
    )
    for person, role in ((staff, DESK), (client, OUTSIDE)):
        await rows.put("grants", person=person, scope=office, role=role, org=office)
    await rows.put("grants", person=staff, scope=case, role=STAFF, org=office)
    await rows.put("grants", person=client, scope=case, role="client", org=office)
    for name in ("walled staff", "walled administrator"):
        for role in (STAFF, WALLED):
            await rows.put("grants", person=strangers[name], scope=case, role=role, org=office)
    given = {
        "p_org": office, "p_case": case, "p_scope": case, "p_person": client, "p_document": document["id"],
        "p_stream": case, "p_message": message["id"], "p_people": [staff, client], "p_cases": [case],
        "p_audience": audience, "p_in": ["messages", "documents", "cases"], "p_text": "canary", "p_head": None,
        "p_last": None, "p_like": "canary", "p_rank": None, "p_limit": 100, "p_after": None,
        "p_roles": [ADMIN, DESK, OUTSIDE, STAFF], "p_email": f"{client}@mail.test",
    }  # fmt: skip
    return Scene(
        office, case, {"nobody": None, **strangers}, staff, given, ["canary", str(client), client.hex]
    )


# For one argument: what stands for it where the scene gives nothing.
BLANK: dict[str, Any] = {
    "uuid": new_id(), "uuid[]": [], "text": "x", "text[]": [], "bytea": b"x", "boolean": False, "integer": 1,
    "integer[]": [], "bigint": 1, "bytea[]": [], "double precision": None,
}  # fmt: skip


async def ask(connection: Any, scene: Scene, function: Any, **other: Any) -> str:
    """What a function answers, as text; "" where it refuses. It changes nothing for the next one."""
    values = scene.given | other | ({"p_id": None} if function["name"] == "search_all" else {})
    places, arguments = [], []
    for name, type in zip(function["names"] or [], function["types"], strict=True):
        if type == "timestamp with time zone":
            places.append("now()")
            continue
        arguments.append(values[name] if name in values else BLANK[type])
        places.append(f"${len(arguments)}::{type}")
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        rows = await connection.fetch(
            f"select f::text as answer from {function['name']}({', '.join(places)}) f", *arguments
        )
        return "\n".join(str(row["answer"]) for row in rows)
    except REFUSED:
        return ""
    finally:
        await savepoint.rollback()


async def test_each_is_named_with_its_reason(free: Any) -> None:
    found = {row["name"] for row in await free.fetch(ASKED)}
    assert found == set(FUNCTIONS), (
        "say why it may see more than its caller, and see below that it tells nobody"
    )


async def test_there_are_no_views(free: Any) -> None:
    """A view reads with its owner's rights: whoever adds one says here why it may."""
    kinds = await free.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')"
    )
    assert [row["relname"] for row in kinds] == []


async def test_no_other_schema_is_open(free: Any) -> None:
    found = await free.fetch(
        "select n.nspname from pg_namespace n where n.nspname not in ('public', 'pg_catalog', 'information_schema') "
        "and n.nspname !~ '^pg_(toast|temp)' and has_schema_privilege('casewire_app', n.oid, 'usage')"
    )
    assert [row["nspname"] for row in found] == []


# What a stranger who belongs to the office may be told of its people: names and addresses, nothing of the case.
OF_PEOPLE = {
    "desk": {"card_of", "seated", "find_person", "invitation_from"},
    "walled staff": {"card_of", "seated", "find_person", "invitation_from"},
    "walled administrator": {
        "card_of", "seated", "find_person", "invitation_from", "scim_people", "scim_standing", "seat_person",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["nobody", "other organisation", "known", "desk", "revoked", "walled staff", "walled administrator"],
)
async def test_strangers_are_told_nothing(free: Any, scene: Scene, name: str) -> None:
    functions = await free.fetch(ASKED)
    await as_app(free, scene.strangers[name])
    told: set[str] = set()
    for function in functions:
        answer = (await ask(free, scene, function)).lower()
        if any(canary in answer for canary in scene.canaries):
            told.add(function["name"])
    assert told <= OF_PEOPLE.get(name, set())
    for case_alone in (
        "cards",
        "case_holders",
        "participations",
        "search_all",
        "readers",
        "taking_part",
        "kept_out",
    ):
        function = next(one for one in functions if one["name"] == case_alone)
        assert await ask(free, scene, function) in ("", "{}"), case_alone
    found = next(one for one in functions if one["name"] == "find_person")
    if name.startswith("walled"):
        raising = next(one for one in functions if one["name"] == "raise_access")
        assert await ask(free, scene, raising) == ""
        assert await ask(free, scene, found) == ""


async def test_who_sees_the_case_is_told(free: Any, scene: Scene) -> None:
    """The questions are such that there is something to be told."""
    functions = await free.fetch(ASKED)
    await as_app(free, scene.staff)
    for name in ("cards", "search_all", "readers", "taking_part"):
        function = next(one for one in functions if one["name"] == name)
        answer = (await ask(free, scene, function)).lower()
        assert any(canary in answer or str(scene.staff) in answer for canary in scene.canaries), name


async def test_nobody_is_made_known_by_an_id(free: Any, scene: Scene) -> None:
    """Who is named by an id that was seen somewhere stays unknown to the office, name, address and all."""
    rows = await Rows.on(free)
    far = (await rows.put("people", id=new_id()))["id"]
    for person in (scene.staff, scene.strangers["walled administrator"]):
        await as_app(free, person)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with free.transaction():
                await free.execute(
                    "select introduce_person($1, $2, 'x@mail.test', 'X', now())", scene.office, far
                )
        assert await free.fetch("select * from card_of($1, $2)", scene.office, far) == []
        await free.execute("reset role")
