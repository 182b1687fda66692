"""A service request to a town hall (311): a pothole, a street light, a missed collection."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from schemas.casetypes.kernel import Audience, CaseType, Keeping, Public, Role, Side, Status, Transition

STAFF_ONLY = frozenset({"staff"})
BOTH = frozenset({"staff", "resident"})


class Intake1(Struct, frozen=True):
    category: Annotated[
        Literal["road", "street_light", "waste", "water", "trees", "noise", "graffiti", "other"],
        Meta(title="What is it about?"),
    ]
    location: Annotated[str, Meta(title="Where is it?", description="Street and number, or a landmark", max_length=500)]
    description: Annotated[
        str,
        Meta(
            title="What happened?",
            min_length=1,
            max_length=10_000,
            extra_json_schema={"format": "multiline"},
        ),
    ]
    contact_phone: Annotated[str, Meta(title="Phone (if we may call)", max_length=50)] = ""
    urgent: Annotated[bool, Meta(title="Somebody is in danger")] = False


class Intake(Intake1, frozen=True):
    estimate: Annotated[str, Meta(title="Estimate of work and cost", max_length=1000)] = ""


SERVICE_REQUEST_1 = CaseType(
    name="service_request",
    version=1,
    title="Service request",
    description="Tell the town about something that needs mending.",
    intake=Intake1,
    # Not the place, which is free text and often the asker's own door, nor anything else that somebody wrote.
    public=Public(fields=("category",), category="category"),
    prefix="SR",
    roles={"staff": Role("Town staff", Side.STAFF), "resident": Role("Resident")},
    statuses={
        "received": Status("Received"),
        "assigned": Status("Assigned"),
        "in_progress": Status("In progress"),
        "resolved": Status("Resolved", open=False),
        "declined": Status("Declined", open=False),
    },
    initial="received",
    transitions={
        "assign": Transition("Assign", frozenset({"received"}), "assigned"),
        "start": Transition("Start work", frozenset({"received", "assigned"}), "in_progress"),
        "resolve": Transition("Resolve", frozenset({"received", "assigned", "in_progress"}), "resolved"),
        "decline": Transition("Decline", frozenset({"received", "assigned"}), "declined"),
        "reopen": Transition("Reopen", frozenset({"resolved", "declined"}), "received", BOTH),
    },
    audiences={
        "staff": Audience("Town staff only", STAFF_ONLY),
        "resident": Audience("Town staff and resident", BOTH),
    },
    grants={
        "case.read": BOTH,
        "case.update": STAFF_ONLY,
        "party.add": STAFF_ONLY,
        "participant.grant": STAFF_ONLY,
        "entry.add": STAFF_ONLY,
        "conversation.open": STAFF_ONLY,
        "message.post": BOTH,
        "document.add": BOTH,
        "deadline.set": STAFF_ONLY,
        "task.add": STAFF_ONLY,
    },
    document_kinds={"photo": "Photo", "form": "Form", "letter": "Letter", "other": "Other"},
    party_roles=("requester", "owner", "contractor", "other"),
    entry_kinds={"note": "Note", "visit": "Site visit", "call": "Call"},
    notice_plan=("3d", "1d", "2h", "overdue"),
    opened_by=frozenset({Side.STAFF, Side.OUTSIDE}),
    opener_role="resident",
    open_to_staff=True,
    first_conversations=(("Resident", "resident"), ("Town staff", "staff")),
    retention=Keeping(5, {"photo": 2}),  # pictures show more of people and places than the request needs
)

# Whom to call is between the town and the resident, whoever else takes part one day; what it may cost is the town's.
SERVICE_REQUEST = replace(
    SERVICE_REQUEST_1,
    version=2,
    intake=Intake,
    hidden={"contact_phone": BOTH, "estimate": STAFF_ONLY},
)
