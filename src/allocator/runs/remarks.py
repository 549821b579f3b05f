"""What a planner should know although nothing was refused: said once, after the work is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from allocator.allocation.volume import Price
from allocator.policy.allocation_prose import who_in_words
from allocator.policy.models import Policy
from allocator.records import Grading, QuotaPlan, Shortfall
from allocator.tables.city import City, Table
from allocator.tables.source import printable
from allocator.wording import Fact, listed, say

MOST_NAMED = 8
"""Headers or products that one remark lists."""


def remarks(
    city: City | None,
    policy: Policy | None,
    grading: Grading | None,
    language: str,
    plan: QuotaPlan | None = None,
) -> list[str]:
    """Warnings of the tables, the policy, the grading and the plan, as sentences.

    Rows of totals that were left out and headers that were not recognised are told too, and
    products whose limits the policy states though no table knows them: most often a slip.
    """
    told: list[str] = []
    if city is not None:
        told += _unread(city, language)
        for table in city.tables():
            told += _of_table(table, language)
    if policy is not None:
        told += [warning.message("policy", language) for warning in policy.warnings]
        told += [] if city is None else _strangers(city, policy, language)
    if grading is not None:
        told += [say("grading", code, facts, language) for code, facts in grading.warnings]
    if policy is not None and plan is not None:
        told += [_short(short, plan, policy, language) for short in plan.shortfalls]
    return list(dict.fromkeys(told))


def _unread(city: City, language: str) -> Iterator[str]:
    """Files that lie in the folder for nothing; the commonest reason why a table is missing."""
    if city.unread:
        yield say("runs", "files-unread", {"files": _listed(list(city.unread))}, language)


def _of_table(table: Table, language: str) -> Iterator[str]:
    place = table.file or table.name
    if table.skipped:
        yield say("runs", "rows-skipped", {"file": place, "count": table.skipped}, language)
    if table.aside:
        columns = _listed([printable(header) for header in table.aside])
        yield say("runs", "columns-aside", {"file": place, "columns": columns}, language)
    for warning in table.warnings:
        yield warning.message("tables", language)


def _strangers(city: City, policy: Policy, language: str) -> Iterator[str]:
    known: set[str] = set()
    for table in (city.products, city.supply):
        known |= set() if table is None else set(table.frame["product_id"].to_list())
    strange = sorted(set(policy.allocation.products) - known)
    if strange and known:
        facts = {"products": _listed(strange)}
        yield say("runs", "policy-products-unknown", facts, language)


def _short(short: Shortfall, plan: QuotaPlan, policy: Policy, language: str) -> str:
    """What whole cartons could not keep, and the limits that are full."""
    from allocator.allocation.in_the_way import in_the_way

    def limits() -> Iterator[str]:
        found = in_the_way(plan, short)
        for b in found.baskets:
            yield say("runs", "limit-basket", {"name": plan.baskets[b].name}, language)
        for rule in dict.fromkeys(plan.groups[g].rule for g in found.groups):
            who = who_in_words(policy.allocation.groups[rule].who, language)
            yield say("runs", "limit-group", {"who": who, "number": rule + 1}, language)

    name = f"{plan.product[short.line]} {plan.region[short.line]}".strip()
    facts: dict[str, Fact] = {"product": name, "cartons": short.lots * int(plan.lot[short.line])}
    kind, _, number = short.row.partition("/")
    if kind == "supply":
        facts["limits"] = listed(limits(), language)
        return say("runs", "supply-kept-back", facts, language)
    rule = plan.groups[int(number)].rule
    facts |= {"who": who_in_words(policy.allocation.groups[rule].who, language), "number": rule + 1}
    by_number = plan.method[short.line] == "equal"
    code = "least-missed" if by_number else "least-missed-in-turn"
    return say("runs", code, facts, language)


def price_remarks(plan: QuotaPlan, prices: Sequence[Price], language: str) -> list[str]:
    """The programs whose quotas hand out a carton or more less than they could, most first.

    Where baskets join products only their sum can be told.
    """
    lost = [price for price in prices if round(price.given_up)]
    lost.sort(key=lambda price: (-price.given_up, price.lines))
    told = []
    for price in lost[:MOST_NAMED]:
        names = list(dict.fromkeys(plan.product[p] for p in price.lines))
        facts = {"products": _listed(names), **price_facts([price])}
        told.append(say("runs", "volume-given-up", facts, language))
    return told


def price_facts(prices: Sequence[Price]) -> dict[str, int | Decimal]:
    """What some programs give up together, in whole cartons and per cent of the most."""
    most = sum(price.most for price in prices)
    less = sum(price.given_up for price in prices)
    percent = Decimal(f"{100 * less / most:.1f}") if most else Decimal(0)
    return {"less": round(less), "most": round(most), "percent": percent}


def _listed(words: list[str]) -> str:
    return ", ".join(words[:MOST_NAMED]) + (", ..." if len(words) > MOST_NAMED else "")
