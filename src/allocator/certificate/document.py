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

from allocator.allocation.program import Program, Row, matrix
from allocator.canonical import digest
from allocator.certificate.verify import FORMAT
from allocator.records import Allocation, Cells, QuotaPlan, Reals, Stage, Units

Json = dict[str, Any]


def certify(plan: QuotaPlan) -> Json:
    """The public document of a plan; only cells, no retailer.

    Cells are numbered from 0 in the order of the list ``cells``; ``kappa``, ``floor``,
    ``ceiling``, ``x`` and the lists of ``rounding`` follow the line's own ``cells``. A line that
    was published elsewhere carries its table and no proof.
    """
    sums = _credit_sums(plan)
    document: Json = {
        "format": FORMAT,
        "cycle": plan.cycle,
        "on": plan.on.isoformat(),
        "seed": plan.seed,
        "source": plan.source,
        "policy_digest": plan.policy_digest,
        "weight_unit": int(plan.cells.weight_unit),
        "cells": _cells(plan.cells),
        "lines": [_line(plan, p, sums[p]) for p in range(len(plan.product))],
    }
    return document | {"digest": digest(document)}


def write_certificate(path: Path, document: Json) -> None:
    """Write a document with one cell, or one released line, on each line of the file."""
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
    the second round's, as numerator and denominator, ``null`` where there was none.
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
        "cells": [plan.cells.label(c) for c in range(len(plan.cells.tier))],
        "lines": [
            {
                "product": product,
                "region": plan.region[p],
                "lot": int(plan.lot[p]),
                "level": None if (level := allocation.level[p]) is None else list(level),
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


def _line(plan: QuotaPlan, p: int, credit: Units) -> Json:
    may = np.flatnonzero(plan.allowed[p])
    count, base, seats = plan.cells.count[may], plan.base[p, may], plan.seats[p, may]
    lot = int(plan.lot[p])
    planned = plan.source == "planned"
    program = _program(plan, p, may) if planned and len(may) else None
    zero = np.zeros(len(may))
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
        "kappa": _reals(zero if program is None else program.kappa),
        "floor": plan.floor[p, may].tolist(),
        "ceiling": plan.ceiling[p, may].tolist(),
        "x": _reals(plan.entitlement[p, may]),
        "rows": [] if program is None else _rows(program, len(plan.cells.tier)),
        "stages": [_stage(stage, len(plan.cells.tier)) for stage in _stages(plan, p)],
        "rounding": {
            "base": base.tolist(),
            "seats": seats.tolist(),
            "total": (count * base + seats * lot).tolist(),
            "credit": (credit[may] if plan.method[p] == "rotate" else zero.astype(int)).tolist(),
        },
    }


def _available(plan: QuotaPlan, p: int) -> int:
    """S_p: supply less reserve in whole lots."""
    lot = int(plan.lot[p])
    return int(plan.supply[p] - plan.reserve[p]) // lot * lot


def _program(plan: QuotaPlan, p: int, may: np.ndarray[Any, np.dtype[np.intp]]) -> Program:
    """The program of a line as it follows from the plan alone."""
    cells, supply = plan.cells, _available(plan, p)
    weight = plan.weight(p)[may]
    demand = int((cells.count[may] * weight).sum())
    kappa = supply / demand * weight if demand else np.zeros(len(may))
    chain = [(cells.segment[c], cells.rhythm[c]) for c in may.tolist()]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(chain))}
    chains = np.array([numbers[name] for name in chain], np.int64)
    joined = np.append(chains[1:] == chains[:-1], False)
    step = int(plan.step[p])
    counted = np.flatnonzero(cells.count[may])
    used = Row(
        f"supply/{p}", tuple(counted.tolist()), tuple(cells.count[may][counted].tolist()), supply
    )
    return Program(
        pair=p * len(cells.tier) + may,
        label=tuple(f"{p}/{cells.label(c)}" for c in may.tolist()),
        chain=chains,
        counted=cells.count[may] > 0,
        kappa=kappa,
        floor=plan.floor[p, may].astype(np.float64),
        ceiling=plan.ceiling[p, may].astype(np.float64),
        order=joined & bool(plan.tier_order[p]),
        step=np.where(joined & (step >= 0), step * plan.visits(p)[may], -1).astype(np.float64),
        limits=(used,),
    )


def _rows(program: Program, cells: int) -> list[Json]:
    rows = matrix(program)
    cell = program.pair % cells
    return [
        {
            "name": _plain(program.name(r)),
            "cells": cell[rows.position[rows.row == r]].tolist(),
            "coefficients": rows.coefficient[rows.row == r].astype(int).tolist(),
            "bound": int(rows.bound[r]),
        }
        for r in range(len(rows.bound))
    ]


def _stages(plan: QuotaPlan, p: int) -> tuple[Stage, ...]:
    proof = plan.proof_of(p)
    return () if proof is None else proof.stages


def _stage(stage: Stage, cells: int) -> Json:
    return {
        "level": _real(stage.level),
        "fixed": [pair % cells for pair in stage.fixed],
        "alpha": {str(pair % cells): _real(part) for pair, part in sorted(stage.alpha.items())},
        "y": {_plain(name): _real(price) for name, price in sorted(stage.y.items())},
    }


def _plain(name: str) -> str:
    """A row's name within its line."""
    kind, _, rest = name.partition("/")
    return "/".join([kind, *rest.split("/", 1)[1:]])
