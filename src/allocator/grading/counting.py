"""Which rows of the sales count, by kind of sale, product and price class, and on which day.

Products are told apart by lists of identifiers (``is_in``), not by a join: a join of millions of
rows costs more than the sums.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from allocator.grading.refusals import NEEDS_AMOUNT, NEEDS_CLASSES, Warnings
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import Table

NAMED: Final = 10
"""Unknown products that a warning names."""

_EPOCH: Final = date(1970, 1, 1)


def summed(policy: GradingPolicy) -> list[str]:
    """The sums that the items of a policy need, ``quantity`` first."""
    amount = ["amount"] if policy.items.keys() & NEEDS_AMOUNT else []
    return ["quantity", *amount, *(name for name in NEEDS_CLASSES if name in policy.items)]


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def row_day(kind: str) -> pl.Expr:
    """The same of a row of sales; the first of its month where months are counted."""
    first = pl.col("month").to_physical().cast(pl.Int64)
    return first if kind == "months" else first + pl.col("day").cast(pl.Int64) - 1


def counted_rows(
    sales: Table, products: Table | None, policy: GradingPolicy
) -> tuple[pl.Expr, Warnings]:
    """Which rows of the sales count, by kind, product and price class."""
    rows = pl.lit(value=True)
    warnings: Warnings = []
    exclude = policy.exclude
    if exclude.kinds:
        if "kind" in sales.columns:
            rows &= ~pl.col("kind").fill_null("ordinary").is_in(exclude.kinds)
        else:
            kinds = ", ".join(exclude.kinds)
            warnings.append(("grading-kinds-unchecked", {"kinds": kinds, "column": "kind"}))
    if exclude.scarce:
        rows &= ~_among(sales, _chosen(products, pl.col("scarce")))
    if exclude.classes:
        rows &= ~_among(sales, _chosen(products, pl.col("price_class").is_in(exclude.classes)))
    if exclude.products:
        named = pl.Series("product_id", exclude.products, pl.String())
        rows &= ~_among(sales, named)
        unknown = [] if products is None else sorted({*named} - {*products.frame["product_id"]})
        if unknown:
            shown = ", ".join(unknown[:NAMED])
            facts: dict[str, str | int] = {"count": len(unknown), "products": shown}
            warnings.append(("grading-excluded-unknown", facts))
    return rows, warnings


def class_flags(
    sales: Table, products: Table | None, policy: GradingPolicy
) -> dict[tuple[int, ...], pl.Expr]:
    """Whether the product of a row is in the classes of an item, once for equal classes."""
    wanted = [policy.items[name].classes for name in NEEDS_CLASSES if name in policy.items]
    return {
        classes: _among(sales, _chosen(products, pl.col("price_class").is_in(classes)))
        for classes in wanted
    }


def _chosen(products: Table | None, which: pl.Expr) -> pl.Series:
    """Identifiers of the products chosen; an unknown product is not."""
    if products is None:
        return pl.Series("product_id", [], pl.String())
    return products.frame.filter(which)["product_id"]


def _among(sales: Table, members: pl.Series) -> pl.Expr:
    """Whether the product of a sale is one of ``members``."""
    dtype = sales.frame.schema["product_id"]
    if isinstance(dtype, pl.Enum):  # compared by code: products without sales have none
        members = members.cast(dtype, strict=False).drop_nulls()
    return pl.col("product_id").is_in(members.implode()).fill_null(value=False)


def product_treatments(
    ids: pl.Series, products: Table | None, policy: GradingPolicy
) -> pl.DataFrame:
    """How sales of products count: product_id, treatment i64.

    0 = left out; else 1 + the sum of ``2**k`` over the class items k it is in, in the order of
    ``NEEDS_CLASSES``.
    """
    frame = ids.cast(pl.String).alias("product_id").to_frame()
    table = Table("sales", frame, columns=frozenset({"product_id"}))
    every_kind = policy.model_copy(
        update={"exclude": policy.exclude.model_copy(update={"kinds": ()})}
    )
    counted, _ = counted_rows(table, products, every_kind)
    flags = class_flags(table, products, policy)
    treatment = pl.lit(1, pl.Int64)
    for place, name in enumerate(NEEDS_CLASSES):
        if name in policy.items:
            flag = flags[policy.items[name].classes]
            treatment += flag.cast(pl.Int64) * (1 << place)
    return frame.with_columns(pl.when(counted).then(treatment).otherwise(0).alias("treatment"))
