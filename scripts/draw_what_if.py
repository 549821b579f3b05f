"""Draw the charts of docs/what-if.md anew: ``python scripts/draw_what_if.py IOWA [FOLDER]``.

The same tables give the same bytes; a test compares them with what lies in docs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader

import allocator as al
from allocator.comparison.record import Comparison
from allocator.reports.what_if.bars import paired
from allocator.reports.what_if.complaints import counts
from allocator.reports.what_if.crossing import crossing
from allocator.reports.what_if.curves import stairs
from allocator.reports.what_if.groups import grouped
from allocator.reports.what_if.quotas import steps_of
from allocator.reports.what_if.telling import micro, word
from allocator.wording import spell

ROOT = Path(__file__).resolve().parents[1]
ON, CYCLE, DRAW = "2021-10-01", "2021-10", "draw 083412"
GATED = "17766"
"""Eagle Rare: only the upper tiers may order it."""

ROOM = 60
"""Left free around a chart."""


def main(iowa: Path, folder: Path) -> None:
    """Write a chart for each scenario of examples/scenarios/iowa.yaml."""
    policy = al.read_policy(ROOT / "examples" / "policies" / "iowa.yaml", on=ON)
    city = al.read_city(iowa, policy.tables)
    suite = al.read_scenarios(ROOT / "examples" / "scenarios" / "iowa.yaml")
    done = al.simulate_all(city, policy, suite.scenarios, cycle=CYCLE, seed=DRAW)
    for name, chart in charts(done.comparisons).items():
        (folder / name).write_text(chart, encoding="utf-8", newline="\n")


def charts(comparisons: Sequence[Comparison]) -> dict[str, str]:
    """The chart of each question by the name of its file."""
    olive, twenty, smooth, rotation = comparisons
    drawn = {
        "olive": _by_tier(olive),
        "twenty": _moves(twenty),
        "smooth": _quotas(smooth),
        "rotation": _complaints(rotation),
    }
    return {f"what-if-{name}.svg": _alone(chart) for name, chart in drawn.items()}


def _by_tier(comparison: Comparison) -> str:
    if (found := grouped(comparison, "tier", "en")) is None:
        raise SystemExit("Iowa has one tier only: nothing to draw")
    return _drawn("diverging", found.chart, found.title, found.told, _word, _spell)


def _moves(comparison: Comparison) -> str:
    chart = crossing(
        comparison.changes_by_retailer, comparison.baseline.tiers, comparison.scenario.tiers
    )
    title = word("cross-title", "en")
    return _drawn("crossing", chart, title, word("cross-how", "en"), _word, _spell)


def _quotas(comparison: Comparison) -> str:
    before, after = steps_of(comparison)[GATED]
    title = word("quotas-title", "en")
    return _drawn("stairs", stairs(before, after), title, "Eagle Rare", _word, _micro)


def _complaints(comparison: Comparison) -> str:
    chart = paired(counts(comparison, "en"))
    title = word("complaints-title", "en")
    return _drawn("pairs", chart, title, word("exposure-how", "en"), _word, _spell)


_word, _spell, _micro = (partial(say, language="en") for say in (word, spell, micro))


def _drawn(macro: str, chart: object, title: str, told: str, *how: object) -> str:
    templates = Environment(
        loader=PackageLoader("allocator.reports"), autoescape=True, trim_blocks=True
    )
    draw = getattr(templates.get_template("what_if.svg").module, macro)
    return str(draw(chart, "chart", title, told, *how)).strip()


def _alone(chart: str) -> str:
    """The chart as a file: with its style, in light colours, on white."""
    templates = Path(al.__file__).parent / "reports" / "templates"
    sheets = [
        (templates / f"{name}.css").read_text("utf-8") for name in ("page", "charts", "what_if")
    ]
    style = "\n".join(sheet.split("@media")[0] for sheet in sheets)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", style))
    rules = re.findall(r"\.chart[^{}]*\{[^{}]*\}", style)
    told = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], " ".join(rules))
    x, y, width, height = map(int, re.findall(r'viewBox="([^"]*)"', chart)[0].split())
    x, y, width, height = x - ROOM, y - ROOM, width + 2 * ROOM, height + 2 * ROOM
    box = f'viewBox="{x} {y} {width} {height}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width // 6}" height="{height // 6}"'
    chart = re.sub(r'viewBox="[^"]*"', box, chart).replace("<svg", opening, 1)
    ground = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#fff"/>'
    return (
        chart.replace(
            "</desc>",
            f"</desc><style>{told} .chart {{ margin: 0; max-width: none; }}</style>{ground}",
            1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs")
