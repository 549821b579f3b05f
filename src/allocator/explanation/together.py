"""What binds several products, or several shops, together: bands, baskets, groups, sharing out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, Place, in_policy, in_public
from allocator.explanation.standing import Line, Standing
from allocator.holdings import UNLIMITED, cell_of, together
from allocator.records import JointLimit


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """One band or basket as it stands for a shop: most cartons, and cartons that it holds.

    kind : ``band`` or ``basket``; place : where its total stands
    """

    kind: str
    limit: JointLimit
    most: int
    held: int
    place: Place


def limits_on(
    books: Books, who: Standing, kind: str = "", *, entered: bool = False
) -> Iterator[Together]:
    """The bands and baskets that limit ``who``. entered : what was entered counts as held."""
    plan, lines = books.run.plan, books.run.policy.lines
    if who.cell is None:
        return
    for name, limits in (("band", plan.bands), ("basket", plan.baskets)):
        for k, limit in enumerate(limits) if kind in ("", name) else ():
            if (name, k) not in books.joint:
                # Bands bind orders by the tier alone, baskets the quotas between the tiers'.
                between = plan.between if name == "basket" else None
                books.joint[name, k] = together(limit, between, cell_of(plan))
            most = int(books.joint[name, k][who.i])
            if most >= UNLIMITED:
                continue
            place = in_policy(f"allocation.{name}s", lines)
            if name == "band":
                place = in_public("bands.csv", "at_most", band=limit.name, tier=who.tier)
            inside = set(limit.lines.tolist())
            rows = [line for line in who.lines.values() if line.p in inside]
            held = sum(line.got if entered else line.standard for line in rows)
            yield Together(name, limit, most, held, place)


def band_claims(books: Books, who: Standing) -> tuple[Claim, ...]:
    """The bands of a shop: most of their products together."""
    return tuple(
        Claim("band-limit", {"band": one.limit.name, "most": one.most}, (one.place,))
        for one in limits_on(books, who, "band")
    )


def why_cut(books: Books, who: Standing, line: Line, own: Place) -> tuple[Claim, ...]:
    """Why round one gave less than order and limit would allow; empty where it did not."""
    plan = books.run.plan
    if line.p is None:
        return ()
    lot, asked, room = int(plan.lot[line.p]), line.asked or 0, line.room
    wished = min(asked, line.limit) // lot * lot
    fits = wished if room is None else min(wished, room // lot * lot)
    if line.round_one >= wished:
        return ()
    if line.round_one < fits:
        facts: Facts = {
            "product": line.product,
            "asked": asked,
            "limit": line.limit,
            "standard": line.standard,
        }
        rule = in_policy("allocation.take_up.oversell", books.run.policy.lines)
        return (Claim("shortfall-shared", facts, (own, rule)),)
    # Where other products were shared out afterwards, the band has room again in the end.
    facts = {"product": line.product, "asked": asked, "room": room}
    return _full(books, who, line, own, "band") or (Claim("shortfall-band-room", facts, (own,)),)


def why_no_more(books: Books, who: Standing, line: Line, own: Place) -> tuple[Claim, ...]:
    """What kept round two from raising the shop: a band, a basket or a group; else empty."""
    run, p = books.run, line.p
    if run.allocation is None or who.cell is None or p is None:
        return ()
    if not (run.plan.bands or run.plan.baskets or run.plan.groups):
        return ()
    lot = int(run.plan.lot[p])
    weight = int(run.plan.weight(p)[who.cell])
    level = run.allocation.level[p]
    bound = [
        (Fraction(*run.allocation.group_level[g]), group.most)
        for g, group in enumerate(run.plan.groups)
        if g in run.allocation.group_level and group.line == p and who.cell in group.home.tolist()
    ]
    lowest = min([*(at for at, _ in bound), *([Fraction(*level)] if level else [])], default=None)
    if lowest is None or line.standard // lot < int(lowest * weight):
        return _full(books, who, line, own, "")
    for at, most in bound:
        if at == lowest:
            rule = in_policy("allocation.groups", run.policy.lines)
            facts: Facts = {"product": line.product, "most": most}
            return (Claim("shortfall-group", facts, (own, rule)),)
    return ()


def _full(books: Books, who: Standing, line: Line, own: Place, kind: str) -> tuple[Claim, ...]:
    """The band or basket that has no room for a lot of the product."""
    lot = int(books.run.plan.lot[line.p])
    full = [
        one
        for one in limits_on(books, who, kind)
        if line.p in one.limit.lines.tolist() and one.most - one.held < lot
    ]
    if not full:
        return ()
    tightest = min(full, key=lambda one: one.most - one.held)
    facts: Facts = {
        "product": line.product,
        "band": tightest.limit.name,
        "tier": who.tier,
        "most": tightest.most,
        "held": tightest.held,
    }
    return (Claim(f"shortfall-{tightest.kind}", facts, (own, tightest.place)),)


def room_in_bands(books: Books, who: Standing, p: int) -> int | None:
    """Cartons that the bands leave a shop for line p, whole lots; ``None`` = no band limits it."""
    if not books.run.plan.bands:
        return None
    lot = int(books.run.plan.lot[p])
    rooms = [
        one.most - one.held
        for one in limits_on(books, who, "band", entered=True)
        if p in one.limit.lines.tolist()
    ]
    return max(min(rooms), 0) // lot * lot if rooms else None
