"""Grading again when new sales come in, without reading the old ones again.

A ledger holds the sums per retailer and unit of all sales from a day on. New rows are summed
alone and added; the grading that follows is the one that all rows together would give, since
both are computed from the same sums (``scheme.grade_kept``). That holds while a row counts as it
did when it was summed. What decides it is kept too, and compared: the kind of units, the sales
left out, the price classes of items, and for every product seen whether it counted and in which
classes. A product that became scarce since would be in the old sums: then the ledger is refused
and made again from the sales.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from allocator.errors import BadRequest
from allocator.grading.counting import product_treatments
from allocator.grading.kept import KeptSales, keep
from allocator.grading.refusals import MOST
from allocator.grading.scheme import day_of, grade_kept, measuring
from allocator.grading.screening import counts_from
from allocator.grading.window import rule_of, window_of
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.tables.city import City


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Kept sums, and what they were kept under.

    sales : sums per retailer and unit, of all sales from ``sales.since`` on
    rules : keys of the policy that decide what is summed, as texts
    treated : product_id str, treatment i64 (``counting.product_treatments``), of products seen
    warnings : what was found while summing
    """

    sales: KeptSales
    rules: Mapping[str, str]
    treated: pl.DataFrame
    warnings: tuple[tuple[str, dict[str, str | int]], ...] = ()


def keep_sales(city: City, policy: GradingPolicy, on: date | None = None) -> Ledger:
    """A ledger of the city's sales, good for gradings on a day and later.

    Parameters
    ----------
    city : with sales, and with products where the policy speaks of them
    on : first day on which it is to serve, default the day of the policy; earlier sales than its
        window needs are not kept

    Raises
    ------
    BadTable, BadRequest : as ``grade``; also for rows after the window
    """
    policy = measuring(policy)
    sales, warnings = keep(city, policy, _needed_from(policy, day_of(policy, on)))
    return Ledger(sales, rules_of(policy), _treated(city, policy), tuple(warnings))


def regrade(
    ledger: Ledger, city: City, policy: GradingPolicy, on: date | None = None
) -> tuple[Grading, Ledger]:
    """Grade with new sales, and the ledger that has them too.

    Parameters
    ----------
    ledger : of all sales so far
    city : its sales are the new rows alone, ``None`` where there are none; retailers, products
        and earlier tiers as they are now. A row given twice counts twice; a correction is a row
        with the difference
    policy : may differ from the ledger's in weights, scales, tiers, the length of the window and
        all else that does not decide what is summed
    on : grading date, default the day of the policy

    Raises
    ------
    BadRequest : the ledger was kept under other rules, reaches back too little, or a product
        counts otherwise now; make it again with ``keep_sales``
    BadTable, BadRequest : as ``grade``
    """
    day = day_of(policy, on)
    policy = measuring(policy)
    _refuse_other_rules(ledger, policy)
    first = _needed_from(policy, day)
    if first < ledger.sales.since:
        raise BadRequest("ledger-too-short", needed=first, since=ledger.sales.since)
    _refuse_changed_products(ledger, city, policy)
    if city.sales is not None:
        new, warnings = keep(city, policy, ledger.sales.since)
        ledger = Ledger(
            _added(ledger.sales, new),
            ledger.rules,
            pl.concat([ledger.treated, _treated(city, policy)]).unique("product_id"),
            (*ledger.warnings, *(told for told in warnings if told not in ledger.warnings)),
        )
    return grade_kept(city, policy, day, ledger.sales, list(ledger.warnings)), ledger


def _needed_from(policy: GradingPolicy, on: date) -> date:
    """The first day whose sales a grading needs: of its window, or of what screening looks at."""
    return counts_from(policy.screening, window_of(rule_of(policy), on))


def rules_of(policy: GradingPolicy) -> dict[str, str]:
    """What decides which rows are summed, and how: path in the policy -> its value as text."""
    exclude = policy.exclude
    items: dict[str, Any] = {
        name: sorted(set(item.classes))
        for name, item in policy.items.items()
        if name != "manager_score"
    }
    return {
        "grading.window": rule_of(policy).unit,
        "grading.exclude.scarce": str(exclude.scarce).lower(),
        "grading.exclude.kinds": ", ".join(sorted(set(exclude.kinds))),
        "grading.exclude.products": ", ".join(sorted(set(exclude.products))),
        "grading.exclude.classes": ", ".join(map(str, sorted(set(exclude.classes)))),
        "grading.items": ", ".join(
            f"{name} {classes}" if classes else name for name, classes in sorted(items.items())
        ),
    }


def _treated(city: City, policy: GradingPolicy) -> pl.DataFrame:
    """The products of the city's sales and how they count."""
    seen = pl.Series("product_id", [], pl.String())
    if city.sales is not None:
        seen = city.sales.frame["product_id"].unique().drop_nulls().cast(pl.String).sort()
    return product_treatments(seen, city.products, policy)


def _refuse_other_rules(ledger: Ledger, policy: GradingPolicy) -> None:
    for path, now in rules_of(policy).items():
        if (kept := ledger.rules.get(path, "")) != now:
            raise BadRequest("ledger-other-rules", path=path, kept=kept or "-", now=now or "-")


def _refuse_changed_products(ledger: Ledger, city: City, policy: GradingPolicy) -> None:
    now = product_treatments(ledger.treated["product_id"], city.products, policy)
    changed = ledger.treated.join(now, on=["product_id", "treatment"], how="anti")
    if changed.height:
        first = changed["product_id"].min()
        raise BadRequest("ledger-products-changed", products=changed.height, first=str(first))


def _added(old: KeptSales, new: KeptSales) -> KeptSales:
    """The sums of both."""
    names = [name for name in old.frame.columns if name not in ("retailer_id", "unit")]
    frame = (
        pl.concat([old.frame, new.frame.select(old.frame.columns)])
        .group_by("retailer_id", "unit")
        .agg(pl.col(*names).sum())
    )
    largest = frame.select(pl.max_horizontal(pl.col(*names).abs().max())).item() or 0
    if largest >= MOST:
        raise BadRequest("grading-sales-too-large", rows=frame.height, largest=largest)
    lots = old.lots
    if lots is not None and new.lots is not None:
        lots = (
            pl.concat([lots, new.lots.select(lots.columns)])
            .group_by("retailer_id", "unit", "product_id")
            .agg(pl.col("quantity").sum())
        )
    ends = [end for known in (old.known, new.known) if known for end in known]
    known = (min(ends), max(ends)) if ends else None
    return KeptSales(old.kind, old.since, None, frame, lots, known)
