"""How shops behave: the functions over columns, who is drawn, how it is written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import BadRequest
from allocator.simulation.behaviour import Behaviour, aimed, assigned, bought, inflated
from allocator.simulation.behaviour_files import behaviours_from
from allocator.simulation.demand import given_demand
from allocator.tables.city import City
from strategies import table_of

SHOPS = pl.Series([f"R{k:03}" for k in range(200)])


def test_inflating_asks_for_whole_cartons_rounded_up() -> None:
    wanted = np.array([0, 1, 3, 40])
    top, bottom = np.array([3, 3, 3, 4]), np.array([2, 2, 2, 3])

    # 0; 1.5 -> 2; 4.5 -> 5; 53 1/3 -> 54
    assert inflated(wanted, top, bottom).tolist() == [0, 2, 5, 54]


def test_hoarding_by_hand() -> None:
    """10 a month sold, twice that before a grading: 20, then a pause of a month, then 10 again."""
    sold, stock, orders = np.array([10]), np.array([0]), []
    for before_grading in (False, True, False, False):
        aim = aimed(sold, np.array([2]), np.array([1])) if before_grading else np.array([0])
        order, stock = bought(sold, stock, aim)
        orders.append(int(order[0]))

    assert orders == [10, 20, 0, 10]


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=24), st.integers(2, 5))
def test_hoarding_sells_no_more_in_the_long_run(months: list[tuple[int, bool]], times: int) -> None:
    """What is bought is what is sold and what lies in stock; a stock is never negative."""
    stock, total, all_sold = np.array([0]), 0, 0
    for quantity, before_grading in months:
        sold = np.array([quantity])
        aim = aimed(sold, np.array([times]), np.array([1])) if before_grading else np.array([0])
        order, stock = bought(sold, stock, aim)
        assert order[0] >= 0
        assert stock[0] >= 0
        total, all_sold = total + int(order[0]), all_sold + quantity

    assert total == all_sold + int(stock[0])


def drawn(share: str, seed: str = "s", names: pl.Series = SHOPS) -> set[str]:
    found = assigned(names, [Behaviour("inflating", Fraction(share))], seed)
    return set(found.filter(pl.col("behaviour") == "inflating")["retailer_id"])


def test_who_is_drawn_depends_on_seed_and_retailer_alone() -> None:
    """Exactly the share, the same whatever the order of rows; a larger share keeps the smaller."""
    few, more = drawn("1/20"), drawn("1/4")

    assert (len(few), len(more)) == (10, 50)
    assert few < more
    assert drawn("1/4", names=SHOPS.reverse()) == more
    assert drawn("1/4", seed="t") != more


def test_named_shops_and_shares_together() -> None:
    """Two are named, a tenth of the other 198 is drawn: 19.8, so 20; nobody twice."""
    lines = [
        Behaviour("sleeping", retailers=("R000", "R001")),
        Behaviour("hoarding", Fraction(1, 10), Fraction(3)),
    ]
    found = assigned(SHOPS, lines, "s")
    count = dict(found.group_by("behaviour").len().iter_rows())

    assert count == {"sleeping": 2, "hoarding": 20, "truthful": 178}
    assert set(found.filter(pl.col("behaviour") == "hoarding")["top"]) == {3}


def test_behaviours_as_people_write_them(tmp_path: Path) -> None:
    file = tmp_path / "b.yaml"
    file.write_text(
        "inflating: {share: 10%, times: 2.5}\nhoarding: {retailers: [R1]}\nsleeping: 5%\n"
    )
    wanted = (
        Behaviour("inflating", Fraction(1, 10), Fraction(5, 2)),
        Behaviour("hoarding", retailers=("R1",)),
        Behaviour("sleeping", Fraction(1, 20)),
    )

    assert behaviours_from([str(file)]) == wanted
    assert behaviours_from(["inflating=10%x2.5", "sleeping=0.05"]) == (wanted[0], wanted[2])


@pytest.mark.parametrize(
    ("spelled", "code"),
    [
        ("inflating", "behaviour-spelling"),
        ("inflate=10%", "behaviour-unknown"),
        ("inflating=101%", "behaviour-share"),
        ("inflating=10%x1", "behaviour-times"),
        ("missing.yaml", "behaviour-file"),
    ],
)
def test_refusals_name_what_to_mend(spelled: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        behaviours_from([spelled])

    assert refused.value.code == code
    for language in ("en", "zh-CN"):
        assert refused.value.message(language)


def test_numbers_as_python_has_them() -> None:
    """A float is the decimal it is printed as; what is no number is refused."""
    assert Behaviour("inflating", 0.1, 2.5) == Behaviour(  # type: ignore[arg-type]
        "inflating", Fraction(1, 10), Fraction(5, 2)
    )
    for share in ("ten", float("nan"), None):
        with pytest.raises(BadRequest, match="give a part from 0 to 1"):
            Behaviour("inflating", share)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([Behaviour("sleeping", retailers=("R9",))], "behaviour-retailer"),
        ([Behaviour("sleeping", retailers=("R001", "R001"))], "behaviour-named-twice"),
        ([Behaviour("sleeping", Fraction(2, 3)), Behaviour("hoarding", Fraction(1, 2))],
         "behaviour-shares"),
    ],
)  # fmt: skip
def test_who_cannot_behave_is_refused(lines: list[Behaviour], code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        assigned(SHOPS, lines, "s")

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"retailer_id": ["R1"], "product_id": ["P"]}, "demand-columns"),
        ({"retailer_id": ["R1"], "product_id": ["P"], "quantity": [1.5]}, "demand-whole"),
        ({"retailer_id": ["R1"], "product_id": ["P"], "quantity": [-1]}, "demand-negative"),
        ({"retailer_id": ["R7"], "product_id": ["P"], "quantity": [1]}, "demand-retailer"),
    ],
)
def test_demand_that_is_none_is_refused(frame: dict[str, list[object]], code: str) -> None:
    city = City(retailers=table_of("retailers", [{"retailer_id": "R1"}]))
    with pytest.raises(BadRequest) as refused:
        given_demand(pl.DataFrame(frame), city, ("C",))

    assert refused.value.code == code
