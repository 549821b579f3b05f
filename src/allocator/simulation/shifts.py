"""Amounts that a scenario shifts: ``+20%`` of what there is, or a number in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from allocator.errors import BadRequest
from allocator.policy.document import cut
from allocator.policy.nearest import nearest

PERCENT: Final = re.compile(r"\s*([-+−])\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*[%％]\s*")
MOST_CARTONS: Final = 1_000_000_000
MOST_FACTOR: Final = 1000

ATTRIBUTES: Final = ("region", "market", "format", "trade_area", "credit")
"""What a choice of shops may name, as in the policy."""


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much: a factor of what there is, or ``cartons`` in its place.

    factor : at least 0; ``None`` where ``cartons`` says it
    """

    factor: Fraction | None
    cartons: int = 0

    def of(self, column: str) -> pl.Expr:
        """The column shifted, nearest whole number, halves up."""
        if self.factor is None:
            return pl.lit(self.cartons, pl.Int64)
        top, bottom = self.factor.numerator, self.factor.denominator
        return (2 * top * pl.col(column) + bottom) // (2 * bottom)


def shift_of(key: str, value: Any) -> Shift:
    """``+20%``, ``-10 %``, or whole cartons.

    Raises
    ------
    BadRequest : anything else, less than nothing, or more than a thousand times as much
    """
    if isinstance(value, str) and (found := PERCENT.fullmatch(value)):
        sign = 1 if found.group(1) == "+" else -1
        factor = 1 + sign * Fraction(Decimal(found.group(2))) / 100
        if 0 <= factor <= MOST_FACTOR:
            return Shift(factor)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_CARTONS:
        return Shift(None, value)
    raise BadRequest("scenario-amount-unreadable", key=key, value=cut(str(value)) or "")


def shifts_of(key: str, given: Any, known: Sequence[str]) -> Iterator[tuple[str | None, Shift]]:
    """(product id or ``None`` for all, shift) of a value that is one for all, or one by product.

    Raises
    ------
    BadRequest : a product that is not there, with the nearest that is
    """
    if not isinstance(given, Mapping):
        yield None, shift_of(key, given)
        return
    for product, value in given.items():
        yield known_product(key, str(product), known), shift_of(f"{key}.{product}", value)


def known_product(key: str, product: str, known: Sequence[str]) -> str:
    """The product, where it is one of those known.

    Raises
    ------
    BadRequest : it is not
    """
    if product in known:
        return product
    near = nearest(product, known) or (known[0] if known else "-")
    raise BadRequest("scenario-product-unknown", key=key, product=cut(product) or "", nearest=near)


def fitting(key: str, who: Any, shops: pl.DataFrame) -> pl.Expr:
    """Shops that a choice names: {attribute: value or list of values}, all of which must fit.

    Raises
    ------
    BadRequest : an attribute or a value that no shop has
    """
    if who is None:
        return pl.lit(value=True)
    if not isinstance(who, Mapping):
        raise BadRequest("scenario-who-unreadable", key=key, known=", ".join(ATTRIBUTES))
    fits = pl.lit(value=True)
    for attribute, values in who.items():
        if attribute not in ATTRIBUTES:
            raise BadRequest("scenario-who-unreadable", key=key, known=", ".join(ATTRIBUTES))
        wanted = [values] if isinstance(values, str) else list(values)
        known = shops[attribute].drop_nulls().unique().sort().to_list()
        for value in wanted:
            if value not in known:
                raise BadRequest(
                    "scenario-who-unknown",
                    key=f"{key}.{attribute}",
                    value=cut(str(value)) or "",
                    known=cut(", ".join(known)) or "-",
                )
        fits &= pl.col(attribute).is_in(wanted).fill_null(value=False)
    return fits
