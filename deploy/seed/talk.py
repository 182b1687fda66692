"""What people say to each other in the law office's matters."""

from typing import NamedTuple

PARTNER, LAWYER, PARALEGAL = "partner@firm.test", "lawyer@firm.test", "zhao@firm.test"
ASSOCIATE, CLIENT, COUNSEL = "nunez@firm.test", "client@mail.test", "benali@bridge-law.test"


class Line(NamedTuple):
    """Somebody says something, so many days and hours before now."""

    by: str
    days: float
    hours: float
    text: str


class Note(NamedTuple):
    case: str
    by: str
    days: int
    kind: str
    text: str


CLIENT_TALK = (
    Line(
        LAWYER,
        24,
        5,
        "Good morning. The docket is up to date in the timeline now; every filing since the complaint is "
        "there with its date. Ask me about anything that reads strangely.",
    ),
    Line(
        CLIENT,
        24,
        3,
        "Thank you. I read through it last night. What does “stipulation” mean, and did we agree to one?",
    ),
    Line(
        LAWYER,
        24,
        2,
        "A stipulation is something both sides agree on, so that the judge need not decide it. Ours only "
        "moved two dates. Nothing was given away.",
    ),
    Line(
        CLIENT, 16, 6, "I found the correspondence you asked for. Some of it is in Polish. Is that a problem?"
    ),
    Line(
        LAWYER, 16, 4, "Not at all. Upload it as it is, under Documents. Mei-Ling arranges the translations."
    ),
    Line(PARALEGAL, 15, 22, "Translations take about four days. I will post here when they are in."),
    Line(CLIENT, 9, 1, "I will be travelling next week (Gdańsk, then Oslo), but I can read messages here."),
    Line(
        LAWYER,
        6,
        3,
        "Safe travels. One thing before you go: the privilege log is due soon. I need you to look at the list "
        "of names and tell me who of them is a lawyer.",
    ),
    Line(CLIENT, 5, 20, "Numbers 3, 7 and 12 are lawyers. Number 9 says he is, but he sells insurance. 🙂"),
    Line(LAWYER, 5, 18, "That is exactly why I ask. Thank you!"),
    Line(
        CLIENT,
        0,
        3,
        "Did the court say anything about the telephone conference yet? My flight lands at ten that day.",
    ),
    Line(CLIENT, 0, 1.5, "And may I share the opinion you posted with our insurer?"),
)
TEAM_TALK = (
    Line(
        LAWYER,
        14,
        3,
        "Privileged, team only: I would rather not volunteer the 2019 e-mails before the protective order "
        "is entered.",
    ),
    Line(
        PARTNER,
        14,
        2,
        "Agreed. But they go on the log, without argument. I do not want to explain a gap to this judge.",
    ),
    Line(PARALEGAL, 13, 23, "The log has 214 entries. Eleven are missing a date; I am asking the custodian."),
    Line(PARTNER, 2, 4, "The reply brief was due and I do not see it filed. Daniel?"),
    Line(
        LAWYER,
        2,
        3,
        "The clerk moved it with the stipulation, but the order is not entered yet. I leave the deadline open "
        "until it is.",
    ),
    Line(PARTNER, 0, 5, "Good. Put me on the notice for the status conference as well, please."),
)
JOINT = (
    Line(COUNSEL, 28, 2, "I have the protective order in draft. Shall I send it to both of you tonight?"),
    Line(LAWYER, 28, 1, "Please. I will turn it by Thursday."),
    Line(COUNSEL, 1, 6, "Their counsel accepts all but paragraph 9. I think we can live with that."),
)
WAGE_TALK = (
    Line(
        LAWYER,
        11,
        6,
        "Welcome. Everything about your overtime claim will be in this place: what we write, what is due, "
        "and your papers.",
    ),
    Line(CLIENT, 11, 5, "Thank you. My wife asks if Northgate can see this."),
    Line(LAWYER, 11, 4.5, "No. You see it, and the team that works on your case. Nobody else."),
    Line(CLIENT, 7, 2, "I have my pay stubs from March to August as a PDF. The rest is on paper."),
    Line(ASSOCIATE, 7, 1, "Please upload the PDF; photographs of the paper are fine too. ¡Gracias!"),
    Line(
        LAWYER,
        5,
        1,
        "The demand letter went out this morning, version 2, with the tolling agreement. You find both "
        "versions under Documents.",
    ),
    Line(CLIENT, 4, 20, "I read it. It says 48 to 55 hours. In December it was closer to 60."),
    Line(ASSOCIATE, 4, 18, "Good to know, and December has its own print-out. I will correct the table."),
    Line(
        CLIENT,
        0,
        2,
        "Somebody from Northgate called me and offered $9,000 if I sign this week. What do I say?",
    ),
    Line(
        ASSOCIATE,
        0,
        1.5,
        "Please sign nothing and do not call back; we answer them. Can we talk at four today?",
    ),
)
WAGE_TEAM_TALK = (
    Line(ASSOCIATE, 4, 2, "My memo on the executive exemption is under Documents, for staff alone."),
    Line(LAWYER, 3, 22, "Excellent. The handbook calling him a supervisor is the part that worries me too."),
    Line(ASSOCIATE, 0, 1, "They called him directly, although they know that he is represented. Rule 4.2?"),
)  # fmt: skip

# Case, conversation, somebody who is in it, lines.
CONVERSATIONS: tuple[tuple[str, str, str, tuple[Line, ...]], ...] = (
    ("docket 0", "Client", LAWYER, CLIENT_TALK),
    ("docket 0", "Legal team", LAWYER, TEAM_TALK),
    ("docket 0", "Joint defence", LAWYER, JOINT),
    ("wages", "Client", LAWYER, WAGE_TALK),
    ("wages", "Legal team", LAWYER, WAGE_TEAM_TALK),
)

NOTES = (
    Note("docket 0", LAWYER, 21, "call", "Clerk's office: the judge takes telephone conferences on Tuesdays and "
        "Thursdays."),
    Note("docket 0", PARALEGAL, 13, "note", "Custodian interviews done; two of six have no mailbox any more."),
    Note("docket 0", PARTNER, 8, "hearing", "Discovery conference. The judge wants the privilege log before "
        "anything else."),
    Note("wages", LAWYER, 12, "call", "First call with the client, 50 minutes. Keeps his own diary of hours."),
    Note("wages", ASSOCIATE, 3, "note", "Time clock exports are in local time without an offset; mind the change "
        "in March."),
)  # fmt: skip
