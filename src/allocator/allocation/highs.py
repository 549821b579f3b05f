"""HiGHS without a modelling layer, for programs that are written down as arrays.

``solver`` writes the quota program in PuLP, for people to read; what is asked here is small and
asked often: odd lots under joined limits, and whether a share can be had at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from allocator.errors import NotProvenOptimal
from allocator.records import Indices, Reals, Units


def load(
    cost: Reals,
    low: Reals,
    high: Reals,
    rows: tuple[Units, Indices, Reals],
    most: Reals,
    *,
    whole: bool = False,
    **options: float,
) -> Any:
    """The program min cost x, rows x <= most, low <= x <= high, as HiGHS holds it.

    rows : where each row starts, then columns and coefficients of all rows one after the other
    whole : whether x is whole; options : of HiGHS by name, beside silence and one thread
    """
    import highspy  # 120 ms: only who needs a solver pays for it

    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(low), len(most)
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    if whole:
        program.integrality_ = [highspy.HighsVarType.kInteger] * len(low)
    program.row_lower_ = np.full(len(most), -highspy.kHighsInf)
    program.row_upper_ = most
    matrix = program.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_, matrix.index_, matrix.value_ = rows
    untyped: Any = highspy.Highs
    model = untyped()
    for name, value in {"output_flag": False, "threads": 1, **options}.items():
        model.setOptionValue(name, value)
    model.passModel(program)
    return model


def solved(model: Any) -> Any | None:
    """The solution, proven optimal; ``None`` where it is proven that there is none.

    Raises
    ------
    NotProvenOptimal : anything else
    """
    import highspy

    model.run()
    status = model.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise NotProvenOptimal("not-proven-optimal", status=status.name.removeprefix("k"))
    return model.getSolution()
