"""From facts to sentences: message and remedy of each finding, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from allocator.auditing.evidence import JOINT
from allocator.auditing.findings import Findings
from allocator.wording import Fact, say

CARTONS = (
    "requested",
    "granted",
    "quota",
    "standard",
    "owed",
    "excess",
    "supply",
    "reserve",
    "most",
    "worst_granted",
    "peer_granted",
)
"""Facts that are spoken with their unit."""


@lru_cache(maxsize=4096)
def _phrase(code: str, count: int, language: str) -> str:
    return say("findings", code, {"count": count}, language)


@lru_cache(maxsize=4096)
def _people(clerk: str | None, language: str) -> dict[str, Fact]:
    """How a sentence names whoever entered the order."""
    if clerk is None:
        who = say("findings", "who-nobody", {}, language)
        return {"by": say("findings", "by-nobody", {}, language), "who": who, "clerks": who}
    facts = {"clerk": clerk}
    return {
        "by": say("findings", "by-clerk", facts, language),
        "who": say("findings", "who-clerk", facts, language),
        "clerks": clerk,
    }


def _facts(row: Mapping[str, object], language: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        name: fact for name, fact in row.items() if isinstance(fact, Fact) and name != "evidence"
    }
    for name in CARTONS:
        if isinstance(count := row[name], int):
            facts[name] = _phrase("cartons", count, language)
    if row["unit"] == "cartons":
        for name in ("observed", "limit"):
            if isinstance(count := row[name], int):
                facts[name] = _phrase("cartons", count, language)
    if isinstance(count := row["lines"], int):
        facts["lines_n"] = _phrase("lines", count, language)
    facts["least_n"] = facts["least"]
    orders = row["order_id"]
    if isinstance(orders, str):
        number = orders.count(JOINT) + 1
        facts["order"] = say("findings", "order", {"orders": orders, "number": number}, language)
    clerk = row["clerk"]
    return facts | _people(clerk if isinstance(clerk, str) else None, language)


def _short(text: str, most: int = 5) -> str:
    """A list of identifiers that fits a sentence; the whole list stands in its own column."""
    listed = text.split(JOINT)
    return text if len(listed) <= most else JOINT.join([*listed[:most], "..."])


def speak(findings: Findings, language: str) -> Iterator[tuple[str, str]]:
    """Message and remedy of each finding, in the order of ``findings.frame``."""
    for row in findings.frame.drop("evidence").iter_rows(named=True):
        for column in ("order_id", "clerk"):
            if row[column] is not None:
                row[column] = _short(row[column])
        facts = _facts(row, language)
        message = say("findings", row["message"], facts, language)
        if row["former_tier"] is not None:
            message += say("findings", "former-tier", facts, language)
        yield message, say("findings", f"{row['rule']}-remedy", facts, language)
