"""What ``allocator design`` writes: the proposals side by side, and a policy ready for each.

Internal files, whole or not at all: ``proposals.csv``, ``by_tier.csv``, ``design.html``, and for
each proposal ``NAME.yaml`` (the part to paste) and ``policy-NAME.yaml`` (the whole policy with it).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from allocator.designing.proposals import Design, Proposal
from allocator.errors import BadPolicy, BadRequest
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.records import MICRO
from allocator.reports.design_page import design_page, fragment
from allocator.runs.heads import step_folder
from allocator.runs.outputs import decimal
from allocator.tables.writing import write_csv

PROPOSALS = [
    "proposal", "step", "apart", "fewest", "cliff", "cliff_at", "near_pairs", "far_pairs",
    "widest", "gap", "compared", "moved", "moved_two",
]  # fmt: skip
TIERS = ["proposal", "tier", "cut_off", "retailers", "target", "mean_sales", "weight"]

_HOLDER = "allocator_cut_offs_stand_here"


def write_design(
    plan: Design,
    policy: Policy,
    inputs: Mapping[str, Any],
    folder: str | Path,
    language: str = "en",
) -> Path:
    """Write the proposals.

    Parameters
    ----------
    policy : whose score was cut; inputs : digests of the tables

    Raises
    ------
    BadRequest : the folder holds something else or cannot be written
    """
    head = {"step": "design", "on": plan.on.isoformat()}
    with step_folder(folder, policy, inputs, language, head) as beside:
        write_csv(proposal_table(plan), beside / "proposals.csv", language)
        write_csv(tier_table(plan), beside / "by_tier.csv", language)
        page = design_page(plan, policy.title, language)
        (beside / "design.html").write_text(page, encoding="utf-8", newline="\n")
        for proposal in plan.proposals:
            _write(beside / f"{proposal.name}.yaml", fragment(proposal))
            with suppress(BadPolicy, BadRequest):  # the part to paste is all there is then
                _write(beside / f"policy-{proposal.name}.yaml", whole_policy(policy, proposal))
    return Path(folder)


def whole_policy(policy: Policy, proposal: Proposal) -> str:
    """The policy's text with the proposal's cut-offs for its tiers; comments stay.

    Raises
    ------
    BadPolicy : the rest of the policy does not fit so many tiers (a table of weights that names
        others, a starting tier that is gone, ...)
    BadRequest : the tiers do not stand as one part in the file
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 4096
    try:
        document = yaml.load(policy.text)
        document["grading"]["tiers"] = _HOLDER
        spelled = io.StringIO()
        yaml.dump(document, spelled)
    except (YAMLError, KeyError, TypeError) as error:
        raise BadRequest("design-policy-in-parts") from error
    listed = ", ".join(f"{tier}: {points}" for tier, points in proposal.policy().items())
    text = spelled.getvalue().replace(_HOLDER, f"{{cutoffs: {{{listed}}}}}", 1)
    read = policy_from(text, policy.on)
    if read.grading is None or read.grading.tiers.cutoffs != proposal.policy():
        raise BadRequest("design-policy-in-parts")
    return text


def proposal_table(plan: Design) -> pl.DataFrame:
    """``proposals.csv``: a row for each; empty = not known.

    ``step``: points of which all cut-offs are multiples; ``apart``: part of the retailers that
    stand elsewhere than the shape asks; ``fewest``: retailers of the smallest tier; ``cliff``: what
    supply rises over what sales rise from tier ``cliff_at`` to the next, the steepest;
    ``near_pairs``: pairs with nearly the same sales, ``far_pairs`` of them two tiers apart or more,
    ``widest`` tiers apart at most, ``gap``: largest difference of their supply, of the mean;
    ``compared``: retailers scored one period before too, ``moved``, ``moved_two`` of them.
    """
    rows = []
    for proposal in plan.proposals:
        o = proposal.outcome
        near = o.pairs >= 0
        rows.append(
            (
                proposal.name,
                proposal.step or None,
                _micro(o.apart),
                int(o.shops.min()),
                None if o.cliff is None else _micro(o.cliff),
                o.at or None,
                o.pairs if near else None,
                o.far_pairs if near else None,
                o.widest if near else None,
                None if o.gap is None else _micro(o.gap),
                None if o.moves is None else o.moves.known,
                None if o.moves is None else o.moves.moved(),
                None if o.moves is None else o.moves.moved(2),
            )
        )
    kinds = {name: pl.String() if name == "proposal" else pl.Int64() for name in PROPOSALS}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    return frame.with_columns(decimal(name, 6) for name in ("step", "apart", "cliff", "gap"))


def tier_table(plan: Design) -> pl.DataFrame:
    """``by_tier.csv``: a row for each proposal and tier, the top tier first.

    ``cut_off``: least points, empty for tier 1; ``target``: part of the retailers that the shape
    asks for; ``mean_sales``: cartons in the window; ``weight``: of the mean of all retailers.
    """
    rows = []
    for proposal in plan.proposals:
        o = proposal.outcome
        for t in range(len(plan.shape), 0, -1):
            rows.append(
                (
                    proposal.name,
                    t,
                    int(proposal.least[t - 1]) if t > 1 else None,
                    int(o.shops[t - 1]),
                    int(plan.shape[t - 1]),
                    int(o.mean[t - 1]) if o.mean[t - 1] >= 0 else None,
                    _micro(o.weight[t - 1]) if o.weight else None,
                )
            )
    kinds = {name: pl.String() if name == "proposal" else pl.Int64() for name in TIERS}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    return frame.with_columns(
        decimal("cut_off", 6), decimal("target", 6), decimal("mean_sales", 2), decimal("weight", 6)
    )


def _micro(part: Any) -> int:
    """A fraction in millionths, rounded half up."""
    return int((2 * MICRO * part.numerator + part.denominator) // (2 * part.denominator))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
