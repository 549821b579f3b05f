"""One number over the results of all retailers: a leaf for each, their tree, the statement.

``inclusion.py`` says what is hashed and checks a single card; ``docs/proof.md`` says what this
proves. A leaf is salted, so that nobody who sees its hash on a neighbour's card can try figures
until they fit. Salts follow from a secret, so that the same run gives the same bytes.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any, Final

import numpy as np
import polars as pl

from allocator.certificate.inclusion import FORMAT, Leaf, Proof, compact, number_of
from allocator.certificate.tree import Tree, grow
from allocator.holdings import bases, cell_of
from allocator.records import Allocation, Indices, QuotaPlan

SALT_BYTES: Final = 16
"""128 bits: nobody can try them all."""

LEAVES_AT_ONCE: Final = 50_000
"""Leaves spelled together: bounds the memory, not the result."""

FIGURES: Final = ("limit", "requested", "award", "granted")
"""Columns of a product in a leaf, after its id."""


@dataclass(frozen=True, slots=True, eq=False)
class Sealed:
    """All results of a cycle under one number.

    statement : what the number is the SHA-256 of, see ``inclusion.py``
    retailers, salts, tiers : n of each, by retailer_id
    results : leaf i32, product_id, limit, requested, award, granted (i64 cartons), by leaf and
        product: every product of the plan that the retailer may order or has ordered
    """

    statement: Mapping[str, Any]
    number: str
    tree: Tree
    retailers: Sequence[str]
    salts: Sequence[str]
    tiers: Sequence[int | None]
    results: pl.DataFrame
    _start: Indices
    _place: dict[str, int] = field(default_factory=dict)

    def proof(self, retailer: str) -> Proof:
        """The leaf of a retailer and its path; ``KeyError`` for one who is not in it."""
        if not self._place:
            self._place.update(zip(self.retailers, range(len(self.retailers)), strict=True))
        i = self._place[retailer]
        rows = self.results[int(self._start[i]) : int(self._start[i + 1])].rows()
        leaf = Leaf(
            i, tuple(row[1:] for row in rows), retailer, self.salts[i], self.tiers[i]
        )  # type: ignore[arg-type]
        path = tuple(beside.hex() for beside in self.tree.path(i))
        return Proof(self.statement, self.number, leaf, path)


def salts_of(secret: bytes, cycle: str, retailers: pl.Series) -> pl.DataFrame:
    """The salt of each retailer, 32 hex digits: HMAC-SHA256 of cycle and retailer.

    Returns retailer_id, salt; by retailer_id. The same for a plan and for its orders.
    """
    names = retailers.sort()
    head = "[" + encode_basestring(cycle) + ","
    salts = [
        hmac.digest(secret, (head + encode_basestring(name) + "]").encode(), "sha256")
        for name in names.to_list()
    ]
    told = [salt[:SALT_BYTES].hex() for salt in salts]
    return pl.DataFrame({"retailer_id": names, "salt": pl.Series(told, dtype=pl.String)})


def seal(
    plan: QuotaPlan,
    allocation: Allocation | None,
    salts: pl.DataFrame,
    *,
    policy_digest: str,
    certificate_digest: str,
) -> Sealed:
    """Leaves of all members of a plan, the tree over them, and its number.

    salts : retailer_id, salt, a row for each member
    """
    members = plan.members.select("retailer_id", "tier").with_row_index("member")
    leaves = members.join(salts, on="retailer_id", how="left").sort("retailer_id")
    leaves = leaves.with_row_index("leaf").with_columns(pl.col("leaf").cast(pl.Int32))
    results = _results(plan, allocation, leaves)
    start = np.searchsorted(results["leaf"].to_numpy(), np.arange(leaves.height + 1))
    start = start.astype(np.int32)
    tree = grow(_texts(leaves, results, start))
    statement = {
        "certificate": certificate_digest,
        "cycle": plan.cycle,
        "format": FORMAT,
        "leaves": leaves.height,
        "on": plan.on.isoformat(),
        "policy": policy_digest,
        "root": tree.root.hex(),
        "stage": "quotas" if allocation is None else "orders",
    }
    return Sealed(
        statement, number_of(statement), tree, leaves["retailer_id"].to_list(),
        leaves["salt"].to_list(), leaves["tier"].to_list(), results, start,
    )  # fmt: skip


def _results(
    plan: QuotaPlan, allocation: Allocation | None, leaves: pl.DataFrame
) -> pl.DataFrame:
    """What each retailer may order and got; nothing of orders by those who are no members."""
    leaf_of = np.empty(leaves.height, np.int32)
    leaf_of[leaves["member"].to_numpy()] = leaves["leaf"].to_numpy()
    counted = np.flatnonzero(plan.members["cell"].is_not_null().to_numpy())
    cell = cell_of(plan)
    parts = []
    for p, product in enumerate(plan.product):
        lots = np.zeros(plan.members.height, np.int64)
        lots[counted] = np.where(plan.allowed[p][cell], bases(plan, p), 0)
        lots[plan.turns.retailer[plan.turns.line == p]] += 1
        may = np.flatnonzero(lots)
        names = pl.repeat(product, len(may), dtype=pl.String, eager=True)
        part = {"leaf": leaf_of[may], "product_id": names, "limit": lots[may] * int(plan.lot[p])}
        parts.append(pl.DataFrame(part))
    limits = pl.concat([pl.DataFrame(schema=LIMITED), *parts])
    if allocation is None:
        nothing = (pl.lit(None, pl.Int64).alias(name) for name in FIGURES[1:])
        found = limits.with_columns(*nothing)
    else:
        # A product outside the plan has no award: it is ordered freely, as the cards have it.
        awarded = allocation.lines.filter(pl.col("award").is_not_null())
        lines = awarded.join(
            leaves.select("retailer_id", "leaf"), on="retailer_id", how="inner"
        ).select("leaf", "product_id", "requested", "award", "granted")
        found = limits.join(lines, on=["leaf", "product_id"], how="full", coalesce=True)
    return found.select(
        "leaf", "product_id", pl.col("limit").fill_null(0), *FIGURES[1:]
    ).sort("leaf", "product_id")


LIMITED: Final = {"leaf": pl.Int32, "product_id": pl.String, "limit": pl.Int64}


def _texts(leaves: pl.DataFrame, results: pl.DataFrame, start: Indices) -> Iterator[bytes]:
    """The texts that are hashed, some leaves at a time: as ``inclusion.Leaf.text`` spells them."""
    products = {name: compact(name).decode() for name in results["product_id"].unique().to_list()}
    spelt = pl.col("product_id").replace_strict(products, return_dtype=pl.String)
    figures = [pl.col(name).cast(pl.String).fill_null("null") for name in FIGURES]
    row = pl.concat_str(
        pl.lit("["), pl.concat_str(spelt, *figures, separator=","), pl.lit("]")
    ).alias("products")
    for first in range(0, leaves.height, LEAVES_AT_ONCE):
        some = leaves[first : first + LEAVES_AT_ONCE]
        rows = results[int(start[first]) : int(start[first + some.height])]
        told = (
            rows.select("leaf", row)
            .group_by("leaf", maintain_order=True)
            .agg(pl.col("products").str.join(","))
        )
        names = [encode_basestring(name) for name in some["retailer_id"].to_list()]
        text = some.with_columns(pl.Series("name", names, dtype=pl.String)).join(
            told, on="leaf", how="left", maintain_order="left"
        ).select(
            pl.concat_str(
                pl.lit('{"index":'), pl.col("leaf"),
                pl.lit(',"products":['), pl.col("products").fill_null(""),
                pl.lit('],"retailer":'), "name",
                pl.lit(',"salt":"'), "salt",
                pl.lit('","tier":'), pl.col("tier").cast(pl.String).fill_null("null"),
                pl.lit("}"),
            ).cast(pl.Binary)
        )  # fmt: skip
        yield from text.to_series().to_list()
