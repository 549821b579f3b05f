"""From facts to sentences: message and remedy of each finding, in one language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from allocator.auditing.evidence import JOINT
from allocator.auditing.findings import Findings
from allocator.wording import Fact, listed, say

CARTONS = (
    "observed",
    "limit",
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
"""Facts that a sentence may also speak with their unit, as ``<fact>_cartons``."""

YUAN = ("observed", "limit", "amount", "price")
"""Facts in fen that a sentence may speak in yuan, as ``<fact>_yuan``."""


@lru_cache(maxsize=4096)
def _cartons(count: int, language: str) -> str:
    return say("findings", "cartons", {"count": count}, language)


@lru_cache(maxsize=4096)
def _people(clerks: str | None, orders: int, language: str) -> dict[str, Fact]:
    """How a sentence names whoever entered the orders."""
    facts: dict[str, Fact] = {"number": orders}
    someone = "nobody"
    if clerks is not None:
        facts = {"clerk": _short(clerks), "number": clerks.count(JOINT) + 1}
        someone = "clerk"
    return {word: say("findings", f"{word}-{someone}", facts, language) for word in ("by", "who")}


def _facts(row: Mapping[str, Any], language: str) -> dict[str, Fact]:
    known = {**row, **json.loads(row["facts"])}
    facts: dict[str, Fact] = {name: fact for name, fact in known.items() if fact is not None}
    for name in CARTONS:
        if name in facts:
            facts[f"{name}_cartons"] = _cartons(known[name], language)
    number = 1 if row["order_id"] is None else row["order_id"].count(JOINT) + 1
    if row["order_id"] is not None:
        words: dict[str, Fact] = {"orders": _short(row["order_id"]), "number": number}
        facts["order"] = say("findings", "order", words, language)
    if facts.get("fields"):
        names = (say("findings", f"field-{name}", {}, language) for name in known["fields"].split())
        facts["fields"] = listed(names, language)
    if facts.get("others"):
        facts["others"] = _short(known["others"])
    for name in YUAN:
        if name in facts:
            facts[f"{name}_yuan"] = Decimal(known[name]) / 100
    if "weekday" in facts:
        facts["weekday_name"] = say("findings", f"weekday-{known['weekday']}", {}, language)
    for name in ("products", "order_cycle"):
        # A rule may name the products, another count them.
        if isinstance(known.get(name), str):
            facts[name] = _short(known[name])
    segment = known.get("segment")
    facts["where"] = say("findings", "segment", {"segment": segment}, language) if segment else ""
    if "least" in facts:
        words = {"least": facts["least"], "cartons": facts["most_cartons"]}
        alone = facts["least"] == facts["most"]
        facts["hold"] = words["cartons"] if alone else say("findings", "range", words, language)
    return facts | _people(row["clerk"], number, language)


def _short(text: str, most: int = 5) -> str:
    """A list of identifiers that fits a sentence; the whole list stands in its own column."""
    listed = text.split(JOINT)
    return text if len(listed) <= most else JOINT.join([*listed[:most], "..."])


def speak(findings: Findings, language: str) -> Iterator[tuple[str, str]]:
    """Message and remedy of each finding, in the order of ``findings.frame``."""
    for row in findings.frame.drop("evidence").iter_rows(named=True):
        facts = _facts(row, language)
        message = say("findings", row["message"], facts, language)
        if "former_tier" in facts:
            message += say("findings", "former-tier", facts, language)
        yield message, say("findings", f"{row['rule']}-remedy", facts, language)
