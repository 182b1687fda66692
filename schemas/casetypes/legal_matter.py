"""A legal matter: a law office, its client, a court."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from schemas.casetypes.kernel import Audience, CaseType, Role, Side, Status, Transition

STAFF_ONLY = frozenset({"staff"})
STAFF_AND_CLIENT = frozenset({"staff", "client"})


class Intake(Struct, frozen=True, omit_defaults=True):
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


LEGAL_MATTER = CaseType(
    name="legal_matter",
    version=1,
    title="Legal matter",
    description="Litigation or advice for a client: docket, parties, documents, deadlines, privileged conversations.",
    intake=Intake,
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
)
