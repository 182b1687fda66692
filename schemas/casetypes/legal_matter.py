"""A legal matter: a law office, its client, a court."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from schemas import courts
from schemas.casetypes.kernel import Audience, CaseType, Keeping, Role, Side, Status, Transition
from schemas.dockets import Docket, one_line

STAFF_ONLY = frozenset({"staff"})
STAFF_AND_CLIENT = frozenset({"staff", "client"})


class Intake1(Struct, frozen=True, omit_defaults=True):
    court: Annotated[str, Meta(title="Court", max_length=300)] = ""
    docket_number: Annotated[str, Meta(title="Docket number", max_length=100)] = ""
    judge: Annotated[str, Meta(title="Judge", max_length=300)] = ""
    referred_judge: Annotated[str, Meta(title="Referred to", max_length=300)] = ""
    cause: Annotated[str, Meta(title="Cause", max_length=500)] = ""
    nature_of_suit: Annotated[str, Meta(title="Nature of suit", max_length=500)] = ""
    jurisdiction: Annotated[str, Meta(title="Jurisdiction", max_length=200)] = ""
    jury_demand: Annotated[str, Meta(title="Jury demand", max_length=200)] = ""
    demand: Annotated[str, Meta(title="Demand", max_length=200)] = ""
    filed_on: Annotated[date | None, Meta(title="Filed")] = None
    terminated_on: Annotated[date | None, Meta(title="Terminated")] = None
    note: Annotated[str, Meta(title="Note", max_length=10_000, extra_json_schema={"format": "multiline"})] = ""


class Intake(Intake1, frozen=True, omit_defaults=True):
    fee_arrangement: Annotated[str, Meta(title="Fee arrangement", max_length=500)] = ""
    assessment: Annotated[
        str,
        Meta(title="Internal assessment", max_length=10_000, extra_json_schema={"format": "multiline"}),
    ] = ""


def intake_of(docket: Docket) -> dict[str, Any]:
    """A court's docket as intake. The court stands by name and by the courts' own abbreviation."""
    texts = {
        "court": courts.name(docket.court_id),
        "docket_number": docket.docket_number,
        "judge": docket.assigned_to_str,
        "referred_judge": docket.referred_to_str,
        "cause": docket.cause,
        "nature_of_suit": docket.nature_of_suit,
        "jurisdiction": docket.jurisdiction,
        "jury_demand": docket.jury_demand,
        "demand": docket.demand,
    }
    days = {"filed_on": docket.date_filed, "terminated_on": docket.date_terminated}
    filled = {name: one_line(text) for name, text in texts.items() if text}
    return filled | {name: day.isoformat() for name, day in days.items() if day}


LEGAL_MATTER_1 = CaseType(
    name="legal_matter",
    version=1,
    title="Legal matter",
    description="Litigation or advice for a client: docket, parties, documents, deadlines, privileged conversations.",
    intake=Intake1,
    prefix="M",
    roles={
        "staff": Role("Legal team", Side.STAFF),
        "client": Role("Client"),
        "cocounsel": Role("Co-counsel"),
    },
    statuses={
        "open": Status("Open"),
        "on_hold": Status("On hold"),
        "closed": Status("Closed", open=False),
    },
    initial="open",
    transitions={
        "hold": Transition("Put on hold", frozenset({"open"}), "on_hold"),
        "resume": Transition("Resume", frozenset({"on_hold"}), "open"),
        "close": Transition("Close", frozenset({"open", "on_hold"}), "closed"),
        "reopen": Transition("Reopen", frozenset({"closed"}), "open"),
    },
    audiences={
        "staff": Audience("Legal team only", STAFF_ONLY),
        "client": Audience("Legal team and client", STAFF_AND_CLIENT),
        "counsel": Audience("Legal team and co-counsel", frozenset({"staff", "cocounsel"})),
        "everyone": Audience("Everyone in the case", frozenset({"staff", "client", "cocounsel"})),
    },
    grants={
        "case.read": frozenset({"staff", "client", "cocounsel"}),
        "case.update": STAFF_ONLY,
        "party.add": STAFF_ONLY,
        "participant.grant": STAFF_ONLY,
        "entry.add": STAFF_ONLY,
        "conversation.open": STAFF_ONLY,
        "message.post": frozenset({"staff", "client", "cocounsel"}),
        "document.add": frozenset({"staff", "client", "cocounsel"}),
        "deadline.set": STAFF_ONLY,
        "task.add": STAFF_ONLY,
    },
    document_kinds={
        "pleading": "Pleading",
        "motion": "Motion",
        "order": "Order or opinion",
        "evidence": "Evidence",
        "correspondence": "Correspondence",
        "contract": "Contract",
        "other": "Other",
    },
    party_roles=("plaintiff", "defendant", "petitioner", "respondent", "intervenor", "witness", "other"),
    entry_kinds={"docket": "Docket entry", "note": "Note", "hearing": "Hearing", "call": "Call"},
    first_conversations=(("Client", "client"), ("Legal team", "staff")),
    retention=Keeping(7),  # what bars commonly ask of client files; offices say otherwise for themselves
    imports={"docket": intake_of},
    privileged=True,
)

# What the office thinks of the matter, and what it costs, is the office's own.
LEGAL_MATTER = replace(
    LEGAL_MATTER_1,
    version=2,
    intake=Intake,
    hidden={"fee_arrangement": STAFF_ONLY, "assessment": STAFF_ONLY},
)
