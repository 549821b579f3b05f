"""A run laid open for judging complaints: its findings by shop and product, its order lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from allocator.auditing.findings import Coverage
from allocator.complaints.record import Where
from allocator.explanation.books import Books, open_books
from allocator.explanation.card import Card, explain_each
from allocator.explanation.gathering import stand_each
from allocator.explanation.standing import Standing
from allocator.runs.record import Run

Found = Mapping[str, Any]
"""A row of the findings: columns of ``auditing.findings.SCHEMA``."""

ABOVE: Final = ("over-quota", "above-request", "not-released")
"""Violations by which a shop holds more of a product than the rules give it."""


NO_LINES: Final[Mapping[str, pl.DataType]] = {
    "row": pl.UInt32(), "retailer_id": pl.String(), "order_id": pl.String(),
    "product_id": pl.String(),
    "ordered_at": pl.Datetime("us"), "requested": pl.Int64(), "granted": pl.Int64(),
    "status": pl.String(), "recording_id": pl.String(), "paid_at": pl.Datetime("us"),
    "kind": pl.String(),
}  # fmt: skip
"""Columns of the orders that are looked at, where there are none."""


@dataclass(frozen=True)
class Docket:
    """Indices over a run, built once for all complaints about it.

    retailers : those who complain
    """

    run: Run
    retailers: tuple[str, ...] = ()

    @cached_property
    def books(self) -> Books:
        """The run as cards see it."""
        return open_books(self.run)

    def standing(self, retailer: str) -> Standing:
        """Everything that the run holds on a retailer."""
        if retailer not in self._standings:
            self._standings[retailer] = next(stand_each(self.books, [retailer]))
        return self._standings[retailer]

    @cached_property
    def _standings(self) -> dict[str, Standing]:
        return {}

    @cached_property
    def cards(self) -> Mapping[str, Card]:
        """The cards of those who complain."""
        wanted = dict.fromkeys(self.retailers)
        return {card.retailer: card for card in explain_each(self.run, wanted)}

    @cached_property
    def _violations(self) -> Mapping[tuple[str | None, str | None], Sequence[Found]]:
        told: dict[tuple[str | None, str | None], list[Found]] = {}
        if self.run.findings is not None:
            frame = self.run.findings.frame.filter(pl.col("kind") == "violation")
            for row in frame.iter_rows(named=True):
                told.setdefault((row["retailer_id"], row["product_id"]), []).append(row)
        return told

    def violations(
        self, rules: Iterable[str], retailer: str | None, product: str | None
    ) -> list[Found]:
        """Violations of some rules about a shop (``None``: about none) and a product."""
        wanted = frozenset(rules)
        return [
            row for row in self._violations.get((retailer, product), ()) if row["rule"] in wanted
        ]

    def on_orders(self, rule: str, retailer: str) -> list[Found]:
        """Violations of a rule about whole orders of a shop, by number.

        One on an order of a single line names the product of that line, any other none.
        """
        start, length = self._spans.get(retailer, (0, 0))
        products = self._orders.slice(start, length)["product_id"].drop_nulls().unique().sort()
        found = [
            row for name in (None, *products) for row in self.violations([rule], retailer, name)
        ]
        return sorted(found, key=lambda row: (str(row["order_id"]), str(row["fingerprint"])))

    def unlike(self, retailer: str, product: str) -> Found | None:
        """The finding that an order of this shop and product was treated unlike its equals'."""
        mine = set(self.numbers(retailer, product))
        for row in self.violations(["unequal-treatment"], None, product):
            if mine & set(str(row["order_id"]).split(", ")):
                return row
        return None

    def retailers_of(self, finding: Found) -> list[str]:
        """Shops that the run knows whose orders a finding of unequal treatment names, in order."""
        product, known = finding["product_id"], self.books.member
        numbers = str(finding["order_id"]).split(", ")
        shops = {name for number in numbers for name in self._unlike.get((number, product), ())}
        return sorted(shops & known.keys())

    @cached_property
    def _unlike(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """Order and product -> shops, of the orders that any such finding names."""
        found = self.run.findings
        if found is None:
            return {}
        named = found.frame.filter(rule="unequal-treatment")["order_id"].drop_nulls()
        numbers = named.str.split(", ").explode(empty_as_null=True).unique()
        rows = self._orders.filter(pl.col("order_id").is_in(numbers.implode()))
        told: dict[tuple[str, str], list[str]] = {}
        for order, product, shop in rows.select(
            "order_id", "product_id", "retailer_id"
        ).iter_rows():
            told.setdefault((order, product), []).append(shop)
        return told

    def coverage(self, rule: str) -> Coverage | None:
        """How much a rule looked at; ``None`` where nothing was audited or it did not run."""
        found = self.run.findings
        entries = () if found is None else found.coverage
        return next((entry for entry in entries if entry.rule == rule), None)

    @cached_property
    def _orders(self) -> pl.DataFrame:
        """Order lines of the cycle by shop, cancelled ones too."""
        table = self.run.city.orders
        if table is None:
            return pl.DataFrame(schema=dict(NO_LINES))
        frame = table.frame.filter(pl.col("cycle").is_null() | (pl.col("cycle") == self.run.cycle))
        return frame.with_columns(
            pl.col("retailer_id", "product_id", "order_id").cast(pl.String)
        ).sort("retailer_id", "ordered_at", "order_id", "product_id", "row", nulls_last=True)

    @cached_property
    def _spans(self) -> Mapping[str, tuple[int, int]]:
        """Where the lines of each shop begin, and how many there are."""
        runs = self._orders.select(pl.col("retailer_id").rle()).unnest("retailer_id")
        lengths = runs["len"].cast(pl.Int64)
        starts = (lengths.cum_sum() - lengths).to_list()
        spans = zip(starts, lengths.to_list(), strict=True)
        return dict(zip(runs["value"].to_list(), spans, strict=True))

    def lines(
        self, retailer: str, product: str | None = None, *, cancelled: bool = False
    ) -> pl.DataFrame:
        """Order lines of a shop: those that stand, or those that were cancelled."""
        start, length = self._spans.get(retailer, (0, 0))
        rows = self._orders.slice(start, length)
        fallen = (pl.col("status") == "cancelled").fill_null(False)
        rows = rows.filter(fallen if cancelled else ~fallen)
        return rows if product is None else rows.filter(pl.col("product_id") == product)

    def numbers(self, retailer: str, product: str) -> list[str]:
        """Numbers of the orders of a shop that hold a product."""
        return self.lines(retailer, product)["order_id"].unique().sort().to_list()

    def held(self, retailer: str, product: str) -> int | None:
        """Cartons entered for a shop in all, make-up orders included; ``None`` = unknown."""
        key = (retailer, product)
        if key not in self._held:
            granted = self.lines(retailer, product)["granted"]
            self._held[key] = None if granted.null_count() else int(granted.sum())
        return self._held[key]

    @cached_property
    def _held(self) -> dict[tuple[str, str], int | None]:
        return {}

    def delivered(self, retailer: str, product: str, *, made_up: bool = False) -> int:
        """Cartons on the way to a shop, or those of make-up orders; asked for, if not entered."""
        rows = self.lines(retailer, product)
        if made_up:
            rows = rows.filter((pl.col("kind") == "make_up").fill_null(False))
        return int(rows.select(pl.coalesce("granted", "requested").sum()).item())

    def most(self, retailer: str, product: str) -> int:
        """Cartons that a shop may have in all: its limit, or more where the rules gave more."""
        who = self.standing(retailer)
        offer, line = who.offers.get(product), who.lines.get(product)
        return max(0 if offer is None else offer.limit, 0 if line is None else line.standard)

    def room(self, retailer: str, product: str) -> int:
        """Cartons that may still come to a shop beyond those that are on the way."""
        return max(self.most(retailer, product) - self.delivered(retailer, product), 0)

    def apart(self, retailer: str, product: str) -> int | None:
        """Cartons held beyond what the rules give (below 0: short); ``None`` = unknown."""
        held = self.held(retailer, product)
        line = self.standing(retailer).lines.get(product)
        return None if held is None or line is None else held - line.standard

    def in_orders(self, rows: pl.DataFrame, column: str) -> Where:
        """The cells of a column of the orders in some rows."""
        table = self.run.city.orders
        name = "orders" if table is None else table.file or "orders"
        sheet = None if table is None else table.sheet
        return Where(name, column, tuple(rows["row"].to_list()), sheet=sheet)

    def equals(self, one: str, other: str) -> bool:
        """Whether two shops have the same tier, segment and rhythm, and both take part."""
        cells = {self.standing(one).cell, self.standing(other).cell}
        return len(cells) == 1 and None not in cells
