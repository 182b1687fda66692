"""Two organisations with everything in them marked, and every kind of stranger with a token."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from schemas.access import ADMIN, DESK, OUTSIDE
from schemas.casetypes import CURRENT
from schemas.credentials import token_hash
from schemas.ids import new_id
from tests.app import Person, World, opening
from tests.browsers import proved
from tests.leaks.canaries import Canaries
from tests.uploads import Hands, cleared, document

STAFF_A1 = frozenset({"admin", "lead", "associate"})
CLIENT_A1 = STAFF_A1 | {"client"}
COUNSEL_A1 = STAFF_A1 | {"cocounsel"}
EVERYONE_A1 = STAFF_A1 | {"client", "cocounsel"}
A2 = frozenset({"admin", "lead", "client2"})
B = frozenset({"foreign_admin", "foreign_client"})
BROUGHT = frozenset({"walled_service", "walled_hire"})
ADMINS = frozenset({"admin", "walled_admin"}) | BROUGHT
HALL = frozenset({"hall_admin", "resident"})
# Whoever took part in the case once was told its id then, and keeps it in their own history.
KNEW_A1 = frozenset({"walled", "revoked_client", "revoked_lawyer"})
# Who let somebody in or out stands in that one's own history.
ONCE = {"lead": KNEW_A1, "admin": frozenset({"removed"})}
OFFICE_A = STAFF_A1 | {"desk", "walled", "walled_admin", "revoked_lawyer"} | BROUGHT
MEMBERS_A = OFFICE_A | EVERYONE_A1 | {"client2", "outsider", "revoked_client"}

# What each asker stands for. Those who see something see some of it only: to them the rest is foreign.
ASKERS = {
    "anonymous": "nobody is signed in",
    "forged": "a token that nobody has",
    "expired": "the lead's token, which is over",
    "ended": "the lead's token, which was ended",
    "foreign_admin": "administers another organisation, at a browser where they have just proved who they are",
    "foreign_client": "client of a case of another organisation",
    "foreign_scim": "provisions another organisation",
    "outsider": "known to the organisation, in no case",
    "desk": "staff of the organisation, in no case",
    "client2": "client of another case of the organisation",
    "client": "client of the case: not of the team's own audience",
    "cocounsel": "co-counsel of the case: not of the client's audience",
    "walled": "on the team, and by a team of its own besides, kept out by a wall",
    "walled_admin": "administers the organisation at a browser, kept out by a wall",
    "walled_service": "a service that administers, made before the wall by the administrator whom it keeps out",
    "walled_hire": "administers the organisation, seated by the administrator whom a wall keeps out",
    "revoked_client": "client until a moment ago",
    "revoked_lawyer": "on the team until a moment ago",
    "removed": "member of the organisation until a moment ago",
    "read_only": "the lead's token that may only read: refused what writes",
    "write_only": "the lead's token that may only write: refused what reads",
    "scim_only": "an administrator's token that provisions: told nothing of cases",
}
# Their tokens open a part of what their person may: asked is only for the rest.
NARROW = {
    "read_only": ("POST", "PUT", "PATCH", "DELETE"),
    "write_only": ("GET",),
    "scim_only": ("GET", "POST"),
}
# Tokens that open nothing at all.
DEAD = ("anonymous", "forged", "expired", "ended")


class Town(Struct):
    """`people` by name; `askers` hold a token each, "" for none. `marks` says who may be told what."""

    world: World
    marks: Canaries
    people: dict[str, Person]
    tokens: dict[str, str]
    org: UUID
    words: list[str]  # of all canaries, to search for


async def plant(world: World, hands: Hands, pool: Any) -> Town:
    marks = Canaries()
    org, other = await world.organisation(), await world.organisation()
    for id, readers in ((org, MEMBERS_A | {"removed"}), (other, B | {"foreign_scim"})):
        marks.thing("org", id, readers)
        await pool.execute(
            "update organisations set name = $2 where id = $1",
            id,
            marks.word("an organisation's name", readers),
        )
    people = await _people(world, marks, org, other)
    for name in ("admin", "walled_admin", "foreign_admin", "hall_admin"):
        await proved(world, people[name])
    lead = people["lead"]
    first = await _case(
        marks,
        hands,
        lead,
        org,
        "first",
        {
            "staff": STAFF_A1,
            "client": CLIENT_A1,
            "counsel": COUNSEL_A1,
            "everyone": EVERYONE_A1,
        },
        {"client": people["client"], "cocounsel": people["cocounsel"]},
        knew=KNEW_A1,
    )
    await _case(
        marks,
        hands,
        lead,
        org,
        "second",
        {
            "staff": A2 - {"client2"},
            "client": A2,
            "counsel": A2 - {"client2"},
            "everyone": A2,
        },
        {"client": people["client2"]},
    )
    await _case(
        marks,
        hands,
        people["foreign_admin"],
        other,
        "foreign",
        {
            "staff": B - {"foreign_client"},
            "client": B,
            "counsel": B - {"foreign_client"},
            "everyone": B,
        },
        {"client": people["foreign_client"]},
    )
    await _published(marks, world, pool, people)
    case = first
    for name in ("associate", "walled", "revoked_lawyer"):
        await lead.made(f"/v1/cases/{case}/participants", {"person": people[name].id, "role": "staff"})
    given = {
        name: await lead.made(f"/v1/cases/{case}/participants", {"person": people[name].id, "role": role})
        for name, role in (("revoked_client", "client"),)
    }
    await _of_the_office(marks, world, people, org, case)
    listed = await lead.all(f"/v1/cases/{case}/participants")
    for one in listed:
        marks.thing("participant", one["id"], EVERYONE_A1)
    by_person = {one["person"]: one["id"] for one in listed}
    for name in ("revoked_client", "revoked_lawyer"):
        gone = await lead.delete(f"/v1/cases/{case}/participants/{by_person[str(people[name].id)]}")
        assert gone.status_code == 200, (given, gone.text)
    gone = await people["admin"].delete(f"/v1/orgs/{org}/people/{people['removed'].id}")
    assert gone.status_code == 204, gone.text
    people["walled_service"] = await _service(marks, people["walled_admin"], org)
    await _walls(marks, people, org, [one for one, readers in marks.things["case"] if "admin" in readers])
    hire = {"org": org, "email": people["walled_hire"].email, "name": "Hire", "role": ADMIN}
    seated = await people["walled_admin"].post("/v1/people", hire)
    assert seated.json()["item"]["membership"] == ADMIN, seated.text
    tokens = {name: people[name].token for name in people if name in ASKERS}
    tokens |= {"anonymous": "", "forged": secrets.token_urlsafe(32)}
    tokens |= await _other_tokens(pool, lead)
    for name, person, scope in (
        ("read_only", lead, "read"),
        ("write_only", lead, "write"),
        ("scim_only", people["admin"], "scim"),
        ("foreign_scim", people["foreign_admin"], "scim"),
    ):
        tokens[name] = (await world.token(person, scope)).token
    return Town(world, marks, people, tokens, org, [text for text in marks.marks if text.startswith("cnry")])


async def _people(world: World, marks: Canaries, org: UUID, other: UUID) -> dict[str, Person]:
    seats = {
        "admin": (org, ADMIN),
        "lead": (org, DESK),
        "associate": (org, DESK),
        "desk": (org, DESK),
        "walled": (org, DESK),
        "walled_admin": (org, ADMIN),
        "walled_hire": (org, OUTSIDE),
        "revoked_lawyer": (org, DESK),
        "client": (org, OUTSIDE),
        "client2": (org, OUTSIDE),
        "cocounsel": (org, OUTSIDE),
        "outsider": (org, OUTSIDE),
        "revoked_client": (org, OUTSIDE),
        "removed": (org, DESK),
        "foreign_admin": (other, ADMIN),
        "foreign_client": (other, OUTSIDE),
    }
    # By name people know those of their case; the office's staff know everybody it knows.
    of_the_case = ("associate", "client", "cocounsel", "walled", "revoked_lawyer", "revoked_client")
    companions = dict.fromkeys(of_the_case, EVERYONE_A1)
    companions |= {"client2": A2, "lead": EVERYONE_A1 | A2, "admin": EVERYONE_A1 | A2}
    people: dict[str, Person] = {}
    hall = await world.organisation()
    seats |= {"hall_admin": (hall, ADMIN), "resident": (hall, OUTSIDE)}
    for name, (place, role) in seats.items():
        office = {org: OFFICE_A, other: B | {"foreign_scim"}, hall: HALL}[place]
        known = office | companions.get(name, frozenset()) | {name}
        people[name] = await world.person(place, role, name=marks.word(f"the name of {name}", known))
        marks.thing("person", people[name].id, known | ONCE.get(name, frozenset()))
    return people


async def _case(
    marks: Canaries,
    hands: Hands,
    lead: Person,
    org: UUID,
    label: str,
    readers: dict[str, frozenset[str]],
    outside: dict[str, Person],
    knew: frozenset[str] = frozenset(),
) -> UUID:
    """A legal matter in which every noun is there for every audience, each text with a mark of its own."""

    def mark(noun: str, audience: str) -> str:
        return marks.word(f"{noun} of the {label} case for {audience}", readers[audience])

    everyone = readers["everyone"]
    body: dict[str, Any] = opening(org, CURRENT["legal_matter"]) | {
        "title": f"{mark('title', 'everyone')} v. Roe"
    }
    body["intake"] = body["intake"] | {
        "judge": mark("intake", "everyone"),
        "assessment": mark("hidden intake", "staff"),
        "fee_arrangement": mark("hidden intake", "staff"),
    }
    opened = (await lead.made("/v1/cases", body))["case"]
    case = marks.thing("case", opened["id"], everyone | knew)
    for role, person in outside.items():
        given = await lead.made(f"/v1/cases/{case}/participants", {"person": person.id, "role": role})
        marks.thing("participant", given["id"], everyone)
    for party in ("plaintiff", "witness"):
        made = await lead.made(
            f"/v1/cases/{case}/parties",
            {"name": mark("party", "everyone"), "role": party, "note": mark("note of a party", "everyone")},
        )
        marks.thing("party", made["id"], everyone)
    for existing in await lead.all(f"/v1/cases/{case}/conversations"):
        marks.thing(
            "conversation", existing["id"], readers["client" if "client" in existing["audience"] else "staff"]
        )
    for audience in ("staff", "client", "counsel", "everyone"):
        await _for_audience(marks, hands, lead, case, audience, readers[audience], mark)
    await _among_named(marks, lead, case, label, outside)
    return case


async def _for_audience(
    marks: Canaries, hands: Hands, lead: Person, case: UUID, audience: str, readers: frozenset[str], mark: Any
) -> None:
    in_case = f"/v1/cases/{case}"
    talk = await lead.made(
        f"{in_case}/conversations", {"title": mark("conversation", audience), "audience": audience}
    )
    conversation = marks.thing("conversation", talk["id"], readers)
    text = f"{mark('document text', audience)} is what the page says."
    version = await cleared(
        hands, lead, case, text.encode(), audience=audience, file_name=f"{mark('file name', audience)}.txt"
    )
    marks.thing("version", version, readers)
    made = await document(lead, case, audience, name=mark("document name", audience))
    marks.thing("document", made, readers)
    for message in range(2):
        body = {
            "body": f"Hello {mark('message', audience)}, number {message}",
            "attachments": [version] if message else [],
        }
        posted = await lead.made(f"/v1/conversations/{conversation}/messages", body)
        marks.thing("message", posted["id"], readers)
    due = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    deadline = {
        "title": mark("deadline", audience),
        "note": mark("note of a deadline", audience),
        "due_on": due,
        "audience": audience,
    }
    marks.thing("deadline", (await lead.made(f"{in_case}/deadlines", deadline))["id"], readers)
    task = {"title": mark("task", audience), "note": mark("note of a task", audience), "audience": audience}
    marks.thing("task", (await lead.made(f"{in_case}/tasks", task))["id"], readers)
    entry = {"text": mark("entry", audience), "occurred_on": "2026-03-01", "audience": audience}
    marks.thing("entry", (await lead.made(f"{in_case}/entries", entry))["id"], readers)


async def _among_named(
    marks: Canaries, lead: Person, case: UUID, label: str, outside: dict[str, Person]
) -> None:
    """A conversation between the lead and one named client: not even the rest of the team reads it."""
    names = {"first": "client", "second": "client2", "foreign": "foreign_client"}
    both = {"foreign_admin" if label == "foreign" else "lead", names[label]}
    client = outside["client"]
    talk = await lead.made(
        f"/v1/cases/{case}/conversations",
        {
            "title": marks.word("title of a conversation among named people", both),
            "people": [lead.id, client.id],
        },
    )
    conversation = marks.thing("conversation", talk["id"], both)
    for author in (lead, client):
        said = marks.word("message among named people", both)
        posted = await author.made(f"/v1/conversations/{conversation}/messages", {"body": said})
        marks.thing("message", posted["id"], both)


async def _of_the_office(
    marks: Canaries, world: World, people: dict[str, Person], org: UUID, case: UUID
) -> None:
    """Teams, an invitation and an app: what an organisation has besides cases."""
    admin = people["admin"]
    for label, members, readers in (
        ("on the case", ("associate",), OFFICE_A | EVERYONE_A1),
        ("of those kept out", ("walled",), OFFICE_A | EVERYONE_A1),
        ("on no case", ("desk",), OFFICE_A),
    ):
        team = await admin.made(
            f"/v1/orgs/{org}/teams", {"name": marks.word(f"name of a team {label}", readers)}
        )
        marks.thing("team", team["id"], readers)
        for name in members:
            added = await admin.post(
                f"/v1/orgs/{org}/teams/{team['id']}/members", {"person": people[name].id}
            )
            assert added.status_code in (200, 201), added.text
        if label != "on no case":
            given = await people["lead"].made(f"/v1/cases/{case}/teams", {"team": team["id"]})
            marks.thing("team_case", given["id"], EVERYONE_A1)
    address = marks.word("address of somebody invited", OFFICE_A)
    asked = {
        "org": org,
        "email": f"{address}@mail.test",
        "name": marks.word("name of somebody invited", OFFICE_A),
    }
    invited = await admin.post("/v1/people", asked)
    assert invited.status_code in (200, 201), invited.text
    for one in (await admin.get(f"/v1/orgs/{org}/invitations")).json()["items"]:
        marks.thing("invitation", one["id"], ADMINS)
    app = await admin.post(
        f"/v1/orgs/{org}/apps",
        {
            "name": marks.word("name of an app", ADMINS),
            "kind": "native",
            "scopes": ["openid", "read"],
            "redirect_uris": ["http://127.0.0.1/back"],
        },
    )
    assert app.status_code in (200, 201), app.text
    marks.thing("app", (app.json().get("item") or app.json())["app"]["id"], ADMINS)


async def _service(marks: Canaries, admin: Person, org: UUID) -> Person:
    name = marks.word("name of a service", OFFICE_A)
    made = await admin.made(f"/v1/orgs/{org}/services", {"name": name, "role": ADMIN})
    id = marks.thing("service", made["id"], OFFICE_A)
    token = {"label": "x", "scopes": ["read", "write", "admin"]}
    given = await admin.post(f"/v1/orgs/{org}/services/{id}/tokens", token)
    assert given.status_code == 201, given.text
    return Person(admin.http, id, "", given.json()["token"], UUID(given.json()["session"]["id"]))


async def _walls(marks: Canaries, people: dict[str, Person], org: UUID, cases: list[str]) -> None:
    """Raised last: whoever is kept out had seen the case before."""
    admin = frozenset({"admin"})
    wall = await people["admin"].made(
        f"/v1/orgs/{org}/walls",
        {
            "title": marks.word("title of a wall", admin),
            "reason": marks.word("reason of a wall", admin),
            "cases": cases,
            "people": [people["walled"].id, people["walled_admin"].id],
        },
    )
    marks.thing("wall", wall["id"], admin)


async def _published(marks: Canaries, world: World, pool: Any, people: dict[str, Person]) -> None:
    """A request to a town hall that shows everybody the public side of its cases: that, and nothing else of it."""
    admin, resident = people["hall_admin"], people["resident"]
    org = await pool.fetchval("select org from grants where person = $1", admin.id)
    marks.thing("office", org, (*ASKERS, *HALL))
    intake = {
        "category": "road",
        "location": marks.word("where a request is about", HALL),
        "description": marks.word("description of a request", HALL),
        "contact_phone": marks.word("phone of a request", HALL),
        "estimate": marks.word("estimate of a request", ("hall_admin",)),
    }
    body = {
        "org": org,
        "type": "service_request",
        "title": marks.word("title of a request", HALL),
        "intake": intake,
    }
    case = marks.thing("case", (await admin.made("/v1/cases", body))["case"]["id"], HALL)
    given = await admin.made(f"/v1/cases/{case}/participants", {"person": resident.id, "role": "resident"})
    marks.thing("participant", given["id"], HALL)
    for talk in await admin.all(f"/v1/cases/{case}/conversations"):
        readers = HALL if "resident" in talk["audience"] else {"hall_admin"}
        marks.thing("conversation", talk["id"], readers)
        said = {"body": marks.word("message in a request", readers)}
        marks.thing(
            "message", (await admin.made(f"/v1/conversations/{talk['id']}/messages", said))["id"], readers
        )
    shown = await admin.post(f"/v1/orgs/{org}/publication", {"types": ["service_request"]})
    assert shown.status_code == 200, shown.text


async def _other_tokens(pool: Any, lead: Person) -> dict[str, str]:
    """Tokens of the lead that open nothing: over, or ended."""
    now = datetime.now(UTC)
    made: dict[str, str] = {}
    for name, expires, ended in (
        ("expired", now - timedelta(minutes=1), None),
        ("ended", now + timedelta(hours=1), now),
    ):
        made[name] = secrets.token_urlsafe(32)
        await pool.execute(
            "insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, ended_at, scopes) "
            "values ($1, $2, $3, 'token', 'test', $4, $5, $6, '{read,write,admin}')",
            new_id(),
            token_hash(made[name]),
            lead.id,
            now - timedelta(days=1),
            expires,
            ended,
        )
    return made
