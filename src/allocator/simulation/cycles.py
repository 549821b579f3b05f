"""The record of cycles to come, in several worlds, and what it can tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from allocator.policy.models import Policy
from allocator.simulation.behaviour import Behaviour
from allocator.simulation.pace import Turn

ASKED: Final = "asked"
UNINFLATED: Final = "uninflated"
TRUTHFUL: Final = "truthful"
OTHER_GRADING: Final = "other-grading"
PROPORTIONAL: Final = "proportional"
PROPORTIONAL_UNINFLATED: Final = "proportional-uninflated"
WORLDS: Final = (
    ASKED, UNINFLATED, TRUTHFUL, OTHER_GRADING, PROPORTIONAL, PROPORTIONAL_UNINFLATED,
)  # fmt: skip

FRAMES: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    "worlds": {
        "world": pl.String(), "rule": pl.String(), "scarce": pl.String(), "behaviour": pl.String(),
    },
    "figures": {
        "world": pl.String(), "number": pl.Int64(), "cycle": pl.String(), "day": pl.Date(),
        "figure": pl.String(), "value": pl.Float64(),
    },
    "exposure": {
        "world": pl.String(), "number": pl.Int64(), "cycle": pl.String(), "kind": pl.String(),
        "retailers": pl.Int64(),
    },
    "groups": {
        "world": pl.String(), "number": pl.Int64(), "cycle": pl.String(),
        "behaviour": pl.String(), "shops": pl.Int64(), "wanted": pl.Int64(), "asked": pl.Int64(),
        "award": pl.Int64(), "within": pl.Int64(),
    },
    "deviations": {
        "world": pl.String(), "number": pl.Int64(), "cycle": pl.String(),
        "product_id": pl.String(), "retailer_id": pl.String(), "wanted": pl.Int64(),
        "asked": pl.Int64(), "award": pl.Int64(), "award_truthful": pl.Int64(),
        "gain": pl.Int64(),
    },
    "waits": {
        "world": pl.String(), "product_id": pl.String(), "below_one": pl.Boolean(),
        "eligible": pl.Int64(), "offered_half": pl.Int64(), "offered_all": pl.Int64(),
        "never_offered": pl.Int64(), "wanting": pl.Int64(), "had_half": pl.Int64(),
        "had_all": pl.Int64(), "never_had": pl.Int64(),
    },
    "firsts": {
        "world": pl.String(), "product_id": pl.String(), "retailer_id": pl.String(),
        "wants": pl.Boolean(), "offered": pl.Int64(), "had": pl.Int64(),
    },
    "turns": {
        "world": pl.String(), "product_id": pl.String(), "promised": pl.Boolean(),
        "apart": pl.Int64(),
    },
    "tiers": {
        "world": pl.String(), "number": pl.Int64(), "day": pl.Date(), "retailers": pl.Int64(),
        "moved": pl.Int64(), "two_or_more": pl.Int64(), "up": pl.Int64(), "down": pl.Int64(),
    },
    "retailers": {
        "world": pl.String(), "retailer_id": pl.String(), "behaviour": pl.String(),
        "large": pl.Boolean(), "tier_first": pl.Int64(), "tier_last": pl.Int64(),
        "wanted": pl.Int64(), "asked": pl.Int64(), "award": pl.Int64(), "within": pl.Int64(),
    },
}  # fmt: skip
"""Columns of each frame; ``Cycles`` says what they hold."""


@dataclass(frozen=True, slots=True, eq=False)
class Cycles:
    """A city over n cycles to come, in several worlds.

    Worlds: ``asked`` (the policy, shops behaving as asked), ``uninflated`` (the same, but nobody
    asks for more than it wants), ``truthful`` (all shops truthful; only where hoarding and
    sleeping make it another world), ``other-grading`` (as asked, but the grading counts scarce
    products where the policy leaves them out, or leaves them out), ``proportional`` (as asked, but
    what there is is given in proportion to the orders), ``proportional-uninflated``. Quantities
    are cartons; a cycle's ``number`` counts from 1.

    policy : as it stands on the first day
    turns : the cycles; sources : past cycles whose supply and orders they repeat in turn
    regrade_months : months between gradings, 0 = only the first
    behaviours : as asked for; seed : of plans and draws
    demand_given : whether what shops want was given, not read from past orders
    retailers_counted : active retailers on the first day; n of all shares and Gini coefficients
    past_months : months of ordinary sales that repeat, 0 = the tiers need none
    product_names : of the released products by id, "" = the products table has none
    worlds : a row for each: rule (``policy``, ``proportional``), scarce (what the grading does with
        scarce products: ``counted``, ``excluded``, ``-`` = no grading by sales), behaviour
        (``asked``, ``uninflated``, ``truthful``)
    figures : a row for each world, cycle and figure; null = does not arise. wanted, asked, award,
        within (cartons; award within what is wanted), left; met = within / wanted; served =
        shops awarded / shops that asked; gini, gini_so_far (of cartons awarded, over all active
        retailers, this cycle and summed); largest_tenth, largest_tenth_so_far (part of the awards
        that go to the tenth of shops that sold most before); volatility (mean change of a shop's
        cartons against the cycle before); volatile (part of the shops whose award changed);
        turns_apart (law L8: largest difference of turns among shops of the same cell in all cycles
        so far, products whose turns are promised); tier_gap (mean tier of that tenth less that of
        all others)
    exposure : by world under the policy's rule, cycle and kind, the retailers that could justly
        complain (``comparison.exposure``; null = not known). ``tier_down`` counts in the cycle of
        a grading only: the complaint is made once
    groups : by world, cycle and behaviour the sums of its shops; in every world the behaviour is
        the one that the shops have in ``asked``
    deviations : lines of inflating shops awarded twice, see ``deviations.py``
    waits : by world and product: below_one (in some cycle less than one lot for each that may
        have it), eligible shops, cycles until half and all of them were offered a lot (null: not
        within these cycles), never_offered; and the same of those that want it, for having one.
        Nothing is offered in proportional worlds: null
    firsts : the same by retailer that may have the product; null = never
    turns_kept : by world and product released by turns: largest difference of turns at the end;
        promised = every cycle by rotation, in no basket and band (law L8 says at most 1)
    tiers : by world and grading after the first, retailers with a tier before and after, and moves
    retailers : by world and active retailer: first and last tier, sums over all cycles; large =
        one of the tenth that sold most before
    """

    policy: Policy
    seed: str
    turns: tuple[Turn, ...]
    sources: tuple[str, ...]
    regrade_months: int
    behaviours: tuple[Behaviour, ...]
    demand_given: bool
    retailers_counted: int
    past_months: int
    product_names: Mapping[str, str]
    worlds: pl.DataFrame
    figures: pl.DataFrame
    exposure: pl.DataFrame
    groups: pl.DataFrame
    deviations: pl.DataFrame
    waits: pl.DataFrame
    firsts: pl.DataFrame
    turns_kept: pl.DataFrame
    tiers: pl.DataFrame
    retailers: pl.DataFrame

    @property
    def on(self) -> date:
        """The day of the first cycle."""
        return self.turns[0].day

    def to_polars(self) -> pl.DataFrame:
        """The figures, a row for each world and cycle, a column for each figure."""
        keys = ["world", "number", "cycle", "day"]
        names = self.figures["figure"].unique(maintain_order=True).to_list()
        wide = [
            pl.col("value").filter(pl.col("figure") == name).first().alias(name) for name in names
        ]
        return self.figures.group_by(keys, maintain_order=True).agg(wide)

    def to_pandas(self) -> Any:
        """The same as a pandas frame; needs pandas and pyarrow."""
        return self.to_polars().to_pandas()

    def world(self, name: str) -> bool:
        """Whether a world is there."""
        return name in self.worlds["world"]

    def _repr_html_(self) -> str:
        from allocator.simulation.cycles_page import cycles_fragment

        return cycles_fragment(self, "en")


def frame_of(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as one of the ``FRAMES``."""
    return pl.DataFrame(rows, schema=dict(FRAMES[name]))
