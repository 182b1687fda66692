"""What the demo's documents hold: real opinions where they are, and small texts that were written for it."""

from pathlib import Path
from typing import NamedTuple

from deploy import samples


class Opinion(NamedTuple):
    title: str
    file_name: str
    data: bytes


# Public opinions of courts; the last one is a scan without text.
REAL = (
    ("ca1-12-2209.pdf", "Opinion, First Circuit, No. 12-2209"),
    ("opinion-tax.pdf", "Opinion of the Tax Court"),
    ("ca8-17-2543.pdf", "Opinion, Eighth Circuit, No. 17-2543"),
    ("diaz-v-create-and-construct.pdf", "Order, Diaz v. Create and Construct"),
    ("opinion-text.pdf", "Opinion with appendices"),
    ("opinion-image-only.pdf", "Opinion, scanned"),
)


def found(directory: Path) -> list[Opinion]:
    """Real opinions from `directory`; empty where it holds none."""
    return [
        Opinion(title, name, (directory / name).read_bytes())
        for name, title in REAL
        if (directory / name).is_file()
    ]


def made() -> list[Opinion]:
    return [
        Opinion("Order on the motion to compel", "order-motion-to-compel.pdf", samples.pdf("Order", ORDER)),
        Opinion("Memorandum opinion", "memorandum-opinion.pdf", samples.pdf("Memorandum opinion", OPINION)),
    ]


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n")]


ORDER = _paragraphs("""
Before the court is the motion of the plaintiff to compel answers to interrogatories 4 to 9. The defendant
objects that they are burdensome and not proportionate to what is at stake.

The motion is GRANTED IN PART. The defendant answers interrogatories 4, 5 and 7 within fourteen days. Number
6 asks for the custodians of every mailbox since 2015; it is limited to the six persons whom the parties
named on the record. Numbers 8 and 9 ask for what the experts will say, and are premature.

The parties confer about a protective order under Rule 26(c) and file a proposal, or their two proposals,
within seven days. Each side bears its own costs of this motion.

SO ORDERED.
""")

OPINION = _paragraphs("""
This action arises from a contract for the carriage of refrigerated goods. The facts are not in dispute.
Between March and June the defendant carried forty-one consignments; eleven arrived above the temperature
agreed.

The question is whether the clause that limits liability to the freight paid survives a breach that the
carrier knew of. We hold that it does not. A party that conceals the loss cannot rely on a clause whose
notice period its own silence let run.

Summary judgment as to liability is entered for the plaintiff. Damages remain for trial.
""")

DEMAND = _paragraphs("""
We represent Mr. Tomasz Wiśniewski, who worked for Northgate Cold Storage from April 2021 to June 2025.

Mr. Wiśniewski was paid a weekly salary and no overtime, although he regularly worked between 48 and 55
hours. He neither hired nor dismissed anyone and had no say in either. The exemption for executives (29
C.F.R. 541.100) does not apply to him.

We claim $48,200 in unpaid overtime and an equal amount as liquidated damages (29 U.S.C. 216(b)).
""")
DEMAND_MENDED = [
    *DEMAND,
    "We propose a tolling agreement while the parties talk, and ask for an answer within fourteen days.",
]

PAY_RECORDS = _paragraphs("""
Week of 3 March: 51 hours, salary $1,140.00, overtime paid: none.

Week of 10 March: 49 hours, salary $1,140.00, overtime paid: none.

Week of 17 March: 54 hours, salary $1,140.00, overtime paid: none. Note: inventory weekend.

Weeks of April to August: between 47 and 55 hours; see the time clock's print-out.
""")

MEMO = _paragraphs("""
Privileged and confidential. Question: is a shift lead who assigns work but hires nobody an exempt
executive?

Short answer: no. All four parts of the test must be met, and the power to hire or fire, or particular
weight of one's recommendations, is one of them. Assigning loading docks is not management of a department.

Risk: the handbook calls leads 'supervisors'. Titles do not decide (29 C.F.R. 541.2), but a jury will see
it.
""")
