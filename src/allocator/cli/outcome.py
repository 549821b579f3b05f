"""The summary of a run that was written: for people as tables, for programs as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from allocator.allocation.volume import Price, price_of_fairness
from allocator.cli.screen import (
    console,
    names_of,
    products_table,
    remark,
    seen,
    tell,
    text,
)
from allocator.errors import NotProvenOptimal
from allocator.records import Grading
from allocator.runs.record import Run
from allocator.runs.remarks import price_facts, price_remarks, remarks
from allocator.wording import spell


def show_run(run: Run, out: Path, language: str, *, as_json: bool) -> None:
    """What was released, awarded and left; findings by rule; where to look."""
    prices: tuple[Price, ...] = ()
    told = remarks(run.city, run.policy, run.grading, language, run.plan)
    try:
        prices = price_of_fairness(run.plan)
        told += price_remarks(run.plan, prices, language)
    except NotProvenOptimal as fault:
        # The run is written and rests on none of this: a figure without proof is only left out.
        told.append(fault.message(language))
    if as_json:
        tell({**run_summary(run, out), "price": price_summary(run, prices), "warnings": told})
        return
    from rich.text import Text

    from allocator.runs.outputs import summary_table

    screen = console()
    heading = text("run-title", language, cycle=run.cycle, on=run.on, title=run.policy.title)
    screen.print(Text(seen(heading), style="bold"))
    served = int(run.plan.cells.count.sum())
    known = run.plan.members.height
    screen.print(text("run-retailers", language, served=served, known=known, tiers=run.plan.tiers))
    if run.grading.moving:
        screen.print(moves_table(run.grading, language))
    screen.print(products_table(summary_table(run.plan, run.allocation), names_of(run), language))
    screen.print(cliff_sentence(run, language))
    if prices:
        screen.print(price_sentence(prices, language))
    if run.allocation is None:
        screen.print(text("no-orders", language))
    if run.findings is not None:
        from allocator.auditing.screen import brief

        screen.print(brief(run.findings, language))
    show_places(run, out, language)
    remark(told, language)


def moves_table(grading: Grading, language: str) -> Any:
    """How many retailers each rule moved after the score, for a terminal."""
    from rich.table import Table

    from allocator.grading.settling import movers

    table = Table(title=text("title-moves", language), title_justify="left")
    table.add_column(text("head-rule", language))
    table.add_column(text("head-retailers", language), justify="right")
    for rule, retailers in movers(grading).items():
        if retailers:
            table.add_row(text(f"moves-{rule}", language), spell(retailers, language))
    if not table.row_count:
        table.add_row(text("moves-none", language), "0")
    return table


def cliff_sentence(run: Run, language: str) -> str:
    """How far apart the plan puts shops with nearly the same sales: the product where it is most.

    Where the figure could not be computed, why.
    """
    from decimal import Decimal

    from allocator.allocation.cliffs import cliff_figures
    from allocator.nearness import NEAR_PERCENT
    from allocator.records import MICRO

    cliffs = cliff_figures(run.plan, run.grading)
    if cliffs.not_computed:
        return text(f"cliff-{cliffs.not_computed}", language, near=NEAR_PERCENT)
    if not cliffs.pairs.any():
        return text("cliff-no-pairs", language, near=NEAR_PERCENT)
    p = int(cliffs.largest.argmax())
    return text(
        "cliff-most", language,
        near=NEAR_PERCENT, product=run.plan.product[p], pairs=int(cliffs.pairs[p]),
        largest=Decimal(int(cliffs.largest[p])) / MICRO, apart=int(cliffs.apart[p]),
        cartons=int(cliffs.cartons.max()),
    )  # fmt: skip


def price_sentence(prices: Sequence[Price], language: str) -> str:
    """How many cartons the whole plan hands out less than the most."""
    facts = price_facts(prices)
    return text("price-some" if facts["less"] else "price-none", language, **facts)


def price_summary(run: Run, prices: Sequence[Price]) -> list[dict[str, Any]]:
    """The same for programs: products that were planned together, cartons to three decimals."""
    return [
        {
            "products": list(dict.fromkeys(run.plan.product[p] for p in price.lines)),
            "planned": round(price.volume, 3),
            "most": round(price.most, 3),
        }
        for price in prices
    ]


def show_places(run: Run, out: Path, language: str) -> None:
    """Where to look, and how to check it."""
    screen = console()
    screen.print(text("where-to-look", language), style="bold")
    found = [("notice.html", "where-notice"), ("quotas.xlsx", "where-quotas")]
    if run.findings is not None:
        found.append(("findings.html", "where-findings"))
    if run.allocation is not None:
        found.append(("awards.csv", "where-awards"))
    if run.plan.credit_after.any():
        found.append(("credits.csv", "where-credits"))
    if run.grading.moving:
        found.append(("tiers.csv", "where-tiers"))
    cards = sorted((out / "cards").glob("*.html")) if (out / "cards").is_dir() else []
    found += [(f"cards/{card.name}", "where-card") for card in cards[:6]]
    width = max(len(str(out / name)) for name, _ in found)
    for name, code in found:
        place = str(out / name).ljust(width)
        screen.print(f"  {place}  {text(code, language)}", soft_wrap=True)
    digest = str(run.certificate["digest"])
    screen.print(text("how-to-verify", language), style="bold")
    screen.print(f"  allocator verify {out} --digest {digest}", soft_wrap=True)
    sealed = run.sealed()
    if sealed is None:
        screen.print(text("no-results-number", language), soft_wrap=True)
    else:
        for card in cards[:1]:
            line = f"  allocator verify --card {card} --notice {out / 'notice.html'}"
            screen.print(line, soft_wrap=True)
    code, step = _next_step(run)
    screen.print(text(code, language), style="bold")
    names = {name: text(f"name-{name}", language) for name in ("city", "folder", "retailer")}
    screen.print("  " + step.format(out=out, **names), soft_wrap=True)


def _next_step(run: Run) -> tuple[str, str]:
    """What a newcomer does after this: code of its heading, and the command."""
    if run.allocation is None:
        return "next-orders", "allocator allocate {city} --plan {out} --out {folder}"
    if run.findings is None:
        return "next-audit", "allocator audit {out}"
    return "next-explain", "allocator explain {out} {retailer}"


def run_summary(run: Run, out: Path) -> dict[str, Any]:
    """The same for programs."""
    from allocator.allocation.cliffs import cliff_figures
    from allocator.auditing.output import summary
    from allocator.grading.settling import movers
    from allocator.runs.outputs import cliff_table, summary_table

    cliffs = cliff_table(run.plan, cliff_figures(run.plan, run.grading))
    return {
        "out": str(out),
        "cycle": run.cycle,
        "on": run.on.isoformat(),
        "seed": run.seed,
        "source": run.plan.source,
        "retailers": run.plan.members.height,
        "served": int(run.plan.cells.count.sum()),
        "certificate": run.certificate["digest"],
        "results": None if (sealed := run.sealed()) is None else sealed.number,
        "policy": run.policy.digest,
        "products": summary_table(run.plan, run.allocation).to_dicts(),
        # Reals as text, with all their digits.
        "cliffs": cliffs.with_columns(cliffs["largest"].cast(str)).to_dicts(),
        "findings": None if run.findings is None else summary(run.findings),
        **({"moves": movers(run.grading)} if run.grading.moving else {}),
        "seconds": dict(run.seconds),
    }
