"""The whole grading once more, shop by shop, as the design and the policy's own prose tell it.

Rows are dictionaries, figures are fractions, the policy is the mapping as a planner writes it.
Nothing here looks at ``allocator.grading``; movement is ``moving.settle``. Screening is not here:
``tests/grading/test_screening.py`` has its own second computation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor
from typing import Any

from grading.moving import Shop, months_later, settle
from grading.reference import MICRO, divided, nearest, points, tiers, tiers_from

Rows = Sequence[Mapping[str, Any]]

PER_MONTH = ("quantity", "amount", "class_amount")
PARTS = {"quantity": 1, "amount": 100, "mean_price": 100, "class_quantity_share": 10_000,
         "class_amount": 100, "product_count": 1, "manager_score": MICRO}  # fmt: skip
"""Item -> how many of its values make one of the unit that limits are written in."""


@dataclass
class Graded:
    """One shop: its values, and how its tier came about."""

    name: str
    kind: str = ""
    notes: set[str] = field(default_factory=set)
    values: dict[str, int] = field(default_factory=dict)
    score: int | None = None
    rank: int | None = None
    raw: int | None = None
    tier: int | None = None
    earned: int | None = None
    moves: list[str] = field(default_factory=list)


def number(value: Any) -> Fraction:
    """A number of the policy; ``2%`` is 0.02."""
    if isinstance(value, str) and value.endswith("%"):
        return Fraction(value[:-1]) / 100
    return Fraction(value)


def span(kind: str, day: date) -> tuple[date, date]:
    """First and last day of the month, week or day that holds a day."""
    if kind == "months":
        first = day.replace(day=1)
        return first, months_later(first, 1) - timedelta(days=1)
    if kind == "weeks":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    return day, day


def units_of(window: Mapping[str, Any], on: date) -> tuple[str, list[tuple[date, date, Fraction]]]:
    """The kind of units, and (first day, last day, weight) of those that count, latest first."""
    off = [(date.fromisoformat(h["from"]), date.fromisoformat(h["to"]))
           for h in window.get("holidays", ())]  # fmt: skip
    weights = [number(w) for w in window.get("recency", ())]

    def works(unit: tuple[date, date]) -> bool:
        return all(unit[1] < first or last < unit[0] for first, last in off)

    if "named" in window:
        kind = "months"
        found = sorted(span(kind, date.fromisoformat(f"{m}-01")) for m in window["named"])[::-1]
    elif "from" in window:
        first, last = date.fromisoformat(window["from"]), date.fromisoformat(window["to"])
        kind = "months" if first.day == 1 and (last + timedelta(days=1)).day == 1 else "days"
        found = [span(kind, last)]
        while found[-1][0] > first:
            found.append(span(kind, found[-1][0] - timedelta(days=1)))
    else:
        kind = next(k for k in ("months", "weeks", "days") if k in window)
        found, at = [], span(kind, on)[0]
        while len(found) < window[kind]:
            unit = span(kind, at - timedelta(days=1))
            at = unit[0]
            found += [unit] if works(unit) else []
    weighted = zip(found, weights or [Fraction(1)] * len(found), strict=True)
    return kind, [(*unit, weight) for unit, weight in weighted if works(unit)]


def signed(value: Fraction) -> int:
    """The nearest whole number, halves away from 0."""
    return nearest(value) if value >= 0 else -nearest(-value)


def quotient(part: Fraction, whole: Fraction) -> int:
    """Rounded; 0 where there is nothing of one of them."""
    return nearest(part / whole) if part > 0 and whole > 0 else 0


def measure(
    item: str, classes: Sequence[int], sold: Sequence[tuple[Mapping[str, Any], Fraction]],
    price_class: Mapping[str, int], back: Fraction, person: Mapping[str, Any],
) -> int:  # fmt: skip
    """Value of an item from (row, weight) of the sales that count; ``back``: to the window."""
    quantity = sum((w * row["quantity"] for row, w in sold), Fraction())
    amount = sum((w * row["amount"] for row, w in sold), Fraction())
    of_class = [(row, w) for row, w in sold if price_class.get(row["product_id"]) in classes]
    if item == "quantity":
        return signed(quantity * back)
    if item == "amount":
        return signed(amount * back)
    if item == "mean_price":
        return quotient(amount, quantity)
    if item == "class_quantity_share":
        part = sum((w * row["quantity"] for row, w in of_class), Fraction())
        return min(quotient(part * MICRO, quantity), MICRO)
    if item == "class_amount":
        return signed(sum((w * row["amount"] for row, w in of_class), Fraction()) * back)
    if item == "product_count":
        net: dict[str, int] = {}
        for row, _ in sold:
            net[row["product_id"]] = net.get(row["product_id"], 0) + row["quantity"]
        return sum(cartons > 0 for cartons in net.values())
    return int(person.get("manager_score") or 0)


def logarithmic(values: Sequence[int], weight: Fraction) -> list[int]:
    """Points by the scale ``log``, with forty digits."""
    with localcontext() as context:
        context.prec = 40
        logs = [(Decimal(1) + max(v, 0)).ln() for v in values]
        top = max(logs)
        exact = Decimal(weight.numerator) / Decimal(weight.denominator)
        return [nearest(Fraction(exact * log / top)) if top else 0 for log in logs]


def item_points(values: Sequence[int], rule: Mapping[str, Any], decimals: int) -> list[int]:
    """Points in millionths, rounded once to so many decimals of a point."""
    scale, weight = rule.get("scale", "max"), number(rule["weight"])
    if scale == "log":
        part = 10 ** (6 - decimals)
        return [part * p for p in logarithmic(values, weight * 10**decimals)]
    limit = number(rule.get("limit", "95%"))
    return points(values, int(weight * MICRO), scale, limit, decimals)


def a_month(value: int, item: str, months: Fraction) -> Fraction:
    """A value as limits are written: cartons, yuan, ... a month."""
    per = months if item in PER_MONTH else 1
    return Fraction(max(value, 0)) / PARTS[item] / per


def standing(
    shops: list[Graded], rules: Mapping[str, Any], months: Fraction
) -> list[int] | None:  # fmt: skip
    """Score, rank and tier by score of all graded shops; fixed limits of the tiers, if any."""
    tiered, cuts = rules["tiers"], None
    bands = tiered.get("bands", {})
    if "items" in bands:
        first, second = bands["items"]
        for shop in shops:
            monthly = a_month(shop.values[first["item"]], first["item"], months)
            other = a_month(shop.values[second["item"]], second["item"], months)
            shop.score = floor(monthly * MICRO)
            row = sum(monthly < number(limit) for limit in first["from"])
            column = sum(other < number(limit) for limit in second["from"])
            wide = len(second["from"]) + 1
            default = (len(first["from"]) - row) * wide + wide - column
            shop.raw = bands["table"][row][column] if "table" in bands else default
    elif bands:
        for shop in shops:
            monthly = a_month(shop.values[bands["item"]], bands["item"], months)
            shop.score = floor(monthly * MICRO)
            shop.raw = max([1, *(int(t) for t, least in bands["from"].items()
                                 if monthly >= number(least))])  # fmt: skip
        cuts = [int(number(bands["from"][key]) * MICRO) for key in sorted(bands["from"], key=int)]
        cuts = [0, *cuts] if "1" not in bands["from"] else cuts
    else:
        each = [
            item_points([s.values[item] for s in shops], rule, rules.get("decimals", 6))
            for item, rule in rules["items"].items()
        ]
        for shop, mine in zip(shops, zip(*each, strict=True), strict=True):
            shop.score = sum(mine)
        score = [shop.score for shop in shops]
        if "shares" in tiered:
            lower = tiered.get("ties") == "lower"
            raw = tiers(score, [number(s) for s in tiered["shares"]], lower=lower)
        elif "cutoffs" in tiered:
            limits = {int(t): int(number(c) * MICRO) for t, c in tiered["cutoffs"].items()}
            cuts = [limits.get(t, 0) for t in range(1, max(limits) + 1)]
            raw = tiers_from(score, cuts)
        else:
            raw = broken(score, tiered["breaks"])
        for shop, tier in zip(shops, raw, strict=True):
            shop.raw = tier
    for shop in shops:
        shop.rank = 1 + sum(other.score > shop.score for other in shops)
    return cuts


class NoDivision(Exception):
    """No division of the scores keeps the wanted sizes."""


def broken(score: Sequence[int], breaks: Mapping[str, Any]) -> list[int]:
    """Tiers by natural breaks; with fewer scores than tiers the lowest tiers stay empty."""
    n, wanted = len(score), breaks["tiers"]
    count = min(wanted, len(set(score)))
    fewest, most = [1] * wanted, [n] * wanted
    if "at_least" in breaks:
        fewest = [max(1, ceil(number(breaks["at_least"]) * n))] * wanted
    if count < wanted:
        if "at_least" in breaks:
            raise NoDivision
        fewest, most = fewest[:count], most[:count]
    least = divided(score, count, fewest, most)
    if least is None:
        raise NoDivision
    return tiers_from(score, [-1] * (wanted - count) + list(least))


def plain(city: Any, rules: Mapping[str, Any], on: date, count: int) -> dict[str, Graded]:
    """Every shop of a city by name; ``count``: number of tiers."""
    people = city.retailers.frame.to_dicts()
    kind, units = units_of(rules["window"], on) if "window" in rules else ("months", [])
    months = Fraction(len(units)) if kind == "months" else Fraction(
        len(units) * (7 if kind == "weeks" else 1), 30)  # fmt: skip
    goods = {row["product_id"]: row for row in city.products.frame.to_dicts()}
    classes = {name: row["price_class"] for name, row in goods.items()}
    out = rules.get("exclude", {})
    sanctions = [] if city.sanctions is None else [
        {k: v for k, v in row.items() if k != "row"} for row in city.sanctions.frame.to_dicts()
    ]  # fmt: skip
    followed = rules.get("sanctions") or {}
    new = rules.get("newcomers")
    past: dict[str, Mapping[str, Any]] = {}
    for row in [] if city.tiers is None else city.tiers.frame.sort("graded_on").to_dicts():
        if row["graded_on"] < on:
            past[row["retailer_id"]] = row
    last = max((row["graded_on"] for row in past.values()), default=None)
    apart = city.tiers is not None and "earned_tier" in city.tiers.columns
    by = next(((k, v) for k, v in rules["tiers"].get("by", {}).items() if k != "otherwise"), None)

    found: dict[str, Graded] = {}
    for person in people:
        shop = found.setdefault(person["retailer_id"], Graded(person["retailer_id"]))
        joined, before = person["joined_on"], past.get(shop.name, {})
        free = [
            (row["from"] or date.min, row["until"] or date.max) if row["value"] is None
            else span("months", date.fromisoformat(f"{row['value']}-01"))
            for row in sanctions
            if "exempt_month" in followed and row["kind"] == "exempt_month"
            and row["retailer_id"] == shop.name
        ]  # fmt: skip
        left = [u for u in units if not any(a <= u[1] and u[0] <= b for a, b in free)]
        mine = [] if city.sales is None else [
            row | {"on": row["month"] + timedelta(days=(row["day"] or 1) - 1)}
            for row in city.sales.frame.to_dicts() if row["retailer_id"] == shop.name
        ]  # fmt: skip
        traded = {u: [r for r in mine if u[0] <= r["on"] <= u[1]] for u in left}
        used = [u for u in left if traded[u] or rules.get("missing_month") != "exclude"]
        weight = sum((u[2] for u in used), Fraction())
        back = len(units) / weight if weight else Fraction()
        sold = [
            (row, u[2]) for u in used for row in traded[u]
            if row["kind"] not in out.get("kinds", ())
            and row["product_id"] not in out.get("products", ())
            and not (out.get("scarce") and goods[row["product_id"]]["scarce"])
            and classes[row["product_id"]] not in out.get("classes", ())
        ]  # fmt: skip
        wanted = dict(rules.get("items", {}))
        bands = rules["tiers"].get("bands", {})
        if bands:
            each = bands.get("items", [bands])
            wanted = {band["item"]: band for band in each}
        for item, rule in wanted.items():
            shop.values[item] = measure(item, rule.get("classes", ()), sold, classes, back, person)
        if person["status"] == "closed":
            shop.kind = "closed"
        elif new and joined and months_later(joined, new["months"]) > on:
            shop.kind = "newcomer"
            fits = [s["tier"] for s in new.get("starts", ())
                    if all(person[k] in v for k, v in s.get("who", {}).items())]  # fmt: skip
            shop.raw = (*fits, new["start_tier"])[0]
        elif by is not None:
            shop.kind = "by"
            shop.raw = by[1].get(person[by[0]], rules["tiers"]["by"].get("otherwise"))
        elif not left:
            shop.kind = "exempt"
            own = before.get("earned_tier" if apart else "tier")
            shop.raw = min(own or before.get("tier") or 1, count)
        elif not used:
            shop.kind, shop.raw = "no-sales", 1
        else:
            shop.kind = "graded"
            shop.notes |= set() if any(traded.values()) else {"no-sales"}
        if shop.kind in ("graded", "no-sales") and left != units:
            shop.notes.add("exempt-month")

    graded = [shop for shop in found.values() if shop.kind == "graded"]
    cuts = standing(graded, rules, months) if graded else None
    told = {kind: next(iter(rule.values()), None) for kind, rule in followed.items()}
    settled = {
        name: Shop(
            raw=shop.raw, score=shop.score, new=shop.kind == "newcomer",
            tier=past.get(name, {}).get("tier"),
            earned=past.get(name, {}).get("earned_tier" if apart else "tier"),
            last_graded=past.get(name, {}).get("graded_on", last),
            joined=person["joined_on"], credit=person["credit"],
            sanctions=[
                row | {"value": told[row["kind"]] or row["value"]} for row in sanctions
                if row["retailer_id"] == name and row["kind"] in followed
                and row["kind"] != "exempt_month"
            ],
        )
        for (name, shop), person in zip(found.items(), people, strict=True)
    }  # fmt: skip
    chain = {"newcomers": new, "movement": rules.get("movement"), "credit": rules.get("credit", {})}
    for name, shop in found.items():
        shop.tier, shop.earned, shop.moves, stopped = settle(
            settled[name], list(settled.values()), chain, count, on, cuts
        )
        shop.notes |= {"stopped"} if stopped else set()
        if shop.kind == "exempt" and settled[name].earned is None:
            shop.earned = None  # what was kept was never earned
    return found
