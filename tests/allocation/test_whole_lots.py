"""Whole lots of lines with lots larger than a carton."""

from __future__ import annotations

import numpy as np
import pytest

from allocator.errors import InfeasiblePolicy
from strategies import city_of, plan_of

STEEP = {"kind": "linear", "bottom": 1, "top": 9}


@pytest.mark.parametrize("step", [5, 10])
def test_a_step_in_cartons_holds_between_equal_quotas_in_lots(step: int) -> None:
    """Weights 1, 5, 9 and lots of 5: without the step the top tier would rise faster."""
    seen = set()
    for supply in range(20, 200, 20):
        city = city_of({1: 2, 2: 1, 3: 1}, [{"product_id": "P5", "quantity": supply}])
        plan = plan_of(
            city, weights=STEEP, whole_units="equal", defaults={"ceiling": 95, "step": step}
        )
        (base,) = plan.base
        seen |= set(np.diff(base).tolist())
        assert (base % 5 == 0).all()
        assert int((base * plan.cells.count).sum()) <= supply
        assert not plan.seats.any()

    assert max(seen) == step
    assert min(seen) >= 0


def test_a_step_that_is_no_number_of_lots_is_refused() -> None:
    city = city_of({1: 1, 2: 1}, [{"product_id": "P5", "quantity": 50}])

    with pytest.raises(InfeasiblePolicy) as refused:
        plan_of(city, whole_units="equal", defaults={"ceiling": 20, "step": 7})

    assert refused.value.code == "step-not-in-lots"
    assert refused.value.facts == {"product": "P5", "step": 7, "lot": 5}
