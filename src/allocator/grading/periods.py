"""A series of gradings: how far tiers hold still, and whether the customers' structure changes.

Each grading takes the tiers of the one before as its previous tiers, so that what a movement rule
holds back in one period counts in the next. The same series without movement rules is the
comparison: what redrawing the classes alone would have done. The structure is followed on the
cut-offs of the first grading, which stand still (``fixed``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.grading.exact import Units
from allocator.grading.fixed import BY_POINTS, shape_on, yardstick
from allocator.grading.moves import Migration, counted
from allocator.grading.past import has_earned, next_tiers
from allocator.grading.scheme import grade
from allocator.policy.grading_models import GradingPolicy
from allocator.records import Grading
from allocator.tables.city import City, Table
from allocator.tables.schemas import SCHEMAS


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """D gradings in a row and the D-1 changes between them.

    gradings : D, by day; ``previous_tier`` is the tier of the grading before
    moves : D-1 migration matrices under the policy
    free_moves : D-1, the same without movement rules; the same records where it has none
    ruled : whether the policy has movement rules on any of the days
    shape : (D, T) int64, scored retailers of each tier on the cut-offs of the first grading
    """

    gradings: tuple[Grading, ...]
    moves: tuple[Migration, ...]
    free_moves: tuple[Migration, ...]
    ruled: bool
    shape: Units

    @property
    def days(self) -> tuple[date, ...]:
        """The grading dates."""
        return tuple(grading.on for grading in self.gradings)


def stability(
    city: City, policies: Sequence[GradingPolicy], progress: Callable[[date], None] | None = None
) -> Stability:
    """Grade a city on several days in a row, and tell who moved.

    Parameters
    ----------
    policies : the grading part of a policy as it stands on each day, earliest first:
        ``[al.read_policy(path, on=day).grading for day in days]``
    progress : called with each day before it is graded

    Raises
    ------
    BadRequest : fewer than two days, or days that do not rise; other items on another day; and
        what ``grade`` refuses
    """
    days = [policy.on for policy in policies]
    known = [day for day in days if day is not None]
    if len(known) != len(days) or len(days) < 2:
        raise BadRequest("stability-needs-days", days=len(known))
    for one, other in pairwise(known):
        if other <= one:
            raise BadRequest("stability-days-order", earlier=one, later=other)
    ruled = any(policy.movement is not None for policy in policies)
    gradings = _series(city, policies, progress)
    without = [policy.model_copy(update={"movement": None}) for policy in policies]
    moves = _moves(gradings)
    free = _moves(_series(city, without, None)) if ruled else moves
    first = gradings[0]
    measure = yardstick(first, policies[0]) if first.rule in BY_POINTS else None
    shape = [shape_on(measure, grading, first.tiers) for grading in gradings]
    return Stability(
        gradings=gradings,
        moves=moves,
        free_moves=free,
        ruled=ruled,
        shape=np.array(shape, np.int64),
    )


def _series(
    city: City, policies: Sequence[GradingPolicy], progress: Callable[[date], None] | None
) -> tuple[Grading, ...]:
    done: list[Grading] = []
    for policy in policies:
        if progress is not None and policy.on is not None:
            progress(policy.on)
        done.append(grade(city if not done else remembering(city, done), policy, policy.on))
    return tuple(done)


def remembering(city: City, gradings: Sequence[Grading]) -> City:
    """The city with the tiers of gradings in its tiers table.

    What the table says of the first grading's day and later is left out: those tiers came about
    by other rules.
    """
    first, final = gradings[0].on, pl.col("tier").alias("earned_tier")
    rows = []
    if city.tiers is not None:
        before = city.tiers.frame.filter(pl.col("graded_on") < first)
        rows.append(before if has_earned(city.tiers) else before.with_columns(final))
    for grading in gradings:  # what was earned is told apart only where rules follow the score
        after = next_tiers(grading)
        rows.append(after if grading.moving else after.with_columns(final))
    columns = [column.name for column in SCHEMAS["tiers"].columns]
    frame = pl.concat([frame.select(columns) for frame in rows]).sort("retailer_id", "graded_on")
    numbered = frame.with_row_index("row", offset=1)
    return replace(city, tiers=Table("tiers", numbered, columns=frozenset(columns)))


def _moves(gradings: Sequence[Grading]) -> tuple[Migration, ...]:
    """Between each two gradings in a row, by retailer."""
    found = []
    for before, now in pairwise(gradings):
        both = before.table.select("retailer_id", "tier").join(
            now.table.select("retailer_id", now="tier"),
            on="retailer_id",
            how="full",
            coalesce=True,
        )
        found.append(counted(both["tier"], both["now"], max(before.tiers, now.tiers)))
    return tuple(found)
