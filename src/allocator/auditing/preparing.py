"""A case made from tables: every table lent to the engine, order lines told apart by cycle."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.demands import demands_of
from allocator.auditing.engine import Engine, Frame, InMemory
from allocator.auditing.hours import TIMES, hours_of
from allocator.auditing.joint import joint_known
from allocator.auditing.pairing import duplicates_of, paired
from allocator.auditing.standard import places_of, products_of, shortage_of, stock_of
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.audit_models import AuditPolicy
from allocator.policy.ordering_models import OrderingPolicy
from allocator.records import Allocation, QuotaPlan
from allocator.tables.calendar import in_force
from allocator.tables.city import Table
from allocator.tables.columns import DTYPES
from allocator.tables.schemas import ORDERS
from allocator.tables.shaping import FORTNIGHTLY
from allocator.tables.stored import StoredOrders

RENAMED = {"tier": "order_tier", "status": "order_status"}
"""Columns of the orders whose names mean the retailer's in ``Case.lines``."""

STAND_INS = {"o": "order_id", "c": "clerk", "q": "product_id"}
"""Cheap stand-ins for text (``Engine.coded``)."""


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
    sanctions: Table | None = None,
    quotas: Table | None = None,
    allocation_policy: AllocationPolicy | None = None,
    ordering: OrderingPolicy | None = None,
) -> Case:
    """Set every counted order line beside the right of its retailer.

    The standard of a pair is the award of the allocation where one is given, else
    min(requested, limit) in whole lots; unknown where the request is (``formats.md``, "Words
    that must not be mixed").
    """
    engine, given = _engine_of(orders)
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
    fallen = placed(entered.filter(cancelled, ~other))
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
        duplicates_of(lines),
    )
    earlier = cycles.filter(pl.col("ordered_at") < counts["begin"])["cycle"].sort()
    past = engine.keep(placed(entered.filter(~cancelled, nw.col("cycle").is_in(earlier.to_list()))))
    duplicated = engine.lend(duplicates)
    at = engine.lend(places)
    pairs = paired(engine, lines, duplicated, plan, allocation, members, goods, at)
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
    second_round_unknown = plan.second_round and allocation is None
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
        fallen=fallen,
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
        sanctions=lent(sanctions, numbered),
        second_round_unknown=second_round_unknown,
        columns=told,
        count=counts["count"][0],
        unplanned=counts["unplanned"][0] or 0,
        unplaced=counts["unplaced"][0] or 0,
        aside={cause: int(number) for cause, number in aside.row(0, named=True).items() if number},
    )


def _engine_of(orders: Table | StoredOrders) -> tuple[Engine, Frame]:
    """Where an audit of these orders takes place, and the orders there."""
    if isinstance(orders, Table):
        engine = InMemory()
        return engine, engine.lend(orders.frame)
    from allocator.auditing.disk import OnDisk

    return OnDisk(orders.database), nw.from_native(orders.relation)
