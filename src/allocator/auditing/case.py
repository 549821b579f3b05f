"""The case before the rules: counted order lines beside what the standard gives them.

Built once per audit by joins; rules only filter and group. Two grains: ``lines`` (as entered)
and ``pairs`` (a retailer and a product, lines summed), because limits bind the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import narwhals as nw
import polars as pl

from allocator.auditing.clerks.league import League
from allocator.auditing.demands import Demands, demands_of
from allocator.auditing.engine import Engine, Frame, engine_of
from allocator.auditing.hours import TIMES, Hours, hours_of
from allocator.auditing.joint import joint_known, within_joint_limits
from allocator.auditing.standard import (
    own_limits,
    places_of,
    products_of,
    seats_of,
    shortage_of,
    stock_of,
)
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.audit_models import AuditPolicy
from allocator.policy.ordering_models import OrderingPolicy
from allocator.records import Allocation, QuotaPlan
from allocator.tables.calendar import in_force
from allocator.tables.city import Table
from allocator.tables.schemas import DTYPES, ORDERS
from allocator.tables.shaping import FORTNIGHTLY
from allocator.tables.stored import StoredOrders

RENAMED = {"tier": "order_tier", "status": "order_status"}
"""Columns of the orders whose names mean the retailer's in ``Case.lines``."""

STAND_INS = {"o": "order_id", "c": "clerk", "q": "product_id"}
"""Cheap stand-ins for text (``Engine.coded``)."""


class Cited(Protocol):
    """A table whose rows are cited."""

    @property
    def file(self) -> str | None:
        """Its file; ``None`` for a dataframe."""

    @property
    def sheet(self) -> str | None:
        """Its sheet, in a workbook."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Everything a rule may look at. Frames are lazy, of one engine, in no order.

    lines : counted order lines: row; every column of the orders (null where absent), of which
        ``tier`` and ``status`` as order_tier (tier the order was taken under) and order_status;
        i (retailer, null = unknown), status, tier, cell (null = not counted in this cycle), due;
        k (product, null = not in the plan), lot; o, c, q (stand-ins for order_id, clerk and
        product_id, good for grouping and joining only)
    past : lines that count of earlier cycles (begun before this one), the same columns
    pairs : one row per known retailer and planned product: i, k, lines, status, tier, cell, due,
        lot; released (whether the plan gives the tier any right), base, quota (base and seat),
        seated (whether the cell has seats); requested, granted (null if a line lacks it), asked
        (requested, make-up orders aside: they mend, they do not ask for more; lines of a second
        round aside too where nobody knows what it gave), award (null without an allocation),
        standard (null where asked is unknown), second (cartons of second-round lines), first
        (granted, without them where they are aside: what the standard binds), spare and
        spare_asked (cartons that count only if duplicate lines are two orders), spare_second (those
        of spare that are of second-round lines), left (null, or cartons still there of a product
        whose standards exceed its supply), ceiling
        (most that a second round may have made of the quota: above it nothing is allowed),
        turn_unknown (the cell has odd lots by turn, and nobody knows whose turn it is)
    products : k, product_id, lot
    places : for each product and cell: k, cell, p (-1 = none), base, most, released, seated
    stock : p, k, product_id, region, supply, reserve (cartons; supply null where none is known)
    duplicates : o, q, retailer_id, kind, lines: entered more than once
    shops : the retailers in force on the day of the plan, with i; shop_rows : all dated rows
    goods : the products table with k; calendar, sales, gradings (the table of tiers) : as the
        tables; sold : the sales table itself, to be cited. ``None`` = not given
    policy : thresholds of alerts
    quotas : the quota table that is judged, where the plan was published elsewhere; demands : what
        the policy asks of it, ``None`` without one
    hours : when orders of the cycle could be placed
    second_round_unknown : there was a second round whose awards are not given, so that up to the
        ceiling nothing above the quota is proven
    columns : what is present: ``column`` of the orders, ``table.column`` of the other tables,
        ``past`` where there are lines of earlier cycles
    count : counted lines; unplanned : of these, of products that are not in the plan; unplaced :
        of retailers that lack what a quota table divides by
    count : counted lines; unplanned : of these, of products that are not in the plan
    league : the order-takers beside each other, once the other rules have found what they find
    """

    engine: Engine
    plan: QuotaPlan
    policy: AuditPolicy
    hours: Hours
    orders: Cited
    retailers: Table | None
    supply: Table | None
    quotas: Table | None
    demands: Demands | None
    lines: Frame
    past: Frame
    pairs: Frame
    products: Frame
    places: Frame
    stock: Frame
    duplicates: Frame
    shops: Frame | None
    shop_rows: Frame | None
    goods: Frame | None
    calendar: Frame | None
    sales: Frame | None
    sold: Table | None
    gradings: Frame | None
    second_round_unknown: bool
    columns: frozenset[str]
    count: int
    unplanned: int
    unplaced: int
    aside: Mapping[str, int]
    league: League | None = None


def filled(table: Table | StoredOrders) -> frozenset[str]:
    """Columns that hold anything."""
    if isinstance(table, StoredOrders):
        return table.filled
    frame = table.frame
    if not frame.height:
        return frozenset(frame.columns)
    nulls = frame.null_count().row(0, named=True)
    return frozenset(column for column, count in nulls.items() if count < frame.height)


def present(name: str, table: Table | StoredOrders | None, prefix: bool = True) -> frozenset[str]:
    """Columns of a table that hold anything; a column that is empty throughout is absent.

    ``requested`` and ``granted`` may come from one column ``quantity``, so only what they hold
    counts; columns with a default (status, kind) must also be in the input. A column of causes
    says by an empty cell that there is none.
    """
    if table is None:
        return frozenset()
    held = (table.columns | {"requested", "granted"}) & filled(table)
    held |= {"cause", "approved_by"} & table.columns
    return frozenset(f"{name}.{column}" if prefix else column for column in held)


def _entered(orders: Frame, held: frozenset[str]) -> Frame:
    """The lines with every column of the schema; those that hold nothing take no place."""
    columns = [nw.col("row")]
    for column in ORDERS.columns:
        name = RENAMED.get(column.name, column.name)
        if column.name in held:
            columns.append(nw.col(column.name).alias(name))
        else:
            dtype = nw.Schema.from_polars({name: DTYPES[column.kind]})[name]
            columns.append(nw.lit(None, dtype).alias(name))
    return orders.select(*columns)


SAME_LINE = ("o", "q", "retailer_id", "kind")
"""What makes two lines one that was entered twice: a second round or a make-up order of the same
product in one order is another line, and so is another shop's under the same order number."""


def _duplicates(lines: Frame) -> Frame:
    # Few orders name a product twice: only these are looked at closely.
    suspect = lines.group_by("o", "q").agg(nw.len().alias("n")).filter(nw.col("n") > 1)
    near = lines.join(suspect.select("o", "q"), on=["o", "q"], how="semi")
    counted = near.group_by(*SAME_LINE).agg(nw.len().cast(nw.Int64).alias("lines"))
    return counted.filter(nw.col("lines") > 1)


def _pairs(lines: Frame, duplicates: Frame, open_second: bool) -> Frame:
    """Lines summed per retailer and product; ``spare`` is what duplicates may have added.

    open_second : nobody knows what a second round gave; its lines stand beside the standard
    """
    zero = nw.lit(0, nw.Int64)
    columns = ("requested", "asked", "granted")
    spares = ("spare", "spare_asked", "spare_second")
    kind = nw.col("kind")
    beside = (kind == "make_up") | (kind == "second_round") if open_second else kind == "make_up"
    judged = lines.filter(~nw.col("i").is_null(), ~nw.col("k").is_null()).with_columns(
        nw.when(beside).then(zero).otherwise(nw.col("requested")).alias("asked"),
        nw.when(kind == "second_round").then(nw.col("granted")).otherwise(zero).alias("second"),
    )
    # A sum over unknown quantities is unknown, not smaller.
    pairs = (
        judged.group_by("i", "k")
        .agg(
            nw.len().cast(nw.Int64).alias("lines"),
            *(nw.col(name).sum() for name in (*columns, "second")),
            *(nw.col(name).count().cast(nw.Int64).alias(f"{name}_known") for name in columns),
        )
        .with_columns(
            nw.when(nw.col(f"{name}_known") == nw.col("lines")).then(nw.col(name)).alias(name)
            for name in columns
        )
        .drop(*(f"{name}_known" for name in columns))
    )
    spare = (
        judged.join(duplicates.select(*SAME_LINE), on=list(SAME_LINE), how="semi")
        .group_by("i", "k", "o", "kind")
        .agg(
            (nw.col("granted").sum() - nw.col("granted").min()).alias("spare"),
            (nw.col("asked").sum() - nw.col("asked").min()).alias("spare_asked"),
            (nw.col("second").sum() - nw.col("second").min()).alias("spare_second"),
        )
        .group_by("i", "k")
        .agg(nw.col(*spares).sum())
    )
    first = nw.col("granted") - nw.col("second") if open_second else nw.col("granted")
    return pairs.join(spare, on=["i", "k"], how="left").with_columns(
        nw.col(*spares).fill_null(0), first.alias("first")
    )


def _awards(
    allocation: Allocation | None, members: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    if allocation is None:
        return pl.DataFrame(schema={"i": pl.Int32, "k": pl.Int32, "award": pl.Int64})
    lines = allocation.lines.select(
        pl.col("retailer_id", "product_id").cast(pl.String), pl.col("award").cast(pl.Int64)
    )
    return (
        lines.join(members.select("retailer_id", "i"), on="retailer_id")
        .join(products.select("product_id", "k"), on="product_id")
        .group_by("i", "k")
        .agg(pl.col("award").sum())
    )


def _with_turns_unnamed(plan: QuotaPlan) -> tuple[nw.Expr, ...]:
    """A quota table may promise odd lots by turn and not say whose turn it is.

    Then any retailer of the cell may be one of those: one lot above its quota proves nothing.
    """
    if plan.source == "planned" or len(plan.turns.line):
        return (nw.lit(False).alias("turn_unknown"),)
    more = nw.col("ceiling") + nw.col("lot")
    return (
        nw.when(nw.col("seated")).then(more).otherwise(nw.col("ceiling")).alias("ceiling"),
        nw.col("seated").alias("turn_unknown"),
    )


def prepare(
    orders: Table | StoredOrders,
    plan: QuotaPlan,
    *,
    policy: AuditPolicy | None = None,
    allocation: Allocation | None = None,
    retailers: Table | None = None,
    supply: Table | None = None,
    products: Table | None = None,
    calendar: Table | None = None,
    sales: Table | None = None,
    tiers: Table | None = None,
    quotas: Table | None = None,
    allocation_policy: AllocationPolicy | None = None,
    ordering: OrderingPolicy | None = None,
) -> Case:
    """Set every counted order line beside the right of its retailer.

    The standard of a pair is the award of the allocation where one is given, else
    min(requested, limit) in whole lots; unknown where the request is (``formats.md``, "Words
    that must not be mixed").
    """
    engine, given = engine_of(orders)
    told = present("orders", orders, prefix=False)
    members = plan.members.select(
        pl.col("retailer_id").cast(pl.String),
        "status",
        "tier",
        "due",
        pl.col("cell").cast(pl.Int32),
        pl.int_range(pl.len(), dtype=pl.Int32).alias("i"),
    )
    goods, k_of_line = products_of(plan)
    places = places_of(plan, k_of_line, goods.height)
    entered = engine.coded(_entered(given, filled(orders)), STAND_INS)
    cancelled = (nw.col("order_status") == "cancelled").fill_null(False)
    other = (nw.col("cycle") != plan.cycle).fill_null(False)
    if not plan.cycle:
        other = nw.lit(False)
    who, what = engine.lend(members), engine.lend(goods)

    def placed(lines: Frame) -> Frame:
        return lines.join(who, on="retailer_id", how="left").join(what, on="product_id", how="left")

    lines = engine.keep(placed(entered.filter(~cancelled, ~other)))
    zero, one = nw.lit(0, nw.Int64), nw.lit(1, nw.Int64)
    counts, aside, cycles, duplicates = engine.collect(
        lines.select(
            nw.len().cast(nw.Int64).alias("count"),
            nw.col("k").is_null().cast(nw.Int64).sum().alias("unplanned"),
            (nw.col("status") == "unplaced")
            .fill_null(False)
            .cast(nw.Int64)
            .sum()
            .alias("unplaced"),
            nw.col("ordered_at").min().alias("begin"),
        ),
        entered.select(
            nw.when(cancelled & ~other).then(one).otherwise(zero).alias("cancelled"),
            nw.when(other).then(one).otherwise(zero).alias("other-cycle"),
        ).select(nw.all().sum()),
        entered.filter(~cancelled, other).group_by("cycle").agg(nw.col("ordered_at").min()),
        _duplicates(lines),
    )
    earlier = cycles.filter(pl.col("ordered_at") < counts["begin"])["cycle"].sort()
    past = engine.keep(placed(entered.filter(~cancelled, nw.col("cycle").is_in(earlier.to_list()))))
    duplicated = engine.lend(duplicates)
    second_round_unknown = plan.second_round and allocation is None
    open_to = ("most",) if second_round_unknown else ()
    open_second = allocation is None and (plan.source != "planned" or plan.second_round)
    at = engine.lend(places)
    pairs = (
        _pairs(lines, duplicated, open_second)
        .join(who.drop("retailer_id"), on="i", how="left")
        .join(what.drop("product_id"), on="k", how="left")
        .join(at, on=["k", "cell"], how="left")
    )
    pairs = (
        own_limits(engine, pairs, plan)
        .join(engine.lend(seats_of(plan)), on=["p", "i"], how="left")
        .join(engine.lend(_awards(allocation, members, goods)), on=["i", "k"], how="left")
        .with_columns(
            nw.col("base").fill_null(0),
            nw.col("released", "seated").fill_null(False),
            (nw.col("base").fill_null(0) + nw.col("seat").fill_null(0) * nw.col("lot")).alias(
                "quota"
            ),
        )
        .with_columns(nw.max_horizontal("quota", "award", *open_to).alias("ceiling"))
        .with_columns(*_with_turns_unnamed(plan))
    )
    asked = nw.col("asked") - nw.col("spare_asked")
    in_lots = nw.min_horizontal(asked // nw.col("lot") * nw.col("lot"), nw.col("quota"))
    pairs = pairs.with_columns(
        nw.when(~nw.col("asked").is_null())
        .then(
            nw.when(nw.col("award").is_null())
            .then(in_lots)
            .otherwise(nw.min_horizontal(asked, nw.col("award")))
        )
        .alias("standard")
    )
    pairs = engine.keep(pairs)
    if allocation is None:
        pairs = within_joint_limits(engine, pairs, plan, goods)
    stock = stock_of(plan, k_of_line, supply)
    # Awards already are what the supply allows.
    short = shortage_of(engine, pairs, stock if allocation is None else stock.clear())
    pairs = pairs.join(engine.lend(short), on="k", how="left")
    told |= present("supply", supply) | present("retailers", retailers)
    for name, table in (("products", products), ("calendar", calendar), ("sales", sales)):
        told |= present(name, table)
    told |= present("tiers", tiers) | ({"past"} if len(earlier) else frozenset())
    if retailers is None:
        told |= {"retailers.status"}  # the plan's own word counts
    if not second_round_unknown:
        told |= {"awards.award"}
    if stock.get_column("supply").is_not_null().any():
        told |= {"supply.quantity"}
    hours = hours_of(calendar, plan.cycle, ordering)
    told = told - TIMES | hours.known | joint_known(plan)
    if not members["due"].all() or FORTNIGHTLY in plan.members["rhythm"]:
        told |= {"calendar.order_day"}  # the plan knows whose week it is

    if plan.source == "planned" or (plan.lot > 1).any():
        told |= {"products.lot"}
    demands = None
    if quotas is not None:
        told |= present("quotas", quotas) | {"quotas.quota"}
        if allocation_policy is not None and retailers is not None:
            demands = demands_of(allocation_policy, plan, retailers, products)
            told |= {"policy.allocation"}

    def lent(table: Table | None, join: pl.DataFrame | None = None) -> Frame | None:
        if table is None:
            return None
        frame = table.frame
        if join is not None:
            name = join.columns[0]
            frame = frame.with_columns(pl.col(name).cast(pl.String)).join(join, on=name, how="left")
        return engine.lend(frame)

    numbered = members.select("retailer_id", "i")
    return Case(
        engine=engine,
        plan=plan,
        policy=policy or AuditPolicy.model_validate({}),
        hours=hours,
        orders=orders,
        retailers=retailers,
        supply=supply,
        quotas=quotas,
        demands=demands,
        lines=lines,
        past=past,
        pairs=pairs,
        products=what,
        places=at,
        stock=engine.lend(stock),
        duplicates=duplicated,
        shops=None
        if retailers is None
        else engine.lend(
            in_force(retailers.frame, plan.on)
            .with_columns(pl.col("retailer_id").cast(pl.String))
            .join(numbered, on="retailer_id", how="left")
        ),
        shop_rows=lent(retailers, numbered),
        goods=lent(products, goods.select("product_id", "k")),
        calendar=lent(calendar),
        sales=lent(sales),
        sold=sales,
        gradings=lent(tiers, numbered),
        second_round_unknown=second_round_unknown,
        columns=told,
        count=counts["count"][0],
        unplanned=counts["unplanned"][0] or 0,
        unplaced=counts["unplaced"][0] or 0,
        aside={cause: int(number) for cause, number in aside.row(0, named=True).items() if number},
    )
