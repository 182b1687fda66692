"""A court's docket as a file, and what it says in Casewire's own nouns. Pure.

The format is that of the Free Law Project's juriscraper (`DocketReport.data` as JSON): public records of United
States federal courts. Fields that Casewire does not use are passed over; those it uses must be of their type.
"""

import json
import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Meta, Struct

from schemas.errors import Refused, bad_input
from schemas.limits import LongText, ShortText
from schemas.parties import Contact

DOCKET_BYTES_MAX = 50 << 20
NEWLINE = b"\n"

Name = Annotated[str, Meta(max_length=1000)]


class DocketAttorney(Struct, frozen=True):
    name: Name = ""
    roles: Annotated[list[str], Meta(max_length=20)] = []
    contact: ShortText = ""


class DocketCount(Struct, frozen=True):
    """One charge of a criminal case against one defendant."""

    name: str = ""
    status: str | None = ""
    disposition: str | None = ""


class CriminalData(Struct, frozen=True):
    counts: list[DocketCount] = []


class DocketParty(Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=1000)]
    type: Annotated[str, Meta(max_length=100)] | None = ""
    extra_info: LongText | None = ""
    attorneys: list[DocketAttorney] | None = []
    criminal_data: CriminalData | None = None


class DocketEntry(Struct, frozen=True):
    description: LongText
    date_filed: date | None
    date_entered: date | None = None
    document_number: Annotated[str, Meta(max_length=50)] | int | None = None


class Docket(Struct, frozen=True):
    """What a docket file holds. Lengths are those of the nouns that the values become."""

    court_id: Annotated[str, Meta(min_length=1, max_length=50)]
    docket_number: Annotated[str, Meta(min_length=1, max_length=100)]
    case_name: Annotated[str, Meta(max_length=500)]
    parties: list[DocketParty]
    docket_entries: list[DocketEntry]
    date_filed: date | None = None
    date_terminated: date | None = None
    assigned_to_str: Annotated[str, Meta(max_length=300)] | None = ""
    referred_to_str: Annotated[str, Meta(max_length=300)] | None = ""
    cause: Annotated[str, Meta(max_length=500)] | None = ""
    nature_of_suit: Annotated[str, Meta(max_length=500)] | None = ""
    jurisdiction: Annotated[str, Meta(max_length=200)] | None = ""
    jury_demand: Annotated[str, Meta(max_length=200)] | None = ""
    demand: Annotated[str, Meta(max_length=200)] | None = ""
    federal_defendant_number: Annotated[str, Meta(max_length=50)] | int | None = None

    @property
    def source(self) -> str:
        """What makes two files the same docket: the court, the number and, in criminal cases, the defendant."""
        return f"docket:{self.court_id}:{self.docket_number}:{self.federal_defendant_number or ''}"

    @property
    def title(self) -> str:
        return one_line(self.case_name) or self.docket_number


_decode = msgspec.json.Decoder(Docket).decode


def read_docket(raw: bytes) -> Docket:
    """A docket file's bytes as a `Docket`; `bad_input` names the place, as line and column or as a JSONPath."""
    if len(raw) > DOCKET_BYTES_MAX:
        raise bad_input("the file", f"it has {len(raw)} bytes; at most {DOCKET_BYTES_MAX} are read")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise bad_input(_place(raw, error.start), f"byte 0x{raw[error.start]:02x} is not UTF-8") from None
    try:
        docket = _decode(raw)
    except msgspec.ValidationError as error:
        why, _, at = str(error).partition(" - at `")
        raise bad_input(at.rstrip("`") or "$", why) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise _malformed(raw, error) from None
    # PostgreSQL has no text with U+0000 in it.
    if b"\\u0000" in raw and (at := next(_nul_places(docket, "$"), None)):
        raise bad_input(at, "the character U+0000 cannot be kept")
    for n, entry in enumerate(docket.docket_entries):
        if entry.date_filed is None and entry.date_entered is None:
            raise bad_input(
                f"$.docket_entries[{n}].date_filed", "an entry without a date has no place on a timeline"
            )
    return docket


def _malformed(raw: bytes, error: Exception) -> Refused:
    """The standard library's parser says more plainly, and by line and column, what is wrong."""
    try:
        json.loads(raw)
    except json.JSONDecodeError as found:
        return bad_input(f"line {found.lineno} column {found.colno}", f"not JSON: {found.msg}")
    except RecursionError:
        return bad_input("$", "nested too deeply")
    return bad_input("$", str(error))


def _place(raw: bytes, at: int) -> str:
    return f"line {raw.count(NEWLINE, 0, at) + 1} column {at - raw.rfind(NEWLINE, 0, at)}"


def _nul_places(value: object, at: str) -> Iterator[str]:
    if isinstance(value, str):
        if "\0" in value:
            yield at
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _nul_places(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, list):
        for n, item in enumerate(cast("list[Any]", value)):
            yield from _nul_places(item, f"{at}[{n}]")


class Filed(NamedTuple):
    """A docket entry as a timeline has it: filed on a day, entered by the clerk on another."""

    number: str
    text: str
    occurred_on: date
    entered_on: date | None


def filed(docket: Docket) -> list[Filed]:
    """The entries, oldest first also where the docket was printed newest first; else in the court's order."""
    entries = [
        Filed(
            "" if entry.document_number is None else str(entry.document_number),
            entry.description,
            cast(date, entry.date_filed or entry.date_entered),
            entry.date_entered,
        )
        for entry in docket.docket_entries
    ]
    if len(entries) > 1 and entries[0].occurred_on > entries[-1].occurred_on:
        entries.reverse()
    return entries


def role(party: DocketParty, known: Collection[str]) -> str:
    """The party's role: one that the case type knows, or the court's own word for it in lower case."""
    given = one_line(party.type or "").lower()
    if given in known or given not in ("", "unknown"):
        return given
    return "other"


def contacts(party: DocketParty) -> list[Contact]:
    return [contact(attorney) for attorney in party.attorneys or []]


_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(
    r"(?:tel(?:ephone)?|phone|ph)?[.:\s]*(\+?[\d(][\d()\s./-]{6,24}\d(?:\s*(?:x|ext\.?)\s*\d{1,6})?)$", re.I
)


def contact(attorney: DocketAttorney) -> Contact:
    """An attorney as a contact. The block stays as it was given; its first address and telephone are read from it."""
    email = phone = ""
    for line in attorney.contact.splitlines():
        line = line.strip()
        if not email and (found := _EMAIL.search(line)):
            email = found.group()
        elif (
            not phone and (found := _PHONE.match(line)) and 10 <= sum(map(str.isdigit, found.group(1))) <= 20
        ):
            phone = found.group(1)
    first = next((line.strip() for line in attorney.contact.splitlines() if line.strip()), "")
    return Contact(
        name=one_line(attorney.name) or first or "Attorney without a name",
        roles=[one_line(role) for role in attorney.roles],
        text=attorney.contact,
        email=email,
        phone=phone,
    )


def note(party: DocketParty) -> str:
    """What the docket says about a party beside its name: capacity, termination, and the counts against it."""
    lines = [line for raw in (party.extra_info or "").splitlines() if (line := one_line(raw))]
    for count in party.criminal_data.counts if party.criminal_data else []:
        said = one_line(count.disposition or "")
        lines.append(
            f"Count ({count.status or 'open'}): {one_line(count.name)}" + (f": {said}" if said else "")
        )
    return "\n".join(lines)


# Words that only organisations carry in their names; whoever has none of them is taken for a person.
_ORGANISATION = re.compile(
    r"""\b(?:inc|incorporated|corp|corporation|co|company|companies|llc|l\.l\.c|llp|l\.l\.p|lllp|lp|l\.p|ltd|limited
    |plc|pllc|p\.c|gmbh|ag|s\.a|n\.a|n\.v|b\.v|bank|bancorp|trust|fund|funds|foundation|association|associates
    |society|institute|university|college|school|district|department|dept|bureau|agency|authority|commission
    |committee|council|state\ of|board|administration|office|services|county|city|town|village|township
    |states|commonwealth|republic|government|union|coalition|alliance|federation|league|ministry
    |archdiocese|hospital|clinic|center|centre|group|holdings|partners|partnership|ventures|industries|enterprises
    |systems|laboratories|labs|pharmaceuticals|pharma|insurance|securities|technologies|engineers|u\.s\.a|usa)\b""",
    re.I | re.X,
)


def kind(name: str) -> Literal["person", "organisation"]:
    return "organisation" if _ORGANISATION.search(name) else "person"


def one_line(text: str) -> str:
    return " ".join(text.split())
