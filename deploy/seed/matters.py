"""The law office: matters made of dockets, one opened by hand, and all that goes on in them."""

from collections.abc import Collection
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy import samples
from deploy.dockets import read_file
from deploy.seed import opinions, talk
from deploy.seed.actor import ZONE, Stage
from deploy.seed.people import FIRM
from hub.cases.actions import open_case
from hub.conversations.actions import move_marker, open_conversation
from hub.deadlines.actions import change_deadline, set_deadline
from hub.dockets.actions import import_docket
from hub.documents.actions import add_document, upload_version
from hub.entries.actions import add_entry
from hub.messages.actions import post_message
from hub.participants.actions import grant_participant
from hub.parties.actions import add_party
from hub.tasks.actions import add_task, change_task
from schemas.cases import OpenCase
from schemas.conversations import MoveMarker, OpenConversation
from schemas.deadlines import ChangeDeadline, SetDeadline
from schemas.documents import AddDocument
from schemas.entries import AddEntry
from schemas.messages import PostMessage
from schemas.participants import GrantParticipant
from schemas.parties import AddParty, Contact
from schemas.tasks import AddTask, ChangeTask

PARTNER, LAWYER, PARALEGAL = "partner@firm.test", "lawyer@firm.test", "zhao@firm.test"
ASSOCIATE, CLIENT = "nunez@firm.test", "client@mail.test"
OTHER_CLIENT, COUNSEL = "nguyen@mail.test", "benali@bridge-law.test"

# Of the real dockets, those the office works on. The first is the one in which the client takes part.
REAL = ("njd_509180", "txed", "cand_2", "nysd_1", "ded")
SHIPPED = Path(__file__).parent / "dockets"


def plan(stage: Stage) -> None:
    _dockets(stage)
    _wages(stage)
    _documents(stage)
    for case, title, opener, lines in talk.CONVERSATIONS:
        speakers = {line.by for line in lines}
        for n, line in enumerate(lines):
            stage.plan(stage.ago(line.days, line.hours), say, case, title, opener, n, line, speakers)
    for n, note in enumerate(talk.NOTES):
        stage.plan(stage.ago(note.days - 0.1), _note, n, note)
    _dates(stage)
    _tasks(stage)


def _dockets(stage: Stage) -> None:
    real = [stage.fixtures / "dockets" / f"{name}.json" for name in REAL]
    files = [file for file in real if file.is_file()] or sorted(SHIPPED.glob("*.json"))
    for n, file in enumerate(files):
        stage.plan(stage.ago(60 - n), _import, f"docket {n}", file)
        stage.plan(stage.ago(59 - n), _let_in, LAWYER, f"docket {n}", PARTNER, "staff")
        if n % 2 == 0:
            stage.plan(stage.ago(58 - n), _let_in, LAWYER, f"docket {n}", PARALEGAL, "staff")
    stage.plan(stage.ago(50), _let_in, LAWYER, "docket 0", CLIENT, "client")
    stage.plan(stage.ago(49), _let_in, LAWYER, "docket 1", OTHER_CLIENT, "client")
    stage.plan(stage.ago(30), _let_in, LAWYER, "docket 0", COUNSEL, "cocounsel")
    stage.plan(stage.ago(29), _joint_defence)


async def _import(stage: Stage, name: str, file: Path) -> None:
    docket = read_file(file)
    stage.cases[name] = (await import_docket(stage.hub, stage.who(LAWYER), FIRM, docket)).case


async def _joint_defence(stage: Stage) -> None:
    request = OpenConversation(title="Joint defence", audience="counsel")
    await stage.act(LAWYER, "open joint", open_conversation, stage.cases["docket 0"], request)


def _wages(stage: Stage) -> None:
    """A matter that has no docket yet."""
    stage.plan(stage.ago(12), _open_wages)
    stage.plan(stage.ago(12), _let_in, LAWYER, "wages", CLIENT, "client")
    stage.plan(stage.ago(12), _let_in, LAWYER, "wages", ASSOCIATE, "staff")
    claimant = AddParty(name="Tomasz Wiśniewski", role="plaintiff", audience="client")
    text = "Northgate Cold Storage, Inc.\n900 Terminal Road\nPort Newark, NJ 07114\n(973) 555-0144"
    counsel = Contact(
        "Gabriela Ferrari", ["In-house counsel"], text, "legal@northgate.test", "(973) 555-0144"
    )
    employer = AddParty(
        name="Northgate Cold Storage, Inc.",
        role="defendant",
        kind="organisation",
        contacts=[counsel],
        audience="client",
    )
    for party in (claimant, employer):
        stage.plan(stage.ago(11), _party, party)


async def _open_wages(stage: Stage) -> None:
    request = OpenCase(
        org=FIRM,
        type="legal_matter",
        title="Wiśniewski: unpaid overtime at Northgate Cold Storage",
        intake={
            "cause": "29 U.S.C. 207, overtime",
            "demand": "$48,200 and liquidated damages",
            "note": "Day-shift lead, 2021 to 2025. Paid a salary, but no manager: nobody to hire or fire.",
            "fee_arrangement": "A third of what is recovered, costs advanced",
            "assessment": "Strong on duties, thin on hours before 2023. Settle above $35,000.",
        },
    )
    stage.cases["wages"] = (await stage.act(LAWYER, "open wages", open_case, request)).case.id


async def _party(stage: Stage, party: AddParty) -> None:
    await stage.act(LAWYER, f"party {party.name}", add_party, stage.cases["wages"], party)


def _documents(stage: Stage) -> None:
    """Opinions where they are, else small ones made here; uploaded as people do, and examined by the worker."""
    found = opinions.found(stage.fixtures / "documents") or opinions.made()
    for n, opinion in enumerate(found):
        request = AddDocument(name=opinion.title, kind="order", audience="client" if n < 3 else None)
        stage.plan(stage.ago(20 - n), _add, LAWYER, f"docket {n % 2}", request)
        stage.plan(stage.ago(20 - n), _upload, LAWYER, request, opinion.file_name, 1, opinion.data)

    letter = AddDocument(name="Demand letter to Northgate", kind="correspondence", audience="client")
    records = AddDocument(name="Pay records", kind="evidence")
    memo = AddDocument(name="Memo on the executive exemption", kind="other", audience="staff")
    for by, request, title, texts, days in (
        (LAWYER, letter, "Demand letter", (opinions.DEMAND, opinions.DEMAND_MENDED), 6.0),
        (CLIENT, records, "Pay records, March to August", (opinions.PAY_RECORDS,), 5.5),
        (ASSOCIATE, memo, "Memorandum: the executive exemption", (opinions.MEMO,), 4.0),
    ):
        stage.plan(stage.ago(days), _add, by, "wages", request)
        for n, paragraphs in enumerate(texts):
            data = samples.pdf(title, list(paragraphs))
            name = f"{title.partition(',')[0].partition(':')[0].lower().replace(' ', '-')}.pdf"
            stage.plan(stage.ago(days - n * 0.8), _upload, by, request, name, n + 1, data)


async def _add(stage: Stage, by: str, case: str, request: AddDocument) -> None:
    document = await stage.act(by, f"document {request.name}", add_document, stage.cases[case], request)
    stage.documents[request.name] = document.id


async def _upload(stage: Stage, by: str, request: AddDocument, file_name: str, n: int, data: bytes) -> None:
    await stage.act(
        by, f"version {n} of {request.name}", upload_version, stage.documents[request.name], file_name=file_name,
        media_type="application/pdf", data=data,
    )  # fmt: skip


async def say(
    stage: Stage, case: str, title: str, opener: str, n: int, line: talk.Line, speakers: Collection[str]
) -> None:
    """Post a line. What is older than a day was read by all who speak here; of the rest each has read their own."""
    conversation = await stage.conversation(opener, case, title)
    message = await stage.act(
        line.by, f"line {n} of {title} in {case}", post_message, conversation, PostMessage(body=line.text)
    )
    for reader in sorted(speakers) if line.days >= 1 else (line.by,):
        await move_marker(stage.hub, stage.who(reader), conversation, MoveMarker(message.seq))


async def _note(stage: Stage, n: int, note: talk.Note) -> None:
    entry = AddEntry(text=note.text, occurred_on=stage.day(-note.days), kind=note.kind)
    await stage.act(note.by, f"note {n}", add_entry, stage.cases[note.case], entry)


def _dates(stage: Stage) -> None:
    """Deadlines that are over, due today, this week and far away, as dates and as instants."""
    lawyer, partner = stage.people[LAWYER], stage.people[PARTNER]
    hearing = datetime.combine(stage.day(3), time(10, 30), ZoneInfo(ZONE))
    call = datetime.combine(stage.day(1), time(16, 0), ZoneInfo(ZONE))
    for case, request in (
        ("docket 0", SetDeadline("Reply brief on the motion to compel", due_on=stage.day(-2), assignee=lawyer,
            escalate_to=partner)),
        ("docket 0", SetDeadline("Serve the privilege log", due_on=stage.day(0), assignee=lawyer,
            escalate_to=partner, audience="client")),
        ("docket 0", SetDeadline("Status conference by telephone", due_at=hearing, audience="everyone")),
        ("docket 0", SetDeadline("Expert reports", due_on=stage.day(75), audience="client")),
        ("docket 1", SetDeadline("Answer to the counterclaims", due_on=stage.day(5), assignee=lawyer)),
        ("wages", SetDeadline("Tolling agreement runs out", due_on=stage.day(12), escalate_to=partner,
            audience="client")),
        ("wages", SetDeadline("Call with Northgate's counsel", due_at=call, assignee=lawyer)),
        ("wages", SetDeadline("Limitation (29 U.S.C. 255): two years", due_on=stage.day(210),
            note="Three years if the violation was wilful.")),
    ):  # fmt: skip
        # At the demo's own moment: what a plan has missed by then is told once and at once, and no notice is late.
        stage.plan(stage.ago(), _deadline, case, request)
    letter = SetDeadline("Send the demand letter", due_on=stage.day(-4), audience="client")
    stage.plan(stage.ago(9), _deadline, "wages", letter)
    stage.plan(stage.ago(5), _meet, letter)


async def _deadline(stage: Stage, case: str, request: SetDeadline) -> None:
    stage.deadlines[request.title] = await stage.act(
        LAWYER, f"deadline {request.title}", set_deadline, stage.cases[case], request
    )


async def _meet(stage: Stage, request: SetDeadline) -> None:
    deadline = stage.deadlines[request.title]
    if deadline.status == "open":
        met = ChangeDeadline(status="met")
        await change_deadline(stage.hub, stage.who(LAWYER), deadline.id, met, deadline.revision)


def _tasks(stage: Stage) -> None:
    paralegal, associate = stage.people[PARALEGAL], stage.people[ASSOCIATE]
    for case, by, request, done in (
        ("docket 0", LAWYER, AddTask("Check the citations of the reply brief", assignee=paralegal,
            due_on=stage.day(-3)), True),
        ("docket 0", LAWYER, AddTask("Number the exhibits", assignee=paralegal, due_on=stage.day(1)), False),
        ("docket 0", PARALEGAL, AddTask("Send the dial-in for the status conference"), False),
        ("wages", LAWYER, AddTask("Spreadsheet of the hours from the pay records", assignee=associate,
            due_on=stage.day(2), note="One row a week; mark weeks over 40."), False),
        ("wages", LAWYER, AddTask("Countersign the engagement letter", due_on=stage.day(-8), audience="client"), True),
    ):  # fmt: skip
        stage.plan(stage.ago(4, hours=4), _task, case, by, request)
        if done:
            stage.plan(stage.ago(3, hours=2), _finish, by, request)


async def _task(stage: Stage, case: str, by: str, request: AddTask) -> None:
    stage.tasks[request.title] = await stage.act(
        by, f"task {request.title}", add_task, stage.cases[case], request
    )


async def _finish(stage: Stage, by: str, request: AddTask) -> None:
    task = stage.tasks[request.title]
    if task.done_at is None:
        await change_task(stage.hub, stage.who(by), task.id, ChangeTask(done=True), task.revision)


async def _let_in(stage: Stage, by: str, case: str, email: str, role: str) -> None:
    request = GrantParticipant(role=role, person=stage.people[email])
    await stage.act(by, f"{role} {email} {case}", grant_participant, stage.cases[case], request)
