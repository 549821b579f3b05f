"""What a planner may aim at (``model.md`` 2): four tables over the same rows, each with its proof.

leximin       the worst-off share as large as can be, then the next; shares follow the weights
equal         the same with equal weights: everybody's quota as equal as the limits allow
              (constrained equal awards: Aumann and Maschler 1985)
proportional  one level per product for everybody, see ``proportional``
volume        the leximin table among those that hand out most, see ``volume``
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from allocator.allocation.coupled import quota_tables
from allocator.allocation.leximin import Lines
from allocator.allocation.programs import components, program_of, weights_for
from allocator.records import Cells, Proof, Reals


def aimed_tables(
    lines: Lines,
    cells: Cells,
    objective: str,
    product: Sequence[str],
    short: Callable[[tuple[int, ...]], None] = lambda _: None,
    *,
    prove: bool = True,
) -> tuple[Reals, tuple[Proof, ...]]:
    """Quotas of all lines under an objective, (P, C) cartons, and the proofs of the programs.

    The lines must be feasible. product : name of each line, for refusals; short : see
    ``quota_tables``; prove : whether proofs are wanted where the quotas do not come with theirs

    Raises
    ------
    InfeasiblePolicy : ``proportional``, and one level leaves a group less than its least share
    NotProvenOptimal : no proof by the solver where one was asked
    """
    lines = replace(lines, weight=weights_for(objective, lines.weight))
    if objective == "proportional":
        from allocator.allocation.proportional import level_tables

        return level_tables(lines, cells, product)
    table = quota_tables(lines, cells, short)
    if objective == "volume":
        return _most(lines, cells, table)
    if not prove:
        return table, ()
    return table, tuple(_proof(lines, part, cells, table) for part in components(lines))


def _proof(lines: Lines, part: tuple[int, ...], cells: Cells, table: Reals) -> Proof:
    from allocator.allocation.stages import prove

    program = program_of(lines, part, cells)
    return Proof(part, prove(program, table.ravel()[program.pair]))


def _most(lines: Lines, cells: Cells, fair: Reals) -> tuple[Reals, tuple[Proof, ...]]:
    """The leximin tables among those of greatest volume; most often the fair ones themselves."""
    from allocator.allocation.stages import leximin_stages
    from allocator.allocation.volume import (
        greatest_volumes,
        keeping_volume,
        reaches,
        volume_stage,
        worths,
    )

    parts = components(lines)
    table, proofs = fair.copy(), []
    for part, most in zip(parts, greatest_volumes(lines, parts, cells), strict=True):
        first = volume_stage(most)
        if reaches(lines, part, fair, most.volume):
            rest = _proof(lines, part, cells, fair).stages
        else:
            program = program_of(lines, part, cells)
            kept = keeping_volume(program, worths(lines, program), most.volume)
            x, rest = leximin_stages(kept)
            np.put(table, program.pair, x)
        proofs.append(Proof(part, (first, *rest)))
    return table, tuple(proofs)
