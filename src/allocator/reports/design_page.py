"""The page of a design: proposals for tier cut-offs side by side."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from allocator.designing.proposals import Design, Proposal
from allocator.grading.shapes import SHAPES
from allocator.records import MICRO
from allocator.reports.charts import distribution, pyramid
from allocator.reports.figures import (
    chart_text,
    part_of,
    percent,
    points,
    render,
    rounded,
)
from allocator.wording import spell


def design_page(plan: Design, title: str, language: str = "en") -> str:
    """The page, self-contained; every text from the policy is escaped.

    title : title of the policy
    """
    text = partial(chart_text, language=language)
    scores = plan.scores.table.filter("graded")["score"].to_numpy()
    rows = []
    for t in range(len(plan.shape), 0, -1):
        share = percent(Fraction(int(plan.shape[t - 1]), MICRO), 2)
        row = [str(t), text("percent", share=share)]
        for proposal in plan.proposals:
            cuts = proposal.policy()
            row += [
                str(cuts[t]) if t in cuts else "",
                spell(int(proposal.outcome.shops[t - 1]), language),
            ]
        rows.append(row)
    return render(
        "design.html",
        language,
        title=title,
        heading=text("design-title", tiers=len(plan.shape)),
        foot=text("design-foot"),
        plan=plan,
        shape=shape_name(plan.asked, language),
        compared=compared(plan, language),
        missing=[text(code) for _, code in plan.missing],
        proposals=[
            {
                "name": text(f"proposal-{proposal.name}"),
                "told": text("design-told", apart=percent(proposal.outcome.apart)),
                "pyramid": pyramid(proposal.outcome.shops, plan.shape),
                "scores": distribution(scores, np.where(proposal.least > 0, proposal.least, -1)),
                "fragment": fragment(proposal),
            }
            for proposal in plan.proposals
        ],
        rows=rows,
    )


def fragment(proposal: Proposal) -> str:
    """The cut-offs as a policy takes them."""
    listed = ", ".join(f"{tier}: {points}" for tier, points in proposal.policy().items())
    return f"grading:\n  tiers:\n    cutoffs: {{{listed}}}\n"


def shape_name(asked: str, language: str) -> str:
    """The name of a shape; a list as it was asked for."""
    return chart_text(f"shape-{asked}", language) if asked in SHAPES else asked


def compared(plan: Design, language: str) -> list[tuple[str, list[str]]]:
    """What the proposals would do: a label, and a cell for each proposal."""
    text = partial(chart_text, language=language)
    unknown = text("unknown")

    def share(part: Fraction | None) -> str:
        return unknown if part is None else text("percent", share=percent(part))

    def number(value: Fraction) -> str:
        return spell(rounded(value, 2), language)

    outcomes = [proposal.outcome for proposal in plan.proposals]
    near = [o if o.pairs >= 0 else None for o in outcomes]
    cells: dict[str, list[str]] = {
        "row-step": [_step(proposal.step, language) for proposal in plan.proposals],
        "row-apart": [share(o.apart) for o in outcomes],
        "row-least": [spell(int(o.shops.min()), language) for o in outcomes],
        "row-cliff": [
            unknown
            if o.cliff is None
            else text("cliff-at", cliff=rounded(o.cliff, 2), low=o.at, high=o.at + 1)
            for o in outcomes
        ],
        "row-widest": [spell(o.widest, language) if o else unknown for o in near],
        "row-far": [share(part_of(o.far_pairs, o.pairs)) if o else unknown for o in near],
        "row-gap": [unknown if o.gap is None else number(o.gap) for o in outcomes],
        "row-moved": [share(o.moves.share() if o.moves else None) for o in outcomes],
        "row-moved-far": [share(o.moves.share(2) if o.moves else None) for o in outcomes],
    }
    return [(text(code), told) for code, told in cells.items()]


def _step(step: int, language: str) -> str:
    return points(step, language, digits=6) if step else chart_text("step-any", language)
