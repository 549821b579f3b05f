"""Why less was got than ordered: first what the order-taker entered, then what the rules gave."""

from __future__ import annotations

from functools import partial
from typing import Final

from allocator.explanation.books import Books, most_of
from allocator.explanation.claims import Claim, Facts, Place, in_own_row, in_policy, in_public
from allocator.explanation.quota import is_drawn, which_round, why_not_released
from allocator.explanation.standing import Line, Standing
from allocator.explanation.together import why_cut, why_no_more
from allocator.hiding import LEAST_TOLD, enough_others

BY_LIMIT: Final = ("shortfall-limit", "shortfall-turn", "shortfall-draw")
"""Rules of round one, after which a second round and the demand of the city are told."""


def why_less(books: Books, who: Standing, line: Line) -> tuple[Claim, ...]:
    """Why ``who`` got what it got of one product that it ordered; empty when it got all."""
    told = what_bound(books, who, line)
    own = _own_line(line)
    if line.asked is None:
        return told
    if line.missing:
        if not told or told[-1].code not in BY_LIMIT:
            return told
        demand = books.once(("demand", line.product), partial(_demand, books, line.product))
        return (*told, *_second_round(books, who, line, own), *demand)
    if not told:
        facts: Facts = {"product": line.product, "asked": line.asked, "granted": line.got}
        told = (Claim("order-met", facts, (own,)),)
    if line.round_two:  # else nobody sees how an award can be above the limit
        facts = {"product": line.product, "limit": line.limit, "round_two": line.round_two}
        rule = in_policy("allocation.second_round", books.run.policy.lines)
        told = (*told, Claim("order-second-round", facts, (own, rule)))
    return told


def what_bound(books: Books, who: Standing, line: Line) -> tuple[Claim, ...]:
    """The first of it: what was entered otherwise than is due, and the rule that gave less."""
    own = _own_line(line)
    told = _entered(books, who, line, own)
    if line.asked is None:
        facts: Facts = {"product": line.product, "granted": line.got}
        told.append(Claim("asked-unknown", facts, (own,)))
    elif line.missing:
        told += _by_rule(books, who, line, own)
    return tuple(told)


def _own_line(line: Line) -> Place:
    return in_own_row(
        "awards.csv", "requested limit round_one round_two award granted", product_id=line.product
    )


def _entered(books: Books, who: Standing, line: Line, own: Place) -> list[Claim]:
    """Where what was entered is not the standard: said before any rule."""
    if line.granted is None or line.granted == line.standard:
        return []
    facts: Facts = {
        "product": line.product,
        "standard": line.standard,
        "granted": line.granted,
    }
    if line.granted > line.standard:
        facts["over"] = line.granted - line.standard
        return [Claim("granted-above-standard", facts, (own,))]
    facts["short"] = line.withheld
    order, places = _order(books, who, line.product)
    if order is None:
        return [Claim("granted-below-standard-no-order", facts, (own,))]
    return [Claim("granted-below-standard", {**facts, "order": order}, (own, *places))]


def _order(books: Books, who: Standing, product: str) -> tuple[str | None, list[Place]]:
    """Number of the first order of ``product`` in this cycle, and all its rows."""
    orders = books.withheld.get((who.retailer, product), ())
    places = [
        in_own_row("inputs/orders.csv", "granted", order_id=order, product_id=product)
        for order in orders
    ]
    return (orders[0] if orders else None), places


def _by_rule(books: Books, who: Standing, line: Line, own: Place) -> list[Claim]:
    product, asked = line.product, line.asked
    if who.cell is None:
        return []  # the first line of the card says why nothing can be ordered
    if line.p is None or product not in books.released:
        facts: Facts = {"product": product, "asked": asked}
        place = in_public("quotas.csv", "product_id", product_id=product)
        return [Claim("shortfall-no-release", facts, (own, place))]
    if product not in who.offers:
        return list(why_not_released(books, who, product))
    facts = {"product": product, "asked": asked, "round": which_round(books)}
    quotas = in_public("quotas.csv", "base", product_id=product, tier=who.tier)
    lot = int(books.run.plan.lot[line.p])
    if asked is not None and asked - asked % lot == line.standard:
        rule = in_public("inputs/products.csv", "lot", product_id=product)
        facts = {"product": product, "asked": asked, "lot": lot, "standard": line.standard}
        return [Claim("shortfall-lot", facts, (own, rule))]
    if cut := why_cut(books, who, line, own):
        return list(cut)
    served = books.run.plan.seats[line.p, who.cell] > 0 and who.offers[product].waits
    if not line.limit and served:
        code = "shortfall-draw" if is_drawn(books, line.p) else "shortfall-turn"
        return [Claim(code, facts, (own, quotas))]
    facts = {**facts, "limit": line.limit, "tier": who.tier}
    return [Claim("shortfall-limit", facts, (own, quotas))]


def _second_round(books: Books, who: Standing, line: Line, own: Place) -> list[Claim]:
    plan, allocation = books.run.plan, books.run.allocation
    rule = in_policy("allocation.second_round", books.run.policy.lines)
    product = line.product
    if line.p is None or allocation is None or who.cell is None:
        return []
    if not plan.second_round:
        return [Claim("shortfall-one-round", {"product": product, "asked": line.asked}, (rule,))]
    ceiling = most_of(books, who, line.p)
    if line.standard >= ceiling:
        own_path = f"allocation.products.{product}.ceiling"
        lines = books.run.policy.lines
        path = own_path if own_path in lines else "allocation.defaults.ceiling"
        facts: Facts = {"product": product, "tier": who.tier, "ceiling": ceiling}
        return [Claim("shortfall-ceiling", facts, (own, in_policy(path, lines)))]
    if no_more := why_no_more(books, who, line, own):
        return list(no_more)
    told = enough_others(books.demand.get(product, (0, None))[0])
    total = (in_public("summary.csv", "left", product_id=product),) if told else ()
    if line.round_two:
        facts = {"product": product, "round_two": line.round_two, "standard": line.standard}
        return [Claim("shortfall-second-round", facts, (own, *total, rule))]
    facts = {"product": product, "standard": line.standard}
    return [Claim("shortfall-nothing-left", facts, (own, *total, rule))]


def _demand(books: Books, product: str) -> tuple[Claim, ...]:
    """All that was asked for in the city against all there was, where enough shops hide in it.

    Where they do not, that is said, whatever they asked for.
    """
    shops, asked = books.demand.get(product, (0, None))
    rows = list(books.released[product])
    supply = books.run.plan.supply[rows]
    if not enough_others(shops):
        few: Facts = {"product": product, "least": LEAST_TOLD}
        place = in_public("summary.csv", "not_told", product_id=product)
        return (Claim("shortfall-demand-few", few, (place,)),)
    if asked is None or supply.min() < 0:
        return ()
    released = int((supply - books.run.plan.reserve[rows]).sum())
    if asked <= released:
        return ()
    facts: Facts = {"product": product, "all_asked": asked, "released": released}
    place = in_public("summary.csv", "supply reserve requested", product_id=product)
    return (Claim("shortfall-demand", facts, (place,)),)
