"""The figures of one outcome (``model.md`` 9), each with its formula; exact until they are shown.

All are over the retailers that are present: active, due in the cycle, with or without a tier, and
so over those too whom the rule gives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from allocator.comparison.inequality import gini, jain, percentile, top_share
from allocator.comparison.outcome import Outcome
from allocator.records import MICRO, Units


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure is called, its unit, and which way is better.

    unit : cartons, share (0..1), index (0..1), ratio, retailers, pairs
    better : ``more``, ``less``, or "" where neither is
    """

    name: str
    unit: str
    better: str = ""


PERCENTILES: Final = (5, 10, 25, 50, 75, 90, 95)
TENTH: Final = Fraction(1, 10)

FIGURES: Final = (
    Figure("coverage", "share", "more"),
    Figure("order_rate", "share"),
    Figure("fill_rate", "share", "more"),
    Figure("full_fill", "share", "more"),
    Figure("stock_out", "share", "less"),
    Figure("awarded", "cartons", "more"),
    Figure("left", "cartons", "less"),
    Figure("mean", "cartons", "more"),
    Figure("least", "cartons", "more"),
    *(Figure(f"p{percent:02}", "cartons") for percent in PERCENTILES),
    Figure("gini", "index", "less"),
    Figure("jain", "index", "more"),
    Figure("top_tenth", "share", "less"),
    Figure("satisfaction_mean", "ratio", "more"),
    Figure("satisfaction_least", "ratio", "more"),
    *(Figure(f"satisfaction_p{percent:02}", "ratio") for percent in PERCENTILES),
    Figure("satisfaction_gini", "index", "less"),
    Figure("satisfaction_jain", "index", "more"),
    Figure("cliff", "cartons", "less"),
    Figure("cliff_apart", "pairs", "less"),
    Figure("volatility", "cartons", "less"),
    Figure("volatile", "share", "less"),
)
"""Every figure, in the order in which they are shown.

coverage : retailers with a limit above 0 / retailers
order_rate : of them, who ordered anything / retailers with a limit above 0
fill_rate : cartons awarded / cartons ordered
full_fill : retailers awarded all they ordered / retailers that ordered
stock_out : orders of a product above 0 and awarded 0 / orders of a product above 0
awarded, left : cartons; what of the supply less reserve nobody was given
mean, least, pNN : cartons of a retailer; pNN by nearest rank
gini, jain, top_tenth : of the cartons of retailers; top_tenth what the best tenth (rounded up) has
satisfaction_* : entitlement / proportional share of a retailer, what the rule offers it before
    rounding and orders, 1 = just its share by weight; of retailers whose share is above 0
cliff : largest difference in the entitlement to a product between two shops of one segment whose
    sales differ by at most 5 %; cliff_apart : such pairs and products a carton or more apart
volatility : mean of |cartons - cartons in the cycle before|, of retailers that were in both
volatile : of them, those with a carton more or less / all of them
"""


def figures_of(outcome: Outcome) -> dict[str, Fraction | None]:
    """All figures by name, exact; ``None`` = not known, or nobody to compute it from."""
    here = outcome.retailers["present"].to_numpy()
    found: dict[str, Fraction | None] = {figure.name: None for figure in FIGURES}
    found |= _reach(outcome, here)
    cartons = outcome.retailers["award"].to_numpy()[here]
    found |= _spread(np.sort(cartons), "", Fraction(1))
    found["top_tenth"] = top_share(np.sort(cartons), TENTH)
    found |= _spread(np.sort(satisfactions(outcome)[1]), "satisfaction_", Fraction(1, MICRO))
    found |= _products(outcome)
    found |= _against_last(outcome, here)
    return found


def satisfactions(outcome: Outcome) -> tuple[Units, Units]:
    """Whose satisfaction is known, (k,) rows, and it in millionths, rounded to the nearest."""
    rows = outcome.retailers
    fair = rows["fair"].fill_null(0).to_numpy()
    known = np.flatnonzero(rows["present"].to_numpy() & (fair > 0))
    given = rows["entitlement"].to_numpy()[known]
    # Millionths of cartons stay below 2^43 here, so that the product fits.
    whole, rest = np.divmod(given, fair[known])
    return known, whole * MICRO + (rest * MICRO + fair[known] // 2) // fair[known]


def _reach(outcome: Outcome, here: np.ndarray) -> dict[str, Fraction | None]:
    rows = outcome.retailers
    limited = here & (rows["limit"].to_numpy() > 0)
    found = {"coverage": _ratio(int(limited.sum()), int(here.sum()))}
    if not outcome.ordered:
        return found
    asked, given = rows["requested"].to_numpy(), rows["award"].to_numpy()
    ordering = here & (asked > 0)
    wanted = (outcome.order > 0) & here
    return {
        **found,
        "order_rate": _ratio(int((limited & ordering).sum()), int(limited.sum())),
        "fill_rate": _ratio(int(given[here].sum()), int(asked[here].sum())),
        "full_fill": _ratio(int((ordering & (given >= asked)).sum()), int(ordering.sum())),
        "stock_out": _ratio(
            int(np.count_nonzero(wanted & (outcome.award == 0))), int(np.count_nonzero(wanted))
        ),
    }


def _spread(rising: Units, prefix: str, unit: Fraction) -> dict[str, Fraction | None]:
    """Mean, least, percentiles and indices of whole numbers that count ``unit`` each."""
    if not len(rising):
        return {}
    ranks = {f"p{percent:02}": percentile(rising, percent) for percent in PERCENTILES}
    named = {"least": int(rising[0]), **ranks}
    return {
        f"{prefix}mean": Fraction(int(rising.sum()), len(rising)) * unit,
        **{prefix + name: None if value is None else value * unit for name, value in named.items()},
        f"{prefix}gini": gini(rising),
        f"{prefix}jain": jain(rising),
    }


def _products(outcome: Outcome) -> dict[str, Fraction | None]:
    products = outcome.products
    cliff, apart = products["cliff"].max(), products["cliff_apart"].drop_nulls()
    left = products["left"].drop_nulls()
    return {
        "awarded": Fraction(int(products["award"].sum())),
        "left": Fraction(int(left.sum())) if len(left) else None,
        "cliff": Fraction(cliff, MICRO) if isinstance(cliff, int) else None,
        "cliff_apart": Fraction(int(apart.sum())) if len(apart) else None,
    }


def _against_last(outcome: Outcome, here: np.ndarray) -> dict[str, Fraction | None]:
    rows = outcome.retailers
    both = here & rows["last"].is_not_null().to_numpy()
    apart = np.abs(rows["award"].to_numpy() - rows["last"].fill_null(0).to_numpy())[both]
    return {
        "volatility": _ratio(int(apart.sum()), len(apart)),
        "volatile": _ratio(int((apart > 0).sum()), len(apart)),
    }


def _ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
