"""The certificate of a quota plan: what an outsider needs to check it (``model.md`` 6).

Reals are written as texts of 17 significant digits, which name each double exactly; with six
decimals the proofs would be lost. The document repeats the SHA-256 of its own canonical JSON, as
do the notice and ``run.json``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from allocator.canonical import digest
from allocator.certificate.verify import FORMAT
from allocator.holdings import offered
from allocator.records import (
    MICRO,
    Allocation,
    Cells,
    Flags,
    Group,
    JointLimit,
    QuotaPlan,
    Reals,
    Shortfall,
    Stage,
    Units,
)

Json = dict[str, Any]


def certify(plan: QuotaPlan) -> Json:
    """The public document of a plan; only cells, no retailer.

    Cells and lines are numbered from 0 in the order of the lists ``cells`` and ``lines``, groups
    by their own ``group``, a pair of line p and cell c as p C + c. ``mass``, ``covered``,
    ``kappa``, ``floor``, ``ceiling``, ``x`` and the lists of ``rounding`` follow the line's own
    ``cells``; ``most`` of a basket follows the list of all cells. Rows are not written down: their
    names in ``y`` say which they are, and the docstring of ``verify.py`` how they follow. A line
    that was published elsewhere carries its table and no proof.
    """
    sums, offers = _credit_sums(plan), offered(plan)
    document: Json = {
        "format": FORMAT,
        "cycle": plan.cycle,
        "on": plan.on.isoformat(),
        "seed": plan.seed,
        "source": plan.source,
        "objective": plan.objective,
        "boundary": plan.boundary,
        "policy_digest": plan.policy_digest,
        "weight_unit": int(plan.cells.weight_unit),
        "cells": _cells(plan.cells),
        "baskets": [_basket(basket) for basket in plan.baskets],
        "lines": [_line(plan, p, sums[p], offers[p]) for p in range(len(plan.product))],
        "programs": [
            {"lines": list(proof.lines), "stages": [_stage(stage) for stage in proof.stages]}
            for proof in plan.proofs
        ],
        "shortfalls": [_shortfall(missing) for missing in plan.shortfalls],
    }
    return document | {"digest": digest(document)}


def write_certificate(path: Path, document: Json) -> None:
    """Write a document with one cell, line or program on each line of the file."""
    parts = []
    for key in sorted(document):
        value = document[key]
        text = _compact(value)
        if isinstance(value, list) and value:
            text = "[\n" + ",\n".join(map(_compact, value)) + "\n]"
        parts.append(f"{_compact(key)}:{text}")
    path.write_bytes(("{\n" + ",\n".join(parts) + "\n}\n").encode())


def order_cohorts(plan: QuotaPlan, allocation: Allocation) -> Json:
    """The cohorts of the orders of a cycle: internal, for a cohort can be a single shop.

    A cohort is all who stand in one cell with the same limit and ordered the same; ``awards`` are
    pairs of award and number of retailers, two where odd lots went to some of them. ``level`` is
    the second round's, as numerator and denominator, ``null`` where there was none;
    ``group_level`` those of the groups that bound, by number. Where bands or baskets bind, equal
    orders may have more than two awards: the room of a shop depends on its other orders.
    """
    cell = plan.members.select("retailer_id", "cell")
    keys = ["line", "cell", "order", "limit", "award"]
    counted = (
        allocation.lines.filter(pl.col("line").is_not_null())
        .join(cell, on="retailer_id", how="left")
        .group_by(keys)
        .agg(pl.len().alias("count"))
        .sort(keys, nulls_last=True)
    )
    grouped = counted.group_by(keys[:4], maintain_order=True).agg("award", "count")
    cohorts: list[list[Json]] = [[] for _ in plan.product]
    for line, cell_of, order, limit, award, count in grouped.iter_rows():
        awards = [list(pair) for pair in zip(award, count, strict=True)]
        entry = {"cell": cell_of, "requested": order, "limit": limit, "count": sum(count)}
        cohorts[line].append(entry | {"awards": awards})
    return {
        "format": "allocator order cohorts 1",
        "cycle": allocation.cycle,
        "cells": list(plan.cells.labels()),
        "lines": [
            {
                "product": product,
                "region": plan.region[p],
                "lot": int(plan.lot[p]),
                "level": None if (level := allocation.level[p]) is None else list(level),
                "group_level": {
                    str(g): list(allocation.group_level[g])
                    for g, group in enumerate(plan.groups)
                    if group.line == p and g in allocation.group_level
                },
                "left": int(allocation.left[p]),
                "cohorts": cohorts[p],
            }
            for p, product in enumerate(plan.product)
        ],
    }


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _real(value: float) -> str:
    return format(value, ".17g")


def _reals(values: Reals) -> list[str]:
    return [_real(value) for value in values.tolist()]


def _cells(cells: Cells) -> list[Json]:
    return [
        {
            "label": cells.label(c),
            "tier": int(cells.tier[c]),
            "segment": cells.segment[c],
            "rhythm": cells.rhythm[c],
            "count": int(cells.count[c]),
            "weight": int(cells.weight[c]),
        }
        for c in range(len(cells.tier))
    ]


def _credit_sums(plan: QuotaPlan) -> Units:
    """Sum of the members' credits before the cycle, (P, C) int64 millionths of a lot."""
    cell = plan.members["cell"].fill_null(-1).to_numpy()
    counted = np.flatnonzero(cell >= 0)
    sums = np.zeros((len(plan.product), len(plan.cells.tier)), np.int64)
    for p, credit in enumerate(plan.credit_before):
        # whole numbers below 2^53 stay exact in the doubles that bincount adds
        sums[p] = np.bincount(cell[counted], credit[counted], sums.shape[1])
    return sums


def _line(plan: QuotaPlan, p: int, credit: Units, offers: Units) -> Json:
    may = np.flatnonzero(plan.allowed[p])
    base, seats = plan.base[p, may], plan.seats[p, may]
    lot = int(plan.lot[p])
    planned = plan.source == "planned"
    carried = credit[may] if plan.method[p] == "rotate" else np.zeros(len(may), np.int64)
    return {
        "product": plan.product[p],
        "region": plan.region[p],
        "lot": lot,
        "supply": int(plan.supply[p]),
        "reserve": int(plan.reserve[p]),
        "available": _available(plan, p) if planned else -1,
        "method": plan.method[p],
        "tier_order": bool(plan.tier_order[p]),
        "step": int(plan.step[p]),
        "double": p in plan.double,
        "cells": may.tolist(),
        "mass": plan.mass[p, may].tolist(),
        "covered": plan.covered[p, may].tolist(),
        "kappa": [_real(share) for share in _kappa(plan, p, may)],
        "floor": plan.floor[p, may].tolist(),
        "ceiling": plan.ceiling[p, may].tolist(),
        "x": _reals(plan.entitlement[p, may]),
        "groups": [
            _group(g, group, plan.allowed[p])
            for g, group in enumerate(plan.groups)
            if group.line == p
        ],
        "rounding": {
            "base": base.tolist(),
            "seats": seats.tolist(),
            "total": offers[may].tolist(),
            "credit": carried.tolist(),
        },
    }


def _available(plan: QuotaPlan, p: int) -> int:
    """S_p: supply less reserve in whole lots."""
    lot = int(plan.lot[p])
    return int(plan.supply[p] - plan.reserve[p]) // lot * lot


def _kappa(plan: QuotaPlan, p: int, may: NDArray[np.intp]) -> list[float]:
    """kappa_c = v_c w_c S / sum mass v w, each quotient of whole numbers rounded once.

    0 throughout where nothing is planned; a line that nobody counts for is shared out as if each
    cell had one retailer. ``equal`` per retailer puts w = 1.
    """
    weight = (plan.visits(p) if plan.objective == "equal" else plan.weight(p))[may].tolist()
    if plan.source != "planned":
        return [0.0] * len(weight)
    mass = plan.mass[p, may].tolist()
    shares = mass if any(mass) else [MICRO] * len(mass)
    demand = sum(m * w for m, w in zip(shares, weight, strict=True))
    return [w * _available(plan, p) * MICRO / demand for w in weight]


def _group(g: int, group: Group, allowed: Flags) -> Json:
    """A share of supply; cells that may not have the product take nothing of it."""
    may = allowed[group.cells]
    return {
        "group": g,
        "rule": int(group.rule),
        "cells": group.cells[may].tolist(),
        "mass": group.mass[may].tolist(),
        "least": int(group.least),
        "most": int(group.most),
    }


def _basket(basket: JointLimit) -> Json:
    return {
        "name": basket.name,
        "lines": basket.lines.tolist(),
        "most": basket.most.tolist(),
    }


def _shortfall(missing: Shortfall) -> Json:
    return {"line": int(missing.line), "row": missing.row, "lots": int(missing.lots)}


def _stage(stage: Stage) -> Json:
    return {
        "level": _real(stage.level),
        "fixed": list(stage.fixed),
        "alpha": {str(pair): _real(part) for pair, part in sorted(stage.alpha.items())},
        "y": {name: _real(price) for name, price in sorted(stage.y.items())},
    }
