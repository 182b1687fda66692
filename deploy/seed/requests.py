"""The town hall: what residents reported, in every status, and what became of it."""

from datetime import timedelta
from typing import NamedTuple

from deploy.seed.actor import Stage
from deploy.seed.matters import say
from deploy.seed.people import TOWN
from deploy.seed.talk import Line
from hub.cases.actions import move_case, open_case
from hub.deadlines.actions import set_deadline
from hub.entries.actions import add_entry
from hub.participants.actions import grant_participant
from hub.tasks.actions import add_task
from schemas.cases import MoveCase, OpenCase
from schemas.deadlines import SetDeadline
from schemas.entries import AddEntry
from schemas.participants import GrantParticipant
from schemas.tasks import AddTask

OFFICER, ROADS, PARKS = "officer@city.test", "mensah@city.test", "yamada@city.test"
RESIDENT, NEIGHBOUR = "resident@mail.test", "shevchenko@mail.test"


class Request(NamedTuple):
    """One report. `steps` are transitions with how many days after the report, by whom."""

    by: str
    days: float
    title: str
    category: str
    location: str
    description: str
    steps: tuple[tuple[str, float, str], ...] = ()
    urgent: bool = False


REQUESTS = (
    Request(RESIDENT, 19, "Street light out on Mill Lane", "street_light", "Mill Lane 14, by the bridge",
        "The lamp by the bridge has been dark for two weeks. My daughter walks home there after practice.",
        (("assign", 1, OFFICER), ("start", 4, ROADS), ("resolve", 7, ROADS))),
    Request(RESIDENT, 6, "Deep pothole in front of the school", "road", "Chestnut Street 2, at the crossing",
        "About a foot wide and deep enough to bend a rim. Cars swerve into the bicycle lane to get round it.",
        (("assign", 0.2, OFFICER), ("start", 3, ROADS)), urgent=True),
    Request(NEIGHBOUR, 4, "Missed collection, three weeks in a row", "waste", "Orchard Court, all of the even "
        "numbers",
        "Recycling was not collected on the last three Wednesdays. The bins are full and the wind does the rest.",
        (("assign", 1, OFFICER),)),
    Request(RESIDENT, 1, "Branch hanging over the playground", "trees", "Riverside Park, east gate",
        "A large branch cracked in Sunday's storm and hangs above the swings."),
    Request(NEIGHBOUR, 15, "Music after midnight", "noise", "Harbor Road 88",
        "The bar's terrace plays music until two. We asked them twice.", (("decline", 3, OFFICER),)),
    Request(NEIGHBOUR, 0.3, "Graffiti on the library", "graffiti", "Library, north wall",
        "New since last night, across the mural that the pupils painted."),
)  # fmt: skip

LIGHT, POTHOLE, WASTE, BRANCH, NOISE = (request.title for request in REQUESTS[:5])

TALK: tuple[tuple[str, str, tuple[Line, ...]], ...] = (
    (POTHOLE, "Resident", (
        Line(OFFICER, 5.5, 0, "Thank you for telling us. The road crew has it; I marked it urgent because of the "
            "school."),
        Line(RESIDENT, 5, 2, "Great. Somebody put a traffic cone into it, it helps a little."),
        Line(ROADS, 2.8, 0, "We filled it provisionally today. The proper repair needs dry weather, probably "
            "Thursday."),
        Line(RESIDENT, 2, 1, "I saw it, thank you! Will the crossing stay open on Thursday morning?"),
        Line(RESIDENT, 0, 4, "The filling is coming out again after the rain. Photo follows tonight."),
    )),
    (POTHOLE, "Town staff", (
        Line(OFFICER, 5.4, 0, "Kwame, the school's head called as well. Can we do this before Friday?"),
        Line(ROADS, 5.3, 0, "Provisionally yes. Same spot as in 2023: the culvert below leaks, so it will come "
            "back."),
        Line(OFFICER, 0, 3, "It is coming back. Please open the surface and look at the culvert."),
    )),
    (LIGHT, "Resident", (
        Line(OFFICER, 18, 0, "We ordered the part; the lamp is of an old type."),
        Line(ROADS, 13, 0, "Mended last night. Please tell us if it flickers."),
        Line(RESIDENT, 12, 20, "Bright as day. Thank you!"),
    )),
    (WASTE, "Resident", (
        Line(OFFICER, 3, 1, "The contractor says that the even side was blocked by parked vans. Is that so?"),
        Line(NEIGHBOUR, 2, 22, "There are vans on Tuesdays. Collection is on Wednesdays."),
    )),
    (BRANCH, "Resident", (
        Line(PARKS, 0, 20, "The swings are closed with tape until we have been there. Thank you for being quick."),
    )),
    (NOISE, "Resident", (
        Line(OFFICER, 13, 0, "Noise at night is for the police, who have the meter and the power to act: "
            "555-0110. I passed "
            "your report on, with your permission?"),
        Line(NEIGHBOUR, 12, 22, "Yes, please do."),
    )),
)  # fmt: skip


def plan(stage: Stage) -> None:
    for request in REQUESTS:
        opened = stage.ago(request.days)
        stage.plan(opened, _open, request)
        for name, after, by in request.steps:
            stage.plan(opened + timedelta(days=after), _move, request.title, name, by)
    for title, conversation, lines in TALK:
        speakers = {line.by for line in lines}
        for n, line in enumerate(lines):
            stage.plan(stage.ago(line.days, line.hours), say, title, conversation, OFFICER, n, line, speakers)
    stage.plan(stage.ago(5.6), _staff, POTHOLE, ROADS)
    stage.plan(stage.ago(0.9), _staff, BRANCH, PARKS)
    stage.plan(stage.ago(2.8), _visit)
    stage.plan(stage.ago(), _dates)  # as late as the law office sets its own, for the same reason


async def _open(stage: Stage, request: Request) -> None:
    intake = {name: getattr(request, name) for name in ("category", "location", "description", "urgent")}
    given = OpenCase(org=TOWN, type="service_request", title=request.title, intake=intake)
    stage.cases[request.title] = (
        await stage.act(request.by, f"open {request.title}", open_case, given)
    ).case.id


async def _move(stage: Stage, title: str, name: str, by: str) -> None:
    await stage.act(by, f"{name} {title}", move_case, stage.cases[title], MoveCase(name=name))


async def _staff(stage: Stage, title: str, email: str) -> None:
    request = GrantParticipant(role="staff", person=stage.people[email])
    await stage.act(OFFICER, f"staff {title}", grant_participant, stage.cases[title], request)


async def _visit(stage: Stage) -> None:
    entry = AddEntry(
        "Filled with cold asphalt, 40 kg. Culvert below is wet.", occurred_on=stage.day(-3), kind="visit"
    )
    await stage.act(ROADS, "visit", add_entry, stage.cases[POTHOLE], entry)


async def _dates(stage: Stage) -> None:
    roads, parks = stage.people[ROADS], stage.people[PARKS]
    for title, request in (
        (
            POTHOLE,
            SetDeadline(
                "Mend the surface for good", due_on=stage.day(4), assignee=roads, audience="resident"
            ),
        ),
        (
            BRANCH,
            SetDeadline("Take the branch down", due_on=stage.day(0), assignee=parks, audience="resident"),
        ),
        (WASTE, SetDeadline("Answer from the contractor", due_on=stage.day(-1))),
    ):
        await stage.act(OFFICER, f"deadline {title}", set_deadline, stage.cases[title], request)
    task = AddTask("Camera through the culvert", assignee=roads, due_on=stage.day(2))
    await stage.act(OFFICER, "task culvert", add_task, stage.cases[POTHOLE], task)
