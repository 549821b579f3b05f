"""A review of the customers on the screen: what to do first, then the figures behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from allocator.auditing.findings import Findings, worst
from allocator.auditing.output import column_names, tell
from allocator.cli.screen import console, seen
from allocator.customers.changes import Changes
from allocator.customers.completeness import LEAST_SHOPS
from allocator.customers.memory import FIRST
from allocator.customers.output import (
    FAMILIES,
    change_sentences,
    changes_summary,
    data_summary,
    managers_table,
    text,
)
from allocator.customers.registry import FILE_RULES
from allocator.reports.screened import visit_sentences
from allocator.runs.customers import Review
from allocator.wording import listed, say, spell

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MOST_CHANGES: Final = 15
MOST_VISITS: Final = 10
MOST_MANAGERS: Final = 20
"""Rows on the screen; the files have them all."""


def show_review(review: Review, out: Path, language: str) -> None:
    """Changes and visits, findings rule by rule, managers, and where to read on."""
    screen = console()
    screen.print(text("title", language, on=review.on), style="bold")
    for part in (
        *_completeness(review, language),
        *_changes(review.changes, review, language),
        *_visits(review.visits, review.unscreened, language),
        *_findings(review.findings, language),
        _managers(review.managers, language),
        *_unchecked(review.findings, language),
    ):
        screen.print(part)
    for name in ("changes.csv", "findings.csv", "completeness.csv", "managers.csv", "visits.csv"):
        if (out / name).is_file():
            screen.print(
                say("screen", "written", {"path": str(out / name)}, language), soft_wrap=True
            )


def review_summary(review: Review) -> dict[str, Any]:
    """The same for programs."""
    filled, fields = int(review.files["filled"].sum()), int(review.files["fields"].sum())
    return {
        "on": review.on.isoformat(),
        "shops": review.files.height,
        "completeness": {
            "filled": filled,
            "fields": fields,
            "percent": float(_percent(filled, fields)),
            "columns": list(review.fields),
            "absent": list(review.absent),
        },
        "changes": changes_summary(review.changes),
        "visits": None if review.visits is None else review.visits.height,
        **data_summary(review.findings),
        "managers": [
            {**row, "complete_percent": float(row["complete_percent"] or 0)}
            for row in managers_table(review.managers).iter_rows(named=True)
        ],
    }


def _percent(part: int, whole: int) -> Decimal:
    """Per cent with one decimal, rounded half up."""
    return Decimal((part * 2000 + whole) // (2 * whole) if whole else 0) / 10


def _completeness(review: Review, language: str) -> Iterator[str]:
    filled, fields = int(review.files["filled"].sum()), int(review.files["fields"].sum())
    yield text(
        "complete", language,
        files=review.files.height, filled=filled, fields=fields,
        percent=_percent(filled, fields),
        whole=int((review.files["filled"] == review.files["fields"]).sum()),
    )  # fmt: skip
    if review.absent:
        names = (say("findings", f"field-{name}", {}, language) for name in review.absent)
        yield text("absent", language, names=listed(names, language))


def _changes(changes: Changes | None, review: Review, language: str) -> Iterator[RenderableType]:
    if changes is None:
        yield text("changes-no-sales", language)
        return
    if not changes.months:
        yield text("changes-unjudged", language, months=FIRST)
        return
    month = f"{changes.latest:%Y-%m}"
    new = changes.frame["state"] == "new"
    if new.any():
        yield _change_table(replace(changes, frame=changes.frame.filter(new)), month, language)
    else:
        yield text("changes-none", language, month=month)
    if (more := int(new.sum()) - MOST_CHANGES) > 0:
        yield text("changes-more", language, count=more)
    states = changes.frame["state"]
    counts = {state: int((states == state).sum()) for state in ("open", "over")}
    if any(counts.values()):
        yield text("changes-earlier", language, **counts)
    last = changes.judged.row(-1, named=True)
    yield text(
        "changes-judged", language,
        month=f"{last['month']:%Y-%m}", judged=last["judged"], falls=last["falls"],
        rises=last["rises"], percent=_percent(last["falls"] + last["rises"], last["judged"]),
        silent=changes.unjudged["no-sales"], young=changes.unjudged["short-history"],
        small=changes.unjudged["small"],
    )  # fmt: skip
    if changes.bar > 1:
        yield text("changes-bar", language, bar=Decimal(f"{changes.bar:.2f}"))
    if changes.gaps:
        months = listed((f"{gap:%Y-%m}" for gap in changes.gaps), language)
        yield text("changes-gaps", language, months=months)


def _change_table(changes: Changes, month: str, language: str) -> Table:
    table = _table(text("changes-title", language, month=month))
    for name in ("shop", "manager", "change", "what"):
        _column(table, name, language, right=name == "change")
    shown = replace(changes, frame=changes.frame.head(MOST_CHANGES))
    rows = shown.frame.iter_rows(named=True)
    for row, sentence in zip(rows, change_sentences(shown, language), strict=True):
        shop = " ".join(part for part in (row["retailer_id"], row["name"]) if part)
        colour = "bold red" if row["direction"] == "fall" else "yellow"
        change = f"{row['change_percent']:+d} %"
        table.add_row(
            _plain(shop), _plain(row["manager"]), _plain(change, colour), _plain(sentence)
        )
    return table


def _visits(
    visits: pl.DataFrame | None, unscreened: int | None, language: str
) -> Iterator[RenderableType]:
    if visits is None:
        return
    if unscreened is not None:
        yield say("grading", "grading-screening-nobody", {"least": unscreened}, language)
        return
    if visits.is_empty():
        yield text("visits-none", language)
        return
    table = _table(text("visits-title", language))
    for name in ("shop", "what"):
        _column(table, name, language)
    shown = visits.head(MOST_VISITS)
    for retailer, sentence in zip(
        shown["retailer_id"], visit_sentences(shown, language), strict=True
    ):
        table.add_row(_plain(retailer), _plain(sentence))
    yield table
    if (more := visits.height - MOST_VISITS) > 0:
        yield text("visits-more", language, count=more)


def _findings(findings: Findings, language: str) -> Iterator[RenderableType]:
    """Rule by rule, each with its largest case: one long list would hide the others."""
    if findings.frame.is_empty():
        yield text("findings-none", language)
    else:
        yield _findings_table(findings, language)


def _unchecked(findings: Findings, language: str) -> Iterator[str]:
    """Rules that could not be checked, by the columns they lack."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for entry in findings.coverage:
        if entry.state != "checked":
            lacking.setdefault(entry.missing, []).append(
                f"{entry.code} {_rule(entry.rule, language)}"
            )
    for columns, rules in lacking.items():
        names = column_names(columns, language)
        yield text("unchecked", language, columns=names, rules=listed(rules, language))


def _findings_table(findings: Findings, language: str) -> Table:
    table = _table(text("findings-title", language))
    columns = ("family", "rule", "severity", "found", "checked", "example")
    for name in columns:
        _column(table, name, language, right=name in ("found", "checked"))
    families = {rule.name: rule.family for rule in FILE_RULES}
    found = findings.frame.group_by("rule").len()
    counts = dict(found.iter_rows())
    first = worst(findings, len(counts)).unique("rule", keep="first", maintain_order=True)
    examples = tell(replace(findings, frame=first), language).iter_rows(named=True)
    example = {row["rule"]: row for row in examples}
    for family in FAMILIES:
        entries = [e for e in findings.coverage if families[e.rule] == family and e.rule in counts]
        for entry in entries:
            row = example[entry.rule]
            table.add_row(
                _plain(text(f"head-{family}", language)),
                _plain(f"{entry.code} {_rule(entry.rule, language)}"),
                _plain(say("findings", f"severity-{row['severity']}", {}, language)),
                _plain(spell(counts[entry.rule], language)),
                _plain(spell(entry.checked, language)),
                _plain(row["message"]),
            )
    return table


def _managers(managers: pl.DataFrame, language: str) -> Table:
    table = _table(text("managers-title", language, least=LEAST_SHOPS))
    columns = ("rank", "manager", "shops", "complete_percent", "complete_files", *FAMILIES,
               "falls", "rises", "visits")  # fmt: skip
    for name in columns:
        _column(table, name, language, right=name != "manager")
    for row in managers_table(managers).head(MOST_MANAGERS).iter_rows(named=True):
        row["manager"] = row["manager"] or text("no-manager", language)
        table.add_row(*(_plain(spell(row[name], language) or "–") for name in columns))
    return table


def _rule(name: str, language: str) -> str:
    return say("findings", f"rule-{name}", {}, language)


def _table(title: str) -> Table:
    from rich.table import Table

    return Table(title=title, title_justify="left")


def _column(table: Table, name: str, language: str, *, right: bool = False) -> None:
    head = text(f"head-{name}", language)
    table.add_column(head, justify="right" if right else "left", overflow="fold")


def _plain(words: str | None, style: str = "") -> RenderableType:
    """Text from files for a terminal: no markup, no control characters."""
    from rich.text import Text

    return Text(seen(words or ""), style=style)
