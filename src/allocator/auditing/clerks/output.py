"""The league of order-takers as a table: for clerks.csv, workbooks and pages."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl

from allocator.auditing.clerks.league import League
from allocator.records import MICRO
from allocator.wording import Fact, say, spell

COLUMNS = (
    "indicator",
    "clerk",
    "note",
    "of",
    "count",
    "share",
    "low",
    "high",
    "expected",
    "limit",
    "chance",
    "first_place",
    "last_place",
    "cartons",
    "top_cartons",
)
"""Columns of clerks.csv: shares in per cent (two decimals), expected in shops (two decimals),
chance as a decimal fraction; the rest as in ``League.frame``. ``note`` is what to make of it."""


def clerks_table(league: League, language: str = "en") -> pl.DataFrame:
    """One row per indicator and order-taker, those outside first; columns ``COLUMNS``."""
    frame = league.frame
    notes = {
        state: say("clerks", f"note-{state}", {"least": league.least}, language)
        for state in ("outside", "judged", "too-few", "no-comparison")
    }
    names = {
        one.name: say("clerks", f"indicator-{one.name}", {}, language) for one in league.indicators
    }
    state = pl.when("outside").then(pl.lit("outside")).otherwise("state")
    return frame.with_columns(
        pl.col("indicator").replace_strict(names, return_dtype=pl.String),
        state.replace_strict(notes, return_dtype=pl.String).alias("note"),
        *(
            pl.Series(name, [_hundredths(x, 100) for x in frame[name]], pl.String)
            for name in ("share", "low", "high")
        ),
        pl.Series("expected", [_hundredths(x, 1) for x in frame["expected"]], pl.String),
        pl.Series("chance", [_chance(x) for x in frame["chance"]], pl.String),
    ).select(COLUMNS)


def league_told(league: League, language: str = "en") -> list[str]:
    """What the table is and is not, in sentences; what was not checked among them."""
    compared: dict[str, Fact] = {
        "compared": league.compared,
        "level": Decimal(league.level) * 100 / MICRO,
        "least": league.least,
    }
    told = [say("clerks", "told-comparison", {}, language)]
    told.append(say("clerks", "told-limit", compared, language))
    if league.cycles > 1:
        told.append(say("clerks", "told-cycles", {"cycles": league.cycles}, language))
    for one in league.indicators:
        name = say("clerks", f"indicator-{one.name}", {}, language)
        if one.state == "not-checked":
            columns = ", ".join(one.missing) or "-"
            facts = {"indicator": name, "columns": columns}
            told.append(say("clerks", "told-not-checked", facts, language))
        elif one.spread > MICRO:
            spread = Decimal(_hundredths(one.spread, 1) or 1)
            facts = {"indicator": name, "spread": spell(spread, language)}
            told.append(say("clerks", "told-spread", facts, language))
    return told


def _hundredths(micro: int | None, times: int) -> str | None:
    """Millionths, times a factor, with two decimals, rounded half up."""
    if micro is None:
        return None
    return f"{Decimal((micro * times * 200 + MICRO) // (2 * MICRO)) / 100:.2f}"


def _chance(trillionths: int | None) -> str | None:
    """A chance with three digits, taken up."""
    if trillionths is None:
        return None
    if trillionths == 0:
        return "0"
    part = Fraction(trillionths, 10**12)
    digits = 2
    while part * 10**digits < 100:
        digits += 1
    return f"{-(-part.numerator * 10**digits // part.denominator) / 10**digits:.{digits}f}"
