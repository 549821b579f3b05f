"""The certificate checked a second time, from ``model.md`` 6 alone.

Plain sums of fractions of the printed decimals, no thought for speed; knows plans with steps whose
whole cartons come by ``rotate`` or ``equal``. Nothing is shared with ``verify.py``.
"""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

Terms = dict[int, Fraction]
MILLION = 10**6


def holds(document: dict[str, Any]) -> bool:
    """Whether every statement of the document is true; its digest is not looked at."""
    try:
        return all(part(document) for part in (_city, _plan, _proven, _whole))
    except (KeyError, IndexError, ValueError, ZeroDivisionError):  # names what is not there
        return False


def _city(document: dict[str, Any]) -> bool:
    cells = document["cells"]
    named = all(
        cell["label"] == f"{cell['tier']}/{cell['segment']}/{cell['rhythm']}"
        and cell["count"] >= 0
        and cell["weight"] > 0
        for cell in cells
    )
    tiers = [cell["tier"] for cell in cells]
    weights = [cell["weight"] for cell in cells]
    return (
        named
        and document["weight_unit"] >= 1
        and tiers == list(range(1, len(cells) + 1))
        and weights == sorted(weights)
    )


def _plan(document: dict[str, Any]) -> bool:
    """Supplies, limits, masses, shares and which lines are proven together."""
    cells, lines = document["cells"], document["lines"]
    size = len(cells)
    groups = [group for line in lines for group in line["groups"]]
    if sorted(group["group"] for group in groups) != list(range(len(groups))):
        return False
    if any(group["rule"] < 0 for group in groups):
        return False
    for line in lines:
        lot, own = line["lot"], line["cells"]
        if lot < 1 or line["step"] < -1 or not 0 <= line["reserve"] <= line["supply"]:
            return False
        if line["reserve"] % lot and line["reserve"] != line["supply"]:
            return False
        if line["available"] != (line["supply"] - line["reserve"]) // lot * lot:
            return False
        if own != sorted(set(own)) or any(not 0 <= c < size for c in own):
            return False
        if own and not line["available"]:
            return False
        masses = line["mass"] if any(line["mass"]) else [MILLION for _ in own]
        demand = sum(m * cells[c]["weight"] for m, c in zip(masses, own, strict=True))
        for k, c in enumerate(own):
            count, mass = cells[c]["count"], line["mass"][k]
            if not 0 <= line["floor"][k] <= line["ceiling"][k]:
                return False
            if line["floor"][k] % lot or line["ceiling"][k] % lot:
                return False
            if not 0 <= mass <= count * MILLION or (count and not mass):
                return False
            must = line["covered"][k]
            if not 0 <= must <= count or (must and line["ceiling"][k] < lot):
                return False
            share = Fraction(cells[c]["weight"] * line["available"] * MILLION, demand)
            if abs(Fraction(line["kappa"][k]) - share) > share / 10**12:
                return False
        for group in line["groups"]:
            if (
                group["cells"] != sorted(set(group["cells"]))
                or min(group["least"], group["most"]) < -1
            ):
                return False
            if any(limit > 0 and limit % lot for limit in (group["least"], group["most"])):
                return False
            if group["mass"] != [line["mass"][own.index(c)] for c in group["cells"]]:
                return False
    for program in document["programs"]:
        if program["lines"] != sorted(set(program["lines"])) or not all(
            0 <= p < len(lines) and lines[p]["cells"] for p in program["lines"]
        ):
            return False
    of = [p for program in document["programs"] for p in program["lines"]]
    if len(of) > len(set(of)):
        return False
    if any(p not in of and line["cells"] for p, line in enumerate(lines)):
        return False
    together = [set(program["lines"]) for program in document["programs"]]
    for basket in document["baskets"]:
        if basket["lines"] != sorted(set(basket["lines"])) or len(basket["most"]) != size:
            return False
        if any(not 0 <= p < len(lines) for p in basket["lines"]):
            return False
        for c in range(size):
            joined = {
                p for p in basket["lines"] if basket["most"][c] >= 0 and c in lines[p]["cells"]
            }
            if joined and not any(joined <= program for program in together):
                return False
    return True


def _rows(document: dict[str, Any]) -> dict[str, tuple[Terms, Fraction]]:
    """Every row as coefficients by pair and right-hand side, all of them ``<=``."""
    cells, size, rows = document["cells"], len(document["cells"]), {}
    for p, line in enumerate(document["lines"]):
        own = line["cells"]
        share = {p * size + c: Fraction(m, MILLION) for c, m in zip(own, line["mass"], strict=True)}
        rows[f"supply/{p}"] = (share, Fraction(line["available"]))
        for a, b in pairwise(own):
            rise = {p * size + b: Fraction(1), p * size + a: Fraction(-1)}
            if line["tier_order"]:
                down = {j: -a for j, a in rise.items()}
                rows[f"order/{p}/{cells[a]['label']}"] = (down, Fraction(0))
            if line["step"] >= 0:
                rows[f"step/{p}/{cells[a]['label']}"] = (rise, Fraction(line["step"]))
        for group in line["groups"]:
            part = {
                p * size + c: Fraction(m, MILLION)
                for c, m in zip(group["cells"], group["mass"], strict=True)
            }
            if group["most"] >= 0:
                rows[f"most/{group['group']}"] = (part, Fraction(group["most"]))
            if group["least"] >= 0:
                less = {j: -a for j, a in part.items()}
                rows[f"least/{group['group']}"] = (less, Fraction(-group["least"]))
    for b, basket in enumerate(document["baskets"]):
        for c, most in enumerate(basket["most"]):
            both = {
                p * size + c: Fraction(1)
                for p in basket["lines"]
                if c in document["lines"][p]["cells"]
            }
            if most >= 0 and both:
                rows[f"basket/{b}/{cells[c]['label']}"] = (both, Fraction(most))
    return rows


def _pairs(document: dict[str, Any], name: str) -> dict[int, Fraction]:
    size = len(document["cells"])
    return {
        p * size + c: Fraction(line[name][k])
        for p, line in enumerate(document["lines"])
        for k, c in enumerate(line["cells"])
    }


def _floors(document: dict[str, Any]) -> dict[int, Fraction]:
    low, size = _pairs(document, "floor"), len(document["cells"])
    for p, line in enumerate(document["lines"]):
        for c, must in zip(line["cells"], line["covered"], strict=True):
            if must:
                need = Fraction(must * line["lot"], document["cells"][c]["count"])
                low[p * size + c] = max(low[p * size + c], need)
    return low


def _proven(document: dict[str, Any]) -> bool:
    """(i) to (iv) of ``model.md`` 6."""
    rows, size, lines = _rows(document), len(document["cells"]), document["lines"]
    x, kappa, high = (_pairs(document, name) for name in ("x", "kappa", "ceiling"))
    low, mass = _floors(document), _pairs(document, "mass")
    tau = {j: Fraction(lines[j // size]["lot"], MILLION) for j in x}
    for terms, bound in rows.values():
        sizes = abs(bound) + sum(abs(a * x[j]) for j, a in terms.items())
        if sum(a * x[j] for j, a in terms.items()) > bound + sizes / 10**10 + Fraction(1, 10**9):
            return False
    if any(not low[j] - tau[j] <= x[j] <= high[j] + tau[j] for j in x):
        return False
    for program in document["programs"]:
        counted = {j for j in x if j // size in program["lines"] and mass[j]}
        empty = {j for j in x if j // size in program["lines"] and not mass[j]}
        in_basket = {j for name, (terms, _) in rows.items() if name[0] == "b" for j in terms}
        for p in program["lines"]:
            if not any(j in in_basket for j in empty if j // size == p):
                fixed = {j for stage in program["stages"] for j in stage["fixed"]}
                if not any(j in fixed for j in empty if j // size == p):
                    empty = {j for j in empty if j // size != p}
        given: set[int] = set()
        is_open, waiting, last = counted, empty, None
        for stage in program["stages"]:
            if not is_open:
                given = counted
                is_open, waiting, last = empty, set(), None
            level, fixed = Fraction(stage["level"]), set(stage["fixed"])
            if last is not None and level < last:
                return False
            if not fixed or not fixed <= is_open or len(fixed) < len(stage["fixed"]):
                return False
            if not _stage(stage, rows, is_open, given, (x, kappa, low, high, tau)):
                return False
            is_open, given, last = is_open - fixed, given | fixed, level
        if is_open or waiting:
            return False
    return all(_greatest(document, p, x, rows) for p in range(len(lines)))


def _stage(
    stage: dict[str, Any],
    rows: dict[str, tuple[Terms, Fraction]],
    is_open: set[int],
    given: set[int],
    numbers: tuple[Terms, ...],
) -> bool:
    x, kappa, low, high, tau = numbers
    alpha = {int(j): Fraction(text) for j, text in stage["alpha"].items()}
    y = {name: Fraction(text) for name, text in stage["y"].items()}
    level, total = Fraction(stage["level"]), sum(alpha.values())
    if min(alpha.values(), default=0) < 0 or not set(alpha) <= is_open:
        return False
    if abs(total - 1) > Fraction(1, 10**9) or min(y.values(), default=0) < 0:
        return False
    rho = {j: alpha.get(j, Fraction(0)) / kappa[j] for j in x}
    for name, price in y.items():
        for j, a in rows[name][0].items():
            rho[j] -= price * a
    bound = sum(price * rows[name][1] for name, price in y.items())
    for j, worth in rho.items():
        bound += worth * x[j] if j in given else max(worth * low[j], worth * high[j])
    for j in stage["fixed"]:
        share = alpha.get(j, Fraction(0))
        if abs(x[j] - kappa[j] * level) > tau[j] or share < Fraction(1, 10**9):
            return False
        if kappa[j] * (bound - level * total) > tau[j] * share:
            return False
    return True


def _greatest(
    document: dict[str, Any], p: int, x: Terms, rows: dict[str, tuple[Terms, Fraction]]
) -> bool:
    """Empty cells that no basket joins cannot be raised, one by one or chain by chain."""
    size, line = len(document["cells"]), document["lines"][p]
    mine = [p * size + c for c in line["cells"]]
    mass = dict(zip(mine, line["mass"], strict=True))
    joined = {j for name, (terms, _) in rows.items() if name[0] == "b" for j in terms}
    staged = {
        j for program in document["programs"] for stage in program["stages"] for j in stage["fixed"]
    }
    empty = [j for j in mine if not mass[j]]
    if any(j in joined or j in staged for j in empty):
        return True
    high = dict(zip(mine, line["ceiling"], strict=True))
    top = {j: Fraction(high[j]) if not mass[j] else x[j] for j in mine}
    for _ in mine:  # as often as there are cells: limits have then reached all of them
        for a, b in pairwise(mine):
            if line["tier_order"]:
                top[a] = min(top[a], top[b])
            if line["step"] >= 0:
                top[b] = min(top[b], top[a] + line["step"])
    return all(abs(x[j] - top[j]) * MILLION <= line["lot"] for j in empty)


def _whole(document: dict[str, Any]) -> bool:
    """(v): floors, ceilings, totals, and what groups and baskets allow in whole cartons."""
    cells, size = document["cells"], len(document["cells"])
    rows = _rows(document)
    missing = {entry["row"]: entry for entry in document["shortfalls"]}
    if len(missing) < len(document["shortfalls"]):
        return False
    if any(entry["lots"] < 1 for entry in missing.values()):
        return False
    used: set[str] = set()
    totals: Terms = {}
    bases: Terms = {}
    for p, line in enumerate(document["lines"]):
        lot, rounding = line["lot"], line["rounding"]
        x = [Fraction(text) / lot for text in line["x"]]
        due, below = Fraction(0), 0
        unserved = missing[f"supply/{p}"]["lots"] if f"supply/{p}" in missing else 0
        beside = [
            q for basket in document["baskets"] if p in basket["lines"] for q in basket["lines"]
        ]
        packed = any(document["lines"][q]["lot"] > 1 for q in beside)
        coupled = bool(line["groups"]) or any(
            p in basket["lines"] for basket in document["baskets"]
        )
        for k, c in enumerate(line["cells"]):
            count, base, seats = cells[c]["count"], rounding["base"][k], rounding["seats"][k]
            total = rounding["total"][k]
            if base % lot or not 0 <= seats <= count or total != count * base + seats * lot:
                return False
            if not line["floor"][k] <= base + lot * (seats > 0) <= line["ceiling"][k]:
                return False
            if line["covered"][k] > (count if base >= lot else seats) + unserved:
                return False
            if rounding["credit"][k] and (not count or line["method"] != "rotate"):
                return False
            totals[p * size + c], bases[p * size + c] = Fraction(total), Fraction(base)
            due += count * x[k]
            if line["method"] == "equal":
                if seats or abs(Fraction(base, lot) - _near(x[k])) >= 1:
                    return False
                continue
            lots, exact = total // lot, _near(count * x[k])
            below += max(0, floor(exact) - lots)
            each = floor(_near(x[k]))
            if base // lot != (each if lots >= count * each else lots // count):
                return False
            if lots > ceil(exact):
                return False
        if below > unserved and not packed:
            return False
        given = sum(rounding["total"])
        whole = [MILLION * cells[c]["count"] for c in line["cells"]]
        if line["mass"] == whole and given > line["available"]:
            return False
        name = f"supply/{p}"
        if line["method"] == "equal":
            if not _kept(document, bases, totals, p):
                return False
        else:
            short = missing[name]["lots"] if name in missing else 0
            room = ceil(_near(due)) * lot <= line["available"] and line["method"] == "rotate"
            most = ceil(_near(due)) if room and not short else floor(_near(due)) - short
            if not floor(_near(due)) - short <= given // lot <= most:
                return False
            if name in missing:
                used.add(name)
                if missing[name]["line"] != p or not coupled:
                    return False
            if not coupled and not _turns(document, line, floor(_near(due)), most):
                return False
        for group in line["groups"]:
            name = f"least/{group['group']}"
            taken = sum(
                Fraction(m, MILLION) * totals[p * size + c] / max(cells[c]["count"], 1)
                for c, m in zip(group["cells"], group["mass"], strict=True)
            )
            room = _room(document, line, totals, [p * size + c for c in group["cells"]])
            if group["most"] >= 0 and taken - room > group["most"]:
                return False
            short = [max(0, ceil((group["least"] - taken - slack) / lot)) for slack in (room, 0)]
            if group["least"] < 0:
                short = [0, 0]
            if not short[0] <= (missing[name]["lots"] if name in missing else 0) <= short[1]:
                return False
            if name in missing and missing[name]["line"] == p:
                used.add(name)
    for name, (terms, bound) in rows.items():
        if name.startswith("basket"):
            count = cells[next(iter(terms)) % size]["count"]
            if sum(bases[j] for j in terms) > bound:
                return False
            if sum(totals[j] for j in terms) > count * bound:
                return False
    return used == set(missing) and not any(_simple(document, entry) for entry in missing.values())


def _near(lots: Fraction) -> Fraction:
    """The nearest millionth."""
    return Fraction(floor(lots * MILLION + Fraction(1, 2)), MILLION)


def _room(document: dict[str, Any], line: dict[str, Any], totals: Terms, of: list[int]) -> Fraction:
    """An expected take-up is itself rounded to a millionth of each carton."""
    whole = [MILLION * document["cells"][c]["count"] for c in line["cells"]]
    return sum((totals[j] for j in of), Fraction(0)) / MILLION * (line["mass"] != whole)


def _kept(document: dict[str, Any], bases: Terms, totals: Terms, p: int) -> bool:
    """One number for each cell: supply, order, step and group maxima hold for it."""
    line, rows = document["lines"][p], _rows(document)
    names = [f"most/{group['group']}" for group in line["groups"] if group["most"] >= 0]
    names += [f"supply/{p}"] * bool(line["cells"])
    for name in names:
        terms, bound = rows[name]
        room = _room(document, line, totals, list(terms))
        if sum(a * bases[j] for j, a in terms.items()) > bound + room:
            return False
    own = [row for name, row in rows.items() if name.startswith((f"order/{p}/", f"step/{p}/"))]
    return all(sum(a * bases[j] for j, a in terms.items()) <= bound for terms, bound in own)


def _turns(document: dict[str, Any], line: dict[str, Any], whole: int, most: int) -> bool:
    """Odd lots go to the largest credit and fraction, ties to the smaller hash.

    whole : lots that must go out; up to ``most`` where the claim is above 0
    """
    claims, sure = [], 0
    for k, c in enumerate(line["cells"]):
        cell = document["cells"][c]
        due = int(_near(cell["count"] * Fraction(line["x"][k]) / line["lot"]) * MILLION)
        sure += due // MILLION
        if due % MILLION:
            text = json.dumps(
                [document["seed"], document["cycle"], line["product"], cell["label"]],
                ensure_ascii=False,
                separators=(",", ":"),
            )
            drawn = hashlib.sha256(text.encode()).hexdigest()
            odd = line["rounding"]["total"][k] // line["lot"] > due // MILLION
            claims.append((-(due % MILLION + line["rounding"]["credit"][k]), drawn, not odd))
    order = [without for _, _, without in sorted(claims)]
    called = [-claim > 0 for claim, _, _ in sorted(claims)][whole - sure : most - sure]
    return order == sorted(order) and order.count(False) == whole - sure + sum(called)


def _simple(document: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether all limits of a line's program are nested or apart, so that nothing need miss."""
    program = next(one for one in document["programs"] if entry["line"] in one["lines"])
    families = [
        [
            set(basket["lines"])
            for basket in document["baskets"]
            if set(basket["lines"]) & set(program["lines"])
        ]
    ]
    for p in program["lines"]:
        line = document["lines"][p]
        if line["lot"] > 1 or line["method"] != "rotate":
            return False
        if line["mass"] != [MILLION * document["cells"][c]["count"] for c in line["cells"]]:
            return False
        families.append([set(group["cells"]) for group in line["groups"]])
    return all(a <= b or b <= a or not a & b for family in families for a in family for b in family)
