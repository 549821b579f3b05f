"""Shapes from their formulas, and their distance by counting shops."""

from __future__ import annotations

from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import BadRequest
from allocator.grading.shapes import SHAPES, apart, millionths, shape_of

TIERS = st.integers(1, 200)


@given(TIERS, st.sampled_from(sorted(SHAPES)))
def test_a_shape_shares_out_everybody(tiers: int, name: str) -> None:
    """Whole millionths, one entry for each tier, none empty, together exactly one."""
    shape = shape_of(name, tiers)

    assert shape.shape == (tiers,)
    assert shape.sum() == 1_000_000
    assert (shape > 0).all()


@given(TIERS)
def test_shapes_are_what_the_page_says(tiers: int) -> None:
    """By the sums in closed form; the normal curve from another source."""
    bell = NormalDist()
    cut = bell.cdf(3) - bell.cdf(-3)
    expected = {
        "pagoda": [Fraction(2 * (tiers + 1 - t), tiers * (tiers + 1)) for t in range(1, tiers + 1)],
        "olive": [
            Fraction(6 * t * (tiers + 1 - t), tiers * (tiers + 1) * (tiers + 2))
            for t in range(1, tiers + 1)
        ],
        "normal": [
            (bell.cdf(6 * t / tiers - 3) - bell.cdf(6 * (t - 1) / tiers - 3)) / cut
            for t in range(1, tiers + 1)
        ],
    }
    for name, shares in expected.items():
        off = np.abs(shape_of(name, tiers) - np.array([float(1_000_000 * s) for s in shares]))
        assert off.max() <= 1.001, name


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
def test_millionths_are_rounded_by_less_than_one(parts: list[int]) -> None:
    """No share is off by a millionth or more, and a larger part has no smaller share."""
    given_ = millionths(parts).tolist()

    for part, share in zip(parts, given_, strict=True):
        assert abs(share - Fraction(10**6 * part, sum(parts))) < 1
    ordered = [share for _, share in sorted(zip(parts, given_, strict=True))]
    assert ordered == sorted(ordered)


def test_a_list_is_read_from_the_top_tier_down() -> None:
    """As ``tiers.shares`` of a policy is; Chinese commas are read too."""
    assert shape_of("10, 30.5,59.5", None).tolist() == [595_000, 305_000, 100_000]
    assert shape_of("10，90", 2).tolist() == [900_000, 100_000]


@pytest.mark.parametrize(
    ("asked", "tiers", "code"),
    [
        ("olive", None, "shape-needs-tiers"),
        ("olive", 0, "shape-needs-tiers"),
        ("olive", 201, "shape-needs-tiers"),
        ("10,90", 3, "shape-other-length"),
        ("10,80", None, "shape-sum"),
        ("onion", 3, "shape-unknown"),
        ("50,-50,100", None, "shape-unknown"),
        ("50,0,50", None, "shape-unknown"),
        ("1e2", None, "shape-unknown"),
        ("50,nan,50", None, "shape-unknown"),
        ("²,98", None, "shape-unknown"),
        (".", None, "shape-unknown"),
        ("", None, "shape-unknown"),
        (",".join(["0.5"] * 200 + ["0"]), None, "shape-unknown"),
        (",".join(["1"] * 300), None, "shape-needs-tiers"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_is_no_shape_is_refused(
    asked: str, tiers: int | None, code: str, language: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        shape_of(asked, tiers)

    assert refused.value.code == code
    assert refused.value.message(language)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=6))
def test_distance_is_the_part_that_would_have_to_move(tiers: list[tuple[int, int]]) -> None:
    """Shops above what the shape gives their tier, counted tier by tier."""
    shops = np.array([n for n, _ in tiers], np.int64)
    shape = millionths([s for _, s in tiers])
    total = sum(shops.tolist())
    spare = sum(
        max(Fraction(n) - Fraction(int(s), 10**6) * total, Fraction(0))
        for n, s in zip(shops.tolist(), shape.tolist(), strict=True)
    )

    assert apart(shops, shape) == (spare / total if total else 0)
