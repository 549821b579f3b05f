"""Which axioms each rule keeps, found by trying; the table of ``docs/rules-compared.md``.

``PYTHONPATH=src:tests python -m rules.axioms > docs/rules-compared.md`` writes it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement
from random import Random

from allocator.rules.apportionment import METHODS, apportion
from allocator.rules.division import RULES, WEIGHTED, divide

Claims = tuple[Fraction, ...]
Divide = Callable[[Claims, Fraction], Claims]


@cache
def awards(rule: str, claims: Claims, supply: Fraction) -> Claims:
    """The rule's division; every problem is computed once."""
    return divide(rule, claims, supply)


@cache
def problems() -> tuple[tuple[Claims, Fraction], ...]:
    """All claims up to 5 of two, up to 4 of three, some of four and more, at every supply."""
    columns = [*combinations_with_replacement(range(6), 2)]
    columns += combinations_with_replacement(range(5), 3)
    columns += combinations_with_replacement((1, 3, 4), 4)
    found = [(c, e) for c in columns for e in range(1, sum(c))]
    random = Random(20261116)  # noqa: S311
    for size in [4] * 12 + [5] * 12:
        column = tuple(sorted(random.randint(1, 30) for _ in range(size)))
        found.append((column, random.randint(1, sum(column) - 1)))
    found += [((1, 2, 3, 8, 10), 17), ((2, 4, 7, 8), 10), ((1, 2, 10), 1)]
    return tuple((tuple(map(Fraction, c)), Fraction(e)) for c, e in found)


def equal_treatment(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """Equal claims, equal awards."""
    x = f(c, e)
    for i, j in combinations(range(len(c)), 2):
        if c[i] == c[j] and x[i] != x[j]:
            yield f"gives {row(x)}"


def order_preservation(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """Who claims more gets no less, and loses no less."""
    x = f(c, e)
    for i, j in combinations(range(len(c)), 2):
        if x[i] > x[j] or c[i] - x[i] > c[j] - x[j]:
            yield f"gives {row(x)}"


def supply_monotonicity(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """More supply lowers no award."""
    x, y = f(c, e), f(c, e + 1)
    if any(a > b for a, b in zip(x, y, strict=True)):
        yield f"gives {row(x)}, with one more {row(y)}"


def claims_monotonicity(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """A larger claim does not lower its own award."""
    for i in range(len(c)):
        y = f(put(c, i, c[i] + 1), e)
        if y[i] < f(c, e)[i]:
            yield f"gives {row(f(c, e))}, with one more claimed by the {nth(i)} {row(y)}"


def consistency(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """When one leaves with its award, the others keep theirs."""
    x = f(c, e)
    for i in range(len(c)):
        rest = f(c[:i] + c[i + 1 :], e - x[i])
        if rest != x[:i] + x[i + 1 :]:
            yield f"gives {row(x)}; when the {nth(i)} has left, {row(rest)}"


def self_duality(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """What is there is shared as what is missing."""
    x, lost = f(c, e), f(c, sum(c) - e)
    if any(a + b != whole for a, b, whole in zip(x, lost, c, strict=True)):
        yield f"gives {row(x)}, and {row(lost)} of what is missing"


def composition_up(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """Supply that comes in two parts is shared as if it came at once."""
    for part in range(1, min(int(e), 8)):
        first = f(c, Fraction(part))
        second = f(minus(c, first), e - part)
        both = tuple(a + b for a, b in zip(first, second, strict=True))
        if both != f(c, e):
            yield f"gives {row(f(c, e))}; {part} first and then the rest, {row(both)}"


def composition_down(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """When supply turns out smaller, awards may stand for the claims."""
    for part in range(1, min(int(e), 8)):
        again = f(f(c, e), Fraction(part))
        if again != f(c, Fraction(part)):
            direct = row(f(c, Fraction(part)))
            told = f"with them as claims {part} gives {row(again)}, with the claims {direct}"
            yield f"gives {row(f(c, e))}; {told}"


def truncation(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """What is claimed beyond the whole supply does not count."""
    cut = f(tuple(min(claim, e) for claim in c), e)
    if cut != f(c, e):
        yield f"gives {row(f(c, e))}, with claims cut at the supply {row(cut)}"


def minimal_rights(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """What the others leave to one undisputed may be given first."""
    rights = tuple(max(Fraction(0), e - (sum(c) - claim)) for claim in c)
    rest = f(minus(c, rights), e - sum(rights))
    both = tuple(a + b for a, b in zip(rights, rest, strict=True))
    if both != f(c, e):
        yield f"gives {row(f(c, e))}, with minimal rights first {row(both)}"


def midpoint(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """Half of all claims gives everybody half its claim."""
    half = f(c, sum(c) / 2)
    if any(2 * a != claim for a, claim in zip(half, c, strict=True)):
        yield f"gives {row(half)} of {number(sum(c) / 2)}"


def truthfulness(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """Nobody comes nearer to what it wants by asking for more or less."""
    x = f(c, e)
    for i in range(len(c)):
        for asked in {c[i] + Fraction(step, 2) for step in (-4, -2, -1, 1, 2, 4, 8)}:
            if asked < 0:
                continue
            y = f(put(c, i, asked), e)
            if abs(y[i] - c[i]) < abs(x[i] - c[i]):
                told = f"the {nth(i)} asks for {number(asked)} and gets {number(y[i])}"
                yield f"gives {row(x)}; {told}"


def no_merging(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """Two who claim as one get no more than apart."""
    yield from _merged(f, c, e, lambda one, apart: one > apart)


def no_splitting(f: Divide, c: Claims, e: Fraction) -> Iterator[str]:
    """One who claims as two gets no more than as one."""
    yield from _merged(f, c, e, lambda one, apart: one < apart)


def _merged(
    f: Divide, c: Claims, e: Fraction, gains: Callable[[Fraction, Fraction], bool]
) -> Iterator[str]:
    x = f(c, e)
    for i, j in combinations(range(len(c)), 2):
        rest = tuple(claim for k, claim in enumerate(c) if k not in (i, j))
        y = f((*rest, c[i] + c[j]), e)
        if gains(y[-1], x[i] + x[j]):
            who = f"the {nth(i)} and {nth(j)} as one get {number(y[-1])}"
            yield f"gives {row(x)}; {who}"


AXIOMS: dict[str, Callable[[Divide, Claims, Fraction], Iterator[str]]] = {
    "equal treatment": equal_treatment,
    "order preservation": order_preservation,
    "supply monotonicity": supply_monotonicity,
    "claims monotonicity": claims_monotonicity,
    "truthfulness": truthfulness,
    "consistency": consistency,
    "composition up": composition_up,
    "composition down": composition_down,
    "self-duality": self_duality,
    "midpoint": midpoint,
    "truncation": truncation,
    "minimal rights first": minimal_rights,
    "no gain by merging": no_merging,
    "no gain by splitting": no_splitting,
}


@cache
def counterexample(axiom: str, rule: str) -> str | None:
    """The first problem tried at which the rule fails the axiom; ``None`` where none does."""
    if rule == "leximin" and WEIGHTED[rule] is WEIGHTED["cea"]:
        return counterexample(axiom, "cea")  # one function under two names: tried once

    def f(claims: Claims, supply: Fraction) -> Claims:
        return awards(rule, claims, supply)

    for claims, supply in problems():
        for told in AXIOMS[axiom](f, claims, supply):
            return f"claims {row(claims)}, supply {number(supply)}: {told}"
    return None


def minus(one: Claims, other: Claims) -> Claims:
    return tuple(a - b for a, b in zip(one, other, strict=True))


def put(claims: Claims, place: int, claim: Fraction) -> Claims:
    return (*claims[:place], claim, *claims[place + 1 :])


def number(value: Fraction) -> str:
    """A whole number, or a mixed one such as 2 1/3."""
    whole, part = divmod(Fraction(value), 1)
    return f"{whole} {part}" if whole and part else str(part or whole)


def row(values: tuple[Fraction, ...]) -> str:
    return "(" + ", ".join(number(value) for value in values) + ")"


def nth(place: int) -> str:
    named = ("first", "second", "third", "fourth", "fifth")
    return named[place] if place < len(named) else f"{place + 1}th"


Weights = tuple[int, ...]
LANDMARKS = (
    ((5117, 4400, 162, 161, 160), 100),  # Balinski and Young 1975
    ((9061, 7179, 5259, 3319, 1182), 26),  # Balinski and Young 1975
    ((880, *(12,) * 10), 100),  # many small shares that round down
    ((6, 6, 2), 10),  # one seat more hurts the third
    ((900, *(20,) * 5), 10),  # the Droop quota is cheaper than a share
    ((660, 670, 2450, 6220), 8),  # Balinski and Young's theorem, as proven in Lean
)
LATER = {(660, 670, 2450, 6220): (680, 675, 700, 6200)}
"""Weights of a later day, tried besides those that are made up."""


@cache
def elections() -> tuple[tuple[Weights, int], ...]:
    """Landmarks of the literature, and random weights of three to five."""
    random = Random(20261116)  # noqa: S311
    found = [
        (tuple(random.randint(20, 400) for _ in range(size)), random.randint(3, 24))
        for size in [3] * 40 + [4] * 20 + [5] * 10
    ]
    return (*LANDMARKS, *found)


@cache
def seats_of(method: str, weights: Weights, seats: int) -> Weights:
    """The method's sharing; every election is computed once."""
    return apportion(method, weights, seats)


def lower_quota(method: str, w: Weights, s: int) -> Iterator[str]:
    """Nobody gets less than its exact share rounded down."""
    x = seats_of(method, w, s)
    for i, seats in enumerate(x):
        if seats < s * w[i] // sum(w):
            yield f"gives {x}; the {nth(i)}'s share is {s * w[i] / sum(w):.2f}"


def upper_quota(method: str, w: Weights, s: int) -> Iterator[str]:
    """Nobody gets more than its exact share rounded up."""
    x = seats_of(method, w, s)
    for i, seats in enumerate(x):
        if seats > -(-s * w[i] // sum(w)):
            yield f"gives {x}; the {nth(i)}'s share is {s * w[i] / sum(w):.2f}"


def house_monotonicity(method: str, w: Weights, s: int) -> Iterator[str]:
    """One seat more takes none from anybody."""
    x, y = seats_of(method, w, s), seats_of(method, w, s + 1)
    if any(a > b for a, b in zip(x, y, strict=True)):
        yield f"gives {x}, with one seat more {y}"


def population_monotonicity(method: str, w: Weights, s: int) -> Iterator[str]:
    """Who grows loses no seat while one who shrinks gains one."""
    x = seats_of(method, w, s)
    for later in _later(w):
        y = seats_of(method, later, s)
        lost = any(b > a and t < u for a, b, u, t in zip(w, later, x, y, strict=True))
        won = any(b < a and t > u for a, b, u, t in zip(w, later, x, y, strict=True))
        if lost and won:
            yield f"gives {x}, with weights {later} {y}"


def _later(w: Weights) -> Iterator[Weights]:
    """Weights in which one has grown and another has shrunk."""
    if w in LATER:
        yield LATER[w]
    for i in range(min(len(w), 5)):
        for j in range(min(len(w), 5)):
            for up, down in ((1, 5), (5, 15), (5, 40)) if i != j else ():
                step = {i: up, j: -down}
                yield tuple(max(1, weight + step.get(k, 0)) for k, weight in enumerate(w))


def coherence(method: str, w: Weights, s: int) -> Iterator[str]:
    """When one leaves with its seats, the others keep theirs."""
    x = seats_of(method, w, s)
    for i in range(len(w)):
        rest = seats_of(method, w[:i] + w[i + 1 :], s - x[i])
        if rest != x[:i] + x[i + 1 :]:
            yield f"gives {x}; when the {nth(i)} has left, {rest}"


def order(method: str, w: Weights, s: int) -> Iterator[str]:
    """Who weighs more gets no fewer seats; equals differ by one at most."""
    x = seats_of(method, w, s)
    for i in range(len(w)):
        for j in range(len(w)):
            if (w[i] > w[j] and x[i] < x[j]) or (w[i] == w[j] and abs(x[i] - x[j]) > 1):
                yield f"gives {x}"


METHOD_AXIOMS: dict[str, Callable[[str, Weights, int], Iterator[str]]] = {
    "order": order,
    "lower quota": lower_quota,
    "upper quota": upper_quota,
    "one seat more": house_monotonicity,
    "growth": population_monotonicity,
    "coherence": coherence,
}


@cache
def method_counterexample(axiom: str, method: str) -> str | None:
    """The first election tried at which the method fails; ``None`` where none does."""
    for weights, seats in elections():
        for told in METHOD_AXIOMS[axiom](method, weights, seats):
            return f"weights {weights}, {seats} seats: {told}"
    return None


ABOUT = {
    "proportional": "everybody the same share of its claim",
    "cea": "everybody the same award, at most its claim",
    "cel": "everybody the same loss, at most its claim",
    "leximin": "the same division as `cea`, under the name the quotas use",
    "talmud": "equal awards up to half the claims, then equal losses",
    "reverse-talmud": "equal losses up to half the claims, then equal awards",
    "piniles": "equal awards up to half the claims, then again equal awards",
    "constrained-egalitarian": "as equal as half-claims allow",
    "minimal-overlap": "claims laid out to overlap least, each part shared by its claimants",
    "adjusted-proportional": "what nobody disputes first, the rest proportional",
    "random-arrival": "first come, first served, averaged over all orders of arrival",
    "average": "half `cea`, half `cel`",
    "average-of-awards": "the centre of all possible divisions",
    "dominguez-thomson": "an n-th of each claim, again and again",
    "hamilton": "largest remainders",
    "webster": "divide by a + 1/2",
    "modified-webster": "the same, the first seat at 0.7",
    "jefferson": "divide by a + 1",
    "adams": "divide by a",
    "dean": "divide by the harmonic mean of a and a + 1",
    "huntington-hill": "divide by the geometric mean of a and a + 1",
    "quota": "Jefferson below the upper quota (Balinski and Young)",
    "droop": "largest remainders over the Droop quota",
}
HEAD = """# Rules compared

`al.divide(rule, claims, supply)` divides one scarce amount among claims; \
`al.apportion(method, weights, seats)` shares out whole seats in proportion to weights. \
Which rule keeps what is not copied from a book: `tests/rules/axioms.py` tries each axiom on \
{problems} claims problems and {elections} elections, published ones, small ones exhaustively \
and random ones, and writes this page; a test fails when the page and the code disagree. \
**no** is proven by the counterexample below; *yes* means that none was found.

Only `cea`, the rule of the second round and under the name `leximin` of the quotas, is \
truthful: under every other rule somebody gets nearer to what it wants by ordering what it does \
not want.
"""


def document() -> str:
    """The page ``docs/rules-compared.md``."""
    parts = [HEAD.format(problems=len(problems()), elections=len(elections()))]
    for title, names, axioms, broken in (
        ("Dividing claims", RULES, AXIOMS, counterexample),
        ("Sharing out seats", METHODS, METHOD_AXIOMS, method_counterexample),
    ):
        parts.append(f"## {title}\n")
        parts.append(_table(names, list(axioms), broken))
        parts += [f"- *{name}*: {_first_line(check)}" for name, check in axioms.items()]
        parts.append("\n### Counterexamples\n")
        for axiom in axioms:
            found = [(name, broken(axiom, name)) for name in names]
            lines = [f"- `{name}`: {told}" for name, told in found if told]
            parts += [f"*{axiom}*\n", *lines, ""] if lines else []
    return "\n".join(parts).rstrip() + "\n"


def _table(
    names: tuple[str, ...], axioms: list[str], broken: Callable[[str, str], str | None]
) -> str:
    head = ["| rule | what it does |", *(f" {axiom} |" for axiom in axioms)]
    lines = ["".join(head), "| --- | --- |" + " --- |" * len(axioms)]
    for name in names:
        cells = (" yes |" if broken(axiom, name) is None else " **no** |" for axiom in axioms)
        lines.append(f"| `{name}` | {ABOUT[name]} |" + "".join(cells))
    return "\n".join(lines) + "\n"


def _first_line(check: Callable[..., object]) -> str:
    return (check.__doc__ or "").splitlines()[0]


if __name__ == "__main__":
    print(document(), end="")
