"""What is wrong with a docket file is said with its place: a JSONPath, or line and column."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.dockets import read_file
from schemas import dockets
from schemas.dockets import read_docket
from schemas.errors import Refused
from tests.deploy.docketfiles import small


def changed(change: Callable[[Any], object]) -> bytes:
    docket = small()
    change(docket)
    return msgspec.json.encode(docket)


def without(name: str) -> Callable[[Any], object]:
    return lambda docket: docket.pop(name)


CASES = {
    "not json": (b'{\n  "court_id": nysd\n}', "line 2 column 15: not JSON"),
    "cut off": (msgspec.json.encode(small())[:-40], "line 1 column"),
    "empty": (b"", "line 1 column 1: not JSON"),
    "a list": (b"[]", "$: Expected `object`, got `array`"),
    "not utf-8": ('{"court_id":\n "é"}'.encode("latin-1"), "line 2 column 3: byte 0xe9 is not UTF-8"),
    "deep": (b'{"x":' + b"[" * 100_000, ""),
    "no court": (changed(without("court_id")), "$: Object missing required field `court_id`"),
    "no entries": (changed(without("docket_entries")), "missing required field `docket_entries`"),
    "empty number": (
        changed(lambda d: d.update(docket_number="")),
        "$.docket_number: Expected `str` of length >= 1",
    ),
    "long cause": (changed(lambda d: d.update(cause="x" * 501)), "$.cause: Expected `str` of length <= 500"),
    "party without name": (changed(lambda d: d["parties"][1].pop("name")), "$.parties[1]: Object missing"),
    "roles": (
        changed(lambda d: d["parties"][0]["attorneys"][0].update(roles="LEAD")),
        "$.parties[0].attorneys[0].roles: Expected `array`, got `str`",
    ),
    "no such day": (
        changed(lambda d: d.update(date_filed="2023-02-29")),
        "$.date_filed: Invalid RFC3339 encoded date",
    ),
    "entry without text": (
        changed(lambda d: d["docket_entries"][1].pop("description")),
        "$.docket_entries[1]: Object missing required field `description`",
    ),
    "entry without date": (
        changed(lambda d: d["docket_entries"][1].update(date_filed=None, date_entered=None)),
        "$.docket_entries[1].date_filed: an entry without a date",
    ),
    "nul": (
        changed(lambda d: d["docket_entries"][2].update(description="a\0b")),
        "$.docket_entries[2].description: the character U+0000",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_place_is_named(name: str):
    raw, place = CASES[name]
    with pytest.raises(Refused) as caught:
        read_docket(raw)
    assert caught.value.code == "bad_input" and place in caught.value.detail


def test_a_mark_before_the_text_does_no_harm():
    assert read_docket(b"\xef\xbb\xbf" + msgspec.json.encode(small())) == read_docket(
        msgspec.json.encode(small())
    )


def test_unknown_fields_and_absent_ones_are_passed_over():
    bare = {"name": "A", "type": None}
    docket = read_docket(
        changed(lambda d: (d.pop("cause"), d.update(parties=[bare], case_name="", demand=None)))
    )
    assert docket.title == docket.docket_number and dockets.role(docket.parties[0], ()) == "other"


def test_a_file_over_the_limit_is_not_read(tmp_path: Path):
    file = tmp_path / "big.json"
    with file.open("wb") as opened:
        opened.truncate(dockets.DOCKET_BYTES_MAX + 1)
    with pytest.raises(Refused, match="more than 50 MiB"):
        read_file(file)


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path):
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    with pytest.raises(Refused, match="the file"):
        read_file(loop)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("USA", "organisation"),
        ("State of Michigan Retirement Systems", "organisation"),
        ("JP Morgan Chase & Co.", "organisation"),
        ("Robert Van Antwerp", "person"),
        ("Estelle Weber", "person"),
        ("Charlotte Church", "person"),
        ("Paul J. Manafort, Jr.", "person"),
    ],
)
def test_only_what_is_plainly_an_organisation_is_one(name: str, kind: str):
    assert dockets.kind(name) == kind


def test_a_fax_number_is_no_telephone():
    text = "Firm\nP.O. Box 12345\nSan Francisco, CA 94105-2482\nFax: 415/268-7522\n415/268-7000\nEmail: a.b@c.test"
    found = dockets.contact(dockets.DocketAttorney("N", [], text))
    assert (found.phone, found.email) == ("415/268-7000", "a.b@c.test")
