"""Months that were left out or cut for one shop: what was bought, and what counts instead."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, in_own_row, in_policy
from allocator.explanation.standing import Standing
from allocator.grading.sanctions import exempted
from allocator.grading.window import Unit, Window, rule_of, window_of


def what_was_touched(books: Books, who: Standing) -> tuple[Claim, ...]:
    """Each month of the window that counts otherwise for ``who`` than it was bought."""
    run = books.run
    rules = run.policy.grading
    if not run.grading.window or rules is None or rules.window is None:
        return ()
    if who.retailer not in books.screened and "exempt" not in str(who.graded["reason"]):
        return ()
    window = window_of(rule_of(rules), run.grading.on)
    return (*_screened(books, who, window), *_exempt(books, who, window))


def span_facts(unit: Unit, kind: str) -> tuple[str, Facts]:
    """Ending of the code, and the month or the days that a sentence names."""
    if kind == "months":
        return "", {"touched_month": unit.name}
    return "-days", {"first_on": unit.first, "last_on": unit.last}


def _screened(books: Books, who: Standing, window: Window) -> Iterator[Claim]:
    """Months out of the usual that count less or not at all; what is only looked at is not told."""
    mine = books.screened.get(who.retailer)
    if not mine or not who.graded["graded"]:
        return
    units = {unit.name: unit for unit in window.units}
    own = in_own_row("screening.csv", "observed counted")
    rule = in_policy("grading.screening", books.run.policy.lines)
    for row in mine:
        if row["unit"] not in units:
            continue
        ending, facts = span_facts(units[row["unit"]], window.kind)
        facts["observed"] = row["observed"]
        if row["counted"] is None:
            yield Claim(f"month-left-out{ending}", facts, (own, rule))
        else:
            yield Claim(f"month-cut{ending}", {**facts, "counted": row["counted"]}, (own, rule))


def _exempt(books: Books, who: Standing, window: Window) -> Iterator[Claim]:
    """Months of hardship, which do not count."""
    run = books.run
    rules = None if run.policy.grading is None else run.policy.grading.sanctions
    if "exempt" not in str(who.graded["reason"]):
        return
    mine = exempted(run.city, rules, window).filter(retailer_id=who.retailer)["unit"].to_list()
    own = in_own_row("inputs/sanctions.csv", "value from until")
    rule = in_policy("grading.sanctions.exempt_month", run.policy.lines)
    for unit in window.units:
        if unit.first in mine:
            ending, facts = span_facts(unit, window.kind)
            yield Claim(f"month-exempt{ending}", facts, (own, rule))
