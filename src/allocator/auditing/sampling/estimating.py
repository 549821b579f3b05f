"""From what was heard to what holds of all recordings: an estimate, its limits, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import polars as pl

from allocator.auditing.sampling.drawing import Sample
from allocator.auditing.sampling.sizes import Heard, least_departures, most_departures
from allocator.auditing.sampling.strata import Stratum, limits_of
from allocator.errors import BadRequest

Verdict = Literal["within", "exceeded", "open"]
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Part:
    """What was heard in one stratum.

    heard, departures, missing : of the recordings drawn; missing ones were not heard
    estimate : departures in all its recordings; ``None`` where nothing was heard
    least, most : departures in all its recordings, each limit alone with the confidence
    """

    stratum: Stratum
    heard: int
    departures: int
    missing: int
    estimate: Fraction | None
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What holds of all recordings.

    estimate : departures in all recordings, unbiased (each drawn recording stands for as many as
        its chance to be drawn says) where nothing is missing; ``None`` where a stratum was not
        heard at all
    least, most : limits, each with the confidence, whatever the missing ones hold
    tolerated : departures that are put up with
    verdict : ``within`` (most <= tolerated), ``exceeded`` (least > tolerated), ``open``
    """

    recordings: int
    drawn: int
    heard: int
    departures: int
    missing: tuple[str, ...]
    estimate: Fraction | None
    least: int
    most: int
    tolerated: int
    tolerable: Fraction
    confidence: Fraction
    verdict: Verdict
    parts: tuple[Part, ...]


def estimate(
    plan: Sample,
    results: Mapping[str, bool | None],
    *,
    tolerable: Fraction | None = None,
    confidence: Fraction | None = None,
) -> Estimate:
    """What the results of listening say of all recordings.

    Parameters
    ----------
    plan : the sample, drawn
    results : by recording_id: whether it departs from the standard; ``None`` or absent where it
        was not heard
    tolerable, confidence : instead of those of the plan

    Raises
    ------
    BadRequest : nothing was drawn yet, or a result is of a recording that was not drawn
    """
    if plan.seed is None:
        raise BadRequest("sample-not-drawn", digest=plan.digest)
    drawn = plan.drawn
    others = sorted(set(results) - set(drawn["recording_id"]))
    if others:
        more = ", ..." if len(others) > MOST_NAMED else ""
        names = ", ".join(name[:80] for name in others[:MOST_NAMED]) + more
        raise BadRequest("sample-not-of-it", count=len(others), recordings=names)
    tolerable = plan.tolerable if tolerable is None else tolerable
    confidence = plan.confidence if confidence is None else confidence
    told = drawn.with_columns(
        result=pl.Series([results.get(name) for name in drawn["recording_id"]], dtype=pl.Boolean)
    )
    missing = told.filter(pl.col("result").is_null())["recording_id"].to_list()
    counts = told.group_by("stratum").agg(
        pl.col("result").sum().cast(pl.Int64).alias("departures"),
        pl.col("result").null_count().cast(pl.Int64).alias("missing"),
    )
    by_stratum = {row["stratum"]: row for row in counts.iter_rows(named=True)}
    parts = tuple(
        _part(stratum, by_stratum[number]["departures"], by_stratum[number]["missing"], confidence)
        for number, stratum in enumerate(plan.strata, start=1)
    )
    least, most = limits_of(
        plan.strata,
        [part.departures for part in parts],
        [part.departures + part.missing for part in parts],
        1 - confidence,
    )
    total = sum(stratum.recordings for stratum in plan.strata)
    tolerated = int(tolerable * total)
    return Estimate(
        recordings=total,
        drawn=plan.size,
        heard=sum(part.heard for part in parts),
        departures=sum(part.departures for part in parts),
        missing=tuple(missing),
        estimate=_sum([part.estimate for part in parts]),
        least=least,
        most=most,
        tolerated=tolerated,
        tolerable=tolerable,
        confidence=confidence,
        verdict="within" if most <= tolerated else "exceeded" if least > tolerated else "open",
        parts=parts,
    )


def _part(stratum: Stratum, departures: int, missing: int, confidence: Fraction) -> Part:
    heard = stratum.drawn - missing
    low = Heard(stratum.recordings, stratum.drawn, departures)
    high = Heard(stratum.recordings, stratum.drawn, departures + missing)
    return Part(
        stratum=stratum,
        heard=heard,
        departures=departures,
        missing=missing,
        estimate=Fraction(departures * stratum.recordings, heard) if heard else None,
        least=least_departures([low], 1 - confidence),
        most=most_departures([high], 1 - confidence),
    )


def _sum(estimates: Sequence[Fraction | None]) -> Fraction | None:
    known = [value for value in estimates if value is not None]
    return sum(known, Fraction(0)) if len(known) == len(estimates) else None
