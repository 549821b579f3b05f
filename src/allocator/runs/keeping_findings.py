"""An audit as a document, and back: ``record/findings.json`` of a run directory."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import polars as pl

from allocator.auditing.clerks.league import FRAME, Indicator, League
from allocator.auditing.findings import SCHEMA, Coverage, Findings
from allocator.runs.keeping import Document


def findings_document(findings: Findings) -> Document:
    """Everything of an audit, the facts before they became sentences."""
    return {
        "cycle": findings.cycle,
        "as_of": findings.as_of.isoformat(),
        "lines": findings.lines,
        "aside": dict(findings.aside),
        "coverage": [asdict(entry) for entry in findings.coverage],
        "rows": findings.frame.with_columns(pl.col("as_of").cast(pl.String)).to_dicts(),
        "clerks": None if findings.clerks is None else _league(findings.clerks),
    }


def findings_from(document: Document) -> Findings:
    """The findings again; ``KeyError``, ``TypeError``, ``ValueError`` where they are damaged."""
    spelled = {**SCHEMA, "as_of": pl.String}
    frame = pl.DataFrame(document["rows"], schema=spelled)
    return Findings(
        frame=frame.with_columns(pl.col("as_of").str.to_date("%Y-%m-%d")).select(list(SCHEMA)),
        coverage=tuple(
            Coverage(**{**entry, **{key: tuple(entry[key]) for key in ("missing", "lacking")}})
            for entry in document["coverage"]
        ),
        cycle=str(document["cycle"]),
        as_of=date.fromisoformat(document["as_of"]),
        lines=int(document["lines"]),
        aside=dict(document["aside"]),
        clerks=_league_from(document.get("clerks")),
    )


def _league(league: League) -> Document:
    return {
        "rows": league.frame.to_dicts(),
        "indicators": [asdict(one) for one in league.indicators],
        "cycle": league.cycle,
        "as_of": league.as_of.isoformat(),
        "level": league.level,
        "least": league.least,
        "compared": league.compared,
        "cutoff": league.cutoff,
    }


def _league_from(document: Document | None) -> League | None:
    if document is None:
        return None
    return League(
        frame=pl.DataFrame(document["rows"], schema=FRAME),
        shops=pl.DataFrame(),
        indicators=tuple(
            Indicator(**{**one, "missing": tuple(one["missing"])}) for one in document["indicators"]
        ),
        cycle=str(document["cycle"]),
        as_of=date.fromisoformat(document["as_of"]),
        **{key: int(document[key]) for key in ("level", "least", "compared", "cutoff")},
    )
