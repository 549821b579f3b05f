"""The items of a score: what is measured, in which unit, and what grows with sales.

Values are whole numbers, rounded once to the nearest, halves up, so that anyone can recompute
the points from the printed figures:

- ``quantity`` cartons and ``amount`` fen sold in the window;
- ``mean_price`` fen per carton, amount / quantity; 0 where nothing was sold on balance;
- ``class_quantity_share`` millionths, ``class_amount`` fen: the part in given price classes;
- ``product_count`` products of which more was sold than returned;
- ``manager_score`` millionths of a point, from the retailers table.

The sums are of units (months, weeks, days) times their weights. ``quantity``, ``amount`` and
``class_amount`` are brought back to the window, ``sum n / w`` with n the units of the window and
w the weights of the retailer's own units: all of them, or those left when single ones are taken
out, and (``missing_month: exclude``) only those with a sale. So their unit stays: cartons and fen
of a whole window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from allocator.grading.exact import Units, muldiv
from allocator.records import MICRO

Sums = Mapping[str, Units]
"""Column of ``turnover.window_sums`` -> (n,) int64, 0 for a retailer without sales."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How an item is measured.

    unit : of its values, as in ``records.Item``
    grows : whether it grows in proportion when the retailer sells more of its own mix
    """

    unit: str
    grows: bool


MEASURES: Final[dict[str, Measure]] = {
    "quantity": Measure("cartons", grows=True),
    "amount": Measure("fen", grows=True),
    "mean_price": Measure("fen-per-carton", grows=False),
    "class_quantity_share": Measure("millionths", grows=False),
    "class_amount": Measure("fen", grows=True),
    "product_count": Measure("products", grows=False),
    "manager_score": Measure("points", grows=False),
}


def _quotient(part: Units, unit: int, whole: Units) -> Units:
    """``part * unit / whole`` rounded; 0 where one of them is not positive."""
    positive = whole > 0
    given = muldiv(np.maximum(part, 0), unit, np.where(positive, whole, 1))
    return np.where(positive, given, 0)


def _over_window(total: Units, weight: Units, length: int) -> Units:
    """The weighted mean of a unit, times the units of the window; keeps the sign."""
    size = muldiv(np.abs(total), length, np.maximum(weight, 1))
    return np.sign(total) * size


def item_value(name: str, sums: Sums, length: int) -> Units:
    """Values of one item, (n,) int64, in the unit of ``MEASURES[name]``.

    Parameters
    ----------
    sums : sales of the window, and ``manager_score`` where that item is asked for
    length : units of the window
    """
    if name == "mean_price":
        return _quotient(sums["amount"], 1, sums["quantity"])
    if name == "class_quantity_share":
        return np.minimum(_quotient(sums[name], MICRO, sums["quantity"]), MICRO)
    if MEASURES[name].grows:
        return _over_window(sums[name], sums["weight"], length)
    return sums[name]


def own_price(values: Mapping[str, Units]) -> Units:
    """Fen that a carton costs each retailer on average, (n,) int64; 0 where it is not known.

    Parameters
    ----------
    values : of the items of the policy, and ``quantity``
    """
    if "mean_price" in values:
        return values["mean_price"]
    amount = values.get("amount", np.zeros_like(values["quantity"]))
    return _quotient(amount, 1, values["quantity"])


def gain(name: str, values: Mapping[str, Units]) -> Units:
    """What an item grows by for each carton more of the retailer's own mix, (n,) int64.

    A carton more costs the own mean price in whole fen, so that buying more of the same leaves
    the mean price exactly where it is; of the money as much goes to the chosen price classes, in
    whole fen, as before.
    """
    if name == "quantity":
        return np.ones_like(values[name])
    if name == "amount":
        return own_price(values)
    if name == "class_amount":
        return _quotient(values[name], 1, values["quantity"])
    return np.zeros_like(values[name])
