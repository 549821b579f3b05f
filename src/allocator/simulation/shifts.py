"""Amounts that a scenario shifts: ``+20%`` of what there is, or a number in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Final

import polars as pl

from allocator.errors import BadRequest
from allocator.policy.document import cut
from allocator.tables.city import City
from allocator.tables.source import printable

SHIFTED: Final = ("supply", "demand")
"""Keys of a scenario that are amounts."""

EVERY: Final = "all"
"""In the place of a product: each of them. ``supply=20`` is mostly a slip for 20 per cent more."""

PERCENT: Final = re.compile(r"\s*([-+−])\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*[%％]\s*")
SIGNED: Final = re.compile(r"\s*[-+−]\s*[0-9]{1,18}(?:\.[0-9]{1,6})?\s*")
UNSIGNED: Final = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*[%％]\s*")
MOST_CARTONS: Final = 1_000_000_000
MOST_FACTOR: Final = 1000
MOST_NAMED: Final = 3
"""Products that a refusal names."""

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
    if isinstance(value, str) and SIGNED.fullmatch(value):
        raise BadRequest("scenario-amount-signed", key=key, value=cut(value.strip()) or "")
    if isinstance(value, str) and (found := UNSIGNED.fullmatch(value)):
        raise BadRequest("scenario-amount-unsigned", key=key, value=found.group(1))
    if isinstance(value, str) and (found := PERCENT.fullmatch(value)):
        sign = 1 if found.group(1) == "+" else -1
        factor = 1 + sign * Fraction(Decimal(found.group(2))) / 100
        if 0 <= factor <= MOST_FACTOR:
            return Shift(factor)
    if isinstance(value, int) and value < 0:
        raise BadRequest("scenario-amount-signed", key=key, value=str(value))
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_CARTONS:
        return Shift(None, value)
    head = key.partition(".")[0]
    raise BadRequest("scenario-amount-unreadable", key=key, value=cut(str(value)) or "", head=head)


def check_amounts(key: str, given: Any) -> None:
    """Refuse amounts that can mean nothing in any city.

    Raises
    ------
    BadRequest : as ``shift_of``, or one number of cartons for everything, which is mostly a slip
    """
    if isinstance(given, Mapping):
        for product, value in given.items():
            shift_of(f"{key}.{product}", value)
    elif isinstance(given, int) and not isinstance(given, bool) and given >= 0:
        raise BadRequest("scenario-all-in-cartons", key=key, value=cut(str(given)) or "")
    elif given is not None and not (key == "demand" and isinstance(given, list | tuple)):
        shift_of(key, given)


def shifts_of(key: str, given: Any, known: Mapping[str, str]) -> Iterator[tuple[str | None, Shift]]:
    """(product id or ``None`` for all, shift) of a value that is one for all, or one by product.

    known : names of the products of the cycle by id

    Raises
    ------
    BadRequest : a product that is not there, with the nearest that is
    """
    if not isinstance(given, Mapping):
        yield None, shift_of(key, given)
        return
    for product, value in by_product(key, given, known):
        yield product, shift_of(f"{key}.{product or EVERY}", value)


def by_product(
    key: str, given: Mapping[str, Any], known: Mapping[str, str]
) -> Iterator[tuple[str | None, Any]]:
    """(product id or ``None`` for each, value) of amounts by product.

    Raises
    ------
    BadRequest : a product that is not there; each product and some by themselves
    """
    every = EVERY in given and EVERY not in known
    if every and len(given) > 1:
        raise BadRequest("scenario-all-and-some", key=key)
    for product, value in given.items():
        yield None if every else known_product(key, str(product), known), value


def products_of(city: City, ids: Sequence[str]) -> dict[str, str]:
    """Names of products by id, "" where the products table has none."""
    if city.products is None:
        return dict.fromkeys(ids, "")
    rows = city.products.frame.select(pl.col("product_id").cast(pl.String), "name").iter_rows()
    names = {product: name or "" for product, name in rows}
    return {product: names.get(product, "") for product in ids}


def known_product(key: str, product: str, known: Mapping[str, str]) -> str:
    """The product, where it is one of those known.

    Raises
    ------
    BadRequest : it is not; with those that are nearest to it by code or name, else some of all
    """
    if product in known:
        return product
    facts = {"key": key, "product": cut(product) or ""}
    if near := _like(product, known):
        raise BadRequest("scenario-product-near", nearest=_spelt(near, known), **facts)
    shown = _spelt(sorted(known)[:MOST_NAMED], known) or "-"
    raise BadRequest("scenario-product-unknown", count=len(known), known=shown, **facts)


def _like(product: str, known: Mapping[str, str]) -> list[str]:
    """Products whose name holds the word, else those whose code or name is like it."""
    word = product.strip().casefold()[:80]
    held = [code for code, name in known.items() if len(word) > 1 and word in name.casefold()]
    codes = get_close_matches(word, known, n=MOST_NAMED, cutoff=0.7)
    names = {name.casefold(): code for code, name in known.items() if name}
    named = [names[name] for name in get_close_matches(word, names, n=MOST_NAMED, cutoff=0.5)]
    return list(dict.fromkeys([*sorted(held), *codes, *named]))[:MOST_NAMED]


def _spelt(codes: Sequence[str], known: Mapping[str, str]) -> str:
    """``101101 Cloud Ridge, 101102 ...``, safe for a line of a terminal."""
    return ", ".join(cut(printable(f"{code} {known[code]}".strip()), 40) or "" for code in codes)


def listed(value: Any) -> list[str]:
    """One name, or several, as texts."""
    return [str(entry) for entry in (value if isinstance(value, list | tuple) else [value])]


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
        wanted = listed(values)
        known = shops[attribute].drop_nulls().unique().sort().to_list()
        for value in wanted:
            if value not in known:
                raise BadRequest(
                    "scenario-who-unknown",
                    key=f"{key}.{attribute}",
                    value=cut(value) or "",
                    known=cut(", ".join(known)) or "-",
                )
        fits &= pl.col(attribute).is_in(wanted).fill_null(value=False)
    return fits
