"""Divisions held against definitions that are computed in another way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations, product
from math import atan2
from time import perf_counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.errors import BadRequest
from allocator.rules.division import PLAIN, RULES, WEIGHTED, divide
from strategies import claim_lists

Row = tuple[Fraction, ...]


def share(claims: list[int], part: float) -> int:
    return int(sum(claims) * part)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=60)
@given(claims=claim_lists(), supply=st.fractions(0, 70, max_denominator=6))
def test_awards_use_the_supply_within_the_claims(
    rule: str, claims: list[int], supply: Fraction
) -> None:
    """Exactly: 0 <= award <= claim, and together min(supply, claims)."""
    awards = divide(rule, claims, supply)

    assert all(0 <= award <= claim for award, claim in zip(awards, claims, strict=True))
    assert sum(awards) == min(supply, sum(claims))


@settings(max_examples=150)
@given(data=st.data(), claims=claim_lists(), part=st.floats(0, 1))
def test_leximin_beats_every_division_on_a_grid(
    data: st.DataObject, claims: list[int], part: float
) -> None:
    """Sorted satisfactions award / weight are lexicographically largest, guarantees kept."""
    claims, size = claims[:4], len(claims[:4])
    weights = data.draw(st.lists(st.integers(1, 4), min_size=size, max_size=size))
    least = [data.draw(st.integers(0, claim)) for claim in claims]
    supply = sum(least) + int((sum(claims) - sum(least)) * part)

    awards = divide("leximin", claims, supply, weights=weights, guarantees=least)

    def levels(row: Row | tuple[int, ...]) -> list[Fraction]:
        return sorted(Fraction(x) / w for x, w in zip(row, weights, strict=True))

    grid = product(*(range(low, high + 1) for low, high in zip(least, claims, strict=True)))
    assert all(a >= low for a, low in zip(awards, least, strict=True))
    assert all(levels(awards) >= levels(row) for row in grid if sum(row) == supply)


@given(claims=claim_lists(), part=st.floats(0, 1), weights=st.lists(st.integers(1, 5), min_size=5))
def test_weighted_losses_are_dual_to_weighted_awards(
    claims: list[int], part: float, weights: list[int]
) -> None:
    """What equal losses take away is what equal awards give of the missing, weights inverse."""
    supply, weights = share(claims, part), weights[: len(claims)]
    inverse = [Fraction(1, weight) for weight in weights]

    kept = divide("cel", claims, supply, weights=weights)
    lost = divide("cea", claims, sum(claims) - supply, weights=inverse)

    assert [a + b for a, b in zip(kept, lost, strict=True)] == claims


@pytest.mark.parametrize("rule", WEIGHTED)
@given(claims=claim_lists(), part=st.floats(0, 1), place=st.integers(0, 4))
def test_more_weight_and_more_guarantee_never_hurt(
    rule: str, claims: list[int], part: float, place: int
) -> None:
    """A claimant's own award does not fall when its weight or its guarantee rises."""
    supply, place = share(claims, part), place % len(claims)
    heavier = [3 if i == place else 1 for i in range(len(claims))]
    plain = divide(rule, claims, supply)
    safe = [min(supply, claims[i]) if i == place else 0 for i in range(len(claims))]

    assert divide(rule, claims, supply, weights=heavier)[place] >= plain[place]
    assert divide(rule, claims, supply, guarantees=safe)[place] == safe[place]


@given(claims=claim_lists(at_least=2), part=st.floats(0, 1))
def test_talmud_is_the_contested_garment_for_every_pair(claims: list[int], part: float) -> None:
    """Aumann and Maschler's definition: any two share what they have as in Bava Metzia 2a."""
    awards = divide("talmud", claims, share(claims, part))

    for i in range(len(claims)):
        for j in range(i):
            both = awards[i] + awards[j]
            mine, yours = max(0, both - claims[j]), max(0, both - claims[i])
            assert awards[i] == mine + (both - mine - yours) / 2


@given(claims=st.tuples(st.integers(0, 9), st.integers(0, 9)), part=st.floats(0, 1))
def test_two_claimants_concede_and_divide(claims: tuple[int, int], part: float) -> None:
    """Thomson 2003: for two these five rules are the contested garment."""
    supply = share([*claims], part)
    expected = divide("talmud", claims, supply)

    for rule in (
        *("minimal-overlap", "adjusted-proportional", "random-arrival", "average-of-awards"),
    ):
        assert divide(rule, claims, supply) == expected, rule


@given(claims=claim_lists(), part=st.floats(0, 1))
def test_random_arrival_is_the_mean_over_all_orders(claims: list[int], part: float) -> None:
    """Every queue served until nothing is left."""
    supply = share(claims, part)
    total, count = [0] * len(claims), 0
    for queue in permutations(range(len(claims))):
        rest, count = supply, count + 1
        for i in queue:
            served = min(claims[i], rest)
            total[i], rest = total[i] + served, rest - served

    assert divide("random-arrival", claims, supply) == tuple(Fraction(t, count) for t in total)


@given(claims=st.tuples(*[st.integers(1, 9)] * 3), part=st.floats(0.05, 0.95))
def test_average_of_awards_is_the_centroid_of_the_polygon(
    claims: tuple[int, int, int], part: float
) -> None:
    """For three, all divisions form a polygon: its corners and the shoelace formula."""
    a, b, c = claims
    supply = max(1, min(sum(claims) - 1, share([*claims], part)))
    lines = [(1, 0, 0), (1, 0, a), (0, 1, 0), (0, 1, b), (1, 1, supply - c), (1, 1, supply)]
    corners = set()
    for (p, q, r), (s, t, u) in product(lines, lines):
        if det := p * t - q * s:
            x, y = Fraction(r * t - q * u, det), Fraction(p * u - r * s, det)
            if 0 <= x <= a and 0 <= y <= b and 0 <= supply - x - y <= c:
                corners.add((x, y))
    mid = [sum(column) / len(corners) for column in zip(*corners, strict=True)]
    around = sorted(corners, key=lambda z: atan2(z[1] - mid[1], z[0] - mid[0]))
    area, moments = Fraction(0), [Fraction(0)] * 2
    for one, two in zip(around, [*around[1:], around[0]], strict=True):
        cross = one[0] * two[1] - two[0] * one[1]
        area += cross
        moments = [m + (one[k] + two[k]) * cross for k, m in enumerate(moments)]

    x, y = (moment / (3 * area) for moment in moments)
    assert divide("average-of-awards", claims, supply) == (x, y, supply - x - y)


@settings(max_examples=60)
@given(claims=claim_lists(), part=st.floats(0, 1))
def test_dominguez_thomson_is_the_limit_of_its_recursion(claims: list[int], part: float) -> None:
    """Two thousand rounds in binary numbers come as near as these can."""
    supply = share(claims, part)
    left, rest = np.array(claims, float), float(supply)
    for _ in range(2000):
        gain = np.minimum(left, rest) / len(claims)
        left, rest = left - gain, rest - gain.sum()

    awards = divide("dominguez-thomson", claims, supply)

    assert [float(award) for award in awards] == pytest.approx(np.array(claims) - left, abs=1e-9)


def test_long_recursion_is_exact_to_many_digits() -> None:
    """A claim of 1 beside claims of a thousand: more rounds than exact fractions bear."""
    claims = [1, 1000, 1001, 1002]
    left, rest = [Decimal(c) for c in claims], Decimal(3003)
    for _ in range(400):
        gain = [min(claim, rest) / 4 for claim in left]
        left, rest = [c - g for c, g in zip(left, gain, strict=True)], rest - sum(gain)

    awards = divide("dominguez-thomson", claims, 3003)

    for award, claim, lost in zip(awards, claims, left, strict=True):
        assert abs(award - Fraction(claim - lost)) < Fraction(1, 10**20)


def test_every_kind_of_number_means_the_same() -> None:
    """A float is the decimal it is printed as, so one tenth three times is three tenths."""
    expected = (Fraction(1, 10), Fraction(1, 5))

    assert divide("cea", [0.1, 0.2], 0.1 + 0.2) == expected
    assert divide("cea", [Decimal("0.1"), Fraction(1, 5)], 1) == expected
    assert divide("cea", np.array([0.1, 0.2]), np.float64(0.3)) == expected
    assert divide("cea", pl.Series([0.1, 0.2]), 5) == expected
    assert al.divide("proportional", [], 3) == ()


def test_many_claims_are_quick() -> None:
    """A city's orders in exact fractions: well under the bound on a slow machine."""
    claims = [1 + i * 7919 % 97 for i in range(20_000)]
    start = perf_counter()
    for rule in ("proportional", "cea", "cel", "talmud", "minimal-overlap"):
        assert sum(divide(rule, claims, 400_000)) == 400_000
    assert perf_counter() - start < 20


REFUSED = [
    (("shapley", [1], 1), {}, "divide-rule-unknown"),
    (("talmund", [1], 1), {}, "divide-rule-near"),
    (("cea", [1, -1], 1), {}, "share-not-a-number"),
    (("cea", [1, float("nan")], 1), {}, "share-not-a-number"),
    (("cea", [Decimal("1E+99999999")], 1), {}, "share-not-a-number"),
    (("cea", [10**6000], 1), {}, "share-not-a-number"),
    (("cea", [True], 1), {}, "share-not-a-number"),
    (("cea", ["1"], 1), {}, "share-not-a-number"),
    (("cea", "12", 1), {}, "share-not-a-list"),
    (("cea", 7, 1), {}, "share-not-a-list"),
    (("cea", [1, 2], None), {}, "share-not-a-number"),
    (("cea", [1, 2], 1), {"weights": [1]}, "share-lengths-differ"),
    (("cea", [1, 2], 1), {"weights": [1, 0]}, "share-weight-zero"),
    (("talmud", [1, 2], 1), {"weights": [1, 1]}, "divide-without"),
    (("average", [1, 2], 1), {"guarantees": [0, 0]}, "divide-without"),
    (("cel", [1, 2], 1), {"guarantees": [1, Fraction(1, 2)]}, "divide-guarantees"),
    (("random-arrival", [2**k for k in range(40)], 2**39), {}, "divide-too-large"),
    (("average-of-awards", [2**k for k in range(40)], 2**39), {}, "divide-too-large"),
    (("dominguez-thomson", range(1000, 1500), 624_749), {}, "divide-too-large"),
]


@pytest.mark.parametrize(("given", "named", "code"), REFUSED)
def test_refusals_end_in_a_remedy(
    given: tuple[object, ...], named: dict[str, object], code: str
) -> None:
    """What is wrong, and what would be right, in both languages."""
    with pytest.raises(BadRequest) as caught:
        divide(*given, **named)  # type: ignore[arg-type]

    assert caught.value.code == code
    for language, stop in (("en", (";", ":", "?")), ("zh-CN", ("；", "，"))):
        assert any(sign in caught.value.message(language) for sign in stop)


def test_the_nearest_rule_is_named() -> None:
    with pytest.raises(BadRequest, match="did you mean random-arrival"):
        divide("random_arival", [1], 1)


def test_every_rule_explains_itself() -> None:
    """A definition with its source stands in each docstring."""
    assert all(rule.__doc__ for rule in (*WEIGHTED.values(), *PLAIN.values()))
