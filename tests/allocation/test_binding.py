"""What holds each quota and what a lot more changes: by hand, and by planning again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

from allocation.test_objectives import shared_room
from allocator.allocation.binding import LIMITS, Hold, what_binds
from allocator.allocation.leximin import Lines
from allocator.allocation.one_more import one_more
from allocator.allocation.programs import components, lines_of, program_of
from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.records import QuotaPlan
from certificate.test_objectives import planned
from strategies import city_of, coupled_lines, plan_of, small_plan


def told(plan: QuotaPlan, product: str = "P1") -> dict[int, tuple[list[Hold], list[Hold]]]:
    """By tier; the cases here have one line and segment."""
    return {
        int(plan.cells.tier[held.cell]): (list(held.more), list(held.less))
        for held in what_binds(plan, product)
    }


def flat(**rules: object) -> dict[str, object]:
    return {"weights": {"kind": "linear", "bottom": 1, "top": 1}, **rules}


def test_supply_holds_what_no_other_limit_does() -> None:
    """12 cartons for 2 + 1 shops of weights 1 and 3: nothing but the supply."""
    plan = plan_of(city_of({1: 2, 2: 1}, [{"quantity": 12}]))

    assert told(plan) == {1: ([Hold("supply", 1)], []), 2: ([Hold("supply", 2)], [])}


def test_a_ceiling_holds_its_tier_and_with_tier_order_the_one_below() -> None:
    """Tier 2 stands at its ceiling of 3; tier 1, of the same weight, may have no more than that."""
    plan = plan_of(
        city_of({1: 2, 2: 1}, [{"quantity": 12}]), **flat(products={"P1": {"ceiling": {2: 3}}})
    )

    assert plan.entitlement.tolist() == [[3, 3]]
    assert told(plan) == {1: ([Hold("ceiling", 1)], []), 2: ([Hold("ceiling", 2)], [])}


def test_a_full_group_holds_its_tier_and_tier_order_the_one_below() -> None:
    """Tier 2 may have 3 of 12 cartons; tier 1, of the same weight, no more than each of it."""
    group = {"who": {"tier": [2, 2]}, "products": ["P1"], "at_most": "25%"}
    plan = plan_of(city_of({1: 2, 2: 1}, [{"quantity": 12}]), **flat(groups=[group]))

    assert plan.entitlement.tolist() == [[3, 3]]
    assert told(plan)[1][0][0] == Hold("order", 2)
    assert told(plan)[2][0][0].kind == "most"


def test_a_step_holds_the_upper_tier_and_lifts_the_lower_one() -> None:
    """Weights 1 and 3, 12 cartons for two shops of tier 1 and one of 2: shares 2.4 and 7.2. With a
    step of 1 they have x and x + 1: 3 x + 1 = 12. All is used up, and tier 1 stands above its level
    because of tier 2.
    """
    plan = plan_of(city_of({1: 2, 2: 1}, [{"quantity": 12}]), defaults={"ceiling": 20, "step": 1})

    assert plan.entitlement == pytest.approx(np.array([[11 / 3, 14 / 3]]))
    assert told(plan)[2] == ([Hold("supply", 2)], [])
    assert told(plan)[1] == ([Hold("supply", 1)], [Hold("step", 2)])


def test_a_floor_keeps_a_tier_up() -> None:
    """Weights 1 and 3, 12 cartons: shares 2.4 and 7.2, but nobody has less than 3."""
    plan = plan_of(city_of({1: 2, 2: 1}, [{"quantity": 12}]), defaults={"floor": 3, "ceiling": 20})

    assert told(plan)[1] == ([Hold("supply", 1)], [Hold("floor", 1)])


def test_a_group_holds_its_cells_and_a_basket_those_it_is_full_in() -> None:
    plan = plan_of(
        city_of({1: 2, 2: 1}, [{"quantity": 12}]),
        **flat(
            groups=[{"who": {"tier": [2, 2]}, "products": "all", "at_most": "25%"}],
            defaults={"ceiling": 20, "tier_order": False},
        ),
    )

    assert plan.entitlement == pytest.approx(np.array([[4.5, 3]]))
    assert told(plan) == {1: ([Hold("supply", 1)], []), 2: ([Hold("most", 2, 0)], [])}
    room = shared_room("leximin")
    assert told(room, "B") == {1: ([Hold("basket", 1, 0)], [])}
    assert told(room, "A") == {1: ([Hold("basket", 1, 0)], []), 2: ([Hold("supply", 2)], [])}


def test_the_share_due_to_a_group_holds_the_others() -> None:
    plan = plan_of(
        city_of({1: 2, 2: 1}, [{"quantity": 12}]),
        **flat(
            groups=[{"who": {"tier": [1, 1]}, "products": "all", "at_least": "75%"}],
            defaults={"ceiling": 20, "tier_order": False},
        ),
    )

    assert plan.entitlement == pytest.approx(np.array([[4.5, 3]]))
    assert told(plan)[2] == ([Hold("least", 2, 0)], [])


def test_one_level_is_held_by_the_row_that_stops_the_line() -> None:
    """Tier 2 has A at the level that the basket of tier 1 leaves it."""
    assert told(shared_room("proportional"), "A") == {
        1: ([Hold("basket", 1, 0)], []),
        2: ([Hold("basket", 1, 0)], []),
    }


@settings(max_examples=100)
@given(coupled_lines())
def test_every_quota_has_a_reason_and_named_limits_are_used_up(lines: Lines) -> None:
    """Whatever the objective; what is named is recomputed from the table."""
    for objective in ("leximin", "equal", "volume", "proportional"):
        try:
            plan = planned(lines, objective)
        except InfeasiblePolicy:
            assume(False)
        rows = {
            row.name: (row, program)
            for part in components(lines_of(plan))
            for program in [program_of(lines_of(plan), part, plan.cells)]
            for row in program.limits
        }
        table = plan.entitlement.ravel()
        for product in plan.product:
            for held in what_binds(plan, product):
                if plan.mass[held.line, held.cell]:
                    assert held.more
                    assert held.more[-1].kind in (*LIMITS, "ceiling", "order", "step")
                for hold in held.more:
                    if hold.kind in LIMITS:
                        name = {"supply": f"supply/{held.line}", "basket": "basket/"}.get(
                            hold.kind, f"{hold.kind}/{hold.number}"
                        )
                        found = [
                            sum(
                                a * table[program.pair[k]]
                                for k, a in zip(row.position, row.coefficient, strict=True)
                            )
                            >= row.bound - 1e-6 * (1 + abs(row.bound))
                            for known, (row, program) in rows.items()
                            if known == name or (known.startswith(name) and name[-1] == "/")
                        ]
                        assert any(found)


def test_one_more_is_the_plan_of_a_supply_of_one_lot_more() -> None:
    """By planning the city again, for both objectives that look at weights and for ``equal``."""
    for objective in ("leximin", "equal", "proportional", "volume"):
        rules = {"defaults": {"ceiling": 20, "step": 2}, "objective": objective}
        city, more = (
            city_of(
                {1: 3, 2: 2, 3: 1},
                [{"product_id": "P5", "quantity": quantity}, {"product_id": "P1", "quantity": 20}],
            )
            for quantity in (25, 30)
        )
        plan, wanted = plan_of(city, **rules), plan_of(more, **rules)
        change = one_more(plan, "P5")

        assert (change.line, change.cartons) == (1, 5)
        assert change.entitlement == pytest.approx(wanted.entitlement - plan.entitlement, abs=1e-9)
        assert change.base.tolist() == (wanted.base - plan.base).tolist()
        assert change.seats.tolist() == (wanted.seats - plan.seats).tolist()
        assert change.entitlement[0].tolist() == [0, 0, 0]
        assert float((change.entitlement[1] * plan.cells.count).sum()) == pytest.approx(5)


def test_one_more_where_a_basket_binds_goes_to_those_with_room() -> None:
    """A carton of A more: shares 0.55 and 1 in tier 1, at the level 1 / 1.55; tier 2 takes the
    rest. B loses what A gains in tier 1.
    """
    plan = shared_room("leximin")
    change = one_more(plan, "A", lots=1)
    level = 1 / 1.55

    assert plan.entitlement + change.entitlement == pytest.approx(
        np.array([[0.55 * level, 1.1 - 0.55 * level], [level, 0]])
    )


def test_whole_cartons_of_joined_lines_change_as_planned_again() -> None:
    """A carton of A more in a plan with a basket, by the same credits and draw."""
    plan, wanted = shared_room("leximin"), shared_room("leximin", more=1)
    change = one_more(plan, "A")

    assert change.base.tolist() == (wanted.base - plan.base).tolist()
    assert change.seats.tolist() == (wanted.seats - plan.seats).tolist()


def test_what_is_not_planned_is_refused() -> None:
    plan = plan_of(city_of({1: 3}, [{"quantity": 7}]))
    for ask in (what_binds, one_more):
        with pytest.raises(BadRequest, match="P1"):
            ask(plan, "P9")
    with pytest.raises(BadRequest, match="plan_quotas"):
        what_binds(small_plan({"P1": {1: 2}}, {"R1": 1}), "P1")
