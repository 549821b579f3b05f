"""Lists of a comparison: who is exposed, products and quotas of both sides beside each other."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from allocator.comparison.behind import TOGETHER, Exposed
from allocator.comparison.exposure import KINDS
from allocator.comparison.outcome import Outcome

BEFORE_AND_AFTER: Final = {
    "products": ("supply", "requested", "award", "left", "reached", "served"),
    "quotas": ("retailers", "entitlement", "base", "seats"),
}

Found = dict[str, Exposed]


def exposure_table(baseline: Outcome, scenario: Outcome, found: list[Found]) -> pl.DataFrame:
    """How many are exposed on each side, on both, on one only."""
    ids = [side.retailers["retailer_id"] for side in (baseline, scenario)]
    rows = []
    for kind in KINDS:
        before, after = (side[kind.name] for side in found)
        missing = before.missing or after.missing
        sides = [
            None if who.missing else names.filter(pl.Series(who.short > 0))
            for who, names in zip((before, after), ids, strict=True)
        ]
        sizes = [None if side is None else len(side) for side in sides]
        one, other = sides
        if one is None or other is None:
            shared: list[int | None] = [None, None, None]
        else:
            inside = int(one.is_in(other.implode()).sum())
            shared = [inside, len(other) - inside, len(one) - inside]
        rows.append((kind.name, kind.need or None, *sizes, *shared, missing or None))
    counted = dict.fromkeys(("baseline", "scenario", "both", "fresh", "gone"), pl.Int64)
    schema = {"kind": pl.String, "need": pl.String, **counted, "missing": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def exposed_table(baseline: Outcome, scenario: Outcome, found: list[Found]) -> pl.DataFrame:
    """Who is exposed to which kind, and by how much."""
    kinds = [kind for kind in KINDS if kind.unit]
    parts = []
    for kind in kinds:
        sides = []
        for name, side, kinds_found in zip(
            ("baseline", "scenario"), (baseline, scenario), found, strict=True
        ):
            who = kinds_found[kind.name]
            at = np.flatnonzero(who.short)
            product = who.product[at]
            ids = side.products["product_id"]
            named = ids.gather(np.maximum(product, 0)) if len(at) else ids.clear()
            sides.append(
                pl.DataFrame(
                    {
                        "retailer_id": side.retailers["retailer_id"].gather(at),
                        f"short_{name}": who.short[at],
                        f"product_{name}": named,
                        "together": product == TOGETHER,
                    },
                    schema_overrides={f"short_{name}": pl.Int64, "together": pl.Boolean},
                )
                .with_columns(
                    pl.when(~pl.col("together")).then(f"product_{name}").alias(f"product_{name}")
                )
                .drop("together")
            )
        joined = sides[0].join(sides[1], on="retailer_id", how="full", coalesce=True)
        parts.append(
            joined.select(
                pl.lit(kind.name).alias("kind"),
                "retailer_id",
                baseline=pl.col("short_baseline").is_not_null(),
                scenario=pl.col("short_scenario").is_not_null(),
                short_baseline="short_baseline",
                short_scenario="short_scenario",
                product_id=pl.when(pl.col("short_scenario").is_not_null())
                .then("product_scenario")
                .otherwise("product_baseline"),
                unit=pl.lit(kind.unit),
            ).sort("retailer_id")
        )
    return pl.concat(parts)


def product_table(baseline: Outcome, scenario: Outcome) -> pl.DataFrame:
    """Products of either side: supply, orders, awards before and after."""
    names = pl.concat(
        [side.products.select("product_id", "name") for side in (baseline, scenario)]
    ).unique("product_id", keep="first", maintain_order=True)
    sides = two_sides("products", baseline.products, scenario.products, ("product_id",))
    return names.join(sides, on="product_id", how="right").select(
        "product_id", "name", pl.exclude("product_id", "name")
    )


def two_sides(
    table: str, before: pl.DataFrame, after: pl.DataFrame, key: tuple[str, ...]
) -> pl.DataFrame:
    """Two tables of one key beside each other, rising by it."""
    values = BEFORE_AND_AFTER[table]
    sides = [
        frame.select(*key, *(pl.col(name).alias(f"{name}_{when}") for name in values))
        for frame, when in ((before, "before"), (after, "after"))
    ]
    joined = sides[0].join(sides[1], on=list(key), how="full", coalesce=True)
    columns = [f"{name}_{when}" for name in values for when in ("before", "after")]
    return joined.select(*key, *columns).sort(key)
