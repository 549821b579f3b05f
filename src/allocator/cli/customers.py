"""``allocator customers``: what customer managers should look at."""

from __future__ import annotations

from typing import Annotated

import typer

from allocator.cli.options import City, Json, Lang, Out, PolicyFile, day
from allocator.cli.screen import guarded, progress, remark, tell

On = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="YYYY-MM-DD",
        help="The day: files as they stand then, sales of the months before. Nothing reads the "
        "clock.",
    ),
]
Manager = Annotated[
    str | None,
    typer.Option("--manager", metavar="NAME", help="Only the shops of this customer manager."),
]


@guarded
def list_customers(
    city: City,
    on: On,
    out: Out,
    policy: PolicyFile = None,
    manager: Manager = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """List what customer managers should look at: gaps and errors in the files, sudden changes.

    Writes changes.csv, findings.csv, findings.jsonl, completeness.csv and managers.csv; and
    visits.csv where the policy screens months. The policy is optional. These lists are internal.
    """
    from allocator.cli.review import review_summary, show_review
    from allocator.policy.reading import read_policy
    from allocator.runs.customers import of_manager, review_customers, write_review
    from allocator.runs.placing import check_target
    from allocator.runs.remarks import remarks
    from allocator.tables.reading import read_city

    check_target(out)
    with progress(lang, quiet=json) as phase:
        phase("read")
        own = city / "policy.yaml"
        path = policy or (own if own.is_file() else None)
        rules = None if path is None else read_policy(path, day(on))
        tables = read_city(city, None if rules is None else rules.tables)
        phase("customers")
        review = review_customers(tables, day(on), rules)
        if manager is not None:
            review = of_manager(review, manager)
        phase("write")
        write_review(review, out, lang)
    told = remarks(tables, rules, None, lang)
    if json:
        tell({"out": str(out), **review_summary(review), "warnings": told})
        return
    show_review(review, out, lang)
    remark(told, lang)
