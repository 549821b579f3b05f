"""L5 leximin with proof, L6 no waste, L7 truthfulness."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.certificate.document import certify
from allocator.certificate.verify import check
from allocator.tables.city import Table
from strategies import Market, markets, ordered_markets


@given(markets())
def test_l5_the_certificate_is_accepted(market: Market) -> None:
    """L5: plain arithmetic proves every plan."""
    document = certify(market.plan())

    assert check(document, document["digest"]) == []


@given(markets(), st.data())
def test_l5_a_changed_number_is_refused(market: Market, data: st.DataObject) -> None:
    """L5: by the digest of the notice, whatever number it is."""
    document = certify(market.plan())
    path = data.draw(st.sampled_from(sorted(leaves(document), key=repr)))
    forged = copy.deepcopy(document)
    parent = forged
    for key in path[:-1]:
        parent = parent[key]
    old = parent[path[-1]]
    parent[path[-1]] = old + 1 if isinstance(old, int) else repr(float(old) + 0.5)

    assert check(forged, document["digest"]) != []


def leaves(node: object, path: tuple[object, ...] = ()) -> list[tuple]:
    """Paths of all whole numbers and reals (written as text) of a document."""
    if isinstance(node, dict):
        return [leaf for key, item in node.items() for leaf in leaves(item, (*path, key))]
    if isinstance(node, list):
        return [leaf for key, item in enumerate(node) for leaf in leaves(item, (*path, key))]
    if isinstance(node, bool):
        return []
    if isinstance(node, int):
        return [path]
    try:
        float(str(node))
    except ValueError:
        return []
    return [path]


@given(ordered_markets())
def test_l6_no_waste(case: tuple[Market, Table]) -> None:
    """L6: supply remains only where every unmet order meets its limit or ceiling."""
    market, orders = case
    plan = market.plan()
    allocation = allocate(orders, plan)
    cell = dict(plan.members.select("retailer_id", "cell").rows())

    for line in allocation.lines.rows(named=True):
        p, c = line["line"], cell[line["retailer_id"]]
        if p is None or c is None or allocation.left[p] < plan.lot[p]:
            continue
        most = plan.ceiling[p, c] if plan.second_round else line["limit"]
        assert line["award"] == min(line["order"] // plan.lot[p] * plan.lot[p], most)


@settings(max_examples=60)
@given(ordered_markets(retailers=7), st.data())
def test_l7_no_retailer_gains_by_a_false_order(
    case: tuple[Market, Table], data: st.DataObject
) -> None:
    """L7: within a cycle, without baskets and bands, through the whole path of the data."""
    market, orders = case
    plan = market.plan()
    rows = orders.frame.select("retailer_id", "product_id", "requested", "cycle").to_dicts()
    liar = data.draw(st.integers(0, len(rows) - 1))
    key = (rows[liar]["product_id"], rows[liar]["retailer_id"])
    truth = rows[liar]["requested"]

    def award(requested: int) -> int:
        told = [{**row, "requested": requested} if k == liar else row for k, row in enumerate(rows)]
        lines = allocate(market.order(told), plan).lines.rows(named=True)
        return next(
            line["award"] for line in lines if (line["product_id"], line["retailer_id"]) == key
        )

    honest = award(truth)
    for report in (0, max(truth - 1, 0), truth + 1, truth + 3, truth * 2 + 1, 40):
        assert abs(award(report) - truth) >= abs(honest - truth)
