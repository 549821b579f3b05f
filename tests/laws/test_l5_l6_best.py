"""L5 leximin with proof, L6 no waste."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.canonical import digest
from allocator.certificate.document import certify
from allocator.certificate.verify import check
from allocator.records import QuotaPlan
from allocator.tables.city import Table
from laws.reading import Entry, entries, greatest_entitlements, largest, shops, why_not
from strategies import Market, markets, ordered_markets

Place = tuple[str | int, ...]


@given(markets())
def test_l5_the_certificate_is_accepted(market: Market) -> None:
    """L5: plain arithmetic proves every plan."""
    document = certify(market.plan())

    assert check(document, document["digest"]) == []


@given(markets(), st.data())
def test_l5_a_changed_number_is_refused(market: Market, data: st.DataObject) -> None:
    """L5 (vi): by the digest of the notice, whatever number it is, own digest made to fit."""
    document = certify(market.plan())
    place = data.draw(st.sampled_from(sorted(leaves(document), key=repr)))

    assert check(forged(document, place), document["digest"]) != []


@given(markets(), st.data())
def test_l5_a_false_statement_is_refused_without_the_notice(
    market: Market, data: st.DataObject
) -> None:
    """L5 (i)-(v): numbers that the rest determines; any other value is a false statement."""
    document = certify(market.plan())
    certain = [place for place in leaves(document) if determined(place)]
    if not certain:
        return
    place = data.draw(st.sampled_from(sorted(certain, key=repr)))

    assert check(forged(document, place)) != []


def determined(place: Place) -> bool:
    """Whether all other numbers of the document leave no choice for this one."""
    match place:
        case ("lines", _, "x" | "kappa" | "available", *_):
            return True
        case ("lines", _, "rows", _, "coefficients" | "bound", *_):
            return True
        case ("lines", _, "stages", _, "level" | "alpha", *_):
            return True
        case ("lines", _, "rounding", "base" | "seats" | "total", *_):
            return True
    return False


def forged(document: dict[str, Any], place: Place) -> dict[str, Any]:
    """The document with another number at a place, and the own digest that goes with it."""
    changed = copy.deepcopy(document)
    parent: Any = changed
    for key in place[:-1]:
        parent = parent[key]
    old = parent[place[-1]]
    parent[place[-1]] = old + 1 if isinstance(old, int) else repr(float(old) + 0.5)
    rest = {key: value for key, value in changed.items() if key != "digest"}
    return rest | {"digest": digest(rest)}


def leaves(node: object, place: Place = ()) -> list[Place]:
    """Places of all whole numbers and reals (written as text) of a document."""
    if isinstance(node, dict):
        return [leaf for key, item in node.items() for leaf in leaves(item, (*place, key))]
    if isinstance(node, list):
        return [leaf for key, item in enumerate(node) for leaf in leaves(item, (*place, key))]
    if isinstance(node, bool):
        return []
    if isinstance(node, int):
        return [place]
    try:
        float(str(node))
    except ValueError:
        return []
    return [place]


@given(ordered_markets())
def test_l6_no_waste(case: tuple[Market, Table]) -> None:
    """L6: supply remains only where every unmet order meets a limit, and which one is told."""
    market, orders = case
    plan = market.plan()
    allocation = allocate(orders, plan)

    for line in entries(plan, allocation):
        if line.award < line.order and allocation.left[line.p] >= line.lot:
            assert limit_met(market, plan, line) is not None


def limit_met(market: Market, plan: QuotaPlan, line: Entry) -> str | None:
    """What stands against one lot more for an order, in the words of the policy."""
    shop, product = shops(market)[line.retailer], plan.product[line.p]
    if line.asked < line.award + line.lot:
        return "lot"
    if largest(market, shop, product, line.lot) < line.award + line.lot:
        return why_not(market, shop, product) or "ceiling"
    if not plan.second_round and line.limit < line.award + line.lot:
        return "quota"
    return None


@given(markets())
def test_l6_quotas_leave_nothing_that_a_limit_does_not_hold_back(market: Market) -> None:
    """L6: what is not promised no cell could have: each stands at ceilings, order and steps.

    ``equal`` is itself a named limit: it promises one number for each tier.
    """
    plan = market.plan()
    promised = plan.base @ plan.cells.count + plan.seats.sum(axis=1) * plan.lot
    for p, method in enumerate(plan.method):
        unpromised = plan.supply[p] - plan.reserve[p] - promised[p]
        some = plan.allowed[p] & (plan.cells.count > 0)
        if method == "equal" or unpromised < plan.lot[p] or not some.any():
            continue
        most = greatest_entitlements(plan, p) if method != "path" else plan.ceiling[p]
        assert np.allclose(plan.entitlement[p][some], most[some], rtol=0, atol=1e-6)
