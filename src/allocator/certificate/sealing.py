"""One number over the results of all retailers: a leaf for each, their tree, the statement.

``inclusion.py`` says what is hashed and checks a single card; ``docs/proof.md`` says what this
proves. A leaf is salted, so that nobody who sees its hash on a neighbour's card can try figures
until they fit. Salts follow from a secret, so that the same run gives the same bytes.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any, Final

import polars as pl

from allocator.certificate.inclusion import FORMAT, Leaf, Proof, number_of
from allocator.certificate.results import Results, leaf_texts, results_of
from allocator.certificate.tree import Tree, grow
from allocator.records import Allocation, QuotaPlan

SALT_BYTES: Final = 16
"""128 bits: nobody can try them all."""


@dataclass(frozen=True, slots=True, eq=False)
class Sealed:
    """All results of a cycle under one number.

    statement : what the number is the SHA-256 of, see ``inclusion.py``
    retailers, salts, tiers : n of each, by retailer_id
    results : their products and cartons
    """

    statement: Mapping[str, Any]
    number: str
    tree: Tree
    retailers: Sequence[str]
    salts: Sequence[str]
    tiers: Sequence[int | None]
    results: Results
    _place: dict[str, int] = field(default_factory=dict)

    def proof(self, retailer: str) -> Proof:
        """The leaf of a retailer and its path; ``KeyError`` for one who is not in it."""
        if not self._place:
            self._place.update(zip(self.retailers, range(len(self.retailers)), strict=True))
        i = self._place[retailer]
        leaf = Leaf(i, self.results.of(i), retailer, self.salts[i], self.tiers[i])
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
    leaves = leaves.with_row_index("leaf").with_columns(pl.col("leaf").cast(pl.Int64))
    results = results_of(plan, allocation, leaves)
    tree = grow(leaf_texts(leaves, results))
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
        leaves["salt"].to_list(), leaves["tier"].to_list(), results,
    )  # fmt: skip
