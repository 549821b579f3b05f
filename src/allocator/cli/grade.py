"""``allocator grade``: tiers only."""

from __future__ import annotations

from allocator.cli.options import City, Day, Json, Lang, Out, PolicyFile, day, policy_path
from allocator.cli.screen import console, guarded, progress, remark, tell, text


@guarded
def grade_retailers(
    city: City,
    on: Day,
    out: Out,
    policy: PolicyFile = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Grade the retailers: writes grading.csv, which plan takes with --grading DIR."""
    from allocator.cli.loop import loop_remarks, loop_summary, measured, show_loop
    from allocator.cli.outcome import moves_table
    from allocator.grading.settling import movers
    from allocator.policy.reading import read_policy
    from allocator.runs.directory import write_grading
    from allocator.runs.inputs import input_digests
    from allocator.runs.placing import check_target
    from allocator.runs.remarks import remarks
    from allocator.runs.week import grade_city
    from allocator.tables.reading import read_city

    check_target(out)
    with progress(lang, quiet=json) as phase:
        rules = read_policy(policy_path(policy, city), day(on))
        phase("read")
        tables = read_city(city, rules.tables)
        phase("grade")
        grading = grade_city(tables, rules)
        phase("feedback")
        loop = measured(tables, rules, grading)
        phase("write")
        write_grading(grading, rules, tables, input_digests(tables), out, lang)
    held = grading.table["tier"].drop_nulls()
    counts = dict(held.value_counts().sort("tier", descending=True).iter_rows())
    told = remarks(tables, rules, grading, lang)
    told += [] if loop is None else loop_remarks(loop, rules, lang)
    if json:
        tiers = {str(tier): count for tier, count in counts.items()}
        rows = grading.table.height
        fed = None if loop is None else loop_summary(loop)
        moves = {"moves": movers(grading)} if grading.moving else {}
        tell(
            {
                "out": str(out),
                "on": on,
                "retailers": rows,
                "tiers": tiers,
                **moves,
                "feedback": fed,
                "warnings": told,
            }
        )
        return
    from rich.table import Table

    table = Table(title=text("title-tiers", lang), title_justify="left")
    table.add_column(text("head-tier", lang), justify="right")
    table.add_column(text("head-retailers", lang), justify="right")
    for tier, count in counts.items():
        table.add_row(str(tier), str(count))
    screen = console()
    screen.print(table)
    if loop is not None:
        show_loop(loop, rules, lang)
    if grading.moving:
        screen.print(moves_table(grading, lang))
    screen.print(text("written", lang, path=str(out / "grading.csv")), soft_wrap=True)
    remark(told, lang)
