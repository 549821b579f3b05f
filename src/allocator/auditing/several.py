"""Findings of several cycles as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from allocator.auditing.assembling import ordered
from allocator.auditing.clerks.pooling import pooled
from allocator.auditing.findings import Coverage, Findings

JOINT = ", "


def joined(parts: Sequence[Findings]) -> Findings:
    """One outcome of the audits of several cycles of one orders table.

    A line that is of another cycle in one part and audited in the next is not set aside. The date
    of the standard is that of the last part; each finding keeps its own. Order-takers are set
    beside each other over all cycles; alerts about them are of a cycle each.
    """
    if len(parts) == 1:
        return parts[0]
    counted = sum(part.lines + part.aside.get("cancelled", 0) for part in parts)
    first = parts[0]
    rows = first.lines + sum(first.aside.get(cause, 0) for cause in ("cancelled", "other-cycle"))
    aside = {
        cause: sum(part.aside.get(cause, 0) for part in parts)
        for cause in sorted({cause for part in parts for cause in part.aside})
    }
    figures = [part.allocation for part in parts if part.allocation is not None]
    aside["other-cycle"] = rows - counted
    return replace(
        first,
        frame=ordered(pl.concat([part.frame for part in parts])),
        coverage=tuple(
            _together(entries) for entries in zip(*(p.coverage for p in parts), strict=True)
        ),
        cycle=JOINT.join(part.cycle for part in parts),
        cycles=tuple(part.cycle for part in parts),
        as_of=max(part.as_of for part in parts),
        allocation=pl.concat(figures) if figures else None,
        clerks=pooled([part.clerks for part in parts if part.clerks is not None]),
        lines=sum(part.lines for part in parts),
        aside={cause: count for cause, count in aside.items() if count},
    )


def _together(entries: Sequence[Coverage]) -> Coverage:
    """The counts of one rule over all cycles; checked if it was in any.

    What kept it from looking in one of them stays named.
    """
    states = [entry.state for entry in entries]
    state = next((word for word in ("checked", "not-checked") if word in states), states[0])
    stopped = [entry for entry in entries if entry.state == state]
    return replace(
        entries[0],
        state=state,
        checked=sum(entry.checked for entry in entries),
        passed=sum(entry.passed for entry in entries),
        found=sum(entry.found for entry in entries),
        not_checked=sum(entry.not_checked for entry in entries),
        missing=tuple(dict.fromkeys(name for entry in entries for name in entry.missing)),
        lacking=tuple(dict.fromkeys(name for entry in stopped for name in entry.lacking)),
    )
