"""(g) All rules over five million order lines, against polars reading the file and sorting it.

The peer reads the same CSV file and sorts it by the order of the orders table, nothing else. Both
alternate, since other work on the host slows either. The lines are of four cycles, so that rules
that compare with earlier ones have what they need; every column is filled.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from allocator.allocation.published import adopt_quotas
from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.grading.scheme import given_tiers
from allocator.records import QuotaPlan
from allocator.tables.city import City, Table
from allocator.tables.reading import read_city, read_table
from allocator.tables.schemas import ORDERS
from benchmarks.clock import SEED, once, peak_memory, phase, verdict

ON = date(2026, 11, 16)
CYCLES = ("2026-W44", "2026-W45", "2026-W46", "2026-W47")
PRODUCTS = 200
SCARCE = 60
LIMIT = 6.0
"""Times read and sort."""


def tables(shops: int, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Everything but the orders: shops of thirty tiers, products, quotas, supply, calendar."""
    number = pl.int_range(shops, eager=True)
    tier = draw.integers(1, 31, shops)
    retailers = pl.DataFrame(
        {
            "retailer_id": "5301" + number.cast(pl.String).str.zfill(8),
            "market": np.where(draw.random(shops) < 0.6, "urban", "rural"),
            "status": np.where(draw.random(shops) < 0.001, "closed", "active"),
            "joined_on": "2020-01-01",
            "phone": "139" + number.cast(pl.String).str.zfill(8),
            "account": "62" + number.cast(pl.String).str.zfill(12),
            "licence_holder": "H" + number.cast(pl.String),
            "account_holder": "H" + number.cast(pl.String),
            "tier": tier,
        }
    )
    names = [f"{product:06d}" for product in range(PRODUCTS)]
    products = pl.DataFrame(
        {
            "product_id": names,
            "wholesale_price": draw.integers(30, 900, PRODUCTS),
            "price_class": draw.integers(1, 6, PRODUCTS),
            "lot": 1,
            "scarce": np.where(np.arange(PRODUCTS) < SCARCE, "true", "false"),
        }
    )
    quotas = pl.DataFrame({"product_id": names[:SCARCE]}).join(
        pl.DataFrame({"tier": np.arange(1, 31), "quota": 2 + np.arange(30) // 3}), how="cross"
    )
    supply = pl.DataFrame(
        {"cycle": CYCLES[-1], "product_id": names[:SCARCE], "quantity": shops * 20}
    )
    calendar = pl.DataFrame(
        {
            "cycle": CYCLES,
            "order_day": [ON - timedelta(days=7 * back) for back in (3, 2, 1, 0)],
            "opens_at": "08:00",
            "closes_at": "18:00",
        }
    )
    return {
        "retailers": retailers, "products": products, "quotas": quotas, "supply": supply,
        "calendar": calendar,
    }  # fmt: skip


def orders(lines: int, shops: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Honest orders but for one line in 20,000: each shop one order a cycle, by phone or app."""
    n = shops.height
    each = max(1, lines // (n * len(CYCLES)))
    shop = np.repeat(np.arange(n), each * len(CYCLES))
    cycle = np.tile(np.repeat(np.arange(len(CYCLES)), each), n)
    start = draw.integers(0, PRODUCTS, n * len(CYCLES)).repeat(each)
    product = (start + np.tile(np.arange(each) * 3, n * len(CYCLES))) % PRODUCTS
    tier = shops["tier"].to_numpy()[shop]
    limit = np.where(product < SCARCE, 2 + (tier - 1) // 3, 1_000)
    asked = draw.integers(1, 15, len(shop))
    granted = np.minimum(asked, limit)
    granted += (draw.random(len(shop)) < 1 / 20_000).astype(np.int64)
    second = draw.integers(8 * 3600, 18 * 3600, n * len(CYCLES)).repeat(each)
    day = np.array([ON - timedelta(days=7 * back) for back in (3, 2, 1, 0)], "datetime64[us]")
    at = day[cycle] + second * np.timedelta64(1_000_000, "us")
    clerk = np.char.add("C", np.char.zfill((shop % 300).astype(str), 4))
    frame = pl.DataFrame(
        {
            "shop": shop, "cycle": np.array(CYCLES)[cycle], "ordered_at": at, "product": product,
            "requested": asked, "granted": granted, "tier": tier, "clerk": clerk,
        }
    )  # fmt: skip
    when = pl.col("ordered_at").cast(pl.Datetime("us"))
    number = pl.col("shop").cast(pl.String).str.zfill(8)
    by_phone = pl.col("shop") % 10 < 6
    return frame.select(
        ("D" + pl.col("cycle").str.slice(6) + number).alias("order_id"),
        ("5301" + number).alias("retailer_id"),
        pl.col("product").cast(pl.String).str.zfill(6).alias("product_id"),
        when.alias("ordered_at"),
        "cycle",
        "requested",
        "granted",
        "tier",
        pl.when(by_phone).then(pl.lit("phone")).otherwise(pl.lit("app")).alias("channel"),
        pl.when(by_phone).then("clerk").alias("clerk"),
        ("dev" + number).alias("device"),
        ("62" + pl.col("shop").cast(pl.String).str.zfill(12)).alias("account"),
        pl.when(by_phone).then(when).alias("called_at"),
        (when + pl.duration(hours=20)).alias("paid_at"),
        (when + pl.duration(hours=44)).alias("delivered_at"),
        pl.lit("paid").alias("status"),
        pl.lit("ordinary").alias("kind"),
    ).sample(fraction=1, shuffle=True, seed=SEED)


def write(folder: Path, lines: int, shops: int) -> None:
    """The city as CSV files."""
    draw = np.random.default_rng(SEED)
    made = tables(shops, draw)
    for name, frame in made.items():
        frame.write_csv(folder / f"{name}.csv")
    frame = orders(lines, made["retailers"], draw)
    frame.write_csv(folder / "orders.csv", datetime_format="%Y-%m-%d %H:%M:%S")
    frame.write_parquet(folder.parent / "orders.parquet")


def standard(city: City) -> QuotaPlan:
    """The quota table as the standard."""
    return adopt_quotas(
        city, given_tiers(city, ON), cycle=CYCLES[-1], on=ON, policy=None, policy_digest=""
    )


def inspect(
    city: City, table: Table | Path, plan: QuotaPlan, memory: str | None = None
) -> Findings:
    return audit(
        table, plan,
        retailers=city.retailers, supply=city.supply, products=city.products,
        calendar=city.calendar,
    )  # fmt: skip


def main(lines: int = 5_000_000, shops: int = 50_000, runs: int = 2) -> bool:
    """Time both in turn."""
    print(f"(g) audit: {lines:,} order lines of {shops:,} shops and {PRODUCTS} products")
    with TemporaryDirectory() as place:
        folder = Path(place) / "city"
        folder.mkdir()
        write(folder, lines, shops)
        path = folder / "orders.csv"
        print(f"  {path.stat().st_size / 1e6:,.0f} MB of CSV")
        city = read_city(
            {
                n: folder / f"{n}.csv"
                for n in ("retailers", "products", "quotas", "supply", "calendar")
            }
        )
        plan = standard(city)
        peer = once(
            lambda: pl.read_csv(
                path, schema_overrides={"retailer_id": pl.String, "product_id": pl.String}
            ).sort(ORDERS.order)
        )
        phase("polars reads the file and sorts it", peer, peer, "read and sort")
        from time import perf_counter

        t = perf_counter()
        table = read_table("orders", path)
        reading = perf_counter() - t
        phase("read and checked", reading, peer, "read and sort")
        t = perf_counter()
        findings = inspect(city, table, plan)
        took = perf_counter() - t
        phase("all rules", took, peer, "read and sort")
        print(len(findings), [(c.rule, c.found, c.checked) for c in findings.coverage])
        t = perf_counter()
        findings = inspect(city, table, plan)
        took = perf_counter() - t
        phase("all rules", took, peer, "read and sort")
        print(peak_memory())
        return verdict("audit in times read and sort", (reading + took) / peer, LIMIT)
