"""Order-takers whom chance does not explain: a dozen of their shops depart in the same way.

What they do to a shop is a departure of its own, and is told as such beside the order-taker's.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from allocator.tables.synthesis.fraud.entries import planned
from allocator.tables.synthesis.fraud.ground import BAND, BASKET
from allocator.tables.synthesis.fraud.hours import changed_late
from allocator.tables.synthesis.fraud.ledger import (
    Ledger,
    blanked,
    entered,
    one_a_shop,
    taken,
    told,
    told_orders,
    whole_orders,
)

DOZEN = 12
"""Shops of one order-taker in which it departs."""
FAVOURITES, GIFTS = 4, 3
"""Shops that get everything, and lines of each."""


def _desks(
    ledger: Ledger, purpose: str, lines: pl.DataFrame, shops: int
) -> list[tuple[str, pl.DataFrame]]:
    """Order-takers with most shops among the lines, and one line of so many shops of each.

    One in ten departures is an order-taker's; none where no order-taker has twice as many shops.
    """
    lines = lines.filter(pl.col("clerk").is_not_null())
    size = lines.group_by("clerk").agg(pl.col("shop").n_unique().alias("shops"))
    size = size.filter(pl.col("shops") >= 2 * shops)
    size = size.sort(["shops", "clerk"], descending=[True, False])
    clerks = size["clerk"].head(max(1, ledger.wanted // 10)).to_list()
    return [
        (clerk, one_a_shop(ledger, lines.filter(pl.col("clerk") == clerk), purpose, shops))
        for clerk in clerks
    ]


def _told(ledger: Ledger, clerk: str, *rules: str, why: str) -> Ledger:
    for rule in rules:
        ledger = told(
            ledger, rules[0], rule, pl.DataFrame({"clerk": [clerk]}), subject="clerk", why=why
        )
    return ledger


def _depart(
    ledger: Ledger, plant: str, rule: str, lines: pl.DataFrame, change: Callable[[], pl.Expr]
) -> Ledger:
    """Order-takers who enter something else than the standard for a dozen shops."""
    why = "for a dozen shops of one order-taker"
    for clerk, heads in _desks(ledger, plant, lines, DOZEN):
        rows = heads.with_columns(granted=change(), due=pl.min_horizontal("due", "quota"))
        rows = rows.with_columns(requested=pl.max_horizontal("requested", "granted"))
        ledger = entered(taken(ledger, rows["shop"]), rows.drop("lot"))
        ledger = told(ledger, plant, rule, rows, subject="retailer_id", product=True, why=why)
        ledger = _told(ledger, clerk, plant, "clerk-unequal-treatment", why=why)
    return ledger


def below_standard(ledger: Ledger) -> Ledger:
    """A dozen shops are entered for half of what is due to them."""
    lines = planned(ledger, 2).filter(pl.col("due") >= 2 * pl.col("lot"))
    return _depart(
        ledger, "clerk-below-standard", "below-standard", lines,
        lambda: pl.col("due") // pl.col("lot") // 2 * pl.col("lot"),
    )  # fmt: skip


def above_standard(ledger: Ledger) -> Ledger:
    """A dozen shops are entered for two lots above their quota."""
    lines = planned(ledger, 1, *BAND, *BASKET)
    return _depart(
        ledger, "clerk-above-standard", "over-quota", lines.with_columns(due=pl.col("quota")),
        lambda: pl.col("quota") + 2 * pl.col("lot"),
    )  # fmt: skip


def few_shops(ledger: Ledger) -> Ledger:
    """All that an order-taker gives away goes to a few shops."""
    lines = planned(ledger, 1, *BAND, *BASKET)
    lines = lines.filter(pl.len().over("shop") >= GIFTS)
    why = "several products above the quota for a few shops"
    for clerk, heads in _desks(ledger, "few shops", lines, FAVOURITES):
        rows = lines.filter(pl.col("shop").is_in(heads["shop"].implode()))
        rows = rows.with_columns(granted=pl.col("quota") + pl.col("lot"), due=pl.col("quota"))
        rows = rows.with_columns(requested=pl.max_horizontal("requested", "granted"))
        ledger = entered(taken(ledger, heads["shop"]), rows.drop("lot"))
        ledger = told(
            ledger, "clerk-few-shops", "over-quota", rows,
            subject="retailer_id", product=True, why=why,
        )  # fmt: skip
        ledger = _told(ledger, clerk, "clerk-few-shops", why=why)
    return ledger


def late_corrections(ledger: Ledger) -> Ledger:
    """An order-taker changes a dozen of its orders in the evening."""
    why = "a dozen orders changed after the cut-off by one order-taker"
    for clerk, heads in _desks(ledger, "late corrections", planned(ledger), DOZEN):
        ledger = taken(ledger, heads["shop"])
        lines = whole_orders(ledger, heads["shop"])
        ledger = entered(ledger, changed_late(lines, clerk))
        ledger = told_orders(
            ledger, "clerk-late-corrections", "edited-after-cutoff", lines, why=why
        )
        ledger = _told(ledger, clerk, "clerk-late-corrections", why=why)
    return ledger


def unanswered_calls(ledger: Ledger) -> Ledger:
    """Orders by phone of a dozen shops that did not answer."""
    for clerk, heads in _desks(ledger, "unanswered calls", planned(ledger), DOZEN):
        ledger = taken(ledger, heads["shop"])
        lines = whole_orders(ledger, heads["shop"])
        ledger = entered(ledger, lines.with_columns(call_result=pl.lit("unanswered")))
        ledger = _told(
            ledger, clerk, "clerk-unanswered-calls", why="orders of shops that did not answer"
        )
    return ledger


def orders_without_call(ledger: Ledger) -> Ledger:
    """Orders by phone of a dozen shops without a call and without a recording."""
    for clerk, heads in _desks(ledger, "orders without call", planned(ledger), DOZEN):
        ledger = taken(ledger, heads["shop"])
        lines = whole_orders(ledger, heads["shop"])
        ledger = blanked(ledger, lines["line"], "called_at", "call_result", "recording_id")
        ledger = _told(
            ledger, clerk, "clerk-orders-without-call", why="orders by phone that nobody called for"
        )
    return ledger
