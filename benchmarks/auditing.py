"""(h) All rules over five million order lines, against polars reading the file and sorting it.

The peer reads the same CSV file and sorts it by the order of the orders table, nothing else; the
audit reads it too, checks every cell and runs all rules. Both alternate, since other work on the
host slows either. The lines are of four cycles, so that rules that compare with earlier ones have
what they need. On disk the same happens in a process of its own, whose peak memory counts.

``python -m benchmarks.auditing FOLDER`` takes the sales of a real city (``sales.parquet``) for
orders instead: one line per shop, product and month.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
import polars as pl

from allocator.allocation.published import adopt_quotas
from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.grading.scheme import given_tiers
from allocator.records import QuotaPlan
from allocator.tables.city import City
from allocator.tables.reading import read_city
from allocator.tables.schemas import ORDERS
from benchmarks.clock import SEED, once, peak_memory, phase, verdict

ON = date(2026, 11, 16)
CYCLES = ("2026-W44", "2026-W45", "2026-W46", "2026-W47")
PRODUCTS = 200
SCARCE = 60
LIMIT = 6.0
"""Times read and sort."""
MEMORY = "1GB"
MOST_BYTES = 1.6e9
"""What a process may hold in which the database holds 1 GB: Python, polars, findings besides."""


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


def write_real(source: Path, folder: Path) -> None:
    """A real city's sales as order lines; tiers by rank, quotas of the released by their mean."""
    sales = pl.read_parquet(source / "sales.parquet").filter(pl.col("quantity") > 0)
    released = pl.read_csv(source / "released.csv", schema_overrides={"product_id": pl.String})
    shops = sales.group_by("retailer_id").agg(pl.col("quantity").sum()).sort("retailer_id")
    rank = pl.col("quantity").rank("ordinal")
    tier = ((rank - 1) * 30 // pl.len() + 1).cast(pl.Int64)
    retailers = shops.select("retailer_id", tier.alias("tier"), pl.lit("active").alias("status"))
    retailers.write_csv(folder / "retailers.csv")
    last = sales["month"].max()
    lines = sales.select(
        pl.concat_str("month", "retailer_id", separator="-").alias("order_id"),
        "retailer_id",
        "product_id",
        (pl.col("month") + "-01").alias("ordered_at"),
        pl.col("month").alias("cycle"),
        pl.col("quantity").alias("requested"),
        pl.col("quantity").alias("granted"),
    )
    lines.write_csv(folder / "orders.csv")
    held = lines.filter(pl.col("cycle") == last).join(retailers, on="retailer_id")
    quotas = (
        held.filter(pl.col("product_id").is_in(released["product_id"].implode()))
        .group_by("product_id", "tier")
        .agg(pl.col("granted").mean().ceil().cast(pl.Int64).alias("quota"))
        .sort("product_id", "tier")
    )
    quotas.write_csv(folder / "quotas.csv")


def standard(city: City, cycle: str, on: date) -> QuotaPlan:
    """The quota table as the standard."""
    return adopt_quotas(
        city, given_tiers(city, on), cycle=cycle, on=on, policy=None, policy_digest=""
    )


def inspect(folder: Path, cycle: str, on: date, memory: str | None = None) -> Findings:
    """The audit from the files."""
    names = [path.stem for path in sorted(folder.glob("*.csv")) if path.stem != "orders"]
    city = read_city({name: folder / f"{name}.csv" for name in names})
    return audit(
        folder / "orders.csv", standard(city, cycle, on), memory=memory,
        retailers=city.retailers, supply=city.supply, products=city.products,
        calendar=city.calendar,
    )  # fmt: skip


def on_disk(folder: Path, cycle: str, on: date) -> dict[str, float]:
    """The same on disk in a process of its own: seconds, processor seconds, bytes, findings."""
    call = f"from benchmarks.auditing import child; child({str(folder)!r}, {cycle!r}, {str(on)!r})"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def child(folder: str, cycle: str, on: str) -> None:
    """What ``on_disk`` runs."""
    start, found = process_time(), []
    took = once(lambda: found.append(inspect(Path(folder), cycle, date.fromisoformat(on), MEMORY)))
    told = {
        "wall": took, "processor": process_time() - start, "bytes": peak_memory()[1],
        "findings": len(found[0]),
    }  # fmt: skip
    print(json.dumps(told))


def compare(folder: Path, cycle: str, on: date, runs: int) -> bool:
    """Time peer and audit in turn, print both, then the audit on disk."""
    path = folder / "orders.csv"
    text = {"retailer_id": pl.String, "product_id": pl.String}
    found: list[Findings] = []
    works: dict[str, Callable[[], object]] = {
        "polars reads the file and sorts it": lambda: pl.read_csv(path, schema_overrides=text).sort(
            ORDERS.order
        ),
        "read, checked, all rules": lambda: found.append(inspect(folder, cycle, on)),
    }
    took: dict[str, list[float]] = {name: [] for name in works}
    worked: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            start = process_time()
            took[name].append(once(work))
            worked[name].append(process_time() - start)
    walls = {name: statistics.median(values) for name, values in took.items()}
    cpus = {name: statistics.median(values) for name, values in worked.items()}
    first, second = works
    for name in works:
        phase(name, walls[name], walls[first], "read and sort")
        phase("  processor time of all threads", cpus[name], cpus[first], "read and sort")
    checked = sum(entry.state == "checked" for entry in found[0].coverage)
    print(f"  {path.stat().st_size / 1e6:,.0f} MB, {len(found[0]):,} findings, {checked} rules")
    disk = on_disk(folder, cycle, on)
    phase(
        f"the same on disk, database within {MEMORY}", disk["wall"], walls[first], "read and sort"
    )
    phase("  processor time of all threads", disk["processor"], cpus[first], "read and sort")
    same = disk["findings"] == len(found[0])
    print(f"  most memory of its process {disk['bytes'] / 1e6:,.0f} MB; as many findings: {same}")
    kept = [
        verdict("audit in times read and sort", walls[second] / walls[first], LIMIT),
        verdict("memory on disk in GB", disk["bytes"] / 1e9, MOST_BYTES / 1e9),
        same,
    ]
    return all(kept)


def main(lines: int = 5_000_000, shops: int = 50_000, runs: int = 2) -> bool:
    """The synthetic city."""
    print(f"(h) audit: {lines:,} order lines of {shops:,} shops and {PRODUCTS} products")
    with TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, lines, shops)
        return compare(folder, CYCLES[-1], ON, runs)


def real(source: Path, runs: int = 2) -> bool:
    """A real city's sales."""
    print(f"(h) audit: the sales of {source.name} as order lines")
    with TemporaryDirectory() as place:
        folder = Path(place)
        write_real(source, folder)
        last = pl.read_csv(folder / "orders.csv", columns=["cycle"])["cycle"].max()
        return compare(folder, str(last), date.fromisoformat(f"{last}-28"), runs)


if __name__ == "__main__":
    sys.exit(not real(Path(sys.argv[1])))
