"""One world: a city that lives on under a rule, cycle after cycle.

From cycle to cycle the credits are carried; what was awarded is sold, beside the ordinary goods
of the month; at a grading the tiers of the grading before are the previous ones. A world is the
same whatever other worlds live beside it: what two of them have in common, equal tiers and equal
credits, is planned once (``Shelf``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from allocator.allocation.credits import credit_frame
from allocator.canonical import digest
from allocator.grading.changes import with_sales
from allocator.grading.periods import remembering
from allocator.grading.regrade import Ledger, keep_sales, regrade
from allocator.grading.scheme import given_tiers, grade
from allocator.grading.settling import with_stops
from allocator.grading.window import rule_of, window_of
from allocator.policy.grading_models import GradingPolicy
from allocator.policy.models import Policy
from allocator.records import Grading, QuotaPlan
from allocator.runs.week import quotas_of
from allocator.simulation.habits import Habits, month_of_sales
from allocator.simulation.pace import Turn, months_later
from allocator.tables.city import City, Table

POLICY: Final = "policy"
PROPORTIONAL: Final = "proportional"

NO_STOCK: Final = {"retailer_id": pl.String(), "product_id": pl.String(), "stock": pl.Int64()}


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What is different in a world.

    name : ``asked``, ``truthful``, ``proportional``, ``proportional-truthful``, ``other-grading``
    rule : ``policy`` or ``proportional``; policy : with the grading of this world
    behaves : as ``behaviour.assigned``; everybody truthful in a truthful world
    orders : by source cycle, the orders table of this world
    """

    name: str
    rule: str
    policy: Policy
    behaves: pl.DataFrame
    orders: Mapping[str, Table]


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """Where a world stands before a cycle.

    city : base tables, with the credits and tiers of now; its sales are those not yet in the
        ledger; ledger : sums of sales so far, ``None`` where no sales are graded
    stock : of hoarding shops, retailer_id, product_id str, stock i64
    month : the last month whose ordinary sales are in; course : digest of all gradings so far
    """

    city: City
    ledger: Ledger | None
    stock: pl.DataFrame
    month: date
    grading: Grading | None = None
    course: str = ""
    fresh: tuple[pl.DataFrame, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The plans of one cycle by the course that led to them."""

    plans: dict[tuple[str, str], QuotaPlan] = field(default_factory=dict)


def begun(city: City, policy: Policy, turns: tuple[Turn, ...]) -> Life:
    """A world before its first cycle. city : without any sales from the month of that cycle on."""
    day = turns[0].day
    ledger = None
    if policy.grading is not None and policy.grading.tiers.by is None and city.sales is not None:
        ledger = keep_sales(city, policy.grading, day)
    empty = pl.DataFrame(schema=NO_STOCK)
    return Life(city, ledger, empty, months_later(day.replace(day=1), -1))


def graded_on(
    life: Life, world: World, turn: Turn, habits: Habits | None, counted: frozenset[date]
) -> Life:
    """The world on the day of a cycle: the months begun are sold, the tiers are those of now.

    counted : months that are the last one of a grading to come
    """
    policy = world.policy.grading
    fresh, stock, month = list(life.fresh), life.stock, life.month
    while habits is not None and month < turn.day.replace(day=1):
        month = months_later(month, 1)
        rows, stock = month_of_sales(
            habits, month, world.behaves, stock, before_grading=month in counted
        )
        fresh.append(rows)
    grading, ledger, city, course = life.grading, life.ledger, life.city, life.course
    if grading is None or turn.regrades:
        if ledger is not None and policy is not None:
            news = _news(city, fresh) if grading is not None else replace(city, sales=None)
            if grading is not None:
                fresh = []
            grading, ledger = regrade(ledger, news, policy, turn.day)
        elif policy is not None and (city.sales is not None or policy.tiers.by is not None):
            grading = grade(city, policy, turn.day)
        else:
            grading = given_tiers(city, turn.day, policy)
        if grading.rule != "given":
            city = remembering(_without_later(city, turn.day), [grading])
        course = digest([course, turn.number, _told(grading)])
    elif city.sanctions is not None:
        grading = with_stops(grading, city, policy, turn.day)
        course = digest([course, turn.number, _told(grading)])
    return replace(
        life, city=city, ledger=ledger, stock=stock, month=month, grading=grading, course=course,
        fresh=tuple(fresh),
    )  # fmt: skip


def _told(grading: Grading) -> dict[str, Any]:
    """What a plan reads of a grading."""
    return grading.table.sort("retailer_id").to_dict(as_series=False)


def _without_later(city: City, day: date) -> City:
    if city.tiers is None:
        return city
    frame = city.tiers.frame.filter(pl.col("graded_on") < day)
    return replace(city, tiers=replace(city.tiers, frame=frame))


def _news(city: City, fresh: list[pl.DataFrame]) -> City:
    """The city with only the rows of sales that are new."""
    if city.sales is None or not fresh:
        return replace(city, sales=None)
    empty = replace(city.sales, frame=city.sales.frame.clear())
    return with_sales(replace(city, sales=empty), pl.concat(fresh, how="diagonal_relaxed"))


def planned(life: Life, world: World, turn: Turn, seed: str, shelf: Shelf) -> QuotaPlan:
    """The quotas of a cycle."""
    if life.grading is None:
        raise ValueError("a world is graded before it is planned")
    key = (world.policy.digest, life.course)
    if key not in shelf.plans:
        policy = world.policy.model_copy(update={"on": turn.day})
        city = of_turn(life.city, turn)
        shelf.plans[key] = quotas_of(city, life.grading, policy, cycle=turn.cycle, seed=seed)
    return shelf.plans[key]


def of_turn(city: City, turn: Turn) -> City:
    """The tables of a cycle to come: supply and quotas of the past one that it repeats."""
    days = [turn.day, turn.day + timedelta(days=7)] if _long(turn) else [turn.day]
    calendar = pl.DataFrame(
        {"cycle": [turn.cycle] * len(days), "order_day": days},
        schema={"cycle": pl.String, "order_day": pl.Date},
    )
    return replace(
        city,
        supply=_renamed(city.supply, turn),
        quotas=_renamed(city.quotas, turn),
        bands=_renamed(city.bands, turn),
        calendar=Table("calendar", calendar, columns=frozenset(calendar.columns)),
    )


def _long(turn: Turn) -> bool:
    """Whether a cycle holds odd and even weeks; then everybody is due in it."""
    return turn.days > 7


def _renamed(table: Table | None, turn: Turn) -> Table | None:
    """A table whose rows of the past cycle are those of the cycle to come; older ones stay."""
    if table is None:
        return None
    frame = table.frame
    now = frame.filter(pl.col("cycle") == turn.source)
    others = frame.filter(pl.col("cycle").is_null() | (pl.col("cycle") != turn.cycle))
    again = now.with_columns(pl.lit(turn.cycle).alias("cycle"))
    return replace(table, frame=pl.concat([others, again]))


def carried(life: Life, plan: QuotaPlan) -> Life:
    """The world with the credits that a cycle leaves."""
    before = None if life.city.credits is None else life.city.credits.frame
    after = credit_frame(plan, before)
    if before is None and after.is_empty():
        return life
    return replace(
        life,
        city=replace(life.city, credits=Table("credits", after, columns=frozenset(after.columns))),
    )


def sold(life: Life, lines: pl.DataFrame, day: date, *, counts: frozenset[str] | None) -> Life:
    """The world with what a cycle awarded among its sales.

    lines : product_id, retailer_id, round_one, award
    counts : released products that the grading counts; ``None`` = it counts no sales at all
    """
    if counts is None or not counts or life.city.sales is None:
        return life
    rounds = {
        "ordinary": pl.col("round_one"),
        "second_round": pl.col("award") - pl.col("round_one"),
    }
    mine = lines.filter((pl.col("award") > 0) & pl.col("product_id").is_in(sorted(counts)))
    rows = pl.concat(
        [
            mine.select(
                "retailer_id",
                pl.lit(day.replace(day=1)).alias("month"),
                "product_id",
                cartons.alias("quantity"),
                pl.lit(kind).alias("kind"),
            )
            for kind, cartons in rounds.items()
        ]
    ).filter(pl.col("quantity") > 0)
    sales = life.city.sales
    if "amount" in sales.columns and life.city.products is not None:
        prices = life.city.products.frame.select("product_id", "wholesale_price")
        rows = rows.join(prices, on="product_id", how="left", maintain_order="left").select(
            pl.exclude("wholesale_price"),
            (pl.col("quantity") * pl.col("wholesale_price")).alias("amount"),
        )
    if "day" in sales.frame.columns and sales.frame["day"].is_not_null().any():
        rows = rows.with_columns(pl.lit(day.day, pl.Int8).alias("day"))
    return replace(life, fresh=(*life.fresh, rows))


def last_months(policy: GradingPolicy | None, turns: tuple[Turn, ...]) -> frozenset[date]:
    """The months that are the last ones of the windows of gradings to come, first days."""
    if policy is None or policy.window is None:
        return frozenset()
    days = [turn.day for turn in turns[1:] if turn.regrades]
    return frozenset(window_of(rule_of(policy), day).last.replace(day=1) for day in days)
