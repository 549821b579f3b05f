"""Two retailers side by side, for staff: both computations line by line, and where they part.

It shows the figures of two shops at once, so it is never a shop's card: every form of it says so,
and the page refuses to be printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from allocator.auditing.findings import Findings
from allocator.complaints.sides_lines import SideLine, product_lines, tier_lines
from allocator.errors import BadRequest
from allocator.explanation.books import Books, open_books
from allocator.explanation.gathering import stand_each
from allocator.explanation.roll import check_known
from allocator.explanation.sentences import known_language, plain
from allocator.explanation.standing import Standing
from allocator.runs.record import Run

CELL = ("tier", "status", "segment", "rhythm", "due")
"""Lines that make two shops equals; with steps nothing before them can matter then."""


@dataclass(frozen=True, slots=True)
class ProductSides:
    """One product of both.

    lines : as of ``SideLine``; deciding : the first that differs and can have made the difference
        in cartons, an index into the lines of the tier followed by these; ``None`` where both hold
        the same
    """

    product: str
    name: str
    lines: tuple[SideLine, ...]
    deciding: int | None


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """Both computations of two retailers in one cycle.

    retailer, other : identifiers; name, other_name : of the shops
    lines : from the items of the score to the rhythm; they concern every product
    products : those that one of the two ordered or may order, or the one asked for
    first : index of the first of ``lines`` that differs; ``None`` = none does
    findings : what the audit found about an order of either, of these products; ``None`` where
        nothing was audited
    """

    retailer: str
    name: str
    other: str
    other_name: str
    cycle: str
    on: date
    lines: tuple[SideLine, ...]
    products: tuple[ProductSides, ...]
    first: int | None
    findings: Findings | None

    def line(self, sides: ProductSides) -> SideLine | None:
        """The line that decides about a product."""
        if sides.deciding is None:
            return None
        return (*self.lines, *sides.lines)[sides.deciding]

    def text(self, language: str = "en") -> str:
        """Plain text for a terminal; the first line says that it is for staff only."""
        from allocator.complaints.sides_letter import letter

        return letter(self, known_language(language))

    def html(self, language: str = "en") -> str:
        """One self-contained page; printed, it shows only that it must not be."""
        from allocator.complaints.sides_page import page

        return page(self, known_language(language))

    def json(self, language: str = "en") -> dict[str, Any]:
        """Plain data; numbers that are not whole are texts of their exact digits."""
        from allocator.complaints.sides_page import document

        return document(self, known_language(language))


def side_by_side(run: Run, retailer: str, other: str, product: str | None = None) -> SideBySide:
    """Compare two retailers of a run, for staff.

    product : only this one; without it all that one of them ordered or may order

    Raises
    ------
    BadRequest : the run knows no such retailer or product, or they are one and the same
    """
    if retailer == other:
        raise BadRequest("against-itself", retailer=plain(retailer)[:80])
    sides = compare(open_books(run), run, retailer, other, product)
    wanted = [own.product for own in sides.products]
    return replace(sides, findings=findings_on(run, (retailer, other), wanted))


def compare(
    books: Books, run: Run, retailer: str, other: str, product: str | None = None
) -> SideBySide:
    """The same without findings, where the run is laid open already."""
    check_known(books, (retailer, other))
    one, two = stand_each(books, [retailer, other])
    lines = tier_lines(books, one, two)
    wanted = _products(books, one, two, product)
    sides = tuple(_of_product(books, one, two, name, lines) for name in wanted)
    return SideBySide(
        retailer=retailer,
        name=plain(one.person.get("name") or ""),
        other=other,
        other_name=plain(two.person.get("name") or ""),
        cycle=run.cycle,
        on=run.plan.on,
        lines=lines,
        products=sides,
        first=next((k for k, line in enumerate(lines) if not line.same), None),
        findings=None,
    )


def _products(books: Books, one: Standing, two: Standing, product: str | None) -> Sequence[str]:
    ordered = one.lines.keys() | two.lines.keys()
    if product is not None:
        if product not in books.released and product not in ordered:
            known = ", ".join(sorted(books.released)[:8])
            raise BadRequest("product-unknown-here", product=plain(product)[:80], known=known)
        return [product]
    open_to = {name for who in (one, two) for name, offer in who.offers.items() if offer.limit}
    return sorted(ordered | open_to)


def _of_product(
    books: Books, one: Standing, two: Standing, product: str, before: Sequence[SideLine]
) -> ProductSides:
    lines = product_lines(books, one, two, product)
    step = books.run.plan.between is None
    name = books.names.get(product, product)
    return ProductSides(product, name, lines, deciding(before, lines, step=step))


def deciding(before: Sequence[SideLine], lines: Sequence[SideLine], *, step: bool) -> int | None:
    """The first line that differs and can have made the difference in cartons.

    Where both agree on a result, nothing that led to it can matter any more: the tier by score,
    then what makes equals (where boundaries are steps), then the limit, then the award.
    """
    told = (*before, *lines)
    got = [line for line in lines if line.code in ("limit", "award", "granted")]
    if all(line.same for line in got):
        return None
    same = {line.code: line.same for line in told}
    equals = step and all(same[code] for code in CELL)
    passed = {
        "tier-by-score": step and same.get("tier-by-score", False),
        "due": equals,
        "seat": same["limit"] and (equals or same.get("round-two", True)),
        "award": same.get("award", False) and not same["granted"],
    }
    start = 0
    for k, line in enumerate(told):
        if passed.get(line.code):
            start = k + 1
    return next((k for k in range(start, len(told)) if not told[k].same), None)


def findings_on(run: Run, retailers: Sequence[str], products: Sequence[str]) -> Findings | None:
    """The findings that concern an order of these retailers, and of these products or of none."""
    found, orders = run.findings, run.city.orders
    if found is None or orders is None:
        return None
    own = orders.frame.filter(
        pl.col("retailer_id").cast(pl.String).is_in(list(retailers)),
        pl.col("cycle").is_null() | (pl.col("cycle") == run.cycle),
    )
    numbers = own["order_id"].cast(pl.String).unique().to_list()
    theirs = pl.col("order_id").str.split(", ").list.eval(pl.element().is_in(numbers)).list.any()
    about = pl.col("retailer_id").is_in(list(retailers))
    of_these = pl.col("product_id").is_null() | pl.col("product_id").is_in(list(products))
    frame = found.frame.filter((about | theirs).fill_null(False), of_these)
    return replace(found, frame=frame, clerks=None)
