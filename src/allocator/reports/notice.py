"""The supply bulletin of a cycle: the same facts for retailers and every department (N7, N8).

``notice.html`` is one file without links to elsewhere. Its one script filters by tier and product;
without it everything is there all the same. ``notice.csv`` holds the same figures, one row for each
product and cell. Both are public: they name no retailer.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from allocator.allocation.cliffs import Cliffs
from allocator.certificate.inclusion import grouped
from allocator.explanation.sentences import plain
from allocator.hiding import LEAST_TOLD
from allocator.holdings import ceilings_only, promised, slopes
from allocator.nearness import NEAR_PERCENT
from allocator.pages import templates
from allocator.records import QuotaPlan
from allocator.reports.chains import chains
from allocator.reports.charts import pyramid
from allocator.reports.figures import chart_text
from allocator.reports.notice_tiers import ladders, shown, tier_table
from allocator.reports.together import together_lines
from allocator.wording import Fact, say, spell


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What the notice says besides the plan.

    title : title of the policy
    rule : the policy in plain words, one sentence each
    certificate_digest : SHA-256 of the certificate, as ``verify.py --digest`` takes it
    cliffs : how far apart shops with nearly the same sales can be; ``None`` = not told
    brief : the rule in five sentences (``in_brief``)
    number : check number of the results, 64 hex digits; ``None`` = the run had no secret
    """

    title: str
    rule: Sequence[str]
    certificate_digest: str
    cliffs: Cliffs | None = None
    brief: Sequence[str] = ()
    number: str | None = None


MOST_APART: Final = 20
"""Products whose cliff figure is drawn, the largest; of the others the largest is told."""


@dataclass(frozen=True, slots=True)
class _Why:
    """Cause, end, substitutes and measures of one product (N7); ``None`` where not given."""

    name: str
    cause: str | None
    expected_on: date | None
    substitutes: tuple[str, ...]
    measures: str | None


def notice_page(
    plan: QuotaPlan, products: pl.DataFrame | None, bulletin: Bulletin, language: str = "en"
) -> str:
    """The page, self-contained; every text from the tables is escaped."""
    text = partial(_text, language=language)
    environment = templates("allocator.reports", plain=plain)
    why = _reasons(products)
    total, shared = promised(plan), ceilings_only(plan)
    steep = slopes(plan).tolist()
    parts = chains(plan)
    tables = [shown(plan, chain) for chain in parts]
    lines = [
        {
            "id": plan.product[p],
            "key": plan.product[p],
            "name": _name(plan, p, why, language),
            "supply": int(plan.supply[p]),
            "reserve": int(plan.reserve[p]),
            "offered": int(total[p]),
            "left": int(plan.supply[p] - plan.reserve[p] - total[p]),
            "shops": int(plan.cells.count[plan.allowed[p]].sum()),
            "lot": int(plan.lot[p]),
            "drawn": plan.method[p] in ("lottery", "path"),
            "why": why.get(plan.product[p]),
            "no_promise": bool(shared[p]),
            "slope": _slope(steep[p], language),
            "bar": _bar(int(plan.supply[p]), int(total[p]), int(plan.reserve[p])),
            "ladders": ladders(tables, p, language),
        }
        for p in range(len(plan.product))
    ]
    names = {product: reason.name for product, reason in why.items()}
    script = environment.get_template("notice.js").render()
    shops = np.bincount(plan.cells.tier, plan.cells.count, plan.tiers + 1)[1:].astype(np.int64)
    most = int(shops.argmax()) + 1
    page: str = environment.get_template("notice.html").render(
        t=text,
        spell=partial(spell, language=language),
        language=language,
        plan=plan,
        bulletin=bulletin,
        grouped=grouped,
        lines=lines,
        names=names,
        script=script,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        tables=[tier_table(table, language) for table in tables],
        sizes={tier: size for tier, size in enumerate(shops.tolist(), start=1) if size},
        shape=pyramid(shops, None),
        shape_told=chart_text("shape-told", language, tier=most, shops=int(shops[most - 1])),
        chart=partial(chart_text, language=language),
        apart=_apart(plan, bulletin.cliffs, lines),
        near=NEAR_PERCENT,
        no_cliffs=_no_cliffs(bulletin.cliffs, language),
        together=together_lines(plan, names, language),
        shares=plan.oversell == "share",
        several=len(parts) > 1,
        rotates="rotate" in plan.method,
        draws=not {"lottery", "path"}.isdisjoint(plan.method),
    )
    return page


def notice_table(plan: QuotaPlan, products: pl.DataFrame | None) -> pl.DataFrame:
    """The figures of the notice, one row for each released line and cell that may have it.

    ``quota`` is what every retailer of the cell may order, ``turns`` how many of them may order
    one lot more; ``rule`` is how whole cartons are made. Supply is null where none is known.
    """
    why = _reasons(products)
    line, cell = (index.tolist() for index in np.nonzero(plan.allowed))
    reasons = [why.get(plan.product[p]) for p in line]
    known = [int(plan.supply[p]) if plan.supply[p] >= 0 else None for p in line]
    cells = plan.cells
    return pl.DataFrame(
        {
            "cycle": [plan.cycle] * len(line),
            "product_id": [plan.product[p] for p in line],
            "name": [reason.name if reason else None for reason in reasons],
            "region": [plan.region[p] or None for p in line],
            "supply": known,
            "reserve": [int(plan.reserve[p]) for p in line],
            "segment": [cells.segment[c] or None for c in cell],
            "rhythm": [cells.rhythm[c] for c in cell],
            "tier": [int(cells.tier[c]) for c in cell],
            "retailers": [int(cells.count[c]) for c in cell],
            "quota": plan.base[line, cell].tolist(),
            "turns": plan.seats[line, cell].tolist(),
            "lot": [int(plan.lot[p]) for p in line],
            "rule": [plan.method[p] for p in line],
            "cause": [reason.cause if reason else None for reason in reasons],
            "expected_on": [reason.expected_on if reason else None for reason in reasons],
            "substitutes": [
                " ".join(reason.substitutes) or None if reason else None for reason in reasons
            ],
            "measures": [reason.measures if reason else None for reason in reasons],
            "policy_digest": [plan.policy_digest] * len(line),
        },
        schema_overrides=dict.fromkeys(
            ["name", "region", "segment", "cause", "substitutes", "measures"], pl.String
        )
        | dict.fromkeys(["supply", "reserve", "tier", "retailers", "quota", "turns"], pl.Int64)
        | {"lot": pl.Int64, "expected_on": pl.Date},
    ).sort("product_id", "region", "segment", "rhythm", "tier", nulls_last=False)


def _text(code: str, language: str, **facts: Fact) -> str:
    return say("reports", code, facts, language)


def _apart(
    plan: QuotaPlan, cliffs: Cliffs | None, lines: Sequence[Mapping[str, object]]
) -> dict[str, object] | None:
    """How many cartons apart two shops with nearly the same sales can be, largest first.

    Only products of whose shops enough were compared and any two are near.
    """
    if cliffs is None:
        return None
    told = (cliffs.pairs > 0) & (cliffs.retailers >= LEAST_TOLD)
    order = sorted(np.flatnonzero(told).tolist(), key=lambda p: (-cliffs.cartons[p], p))
    if not order:
        return None
    widest = max(int(cliffs.cartons[order[0]]), 1)
    drawn = [(lines[p], int(cliffs.cartons[p])) for p in order[:MOST_APART]]
    return {
        "bars": [(line, cartons, 100 * cartons // widest) for line, cartons in drawn],
        "others": len(order) - len(drawn),
        "most": int(cliffs.cartons[order[MOST_APART]]) if len(order) > MOST_APART else 0,
    }


def _bar(supply: int, offered: int, reserve: int) -> dict[str, int] | None:
    """Per cent of the supply that is offered and kept back; ``None`` where none is known."""
    if supply <= 0:
        return None
    given = min(100 * offered // supply, 100)
    return {"offered": given, "reserve": min(-(-100 * reserve // supply), 100 - given)}


def _slope(steep: float, language: str) -> str | None:
    """K_p of ``model.md`` 3 in words, rounded up, where quotas rise between the tiers."""
    if steep <= 0:
        return None
    exact = Decimal(math.ceil(steep * 10**SLOPE_DIGITS)).scaleb(-SLOPE_DIGITS)
    return _text("slope-line", language, slope=exact)


SLOPE_DIGITS = 4
"""Decimals of a slope in the notice, cartons for one point of score."""


def _no_cliffs(cliffs: Cliffs | None, language: str) -> str | None:
    """Why nothing is said of them, where the figures could not be computed."""
    if cliffs is None or not cliffs.not_computed:
        return None
    return _text(f"cliff-{cliffs.not_computed}", language, near=NEAR_PERCENT)


def _reasons(products: pl.DataFrame | None) -> Mapping[str, _Why]:
    if products is None:
        return {}
    columns = ["product_id", "name", "cause", "expected_on", "substitutes", "measures"]
    return {
        product: _Why(name or product, cause, expected, tuple(instead or ()), measures)
        for product, name, cause, expected, instead, measures in products.select(
            columns
        ).iter_rows()
    }


def _name(plan: QuotaPlan, p: int, why: Mapping[str, _Why], language: str) -> str:
    reason = why.get(plan.product[p])
    name = reason.name if reason else plan.product[p]
    if not plan.region[p]:
        return name
    return _text("product-in-region", language, product=name, region=plan.region[p])
