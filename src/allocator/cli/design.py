"""``allocator design``: tier cut-offs for a target shape."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allocator.cli.options import City, Day, Json, Lang, Out, PolicyFile, day, policy_path
from allocator.cli.screen import console, guarded, progress, remark, tell, text
from allocator.errors import AllocatorError, BadRequest

if TYPE_CHECKING:
    from allocator.designing.proposals import Design
    from allocator.policy.models import Policy

FINEST = Decimal("0.000001")


@guarded
def propose_cut_offs(
    city: City,
    on: Day,
    shape: Annotated[
        str,
        typer.Option(
            "--shape",
            metavar="SHAPE",
            help="pagoda, olive, normal, or per cent from the top tier down: 10,30,60.",
        ),
    ],
    out: Out,
    tiers: Annotated[
        int | None, typer.Option("--tiers", metavar="T", help="Number of tiers; not with a list.")
    ] = None,
    policy: PolicyFile = None,
    least_shops: Annotated[
        int, typer.Option("--least-shops", metavar="N", min=1, help="Shops of each tier.")
    ] = 1,
    cliff: Annotated[
        str | None,
        typer.Option(
            "--cliff",
            metavar="X",
            help="From a tier to the next, supply may grow at most X times as much as sales do.",
        ),
    ] = None,
    step: Annotated[
        str | None,
        typer.Option(
            "--round", metavar="POINTS", help="Cut-offs as multiples of this number of points."
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--before",
            metavar="YYYY-MM-DD",
            help="Earlier grading day to compare with; without it one period before.",
        ),
    ] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Propose cut-offs of the score for a target shape, several side by side.

    Each comes with its distance from the shape, its cliffs, who would have moved, and a policy file
    that allocator grade takes.
    """
    from allocator.designing.proposals import DesignLimits, design
    from allocator.policy.reading import read_policy
    from allocator.runs.designs import write_design
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.tables.reading import read_city

    check_target(out)
    limits = DesignLimits(
        fewest=least_shops,
        cliff=None if cliff is None else Fraction(_number("--cliff", cliff)),
        step=None if step is None else int(_number("--round", step) / FINEST),
    )
    with progress(lang, quiet=json) as phase:
        rules = read_policy(policy_path(policy, city), day(on))
        phase("read")
        tables = read_city(city, rules.tables)
        phase("grade")
        plan = design(
            tables, rules, shape, tiers,
            limits=limits, before=None if before is None else day(before),
        )  # fmt: skip
        phase("write")
        write_design(plan, rules, input_digests(tables), out, lang)
    if json:
        tell(_document(plan, out))
        return
    _show(plan, rules, out, lang)


def _number(option: str, given: str) -> Decimal:
    """A number above 0 with at most six decimals."""
    try:
        number = Decimal(given)
        exact = number.is_finite() and FINEST <= number <= 10**6 and not number % FINEST
    except InvalidOperation:
        exact = False
    if not exact:
        raise BadRequest("design-not-a-number", option=option, value=given[:40])
    return number


def _show(plan: Design, policy: Policy, out: Path, language: str) -> None:
    from rich.table import Table

    from allocator.reports.design_page import compared
    from allocator.reports.figures import chart_text
    from allocator.runs.designs import whole_policy

    table = Table(title=text("title-design", language), title_justify="left")
    table.add_column("")
    for proposal in plan.proposals:
        name = chart_text(f"proposal-{proposal.name}", language)
        table.add_column(f"{name}\n{proposal.name}.yaml", justify="right")
    for label, cells in compared(plan, language):
        table.add_row(label, *cells)
    screen = console()
    screen.print(table)
    screen.print(text("written", language, path=str(out / "design.html")), soft_wrap=True)
    told = [chart_text(code, language) for _, code in plan.missing]
    if plan.earlier is None:
        told.append(text("design-no-earlier", language))
    for proposal in plan.proposals:
        try:
            whole_policy(policy, proposal)
        except AllocatorError as fault:  # for one as for the others: they have the same tiers
            told.append(text("design-no-policy", language, reason=fault.message(language)))
            break
    remark(told, language)


def _document(plan: Design, out: Path) -> dict[str, Any]:
    return {
        "out": str(out),
        "on": plan.on.isoformat(),
        "before": None if plan.before is None else plan.before.isoformat(),
        "shape": plan.shape.tolist(),
        "missing": [name for name, _ in plan.missing],
        "proposals": [
            {
                "name": proposal.name,
                "cutoffs": {str(tier): str(cut) for tier, cut in proposal.policy().items()},
                "retailers": proposal.outcome.shops.tolist(),
                "apart": round(float(proposal.outcome.apart), 6),
                "moved": None if proposal.outcome.moves is None else proposal.outcome.moves.moved(),
            }
            for proposal in plan.proposals
        ],
    }
