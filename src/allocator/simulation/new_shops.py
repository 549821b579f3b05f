"""New shops for a what-if: like shops drawn from the city, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import polars as pl

from allocator.errors import BadRequest
from allocator.grading.changes import with_sales
from allocator.policy.document import cut
from allocator.simulation.shifts import fitting
from allocator.tables.calendar import in_force
from allocator.tables.city import City, Table

MOST_SHOPS: Final = 1_000_000
KEYS: Final = ("count", "seed", "who", "established")

OWN: Final = (
    "name", "manager_phone", "phone", "account", "licence_holder", "account_holder",
    "manager_score", "valid_from",
)  # fmt: skip
"""What a shop does not share with the one it is like."""


def with_new_shops(city: City, given: Any, cycle: str, on: date) -> City:
    """The city with more shops, ``new-000001`` and on, each like one drawn from the active ones.

    They have its attributes and its orders of the cycle. New on the day; established ones joined
    when it did and have its sales and its tiers.

    given : a number, or count, seed (default 1), who (attributes), established (default false)

    Raises
    ------
    BadRequest : keys or numbers that are no such, or no shop to be like
    """
    wanted = _wanted(given)
    shops = in_force(city.retailers.frame, on)
    active = shops.filter(
        (pl.col("status") == "active") & fitting("new_shops.who", wanted.get("who"), shops)
    )
    if active.is_empty():
        raise BadRequest("scenario-nobody-like", key="new_shops.who")
    count, established = wanted["count"], wanted["established"]
    liked = active[_drawn(count, len(active), wanted["seed"])]
    fresh = pl.Series("fresh", [_name(k) for k in range(1, count + 1)], dtype=pl.String)
    taken = city.retailers.frame["retailer_id"].cast(pl.String)
    if bool(fresh.is_in(taken.implode()).any()):
        raise BadRequest("scenario-names-taken", first=fresh[0], last=fresh[-1])
    pairs = pl.DataFrame({"like": liked["retailer_id"].cast(pl.String), "fresh": fresh})
    retailers = liked.with_columns(
        fresh.alias("retailer_id"),
        *(pl.lit(None, shops.schema[name]).alias(name) for name in OWN if name in shops.columns),
        *(() if established else (pl.lit(on).alias("joined_on"), _no_tier(shops))),
        pl.lit(0, shops.schema["row"]).alias("row"),
    )
    city = replace(
        city, retailers=_joined(city.retailers, retailers, ("retailer_id", "valid_from"))
    )
    if city.orders is not None:
        frame = city.orders.frame
        copied = _copies(
            frame.filter(pl.col("cycle").is_null() | (pl.col("cycle") == cycle)), pairs
        )
        copied = copied.with_columns(order_id=pl.col("order_id") + "-" + pl.col("retailer_id"))
        order = ("ordered_at", "order_id", "product_id", "retailer_id")
        city = replace(city, orders=_joined(city.orders, copied, order))
    if established and city.tiers is not None:
        copied = _copies(city.tiers.frame, pairs)
        city = replace(city, tiers=_joined(city.tiers, copied, ("retailer_id", "graded_on")))
    if established and city.sales is not None:
        city = with_sales(city, _copies(city.sales.frame, pairs).drop("row"))
    return city


def _wanted(given: Any) -> dict[str, Any]:
    if isinstance(given, int) and not isinstance(given, bool):
        given = {"count": given}
    if not isinstance(given, Mapping):
        raise BadRequest("scenario-new-shops-unreadable", value=cut(str(given)) or "")
    unknown = sorted(map(str, set(given) - set(KEYS)))
    if unknown:
        raise BadRequest(
            "scenario-keys-unknown",
            key="new_shops", keys=cut(", ".join(unknown)) or "-", known=", ".join(KEYS),
        )  # fmt: skip
    wanted = {"count": 0, "seed": 1, "who": None, "established": False, **given}
    for key, least, most in (("count", 1, MOST_SHOPS), ("seed", 0, 2**63)):
        value = wanted[key]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadRequest(
                "scenario-number-outside",
                key=f"new_shops.{key}", value=cut(str(value)) or "", least=least, most=most,
            )  # fmt: skip
    if not isinstance(wanted["established"], bool):
        value = cut(str(wanted["established"])) or ""
        raise BadRequest("scenario-not-yes-or-no", key="new_shops.established", value=value)
    return wanted


def _name(k: int) -> str:
    return f"new-{k:06}"


def _drawn(count: int, among: int, seed: int) -> list[int]:
    """Rows drawn by SHA-256 of the seed and a number: the same on every machine and version."""
    return [
        int.from_bytes(hashlib.sha256(f"new shops {seed} {k}".encode()).digest()[:8]) % among
        for k in range(count)
    ]


def _no_tier(shops: pl.DataFrame) -> pl.Expr:
    """A new shop has no tier that was graded elsewhere."""
    return pl.lit(None, shops.schema["tier"]).alias("tier")


def _copies(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The rows of the shops that are liked, in the names of those that like them."""
    key = pl.col("retailer_id").cast(pl.String)
    return (
        frame.with_columns(key)
        .join(pairs, left_on="retailer_id", right_on="like")
        .with_columns(retailer_id="fresh")
        .select(frame.columns)
    )


def _joined(table: Table, rows: pl.DataFrame, order: tuple[str, ...]) -> Table:
    frame = table.frame
    wide = frame.with_columns(pl.col("retailer_id").cast(pl.String))
    more = rows.select(pl.col(name).cast(wide.schema[name]) for name in wide.columns)
    joined = pl.concat([wide, more]).sort(order, nulls_last=False, maintain_order=True)
    return replace(table, frame=joined)
