"""Who is shut out of a case is told at once, everywhere, and is given nothing that was committed after it, however the
moment falls. `FAULT_RACES=1000` runs it for long; `casewire bench revoke` measures it too."""

import os
from typing import Any

import pytest

from deploy.bench import revoke
from deploy.bench._race import Frame, Kind, judge
from deploy.bench._rig import Rig
from tests.faults.town import Town

RACES = int(os.environ.get("FAULT_RACES", "18"))
TX = 100  # in it access ended
ASKED = 5.0


@pytest.mark.timeout(120 + RACES)
async def test_nothing_is_given_after_access_was_taken_away(
    place: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it at two gateways that know nothing of each other."""
    monkeypatch.setattr(revoke, "QUICK_RACES", RACES)
    monkeypatch.setattr(revoke, "QUICK_LANES", 3)
    running = place.house.running()
    rig = Rig(place.house.settings(), running["pids"], True, running["environ"])
    figures, _, _, verdict, *_ = await revoke.measure(rig)
    print(verdict)
    assert (figures["races"], figures["gateways"]) == (RACES, 2)
    assert (figures["events_given_after_it"], figures["frames_after_the_end"], figures["not_ended"]) == (
        0,
        0,
        0,
    )
    assert figures["unproven"] == 0, "nothing was given before or committed after, so nothing was shown"


def event(tx: int, at: float = 4.0) -> Frame:
    return Frame(at, tx, None)


def end(code: int, at: float = 5.25) -> Frame:
    return Frame(at, None, code)


@pytest.mark.parametrize(
    ("kind", "code"), [("revoked", 0), ("removed", 0), ("left", 0), ("walled", 0), ("signed_out", 4503)]
)
def test_the_judge_finds_nothing_where_all_went_well(kind: Kind, code: int) -> None:
    frames = [event(98), event(99), event(TX), end(code)]
    found = judge(kind, TX, ASKED, [frames, frames[1:]], 7)
    assert (found.took_s, found.wrong, found.heard, found.passed) == ([0.25, 0.25], 0, 1, 7)
    assert found.proven


@pytest.mark.parametrize(
    ("frames", "passed"), [([event(TX), end(0)], 7), ([event(99), end(0)], 0), ([event(99), end(0)], 1)]
)
def test_a_race_that_could_not_have_failed_proves_nothing(frames: list[Frame], passed: int) -> None:
    found = judge("revoked", TX, ASKED, [[event(98), *frames], frames], passed)
    assert (found.wrong, found.proven) == (0, False)


@pytest.mark.parametrize(
    ("kind", "frames", "expected"),
    [
        ("revoked", [event(99), event(TX + 1), end(0)], {"leaked": 1}),
        ("revoked", [event(99), end(0), event(99)], {"late": 1}),
        ("revoked", [event(99), end(0), event(TX + 1)], {"late": 1, "leaked": 1}),
        ("revoked", [event(99)], {"open": 1}),
        ("removed", [event(99), end(4508)], {"open": 1}),
        ("signed_out", [event(99), end(0)], {"open": 1}),
        ("signed_out", [event(TX + 1), event(TX + 2)], {"open": 1, "leaked": 2}),
    ],
)
def test_the_judge_sees(kind: Kind, frames: list[Frame], expected: dict[str, Any]) -> None:
    found = judge(kind, TX, ASKED, [frames], 7)
    assert {"open": found.open, "leaked": found.leaked, "late": found.late} == {
        "open": 0, "leaked": 0, "late": 0
    } | expected  # fmt: skip
