"""How a conflict is told: what breaks, with figures, then its lines and what would mend each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NoReturn

from allocator.allocation.clauses import SHARE_DIGITS, SHARES, Clause
from allocator.allocation.demand import Row
from allocator.allocation.judge import Excess, Judge
from allocator.allocation.limits import Released
from allocator.errors import InfeasiblePolicy, PolicyLine
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.allocation_prose import who_in_words
from allocator.wording import LANGUAGES, Fact, say

MOST_NAMES: Final = 3
"""Products named in a heading; of others only the number."""

FIGURE: Final = Decimal("0.01")
"""(cartons) Grain of figures that need not be whole, in a heading."""

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What a conflict is looked for in: some released lines and the clauses on them."""

    judge: Judge
    clauses: tuple[Clause, ...]
    released: Released
    members: tuple[int, ...]
    policy: AllocationPolicy

    def name(self, positions: Iterable[int]) -> str:
        """The products of some lines, with their region where supply has one."""
        names = [
            f"{self.released.product[p]} {self.released.region[p]}".rstrip()
            for p in (self.members[position] for position in positions)
        ]
        more = f" (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
        return ", ".join(names[:MOST_NAMES]) + more

    def who(self, clause: Clause) -> dict[str, str]:
        """The group of a clause in words, by language."""
        who = self.policy.groups[clause.rule].who
        return {language: who_in_words(who, language) for language in LANGUAGES}


def refuse(
    case: Case, rows: Sequence[Clause], mends: Sequence[tuple[Clause, int | None]], others: int
) -> NoReturn:
    """Raise the refusal of a conflict.

    rows : the clauses of the conflict as they stand in force
    mends : those to be told, each with the value that mends; ``None`` = no value does
    others : products that have a conflict of their own
    """
    conflict = tuple(_line(case, clause, value) for clause, value in mends if value is not None)
    excess = case.judge.excess(rows)
    code, facts, words = (
        _unreached(case, rows, mends) if excess is None else _exceeded(case, rows, excess)
    )
    raise InfeasiblePolicy(code, conflict=conflict, words=words, others=others, **facts)


def _line(case: Case, clause: Clause, mend: int) -> PolicyLine:
    share = clause.kind in SHARES
    words: Words = {}
    if clause.kind in ("group_least", "group_most"):
        words = {language: {"who": who} for language, who in case.who(clause).items()}
    name = ""
    if clause.kind == "supply":
        name = case.name(span.p for span in clause.spans)
    elif clause.kind == "basket":
        name = case.policy.baskets[clause.rule].name
    return PolicyLine(
        clause.kind,
        clause.path,
        case.policy.lines.get(clause.path),
        _percent(clause.value) if share else clause.value,
        _percent(mend) if share else mend,
        name,
        words,
    )


def _exceeded(
    case: Case, rows: Sequence[Clause], excess: Excess
) -> tuple[str, dict[str, Fact], Words]:
    """The heading where the least quotas alone need more than a limit leaves."""
    clause, needed, judge = excess.clause, _figure(excess.needed), case.judge
    p = excess.lines[0]
    facts: dict[str, Fact] = {"product": case.name(excess.lines)}
    words: Words = {}
    if excess.cell >= 0:
        facts["tier"] = judge.asked.tier[excess.cell]
    if clause.kind == "ceiling":
        return "floor-above-ceiling", {**facts, "floor": needed, "ceiling": excess.room}, words
    if clause.kind == "basket":
        facts["basket"] = case.policy.baskets[clause.rule].name
        return "floors-above-basket", {**facts, "promised": needed, "most": excess.room}, words
    if clause.kind == "supply":
        demand = judge.demand
        facts["retailers"] = int((demand.allowed[p] * demand.count).sum())
        missing = _figure(excess.needed - excess.room)
        figures = {"promised": needed, "supply": excess.room, "missing": missing}
        return "floors-above-supply", {**facts, **figures}, words
    words = {language: {"who": who} for language, who in case.who(clause).items()}
    facts |= {"supply": judge.asked.released(p, rows), "promised": needed}
    share = judge.asked.share(p, clause, rows)
    if clause.kind == "group_most":
        return "floors-above-share", {**facts, "most": share}, words
    facts["left"] = _figure(excess.room - excess.needed)
    return "floors-above-rest", {**facts, "least": share}, words


def _unreached(
    case: Case, rows: Sequence[Clause], mends: Sequence[tuple[Clause, int | None]]
) -> tuple[str, dict[str, Fact], Words]:
    """The heading where least shares of groups cannot be had."""
    judge = case.judge
    missing = judge.missing(rows)
    if missing is None:
        raise ArithmeticError(f"no conflict left of {rows!r}")
    shares = [row for row in judge.asked.rows(rows) if row.clause.kind == "group_least"]
    lines = tuple(dict.fromkeys(p for row in shares for p, _ in row.terms))
    facts: dict[str, Fact] = {
        "product": case.name(lines),
        "supply": sum(judge.asked.released(p, rows) for p in lines),
        "missing": _figure(missing),
    }
    facts["least"] = sum(row.cartons for row in shares)
    if len({row.clause for row in shares}) > 1:
        words = {language: {"shares": _shares(case, shares, language)} for language in LANGUAGES}
        return "shares-unreached", facts, words
    row = shares[0]
    words = {language: {"who": who} for language, who in case.who(row.clause).items()}
    if len(shares) > 1:
        return "share-unreached-by-product", facts, words
    facts["most"] = _figure(row.cartons - missing)
    ceilings = [clause for clause, _ in mends if clause.kind == "ceiling"]
    if len(mends) == 2 and ceilings:
        p, lot = lines[0], int(judge.demand.lot[lines[0]])
        shops = int(judge.demand.count[[c for _, c in row.terms]].sum())
        each = ceilings[0].value // lot * lot
        if each * shops == facts["most"] and (judge.demand.visits[p] == 1).all():
            return "share-above-ceiling", {**facts, "ceiling": each, "shops": shops}, words
    return "share-unreached", facts, words


def _shares(case: Case, rows: Sequence[Row], language: str) -> str:
    """Each group with its least share, in words."""
    cartons: dict[int, int] = {}
    for row in rows:
        cartons[row.clause.rule] = cartons.get(row.clause.rule, 0) + row.cartons
    who = {row.clause.rule: case.who(row.clause)[language] for row in rows}
    told = [
        say("allocation", "least-share", {"who": who[rule], "least": least}, language)
        for rule, least in cartons.items()
    ]
    return say("policy", "list-comma", {}, language).join(told)


def _figure(value: Fraction) -> int | Decimal:
    """A number of cartons for people: whole where it is."""
    if value.denominator == 1:
        return int(value)
    near = Decimal(round(value * 10**6)).scaleb(-6)
    fine = near.quantize(FIGURE)
    return int(fine) if fine == int(fine) else fine.normalize()


def _percent(parts: int) -> Decimal:
    """A share as it is written in the policy."""
    return Decimal(format(Decimal(parts).scaleb(2 - SHARE_DIGITS).normalize(), "f"))
