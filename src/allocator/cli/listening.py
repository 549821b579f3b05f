"""A sample and what was heard: for people in words and tables, for programs as figures."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from allocator.auditing.sampling.drawing import Sample
from allocator.auditing.sampling.estimating import Estimate
from allocator.auditing.sampling.sizes import least_size
from allocator.auditing.sampling.strata import Stratum
from allocator.cli.screen import console
from allocator.errors import BadRequest
from allocator.reports.figures import percent, rounded
from allocator.tables.source import printable
from allocator.wording import Fact, say, spell

MOST_STRATA = 40
"""Strata on the screen; ``--json`` and strata.csv have them all."""


def _text(code: str, language: str, **facts: Fact) -> str:
    return say("sampling", code, facts, language)


def sample_summary(plan: Sample) -> dict[str, Any]:
    """For ``--json``; shares as decimals, chances of recordings as exact fractions."""
    return {
        "recordings": plan.recordings.height,
        "named": int(plan.recordings["named"].sum()),
        "without_recording": plan.without,
        "size": plan.size,
        "digest": plan.digest,
        "seed": plan.seed,
        "tolerable": float(plan.tolerable),
        "confidence": float(plan.confidence),
        "expected": plan.expected,
        "weight": plan.weight,
        "proves_at_most": plan.proves,
        "strata": [
            {
                "clerk": stratum.clerk,
                "named": stratum.named,
                "recordings": stratum.recordings,
                "drawn": stratum.drawn,
                "inclusion": f"{stratum.drawn}/{stratum.recordings}",
            }
            for stratum in plan.strata
        ],
        "sample": plan.drawn.select("place", "recording_id", "clerk", "stratum").to_dicts(),
    }


def show_sample(plan: Sample, out: Path, language: str) -> None:
    """What is there, what is heard of it, what that can prove, and what to do next."""
    from rich.table import Table
    from rich.text import Text

    screen, total = console(), plan.recordings.height
    named = int(plan.recordings["named"].sum())
    screen.print(_text("sample-title", language), style="bold")
    screen.print(_text("sample-frame", language, recordings=total, named=named))
    if plan.without:
        screen.print(_text("sample-without", language, orders=plan.without))
    table = Table()
    for code in ("clerk", "named", "recordings", "drawn", "inclusion"):
        right = code in ("recordings", "drawn", "inclusion")
        table.add_column(_text(f"column-{code}", language), justify="right" if right else "left")
    for stratum in plan.strata[:MOST_STRATA]:
        table.add_row(
            Text(_clerk(stratum, language)),
            Text(_kind(stratum, language)),
            spell(stratum.recordings, language),
            spell(stratum.drawn, language),
            f"{spell(percent(stratum.part), language)} %",
        )
    screen.print(table)
    if len(plan.strata) > MOST_STRATA:
        screen.print(_text("sample-more", language, count=len(plan.strata) - MOST_STRATA))
    facts: dict[str, Fact] = {
        "size": plan.size,
        "expected": plan.expected,
        "confidence": percent(plan.confidence).normalize() + 0,
        "most": plan.proves,
        "share": percent(Fraction(plan.proves, total)),
        "recordings": total,
    }
    screen.print(_text("sample-proves", language, **facts))
    if plan.proves > int(plan.tolerable * total):
        _show_needed(plan, language)
    if plan.seed is None:
        screen.print(_text("sample-publish", language, digest=plan.digest), soft_wrap=True)
        return
    place = str(out / "sample.xlsx")
    screen.print(_text("sample-drawn", language, seed=plan.seed, digest=plan.digest))
    screen.print(_text("sample-next", language, path=place), soft_wrap=True)


def _show_needed(plan: Sample, language: str) -> None:
    """How many recordings the tolerable share would take, if all were drawn alike."""
    tolerable = percent(plan.tolerable).normalize() + 0
    try:
        need = least_size(plan.recordings.height, plan.tolerable, plan.confidence, plan.expected)
    except BadRequest:
        console().print(_text("sample-never", language, tolerable=tolerable))
        return
    console().print(_text("sample-needed", language, tolerable=tolerable, size=need))


def _clerk(stratum: Stratum, language: str) -> str:
    if stratum.clerk is None:
        return _text("several-clerks", language)
    return printable(stratum.clerk) if stratum.clerk else _text("no-clerk", language)


def _kind(stratum: Stratum, language: str) -> str:
    return _text({True: "named", False: "unnamed", None: "both"}[stratum.named], language)


def _number(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value, 1)


def estimate_summary(plan: Sample, found: Estimate) -> dict[str, Any]:
    """For ``--json``: departures in all recordings, estimated and limited, and the verdict."""
    return {
        "digest": plan.digest,
        "seed": plan.seed,
        "recordings": found.recordings,
        "drawn": found.drawn,
        "heard": found.heard,
        "departures": found.departures,
        "missing": list(found.missing),
        "estimate": None if found.estimate is None else float(found.estimate),
        "at_least": found.least,
        "at_most": found.most,
        "confidence": float(found.confidence),
        "tolerable": float(found.tolerable),
        "tolerated": found.tolerated,
        "verdict": found.verdict,
        "strata": [
            {
                "clerk": part.stratum.clerk,
                "named": part.stratum.named,
                "recordings": part.stratum.recordings,
                "drawn": part.stratum.drawn,
                "heard": part.heard,
                "departures": part.departures,
                "estimate": None if part.estimate is None else float(part.estimate),
                "at_least": part.least,
                "at_most": part.most,
            }
            for part in found.parts
        ],
    }


def show_estimate(found: Estimate, language: str) -> None:
    """What was heard by stratum, what holds of all, and the verdict."""
    from rich.table import Table
    from rich.text import Text

    screen, total = console(), found.recordings
    confidence = percent(found.confidence).normalize() + 0
    screen.print(_text("estimate-title", language), style="bold")
    screen.print(
        _text("estimate-heard", language,
              heard=found.heard, drawn=found.drawn, departures=found.departures)
    )  # fmt: skip
    if found.missing:
        names = ", ".join(printable(name) for name in found.missing[:5])
        more = ", ..." if len(found.missing) > 5 else ""
        count = len(found.missing)
        screen.print(_text("estimate-missing", language, count=count, names=names + more))
    table = Table()
    codes = ("clerk", "named", "recordings", "drawn", "heard", "departures", "estimate", "limits")
    for code in codes:
        justify: Any = "left" if code in ("clerk", "named") else "right"
        table.add_column(_text(f"column-{code}", language), justify=justify)
    for part in found.parts[:MOST_STRATA]:
        figures = (part.stratum.recordings, part.stratum.drawn, part.heard, part.departures)
        table.add_row(
            Text(_clerk(part.stratum, language)),
            Text(_kind(part.stratum, language)),
            *(spell(figure, language) for figure in figures),
            spell(_number(part.estimate), language) or "–",
            f"{spell(part.least, language)}–{spell(part.most, language)}",
        )
    screen.print(table)
    if len(found.parts) > MOST_STRATA:
        screen.print(_text("sample-more", language, count=len(found.parts) - MOST_STRATA))
    screen.print(_text("estimate-columns", language, confidence=confidence))
    if found.estimate is not None:
        value = _number(found.estimate)
        share = percent(found.estimate / total)
        screen.print(
            _text("estimate-all", language, estimate=value, share=share, recordings=total)
        )  # fmt: skip
    screen.print(
        _text("estimate-limits", language,
              confidence=confidence, least=found.least, most=found.most,
              low=percent(Fraction(found.least, total)),
              high=percent(Fraction(found.most, total)), recordings=total)
    )  # fmt: skip
    style = {"within": "bold green", "exceeded": "bold red", "open": "bold yellow"}[found.verdict]
    screen.print(
        _text(f"verdict-{found.verdict}", language,
              tolerable=percent(found.tolerable).normalize() + 0, confidence=confidence,
              tolerated=found.tolerated, least=found.least, most=found.most),
        style=style,
    )  # fmt: skip
