"""Check one order line as it comes: at most how many cartons, and why.

The answer is round one of the batch: min(requested, limit) in whole lots, less what the retailer
has ordered of the product before in the cycle, and no more than its bands leave. It depends on
nothing but its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allocator.errors import BadRequest
from allocator.ordering.decision import Claim, Decision, Place
from allocator.ordering.limits import SERVED, Limits, cell_key
from allocator.ordering.room import Already, Room, ordered_before, tightest
from allocator.tables.columns import MOST_UNITS
from allocator.wording import Fact

REFUSED = (
    "",
    "retailer-suspended",
    "retailer-closed",
    "retailer-not-due",
    "retailer-without-tier",
    "retailer-stopped",
)
"""Claim of each standing of a retailer that is not served."""

STANDING_PLACES = (
    ("", ""),
    ("inputs/retailers.csv", "status"),
    ("inputs/retailers.csv", "status"),
    ("inputs/retailers.csv", "order_cycle"),
    ("grading.csv", "tier"),
    ("inputs/sanctions.csv", "kind from until source"),
)

LONGEST_ID = 64
"""Characters of an identifier; longer is a text in the wrong field."""


@dataclass(frozen=True, slots=True)
class Order:
    """One line of an order.

    requested : cartons asked for; any value is allowed, what is no positive whole number is
        answered with a claim
    order_id : repeated in the answer of a stream
    cycle : of the order, ``None`` = the cycle of the limits

    Raises
    ------
    BadRequest : an identifier is missing or no text
    """

    retailer_id: str
    product_id: str
    requested: Any
    order_id: str | None = None
    cycle: str | None = None

    def __post_init__(self) -> None:
        for field in ("retailer_id", "product_id", "order_id", "cycle"):
            value = getattr(self, field)
            if type(value) is str and 0 < len(value) <= LONGEST_ID:
                continue
            if value or value == 0:
                raise BadRequest("order-field-not-text", field=field, most=LONGEST_ID)
            if field in ("retailer_id", "product_id"):
                raise BadRequest("order-field-missing", field=field)


def order_from(row: Mapping[str, Any]) -> Order:
    """The order in a mapping with the columns of *orders* (``requested`` or ``quantity``).

    Raises
    ------
    BadRequest : a field is missing, or an identifier is no text
    """
    if not isinstance(row, Mapping):
        raise BadRequest("order-not-a-row")
    requested = row.get("requested")
    if requested is None:
        requested = row.get("quantity")
    if requested is None:
        raise BadRequest("order-field-missing", field="requested")
    return Order(
        row.get("retailer_id", ""),
        row.get("product_id", ""),
        requested,
        row.get("order_id"),
        row.get("cycle"),
    )


def check_order(
    limits: Limits, order: Order | Mapping[str, Any], already_ordered: Already = 0
) -> Decision:
    """At most how many cartons of one order line may be entered, and why.

    Parameters
    ----------
    limits : from ``read_limits`` or ``limits_of``
    order : an ``Order``, or a mapping with the columns of *orders*
    already_ordered : cartons that the retailer has in the cycle already: of the product, or
        {product: cartons} of all products, which a product in a band needs

    Returns
    -------
    Decision
        ``at_most`` = max(0, min(requested, limit - already_ordered, room in the bands)) in whole
        lots, 0 where the retailer or the product has no limit, or where orders are shared out
        after closing; at least one claim

    Raises
    ------
    BadRequest : a field is missing or of the wrong kind; the product is in a band and
        ``already_ordered`` names no products
    """
    if not isinstance(order, Order):
        order = order_from(order)
    ordered = ordered_before(order.product_id, already_ordered)
    retailer, product = order.retailer_id, order.product_id
    if order.cycle is not None and order.cycle != limits.cycle:
        return _no("other-cycle", {"cycle": order.cycle, "current": limits.cycle}, _RUN)
    i = limits.retailers.get(retailer)
    if i is None:
        return _no("unknown-retailer", {"retailer": retailer})
    standing = limits.standing[i]
    if standing != SERVED:
        file, column = STANDING_PLACES[standing]
        place = Place(file, (f"retailer_id={retailer}",), column)
        return _no(REFUSED[standing], {"retailer": retailer, "cycle": limits.cycle}, place)
    p = limits.products.get(product)
    if p is None:
        return _no("product-not-released", {"product": product, "cycle": limits.cycle})
    cell = int(limits.cell[i])
    quota = Place("quotas.csv", tuple(cell_key(limits, product, cell)), "base seats")
    base, tier, lot = limits.base_of(p, i), limits.cells[cell][0], limits.lot[p]
    if limits.own:
        key = (f"product_id={product}", f"retailer_id={retailer}")
        quota = Place("limits.csv", key, "base")
    if base < 0:
        return _no("not-released-to-tier", {"product": product, "tier": tier}, quota)
    requested = order.requested
    if type(requested) is not int or not 1 <= requested <= MOST_UNITS:
        return _no("quantity-not-whole", {"requested": _shown(requested), "lot": lot})
    turn = limits.has_turn(p, i)
    limit = base + lot if turn else base
    most = max(0, min(requested, limit - ordered))
    facts: dict[str, Fact] = {
        "product": product,
        "requested": requested,
        "limit": limit,
        "tier": tier,
        "already_ordered": ordered,
        "at_most": most // lot * lot,
        "lot": lot,
        "seats": limits.seats[p][cell],
    }
    if limit == 0:
        return _no("turn-of-others" if facts["seats"] else "quota-is-zero", facts, quota)
    if (p, cell) in limits.shared:
        return _no("shared-after-closing", facts | {"at_most": 0}, quota)
    room = tightest(limits, p, cell, already_ordered)
    places = (quota, _seat(retailer, product)) if turn else (quota,)
    claims = []
    if room is not None and room.left < most:
        most = room.left
        facts["at_most"] = most // lot * lot
        claims.append(_band(limits, facts, room, cell))
    elif requested + ordered > limit:
        code = "limit-used-up" if ordered >= limit else "over-limit"
        claims.append(Claim(code, facts, places))
    elif facts["at_most"] == requested:
        claims.append(Claim("within-limit", facts, places))
    if ordered:
        claims.append(Claim("ordered-already", facts))
    if requested % lot:
        claims.append(Claim("not-in-lots", facts, (_lot(product),)))
    if turn:
        claims.append(Claim("odd-lot-included", facts, places))
    return Decision(most // lot * lot, tuple(claims))


def _band(limits: Limits, facts: dict[str, Fact], room: Room, cell: int) -> Claim:
    """The band that leaves less than the limit would."""
    told = facts | {"band": room.band, "band_limit": room.most, "band_ordered": room.ordered}
    key = (f"band={room.band}", *cell_key(limits, str(facts["product"]), cell))
    code = "over-band" if facts["at_most"] else "band-full"
    return Claim(code, told, (Place("bands.csv", key, "at_most"),))


def _shown(requested: Any) -> str:
    """The first characters of what was given for a quantity."""
    if type(requested) is int and abs(requested) > MOST_UNITS:
        return f">{MOST_UNITS}" if requested > 0 else f"<-{MOST_UNITS}"
    return str(requested)[:20]


_RUN = Place("run.json", (), "cycle")


def _seat(retailer: str, product: str) -> Place:
    return Place("seats.csv", (f"product_id={product}", f"retailer_id={retailer}"), "place")


def _lot(product: str) -> Place:
    return Place("inputs/products.csv", (f"product_id={product}",), "lot")


def _no(code: str, facts: dict[str, Fact], *places: Place) -> Decision:
    return Decision(0, (Claim(code, facts, places),))
