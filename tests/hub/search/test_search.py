"""Search finds what people look for, in the words they use, and only where they may see it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from storage.search.postgres import words_of
from tests.app import Office, Person, World, refused
from tests.uploads import Hands, cleared, document, revoke, upload


async def find(person: Person, q: str, **more: Any) -> list[dict[str, Any]]:
    answer = await person.get("/v1/search", q=q, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def found(person: Person, q: str, **more: Any) -> set[tuple[str, str]]:
    return {(hit["kind"], hit["id"]) for hit in await find(person, q, **more)}


def canary() -> str:
    """A word that stands nowhere else; the letter before the digits keeps it one word."""
    return "q" + uuid4().hex


async def say(person: Person, talk: UUID, body: str) -> dict[str, Any]:
    return await person.made(f"/v1/conversations/{talk}/messages", {"body": body})


@pytest.fixture
async def talk(office: Office) -> UUID:
    return await office.conversation()


async def test_a_message_with_its_snippet(office: Office, talk: UUID) -> None:
    word = canary()
    said = await say(
        office.lead, talk, f'Yesterday \ue000witness\ue001 "Jones" said {word} & remembers < everything'
    )
    (hit,) = await find(office.outside, word)
    assert (hit["kind"], hit["id"], hit["case"]) == ("message", said["id"], str(office.case))
    assert hit["title"] == "About it"
    assert hit["case_title"]
    assert hit["snippet"] == f'Yesterday witness "Jones" said \ue000{word}\ue001 & remembers < everything'


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Please pay invoice INV-2026/{} today", "{}"),
        ("Please pay invoice INV-2026/{} today", "inv-2026/{}"),
        ("Müller und Söhne {}", "muller {}"),
        ("Muller {}", "Müller {}"),
        ("The witnesses were remembering {}", "witness remember {}"),
        ("a handbook about {}", "{} handbo"),
        ("write to {}@firm.test", "{}"),
        ("write to {}@firm.test", "{}@firm.test"),
        ("case 1:19-cv-{}", "1:19-cv-{}"),
        ("first {} second", '"first {} second"'),
        ("only {}", "nothing or {}"),
    ],
)
async def test_words_as_people_type_them(office: Office, talk: UUID, said: str, asked: str) -> None:
    word = canary()
    made = await say(office.lead, talk, said.format(word))
    await say(office.lead, talk, "something else " + canary())
    hits = await find(office.lead, asked.format(word))
    assert [hit["id"] for hit in hits] == [made["id"]]
    assert "\ue000" in hits[0]["snippet"]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("a handbook about {}", "{} -handbook"),
        ("first second {}", '"second first" {}'),
        ("a handbook about {}", '"{} handbo"'),
        ("a handbook about {}", "{} handbo "),
        ("{}", "missing {}"),
    ],
)
async def test_words_that_are_not_there(office: Office, talk: UUID, said: str, asked: str) -> None:
    word = canary()
    await say(office.lead, talk, said.format(word))
    assert await find(office.lead, asked.format(word)) == []
    assert len(await find(office.lead, word)) == 1


def test_the_last_word_is_a_beginning_unless_it_is_ended() -> None:
    assert words_of("confer")[1:3] == ("", "confer")
    assert words_of("the big confer")[1:3] == ("the big", "confer")
    assert words_of("inv-2026/004")[1:3] == ("inv-2026/", "004")
    for ended in ("confer ", "the -confer", '"the confer', '"confer"', "why?", "-confer", "+1"):
        assert words_of(ended)[1:3] == (None, None), ended
    assert words_of("500% \\").like == "500"
    assert words_of("ab").like is None


async def test_a_document_by_its_text_and_its_name(office: Office, hands: Hands) -> None:
    word, other = canary(), canary()
    to = await document(office.lead, office.case, office.shared, f"Lease {other}")
    first = await upload(office.lead, to, f"The lessee {word} pays.".encode())
    assert await found(office.lead, word) == set()  # nobody has examined it
    await hands.examine(first)
    await hands.index(first)
    (hit,) = await find(office.outside, word)
    assert (hit["kind"], hit["id"], hit["version"], hit["page"]) == ("document", str(to), str(first), 1)
    assert f"\ue000{word}\ue001" in hit["snippet"]
    (hit,) = await find(office.outside, other)
    assert (hit["kind"], hit["id"], hit["version"], hit["page"]) == ("document", str(to), None, None)
    # One hit a document, however many versions and pages say it.
    await hands.clear(await upload(office.lead, to, f"{word} {word} again".encode()))
    assert len(await find(office.outside, f"{word}")) == 1


async def test_a_case_by_its_number_title_intake_and_parties(office: Office) -> None:
    title, party, hidden = canary(), canary(), canary()
    answer = await office.lead.patch(f"/v1/cases/{office.case}", {"title": f"Baker v. {title}"}, 1)
    number = answer.json()["item"]["case"]["number"]
    roles = f"/v1/cases/{office.case}/parties"
    declared = office.type.party_roles[0]
    await office.lead.made(roles, {"name": f"{party} Holdings", "role": declared})
    staff = next(name for name, one in office.type.audiences.items() if one.roles == frozenset({"staff"}))
    await office.lead.made(roles, {"name": hidden, "role": declared, "audience": staff})
    me = ("case", str(office.case))
    for person in (office.lead, office.outside, office.admin):
        assert me in await found(person, title)
        assert me in await found(person, number, case=str(office.case))
        assert me in await found(person, party)
        assert me in await found(person, party[:-2] + "zz")  # a slip of the finger
        assert me in await found(person, title[5:20], case=str(office.case))  # from its middle
    assert me in await found(office.lead, hidden)
    assert await found(office.outside, hidden) == set()
    for person in (office.stranger, office.foreign):
        for word in (title, party, hidden, number):
            assert me not in await found(person, word)
    (hit,) = await find(office.outside, party)
    assert hidden not in str(hit)


async def test_nobody_finds_what_they_may_not_see(
    office: Office, hands: Hands, talk: UUID, world: World
) -> None:
    staff = next(name for name, one in office.type.audiences.items() if one.roles == frozenset({"staff"}))
    inside, shared, secret, open_ = (canary() for _ in range(4))
    await say(office.lead, await office.conversation(staff), f"strategy {inside}")
    await say(office.lead, talk, f"hello {shared}")
    await cleared(hands, office.lead, office.case, f"memo {secret}".encode(), audience=staff)
    await cleared(hands, office.lead, office.case, f"letter {open_}".encode(), audience=office.shared)
    named = canary()
    await document(office.lead, office.case, staff, f"Memo {named}")
    for person in (office.lead, office.admin):
        for word in (inside, shared, secret, open_, named):
            assert len(await find(person, word)) == 1, word
    for word, seen in ((inside, 0), (shared, 1), (secret, 0), (open_, 1), (named, 0)):
        assert len(await find(office.outside, word)) == seen
        for person in (office.stranger, office.foreign):
            assert await find(person, word) == []
            assert await find(person, word, case=str(office.case)) == []
    await revoke(office)
    for word in (shared, open_):
        assert await find(office.outside, word) == []


async def test_the_case_of_another_office_is_not_found(office: Office, world: World, hands: Hands) -> None:
    word, other = canary(), await world.office(office.type.name)
    for one in (office, other):
        await say(one.lead, await one.conversation(), word)
        await cleared(hands, one.lead, one.case, word.encode(), audience=one.shared)
    for one in (office, other):
        for person in (one.lead, one.outside):
            assert {hit["case"] for hit in await find(person, word)} == {str(one.case)}


async def test_what_was_retracted_or_edited_is_not_found(office: Office, talk: UUID) -> None:
    gone, before, after = canary(), canary(), canary()
    retracted = await say(office.lead, talk, gone)
    edited = await say(office.lead, talk, before)
    assert (await office.lead.delete(f"/v1/messages/{retracted['id']}", 1)).status_code == 200
    assert (await office.lead.patch(f"/v1/messages/{edited['id']}", {"body": after}, 1)).status_code == 200
    assert await find(office.lead, gone) == await find(office.lead, before) == []
    assert len(await find(office.lead, after)) == 1


async def test_what_is_quarantined_or_waits_is_not_found(office: Office, hands: Hands) -> None:
    word = canary()
    to = await document(office.lead, office.case, office.shared)
    await upload(office.lead, to, f"waits {word}".encode())
    bad = await upload(
        office.lead,
        to,
        f"X5O!P%@AP[4\\PZX54(P^)7CC)7}}${'EICAR'}-STANDARD-ANTIVIRUS-TEST-FILE!$H+H* {word}".encode(),
    )
    assert (await hands.examine(bad))["status"] == "quarantined"
    assert await find(office.lead, word) == []


async def test_pages_of_hits(office: Office, talk: UUID) -> None:
    word = canary()
    said = {(await say(office.lead, talk, f"{word} {'and ' * n}"))["id"] for n in range(7)}
    seen: list[str] = []
    ranks: list[float] = []
    after = None
    while True:
        answer = (await office.outside.get("/v1/search", q=word, limit=3, after=after)).json()
        seen += [hit["id"] for hit in answer["items"]]
        ranks += [hit["rank"] for hit in answer["items"]]
        if (after := answer["next"]) is None:
            break
    assert len(seen) == 7
    assert set(seen) == said
    assert ranks == sorted(ranks, reverse=True)


async def test_where_to_look(office: Office, talk: UUID) -> None:
    word = canary()
    said = await say(office.lead, talk, word)
    named = await document(office.lead, office.case, None, word)
    both = {("message", said["id"]), ("document", str(named))}
    assert await found(office.lead, word) == both
    assert await found(office.lead, word, **{"in": "messages"}) == {("message", said["id"])}
    assert await found(office.lead, word, **{"in": "documents,cases"}) == {("document", str(named))}
    assert await found(office.lead, word, case=str(office.case)) == both
    assert await found(office.lead, word, case=str(uuid4())) == set()


async def test_search_refused(office: Office) -> None:
    for query in ({"q": ""}, {}, {"q": "x" * 201}, {"q": "…"}, {"q": "x", "in": "secrets"}, {"q": "x", "case": "1"},
                  {"q": "x", "after": "nonsense"}, {"q": "x", "limit": 0}, {"q": "x\0"}):  # fmt: skip
        refused(await office.lead.get("/v1/search", **query), 400, "bad_input")
    for odd in ("'", "a'b", "((", "a & | !", "\\", "foo:*", "o'brien ŉ", '"', "½", "<-> x", "a\ue000b"):
        answer = await office.lead.get("/v1/search", q=odd)
        assert answer.status_code in (200, 400), (odd, answer.text)
        assert answer.status_code == (200 if any(c.isalnum() for c in odd) else 400), odd
