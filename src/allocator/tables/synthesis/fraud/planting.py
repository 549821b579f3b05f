"""A city of several cycles with departures at known places: the judge of the judge.

The background is honest: seasons, arrivals, feasts, families that share an account, shops that
move, pause or are new. In the last cycle departures are planted, each in another shop, and what a
rule must find is written down beside them. Nothing here knows how an audit works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.tables.city import City
from allocator.tables.synthesis.export import write_city
from allocator.tables.synthesis.fraud import (
    clerks,
    desks,
    entries,
    hours,
    money,
    people,
    turns,
    volumes,
)
from allocator.tables.synthesis.fraud.book import honest_lines
from allocator.tables.synthesis.fraud.consequences import supplied, unequal
from allocator.tables.synthesis.fraud.ground import (
    BAND,
    BASKET,
    RESERVE,
    Ground,
    calendar,
    ground,
    ordering,
    quotas,
    together,
)
from allocator.tables.synthesis.fraud.ledger import TRUTH, Ledger
from allocator.tables.synthesis.fraud.sold import with_sales
from allocator.tables.synthesis.fraud.table import rules_of_products, spoiled
from allocator.tables.synthetic import CYCLE, SEED, first_day, made_table

DEPARTURES: tuple[Callable[[Ledger], Ledger], ...] = (
    turns.too_many_odd_lots,
    desks.always_at_limit,
    clerks.below_standard,
    clerks.above_standard,
    clerks.few_shops,
    clerks.late_corrections,
    clerks.unanswered_calls,
    clerks.orders_without_call,
    entries.over_quota,
    entries.below_standard,
    entries.above_request,
    entries.not_released,
    entries.unknown_retailer,
    entries.inactive_retailer,
    entries.wrong_lot,
    entries.duplicate_line,
    entries.wrong_tier,
    entries.unknown_product,
    money.band_exceeded,
    money.basket_exceeded,
    hours.outside_window,
    hours.wrong_order_day,
    hours.not_due,
    hours.after_cutoff,
    hours.edited_after_cutoff,
    money.unapproved_make_up,
    money.reserve_without_cause,
    money.unpaid_delivered,
    money.unpaid_not_cancelled,
    money.tied_sale,
    desks.split_order,
    desks.entry_burst,
    people.phone_across_shops,
    people.account_across_shops,
    people.device_across_shops,
    people.payer_not_licensee,
    people.neighbour_pattern,
    people.same_basket,
    volumes.order_above_past,
    volumes.price_above_past,
    volumes.changed_contact,
    volumes.sleeping_shop,
    volumes.beyond_peers,
    volumes.split_large_order,
    money.cancelled_though_paid,
    volumes.product_day_peak,
)
"""What is planted, in this order; another one never moves those before it."""

LOOKALIKES: tuple[Callable[[Ledger], Ledger], ...] = (
    people.device_across_shops,
    people.neighbour_pattern,
    people.same_basket,
    desks.entry_burst,
    volumes.sleeping_shop,
    volumes.split_large_order,
)
"""The same by honest people, one for three that are planted: a son who orders for his parents,
orders noted on paper while the system was down, a shop that reopens. An alert cannot tell."""

LEAST = 3
"""Departures of each kind in however small a city."""


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A city whose departures are known.

    city : retailers, products, supply, quotas, orders of all cycles, calendar
    policy : text of its policy file
    cycle : the one in which departures were planted, the last
    truth : one row for each finding that there must be: plant, rule, subject_id, product_id,
        order_id (null where the finding is not about one), rows (of the orders table, as its
        column ``row`` counts; null where it stands on none), why
    """

    city: City
    policy: str
    cycle: str
    truth: pl.DataFrame

    def write(self, folder: Path) -> None:
        """The tables, ``policy.yaml`` and ``truth.csv`` into a folder, made where there is none."""
        folder.mkdir(parents=True, exist_ok=True)
        write_city(folder, self.city)
        (folder / "policy.yaml").write_text(self.policy, encoding="utf-8")
        rows = pl.col("rows").cast(pl.List(pl.String)).list.join(" ")
        self.truth.with_columns(rows).write_csv(folder / "truth.csv", line_terminator="\n")


def plant(
    shops: int = 2_000,
    seed: int = SEED,
    *,
    cycles: int = 8,
    share: float = 0.002,
    cycle: str = CYCLE,
    tiers: int = 30,
) -> Planted:
    """A city with a past, and departures in its last cycle.

    Parameters
    ----------
    shops : number of shops, from 60
    seed : whole number from 0; same arguments, same city
    cycles : with those before the last; about ten lines a shop and cycle
    share : of the shops for each kind of departure; three of each at least. So many that the shops
        do not suffice are planted as far as they do
    cycle : the last one, an ISO week
    tiers : of the quota table

    Raises
    ------
    BadRequest : a number out of its range, or a cycle that is no ISO week
    """
    for name, value, least, most in (
        ("shops", shops, 60, 1_000_000),
        ("seed", seed, 0, 2**63),
        ("cycles", cycles, 2, 104),
        ("share", share, 0, 0.02),
        ("tiers", tiers, 1, 100),
    ):
        if not least <= value <= most:
            number, top = Decimal(str(value)), Decimal(str(most))
            raise BadRequest("synthetic-range", name=name, value=number, least=least, most=top)
    last = first_day(cycle)
    weeks = tuple(last - timedelta(weeks=cycles - 1 - c) for c in range(cycles))
    made = ground(shops, seed, weeks, tiers)
    made = replace(made, quota=spoiled(made))
    ledger = _honest(made, seed, max(LEAST, round(share * shops)))
    for depart in DEPARTURES:
        ledger = depart(ledger)
    for resemble in LOOKALIKES:
        alike = resemble(replace(ledger, wanted=max(1, ledger.wanted // 3)))
        ledger = replace(alike, wanted=ledger.wanted, truth=ledger.truth)
    ledger, sales = with_sales(ledger)
    ledger = unequal(ledger)
    ledger, supply = supplied(ledger)
    return _assembled(ledger, supply, sales)


def _honest(made: Ground, seed: int, wanted: int) -> Ledger:
    books = [honest_lines(made, c, seed) for c in range(len(made.weeks))]
    numbered = pl.concat(books).with_columns(line=pl.int_range(pl.len(), dtype=pl.Int64))
    before = len(numbered) - len(books[-1])
    return Ledger(
        ground=made,
        seed=seed,
        wanted=wanted,
        lines=numbered[before:],
        past=numbered[:before],
        retailers=made.retailers,
        used=~ordering(made, len(made.weeks) - 1),
        truth=pl.DataFrame(schema=TRUTH),
    )


def _assembled(ledger: Ledger, supply: pl.DataFrame, sales: pl.DataFrame) -> Planted:
    made = ledger.ground
    keys = ("ordered_at", "order_id", "product_id", "retailer_id")
    # Honest lines come in this order; only the last cycle has been touched.
    orders = pl.concat([ledger.past, ledger.lines.sort(*keys, "line")])
    first = 2  # below the header, as in a file
    rows = pl.DataFrame(
        {"line": orders["line"], "rows": np.arange(first, first + len(orders), dtype=np.uint32)}
    )
    frames = {
        "retailers": ledger.retailers.drop("shop"),
        "products": made.products,
        "sales": sales,
        "supply": supply,
        "quotas": quotas(made),
        "orders": orders.drop("shop", "k", "quota", "due", "line"),
        "calendar": calendar(made),
    }
    city = City(**{name: made_table(name, frame) for name, frame in frames.items()}, unread=())
    truth = ledger.truth.with_row_index("at")
    found = (
        truth.select("at", "line")
        .explode("line", empty_as_null=True)
        .join(rows, on="line", how="inner")
        .group_by("at")
        .agg(pl.col("rows").sort())
    )
    truth = truth.join(found, on="at", how="left", maintain_order="left")
    return Planted(
        city=city,
        policy=policy_of(made),
        cycle=made.cycles[-1],
        truth=truth.select("plant", "rule", "subject_id", "product_id", "order_id", "rows", "why"),
    )


def policy_of(made: Ground) -> str:
    """The policy file of the city: limits together, the reserve, no second round."""

    def joint(name: str, products: tuple[str, ...]) -> str:
        ids = dict(made.products.select("name", "product_id").rows())
        listed = ", ".join(f'"{ids[product]}"' for product in products)
        most = ", ".join(f"{t}: {q}" for t, q in enumerate(together(made, products), start=1))
        return f"    - {{name: {name}, products: [{listed}], at_most: {{{most}}}}}\n"

    return (
        "title: Planted city\n"
        "allocation:\n"
        "  weights: {kind: linear, bottom: 1, top: 6}\n"
        "  whole_units: {at_least_one: equal, below_one: rotate}\n"
        f"  reserve: {RESERVE}%\n"
        "  second_round: false\n"
        "  defaults: {floor: 0, ceiling: 1000, tier_order: true}\n"
        f"{rules_of_products(made)}"
        f"  bands:\n{joint('dear band', BAND)}"
        f"  baskets:\n{joint('scarce basket', BASKET)}"
        'ordering:\n  cutoffs: {order: "16:00", cancel: "17:00"}\n'
        "audit:\n"
        "  rules: {select: [all], ignore: []}\n"
        f"  thresholds: {{large_order: {volumes.LARGE_ORDER}}}\n"
    )
