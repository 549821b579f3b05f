"""The draw: anybody with the list of recordings and the public number draws the same ones.

1. Each recording belongs to one stratum. ``digest`` is the SHA-256 of the canonical JSON (UTF-8,
   keys sorted, no spaces) of ``{"recordings": [[recording_id, stratum], ...], "strata":
   [[recordings, drawn], ...]}``, recordings in the order of their identifiers, strata counted
   from 1. It is published before the number is drawn, so that nobody can choose either.
2. Each recording gets the SHA-256 of the canonical JSON of ``[seed, digest, recording_id]``.
3. In each stratum the recordings with the smallest hashes are drawn, as many as planned.
4. They are heard in rounds: first the smallest of each stratum, by their hashes, then the second
   smallest, and so on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from allocator.auditing.findings import Findings
from allocator.auditing.sampling.recordings import recordings_of
from allocator.auditing.sampling.strata import (
    WEIGHT,
    Stratum,
    counts_of,
    divided,
    enough,
    shown,
)
from allocator.canonical import canonical_json, digest
from allocator.errors import BadRequest
from allocator.tables.city import Table
from allocator.tables.reading import as_table

TOLERABLE = Fraction(5, 100)
CONFIDENCE = Fraction(95, 100)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Which recordings to listen to.

    recordings : all recordings, as ``recordings_of`` gives them, with stratum i64 (from 1) and
        place i64 (order of listening from 1; null = not drawn, or no seed yet)
    strata : with recordings and how many of them are heard
    digest : of the list and the plan, to publish before the seed is drawn; seed : ``None`` before
    tolerable, confidence, expected, weight : what the size was planned for
    proves : departures in all recordings that are not ruled out if only ``expected`` depart
    without : orders by phone that have no recording
    """

    recordings: pl.DataFrame
    strata: tuple[Stratum, ...]
    digest: str
    seed: str | None
    tolerable: Fraction
    confidence: Fraction
    expected: int
    weight: int
    proves: int
    without: int

    @property
    def size(self) -> int:
        """Recordings to hear."""
        return sum(stratum.drawn for stratum in self.strata)

    @property
    def drawn(self) -> pl.DataFrame:
        """The recordings to hear, in the order of listening."""
        return self.recordings.filter(pl.col("place").is_not_null()).sort("place")


def sample(
    findings: Findings,
    orders: Table | Any,
    *,
    seed: str | None = None,
    size: int | None = None,
    tolerable: Fraction = TOLERABLE,
    confidence: Fraction = CONFIDENCE,
    expected: int = 0,
    weight: int = WEIGHT,
) -> Sample:
    """Plan which recordings to listen to, and draw them once the seed is known.

    Parameters
    ----------
    findings : of the audit of these orders; recordings of orders that they name weigh more
    orders : the orders table, or a dataframe of it
    seed : public text drawn after the digest was published; without it nothing is drawn yet
    size : recordings that there is time for; without it, as many as ``tolerable`` needs
    tolerable : share of departing recordings that is put up with, above 0 and below 1
    confidence : of what the sample is to prove, from 1/2 to below 1
    expected : departures that may be found in the sample without spoiling the proof
    weight : how many times as likely a named recording is drawn, from 1 up

    Raises
    ------
    BadRequest : no recordings, figures that do not fit, more departures expected than tolerable
    """
    recordings, without = recordings_of(findings, as_table("orders", orders))
    return draw(
        recordings, without,
        seed=seed, size=size, tolerable=tolerable, confidence=confidence,
        expected=expected, weight=weight,
    )  # fmt: skip


def draw(
    recordings: pl.DataFrame, without: int, *, seed: str | None, size: int | None,
    tolerable: Fraction, confidence: Fraction, expected: int, weight: int,
) -> Sample:  # fmt: skip
    """``sample`` from a list of recordings."""
    if recordings.is_empty():
        raise BadRequest("sample-no-recordings", without=without)
    _refuse_figures(size, tolerable, confidence, expected, weight)
    counts = counts_of(recordings)
    if size is None:
        strata = enough(counts, tolerable, confidence, expected, weight)
    else:
        strata = divided(counts, size, weight)
    numbered = _numbered(recordings, strata)
    public = digest(
        {
            "recordings": [list(row) for row in numbered.select("recording_id", "stratum").rows()],
            "strata": [[stratum.recordings, stratum.drawn] for stratum in strata],
        }
    )
    placed = numbered.with_columns(place=pl.lit(None, pl.Int64))
    if seed is not None:
        placed = placed_by(numbered, [stratum.drawn for stratum in strata], seed, public)
    return Sample(
        recordings=placed,
        strata=strata,
        digest=public,
        seed=seed,
        tolerable=tolerable,
        confidence=confidence,
        expected=expected,
        weight=weight,
        proves=shown(strata, expected, confidence),
        without=without,
    )


def placed_by(
    recordings: pl.DataFrame, drawn: Sequence[int], seed: str, public: str
) -> pl.DataFrame:
    """Recordings with their place in the order of listening, null where not drawn.

    recordings : recording_id, stratum (from 1); drawn : how many by stratum; public : the digest
    """
    hashes = [
        hashlib.sha256(canonical_json([seed, public, name])).hexdigest()
        for name in recordings["recording_id"]
    ]
    most = pl.DataFrame(
        {"stratum": range(1, len(drawn) + 1), "most": list(drawn)},
        schema={"stratum": pl.Int64, "most": pl.Int64},
    )
    ranked = (
        recordings.with_columns(hash=pl.Series(hashes, dtype=pl.String))
        .with_columns(round=pl.col("hash").rank("ordinal").over("stratum").cast(pl.Int64))
        .join(most, on="stratum", how="left", maintain_order="left")
    )
    places = (
        ranked.filter(pl.col("round") <= pl.col("most"))
        .sort("round", "hash")
        .select("recording_id", place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    )
    return recordings.join(places, on="recording_id", how="left", maintain_order="left")


def _numbered(recordings: pl.DataFrame, strata: Sequence[Stratum]) -> pl.DataFrame:
    """Recordings with the number of their stratum."""
    numbers = {(s.clerk, s.named): number for number, s in enumerate(strata, start=1)}

    def number(clerk: str, named: bool) -> int:
        kinds = ((clerk, named), (clerk, None), (None, named), (None, None))
        return next(numbers[kind] for kind in kinds if kind in numbers)

    kinds = recordings.select("clerk", "named").unique()
    table = kinds.with_columns(
        stratum=pl.Series([number(*row) for row in kinds.rows()], dtype=pl.Int64)
    )
    return recordings.join(
        table, on=["clerk", "named"], how="left", maintain_order="left"
    ).sort("recording_id")  # fmt: skip


def _refuse_figures(
    size: int | None, tolerable: Fraction, confidence: Fraction, expected: int, weight: int
) -> None:
    if size is not None and size < 1:
        raise BadRequest("sample-size", size=size)
    if not 0 < tolerable < 1:
        raise BadRequest("sample-tolerable", value=_percent(tolerable))
    if not Fraction(1, 2) <= confidence < 1:
        raise BadRequest("sample-confidence", value=_percent(confidence))
    if expected < 0:
        raise BadRequest("sample-expected-negative", expected=expected)
    if weight < 1:
        raise BadRequest("sample-weight", weight=weight)


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.6g}%"
