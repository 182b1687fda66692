"""A table of bars as plain SVG: what an event to 1,000 sockets costs and takes, and how fast a burst of 20 goes.

A row for each way to send, a column for each figure. Bars begin at zero, and a column has one scale. Nothing in the
picture depends on when or where it is drawn.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from deploy.bench._peers import FLOOR, WAYS

REPORTS = Path(__file__).parents[1] / "reports"
PICTURE = Path(__file__).parents[2] / "pictures" / "wire.svg"

# Units of the drawing; at a width of 380 pixels a unit is about half a pixel.
WIDTH, MARGIN, NAMES, GAP = 720, 24, 212, 22
HEAD, ROW, BAR, NOTE = 88, 54, 12, 24
COLUMN = (WIDTH - 2 * MARGIN - NAMES - 2 * GAP) / 3
OURS = "casewire"
ROWS = (FLOOR, OURS, "ws", "broadcast", "socketio", "channels")
TITLES = {name: way.title for name, way in WAYS.items()} | {OURS: "Casewire", FLOOR: "C loop of write()"}
FLOOR_NOTE = "C loop of write(): a system call a delivery and nothing else, the limit for an event alone."
OUR_NOTE = "Casewire from the request on, through commit, log and access; the others only send."

STYLE = """
  svg { --paper: #ffffff; --edge: #d5dade; --text: #191f24; --muted: #5c6771; --bar: #b3bbc2; --ours: #155966;
    --band: #eef6f7; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #141a20; --edge: #333d47; --text: #dfe4e8; --muted: #9da8b1; --bar: #5c6a76; --ours: #7dbcc5;
      --band: #1b2a31; }
  }
  text { font: 19px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; fill: var(--text); }
  .title { font-size: 21px; font-weight: 600; }
  .note { font-size: 16px; fill: var(--muted); }
  .bar { fill: var(--bar); }
  .tail { stroke: var(--bar); stroke-width: 2.5; fill: none; }
  .ours .bar { fill: var(--ours); }
  .ours .tail { stroke: var(--ours); }
  .ours text { fill: var(--ours); font-weight: 600; }
  .floor .bar { fill: url(#hatch); stroke: var(--muted); stroke-width: 1.2; }
  .floor .tail { stroke: var(--muted); }
  .paper { fill: var(--paper); stroke: var(--edge); }
  .band { fill: var(--band); }
"""

ACCESSIBLE = 'role="img" aria-labelledby="title desc"'
HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M0 0V6" stroke="var(--muted)" stroke-width="3"/></pattern></defs>'
)


class Cell(NamedTuple):
    """A bar as long as `value`, a thin line on to `tail` where that is more, and what stands above it."""

    value: float
    tail: float
    said: str


class Column(NamedTuple):
    title: str
    unit: str
    cells: dict[str, Cell]  # by row; one that was not measured is not there


def drawn() -> str:
    """The picture as the reports give it."""
    fanout, burst = (json.loads((REPORTS / f"{name}.json").read_text()) for name in ("fanout", "burst"))
    columns = [_cpu(fanout), _latency(fanout), _burst(burst)]
    rows = [name for name in ROWS if any(name in column.cells for column in columns)]
    sockets = f"{fanout['figures']['sockets']:,}"
    notes = [FLOOR_NOTE, OUR_NOTE, _machine(fanout)]
    body = HEAD + ROW * len(rows)
    height = body + 14 + NOTE * len(notes) + MARGIN - 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {ACCESSIBLE}>',
        f'<title id="title">Casewire beside others, an event to {sockets} sockets</title>',
        f'<desc id="desc">{escape(_described(rows, columns, notes))}</desc>',
        f"<style>{STYLE}</style>",
        HATCH,
        f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="14"/>',
        *_header(MARGIN, "An event", f"to {sockets} sockets"),
        *(line for n, column in enumerate(columns) for line in _header(_x(n), column.title, column.unit)),
        *(line for n, name in enumerate(rows) for line in _row(name, HEAD + ROW * n, columns)),
        *(_text("note", MARGIN, body + 14 + NOTE * n + 18, note) for n, note in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _cpu(report: dict[str, Any]) -> Column:
    found = _named(report, "gateway_cpu_us_per_delivery", "cpu_us_per_delivery")
    return Column("CPU", "µs a delivery", {name: Cell(one, one, f"{one:.1f}") for name, one in found.items()})


def _latency(report: dict[str, Any]) -> Column:
    p50, p99 = _named(report, "p50_ms", "p50_ms"), _named(report, "p99_ms", "p99_ms")
    cells = {name: Cell(one, p99[name], f"{_short(one)} – {_short(p99[name])}") for name, one in p50.items()}
    return Column("Latency", "p50 – p99, ms", cells)


def _burst(report: dict[str, Any]) -> Column:
    found = _named(report, "deliveries_per_s", "deliveries_per_s")
    return Column(
        "20 at once",
        "deliveries/s",
        {name: Cell(one, one, f"{round(one, -3):,.0f}") for name, one in found.items()},
    )


def _named(report: dict[str, Any], ours: str, figure: str) -> dict[str, float]:
    """The figure of ours and of each that was measured beside it, by row."""
    known = {**report["floors"], **report["peers"], f"{OURS}_{figure}": report["figures"][ours]}
    found = {name: known.get(f"{name}_{figure}") for name in ROWS}
    return {name: value for name, value in found.items() if value is not None}


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _machine(report: dict[str, Any]) -> str:
    machine, size = report["machine"], report["figures"]["frame_bytes"]
    processor = re.sub(r"\(R\)|\(TM\)| Processor| CPU", "", machine["processor"]).strip()
    system = re.match(r"\w+ \d+\.\d+", machine["system"])
    return (
        f"{processor}, {machine['cores']} cores, {system[0] if system else machine['system']}, Python "
        f"{machine['python'].rpartition('.')[0]}; loopback, frames of {size} bytes, arms in turn"
    )


def _x(column: int) -> float:
    return MARGIN + NAMES + column * (COLUMN + GAP)


def _text(kind: str, x: float, y: float, text: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _header(x: float, title: str, unit: str) -> list[str]:
    return [_text("title", x, 42, title), _text("note", x, 66, unit)]


def _row(name: str, y: float, columns: Sequence[Column]) -> list[str]:
    kind = {OURS: "ours", FLOOR: "floor"}.get(name, "peer")
    parts = [f'<g class="{kind}">']
    if name == OURS:
        parts.append(
            f'<rect class="band" x="{MARGIN - 12}" y="{y}" width="{WIDTH - 2 * MARGIN + 24}" height="{ROW}" rx="8"/>'
        )
    parts.append(_text("", MARGIN, y + 33, TITLES[name]))
    for n, column in enumerate(columns):
        cell = column.cells.get(name)
        if cell is None:
            parts.append(_text("note", _x(n), y + 33, "not measured"))
            continue
        scale = COLUMN / max(one.tail for one in column.cells.values())
        bar, end = y + 32, _x(n) + cell.tail * scale
        parts.append(_text("", _x(n), y + 24, cell.said))
        if cell.tail > cell.value:
            middle = bar + BAR / 2
            parts.append(
                f'<path class="tail" d="M{_x(n):g} {middle:g}H{end:.1f}M{end - 1.2:.1f} {bar + 2}v{BAR - 4}"/>'
            )
        width = max(1.0, cell.value * scale)
        parts.append(f'<rect class="bar" x="{_x(n):g}" y="{bar}" width="{width:.1f}" height="{BAR}"/>')
    return [*parts, "</g>"]


def _described(rows: Sequence[str], columns: Sequence[Column], notes: Sequence[str]) -> str:
    """What the bars show, for those who do not see them."""
    said = (
        f"{column.title}, {column.unit}: "
        + "; ".join(f"{TITLES[name]} {column.cells[name].said}" for name in rows if name in column.cells)
        for column in columns
    )
    return ". ".join([*said, *(note.rstrip(".") for note in notes)]) + "."
