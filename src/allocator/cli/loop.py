"""What scarce products do to scores and tiers, beside the summary of ``allocator grade``."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from allocator.cli.screen import console, text
from allocator.grading.feedback import LOOP_WARNED_AT, Feedback, feedback
from allocator.policy.models import Policy
from allocator.records import Grading
from allocator.tables.city import City
from allocator.wording import Fact, listed, say

Facts = dict[str, Fact]


def measured(city: City, policy: Policy, grading: Grading) -> Feedback | None:
    """The feedback, where there is a score and a product that is marked scarce."""
    products, sales = city.products, city.sales
    if products is None or sales is None or policy.grading is None:
        return None
    if "product_id" not in sales.columns or not products.frame["scarce"].any():
        return None
    found = feedback(city, policy.grading, grading=grading)
    return found if found.retailers.height else None


def show_loop(found: Feedback, policy: Policy, language: str) -> None:
    """The parts by item and by tier; a sentence alone where scarce products do not count."""
    screen = console()
    if _left_out(policy):
        screen.print(text("loop-left-out", language), soft_wrap=True)
        return
    from rich.table import Table

    items = [
        say("claims", f"item-{row['item']}", {}, language) + f" {_percent(_share(row))} %"
        for row in found.items.iter_rows(named=True)
    ]
    cut = _percent(found.cut)
    facts: Facts = {"percent": _percent(found.share), "items": listed(items, language)}
    screen.print(text("loop-share", language, **facts), soft_wrap=True)
    table = Table(title=text("title-loop", language), title_justify="left")
    for name in ("tier", "retailers", "loop-share", "loop-without", "loop-cut", "loop-alone"):
        table.add_column(text(f"head-{name}", language, cut=cut), justify="right")
    for row in found.tiers.iter_rows(named=True):
        table.add_row(
            str(row["tier"]),
            str(row["retailers"]),
            f"{_percent(_share(row))} %",
            f"+{row['rise']} / -{row['fall']}",
            f"+{row['rise_cut']} / -{row['fall_cut']}",
            str(row["fall_alone"]),
        )
    screen.print(table)


def loop_remarks(found: Feedback, policy: Policy, language: str) -> list[str]:
    """The warning where more of the score comes from scarce products than the threshold."""
    if _left_out(policy) or found.share <= LOOP_WARNED_AT:
        return []
    facts: Facts = {
        "percent": _percent(found.share),
        "most": _percent(LOOP_WARNED_AT),
        "movers": found.movers,
        "retailers": found.retailers.height,
    }
    return [say("grading", "grading-feeds-itself", facts, language)]


def loop_summary(found: Feedback) -> dict[str, Any]:
    """The same for programs; points to six decimals, parts of 1 as text."""
    return {
        "cut": str(found.cut),
        "share": _six(found.share),
        "movers": found.movers,
        "items": [
            {"item": row["item"], "share": _six(_share(row))}
            for row in found.items.iter_rows(named=True)
        ],
        "tiers": [
            {
                **{name: row[name] for name in row if not name.endswith("points")},
                "share": _six(_share(row)),
            }
            for row in found.tiers.iter_rows(named=True)
        ],
    }


def _left_out(policy: Policy) -> bool:
    return policy.grading is not None and policy.grading.exclude.scarce


def _share(row: dict[str, Any]) -> Fraction:
    return Fraction(row["scarce_points"], row["points"]) if row["points"] else Fraction(0)


def _six(part: Fraction) -> str:
    return str(round(Decimal(part.numerator) / Decimal(part.denominator), 6))


def _percent(part: Fraction) -> Decimal:
    """Per cent with one decimal; halves to even."""
    shown = round(100 * Decimal(part.numerator) / Decimal(part.denominator), 1)
    return Decimal(format(shown.normalize(), "f")) if shown else Decimal(0)
