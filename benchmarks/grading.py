"""(f) A city of 500,000 shops graded from 60 million sales rows, against polars' bare sums.

The peer sums quantity and amount by retailer over the same columns in memory and nothing else.
Runs of both alternate, since other work on the host slows either. Grading excludes kinds and
scarce products, sums price classes, keeps the units apart, scores, ranks and finds for each shop
the cartons to the next tier. The item ``product_count`` is left out: it sums by product too.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import process_time

import numpy as np
import polars as pl

from allocator.grading.regrade import keep_sales, regrade
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import City, Table
from allocator.tables.columns import DTYPES
from allocator.tables.schemas import RETAILERS, SALES
from benchmarks.clock import SEED, once, peak_memory, phase, verdict

ON = date(2026, 4, 1)
PRODUCTS = 200
KINDS = next(column for column in SALES.columns if column.name == "kind").choices
SHARES = [1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 3, 3, 2.5, 2, 2, 2,
          0.5]  # fmt: skip
LIMIT = 2.0
"""Times the bare sums."""


def policy(**window: int) -> GradingPolicy:
    """Qujing's items and tiers."""
    return GradingPolicy.model_validate(
        {
            "window": window,
            "exclude": {"scarce": True, "kinds": ("selective", "second_round", "emergency")},
            "items": {
                "quantity": {"weight": Decimal(30)},
                "amount": {"weight": Decimal(50)},
                "mean_price": {"weight": Decimal(10)},
                "class_quantity_share": {"weight": Decimal(5), "classes": (1, 2)},
                "class_amount": {"weight": Decimal(5), "classes": (1, 2)},
            },
            "tiers": {"shares": tuple(Decimal(str(share)) for share in SHARES)},
            "missing_month": "zero",
        }
    )


def city(retailers: int, rows: int) -> City:
    """Shops of log-normal size with sales in January to March 2026, as reading makes the tables."""
    draw = np.random.default_rng(SEED)
    ids = pl.Enum([f"{53_000_000_000 + number}" for number in range(retailers)])
    names = pl.Enum([f"{number:06d}" for number in range(PRODUCTS)])
    size = np.cumsum(draw.lognormal(0, 1, retailers))
    who = np.searchsorted(size, draw.random(rows) * size[-1]).astype(np.uint32)
    offset = draw.integers(0, 90, rows, np.int8)
    month = (offset >= 31).astype(np.int8) + (offset >= 59)
    firsts = np.array([20_454, 20_485, 20_513], np.int32)  # 2026-01-01, 02-01, 03-01
    product = draw.integers(0, PRODUCTS, rows, np.uint8)
    quantity = draw.integers(1, 40, rows, np.int64)
    price = draw.integers(3_000, 90_000, PRODUCTS)
    kind = np.minimum(draw.integers(0, 40, rows, np.uint8), len(KINDS))
    kind = np.where(kind == len(KINDS), 0, kind).astype(np.uint8)
    frame = pl.DataFrame(
        [
            pl.Series("retailer_id", who).cat.to(ids),
            pl.Series("month", firsts[month]).cast(pl.Date),
            pl.Series("product_id", product).cat.to(names),
            pl.Series("quantity", quantity),
            pl.Series("amount", quantity * price[product]),
            pl.Series("kind", kind).cat.to(pl.Enum(KINDS)),
            pl.Series("day", (offset + 1 - np.array([0, 31, 59], np.int8)[month]).astype(np.int8)),
            pl.int_range(2, rows + 2, dtype=pl.UInt32, eager=True).alias("row"),
        ]
    )
    products = pl.DataFrame(
        {
            "product_id": names.categories,
            "price_class": draw.integers(1, 6, PRODUCTS),
            "scarce": np.arange(PRODUCTS) % 20 == 0,
        }
    )
    shops = pl.DataFrame({"retailer_id": ids.categories}).with_columns(
        pl.lit(None, DTYPES[column.kind]).alias(column.name)
        for column in RETAILERS.columns
        if column.name != "retailer_id"
    )
    return City(
        retailers=Table("retailers", shops, columns=frozenset({"retailer_id"})),
        products=Table("products", products, columns=frozenset(products.columns)),
        sales=Table("sales", frame, columns=frozenset(frame.columns) - {"row", "day"}),
    )


def main(retailers: int = 500_000, rows: int = 60_000_000, runs: int = 2) -> bool:
    """Time both in turn, print medians, processor time and the most memory held."""
    print(f"(f) grading: {rows:,} sales rows of {retailers:,} retailers, 30 tiers")
    whole = city(retailers, rows)
    frame = whole.sales.frame if whole.sales else pl.DataFrame()
    before = peak_memory()[0]
    bare = frame.lazy().group_by("retailer_id").agg(pl.col("quantity", "amount").sum())
    works = {
        "bare sums of quantity and amount by retailer": lambda: bare.collect(engine="streaming"),
        "graded, 3 months": lambda: grade(whole, policy(months=3), ON),
    }
    took: dict[str, list[float]] = {name: [] for name in works}
    worked: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(runs):
        for name, work in works.items():
            start = process_time()
            took[name].append(once(work))
            worked[name].append(process_time() - start)
    first = next(iter(works))
    walls = {name: statistics.median(values) for name, values in took.items()}
    cpus = {name: statistics.median(values) for name, values in worked.items()}
    for name in works:
        phase(name, walls[name], walls[first], "the sums")
        phase("  processor time of all threads", cpus[name], cpus[first], "the sums")
    print(f"  most memory beside the tables {(peak_memory()[1] - before) / 1e6:,.0f} MB")
    added(whole, rows // 1_000)
    return verdict("graded in times the bare sums", walls["graded, 3 months"] / walls[first], LIMIT)


def added(whole: City, rows: int) -> None:
    """Time the grading after a day's delivery of new rows, by the ledger."""
    ledger = keep_sales(whole, policy(months=3), ON)
    table = whole.sales
    if table is not None:
        new = replace(whole, sales=replace(table, frame=table.frame.head(rows)))
        work = once(lambda: regrade(ledger, new, policy(months=3), ON))
        phase(f"graded again with {rows:,} new rows, from the ledger", work)
