"""Every tolerance of the quota program, with its unit and its reason."""

from __future__ import annotations

TAU = 1e-6
"""(cartons) How far below its proven bound a fixed quota may lie: one millionth of the smallest
lot, the grain to which entitlements are snapped before rounding, so nothing finer is seen."""

PROOF_SHARE = 0.5
"""Part of ``TAU`` that a stage may use here, so that the verifier, who reads 17 printed digits and
computes in fractions, accepts with room to spare."""

LEAST_ALPHA = 1e-9
"""(share of the multipliers, which sum to 1) Below this a multiplier is noise and proves
nothing."""

ROW_RELATIVE = 1e-10
"""(part of |b| + sum |a x|) Rounding error that a row may show: doubles carry 1e-16, and tables
have up to some thousand terms."""

ROW_ABSOLUTE = 1e-9
"""(cartons) The same for rows whose numbers are near zero: a thousandth of ``TAU``."""

SOLVER_FEASIBILITY = 1e-9
"""(satisfaction; rows scaled to largest coefficient 1) Primal and dual tolerance asked of HiGHS,
whose default of 1e-7 could cost ``TAU`` for a cell of ten cartons."""

SOLVER_RESIDUAL = 1e-8
"""(satisfaction; rows scaled to largest coefficient 1) Largest violation we believe, computed here
from the returned numbers: ten times what was asked of the solver, for its own rounding."""

TIGHT = 1e-12
"""(relative) A quota at its greatest feasible value up to the rounding of a few additions."""

SECONDS = 60.0
"""(seconds) Time limit of one stage; stages take milliseconds, so this only stops what hangs."""

VOLUME_SHARE = 1e-9
"""(part of the volume, and cartons) Volumes that differ by less are the same: what the solver's
tolerance may cost in a sum over all retailers."""

LEVEL_PROBE = 1e-9
"""(relative) How far above a level one looks for the rows that keep it from rising."""
