"""What an audit found, for a terminal: violations first, alerts as counts, then what was passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from allocator.auditing.allocated import allocation_table
from allocator.auditing.findings import Findings, by_clerk
from allocator.auditing.output import column_names, tell
from allocator.auditing.triage import Tally, clean, gaps, idle, ignored, largest, tallies
from allocator.auditing.words import (
    counted,
    head_sentences,
    marks_told,
    rule_name,
    suppression_remarks,
    text,
)
from allocator.wording import Fact, say, spell

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_CLERKS = 20
"""Order-takers on the screen; ``--json`` has them all."""

MOST_CASES = 3
"""Cases of one rule: enough to see what kind of thing it is."""

MOST_GONE = 5
"""Findings of the baseline that are gone; gone.csv has them all."""

STYLES = {"violation": "bold red", "data": "bold yellow", "alert": "bold"}


def screen(
    findings: Findings, language: str = "en", most: int = 30, *, written: bool = False
) -> RenderableType:
    """The ``most`` largest violations rule by rule, alerts counted, what passed, what lacks.

    written : whether the findings were written to a folder; says where the others are
    """
    from rich.console import Group
    from rich.text import Text

    told = tallies(findings)
    proven = [tally for tally in told if tally.kind != "alert"]
    alerts = [tally for tally in told if tally.kind == "alert"]
    parts: list[RenderableType] = [*_head(findings, language), Text()]
    if not told:
        parts.append(Text(say("findings", "screen-none", {}, language), style="bold green"))
    if proven:
        each = min(MOST_CASES, max(1, most // len(proven)))
        for tally in proven:
            parts += _rule(findings, tally, each, language, written=written)
    if alerts:
        note = text("alerts-note", language)
        parts.append(_largest_of(findings, alerts, text("alerts-title", language), note, language))
    parts += _gone(findings, language)
    clerks = by_clerk(findings)
    if clerks["clerk"].count():
        parts.append(_clerks_table(clerks, language))
    if findings.allocation is not None:
        parts.append(allocation_table(findings.allocation, language))
    parts += _passed(findings, language)
    parts += _lacking(findings, language)
    parts += _suppressions(findings, language)
    return Group(*parts)


def _head(findings: Findings, language: str) -> Iterator[RenderableType]:
    from rich.text import Text

    facts: dict[str, Fact] = {"cycle": findings.cycle, "as_of": findings.as_of}
    code = "screen-title" if findings.cycle else "screen-title-no-cycle"
    yield Text(_plain(say("findings", code, facts, language)), style="bold")
    for sentence in head_sentences(findings, language):
        yield Text(sentence)
    yield Text(counted(findings, language))


def _rule(
    findings: Findings, tally: Tally, most: int, language: str, *, written: bool
) -> Iterator[RenderableType]:
    """One rule: its name with the count, the largest cases, each with what to do."""
    from rich.padding import Padding
    from rich.text import Text

    entry = tally.coverage
    heading = Text(rule_name(entry, language), style=STYLES[tally.kind])
    heading.append(f"  {_count(tally, language)}", style="not bold")
    yield heading
    if not tally.open:  # all known or answered for: counted, not told again
        yield Text()
        return
    most = min(most, tally.open)
    shown = replace(findings, frame=largest(findings, tally, most))
    for row in tell(shown, language).iter_rows(named=True):
        case = Text("• " + _plain(row["message"]), overflow="fold")
        for mark in marks_told(row, language):
            case.append(f" [{_plain(mark)}]", style="dim")
        case.append("\n→ " + _plain(row["remedy"]), style="dim")
        yield Padding(case, (0, 0, 0, 2))
    if (more := tally.open - len(shown)) > 0:
        code = "more-in-file" if written else "more-with-out"
        yield Padding(Text(text(code, language, count=more), style="dim"), (0, 0, 0, 2))
    yield Text()


def _count(tally: Tally, language: str) -> str:
    """``25``, or ``25, 3 of them suppressed, 20 known``."""
    parts = [text("count-found", language, count=tally.found)]
    if tally.known:
        parts.append(text("count-known", language, count=tally.known))
    if tally.suppressed:
        parts.append(text("count-suppressed", language, count=tally.suppressed))
    return text("list-joint", language).join(parts)


def brief(findings: Findings, language: str = "en") -> RenderableType:
    """A row for each rule that found anything, with its largest case; the other rules counted."""
    from rich.console import Group
    from rich.text import Text

    title, told = text("brief-title", language), tallies(findings)
    unchecked = sum(entry.state == "not-checked" for entry in findings.coverage)
    counts = {"passed": len(clean(findings)), "idle": len(idle(findings)), "unchecked": unchecked}
    rest = Text(text("brief-rest", language, **counts))
    if not told:
        return Group(Text(title), Text(say("findings", "screen-none", {}, language)), rest)
    return Group(_largest_of(findings, told, title, None, language), rest)


def _largest_of(
    findings: Findings, told: Sequence[Tally], title: str, note: str | None, language: str
) -> RenderableType:
    """A table of rules: how many findings each has, and the largest."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title, title_justify="left", caption=note, caption_justify="left", show_lines=True
    )
    table.add_column(_label("column-rule", language), min_width=14)
    table.add_column(_label("column-found", language), justify="right")
    table.add_column(text("column-largest", language), overflow="fold")
    for tally in told:
        case = replace(findings, frame=largest(findings, tally, 1))
        row = tell(case, language).row(0, named=True)
        table.add_row(
            Text(rule_name(tally.coverage, language), style=STYLES[tally.kind]),
            Text(_count_cell(tally, language)),
            Text(_plain(row["message"])),
        )
    return table


def _count_cell(tally: Tally, language: str) -> str:
    if tally.open == tally.found:
        return spell(tally.found, language)
    return text("open-of", language, open=tally.open, found=tally.found)


def _gone(findings: Findings, language: str) -> Iterator[RenderableType]:
    from rich.text import Text

    if findings.gone is None or findings.gone.is_empty():
        return
    yield Text()
    yield Text(text("gone-title", language, count=findings.gone.height), style="bold green")
    for row in findings.gone.head(MOST_GONE).iter_rows(named=True):
        told = row["message"] or f"{row['code'] or row['rule'] or ''} {row['subject_id'] or ''}"
        yield Text(f"  • {_plain(told)}", style="dim", overflow="fold")


def _clerks_table(clerks: pl.DataFrame, language: str) -> RenderableType:
    """Who shorted whom, in one look: totals by order-taker."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=_label("clerks-title", language), title_justify="left")
    table.add_column(_label("column-clerk", language), overflow="fold")
    figures = clerks.columns[1:]
    for column in figures:
        table.add_column(_label(f"column-{column}", language), justify="right")
    for row in clerks.head(MOST_CLERKS).iter_rows(named=True):
        name = _label("no-clerk", language) if row["clerk"] is None else _plain(row["clerk"])
        table.add_row(Text(name), *(Text(f"{row[column]:,}") for column in figures))
    return table


def _passed(findings: Findings, language: str) -> Iterator[RenderableType]:
    """Rules without findings, with the lines that each looked at; then those that did not look."""
    from rich.text import Text

    passed = clean(findings)
    if passed:
        yield Text()
        yield Text(text("passed-title", language, count=len(passed)), style="bold green")
        yield _listed(
            f"{rule_name(entry, language)} ({spell(entry.checked, language)})" for entry in passed
        )
    for code, entries in (("idle-title", idle(findings)), ("ignored-title", ignored(findings))):
        if entries:
            yield Text()
            yield Text(text(code, language, count=len(entries)), style="bold")
            yield _listed(rule_name(entry, language) for entry in entries)


def _listed(words: Iterable[str]) -> RenderableType:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(" · ".join(words)), (0, 0, 0, 2))


def _lacking(findings: Findings, language: str) -> Iterator[RenderableType]:
    """What was not checked, by the column that would mend it."""
    from rich.table import Table
    from rich.text import Text

    found = gaps(findings)
    if not found:
        return
    table = Table(title=text("gaps-title", language), title_justify="left")
    table.add_column(text("column-absent", language), overflow="fold")
    table.add_column(text("column-unchecked-rules", language), overflow="fold")
    table.add_column(text("column-details", language), overflow="fold")
    for gap in found:
        table.add_row(
            Text(column_names([gap.column], language)),
            Text(", ".join(rule_name(entry, language) for entry in gap.rules)),
            Text(", ".join(rule_name(entry, language) for entry in gap.details), style="dim"),
        )
    yield Text()
    yield table


def _suppressions(findings: Findings, language: str) -> Iterator[RenderableType]:
    from rich.text import Text

    told = suppression_remarks(findings, language)
    if told:
        yield Text()
    for sentence in told:
        yield Text(_plain(sentence), style="yellow")


def _label(code: str, language: str) -> str:
    return say("findings", code, {}, language)


def _plain(words: str) -> str:
    """Text from files for a terminal: no markup (``Text`` sees to it), no control characters."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)
