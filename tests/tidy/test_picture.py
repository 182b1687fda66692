"""The picture of the README says what the reports of the benches say, to scale, and to those who do not see it too."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deploy.bench.picture import draw

SVG = "{http://www.w3.org/2000/svg}"
CLASS = {draw.OURS: "ours", draw.FLOOR: "floor"}


def test_the_picture_is_what_the_reports_give():
    assert draw.PICTURE.read_text() == draw.drawn(), "draw it again: python -m deploy.bench.picture"


@pytest.mark.parametrize("file", sorted(draw.REPORTS.iterdir()), ids=lambda file: file.name)
def test_a_report_is_that_of_its_bench_and_whole(file: Path):
    report = json.loads(file.read_text())
    assert file.name == f"{report['bench']}.json" and report["machine"]["processor"] and report["verdict"]
    assert not any(report["figures"].get(name) for name in ("lost", "repeated", "disordered", "failed"))


def test_it_changes_with_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = draw.drawn()
    for name in ("fanout", "burst"):
        report = json.loads((draw.REPORTS / f"{name}.json").read_text())
        if name == "fanout":
            report["figures"]["gateway_cpu_us_per_delivery"] *= 2
            report["peers"]["ws_cpu_us_per_delivery"] = report["peers"]["ws_p50_ms"] = None
        (tmp_path / f"{name}.json").write_text(json.dumps(report))
    monkeypatch.setattr(draw, "REPORTS", tmp_path)
    after = draw.drawn()
    assert after != before and "not measured" in after


def test_bars_begin_at_zero_and_are_to_scale():
    report = json.loads((draw.REPORTS / "fanout.json").read_text())
    known = {**report["floors"], **report["peers"]}
    known[f"{draw.OURS}_cpu_us_per_delivery"] = report["figures"]["gateway_cpu_us_per_delivery"]
    costs = [known[f"{name}_cpu_us_per_delivery"] for name in draw.ROWS]
    root = ElementTree.fromstring(draw.PICTURE.read_text())
    first = [group.findall(f"{SVG}rect[@class='bar']")[0] for group in root.iter(f"{SVG}g")]
    assert len({bar.get("x") for bar in first}) == 1
    widths = [float(bar.get("width", 0)) for bar in first]
    assert [width / max(widths) for width in widths] == pytest.approx(
        [cost / max(costs) for cost in costs], abs=0.01
    )


def test_it_is_told_in_words_and_fetches_nothing():
    text = draw.PICTURE.read_text()
    root = ElementTree.fromstring(text)
    said = root.findtext(f"{SVG}desc") or ""
    assert root.findtext(f"{SVG}title") and all(draw.TITLES[name] in said for name in draw.ROWS)
    assert not re.search(r"href|url\((?!#)|@import|<script", text)
    assert draw.OUR_NOTE.rstrip(".") in said
