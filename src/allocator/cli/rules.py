"""``allocator rules``: what the audit looks for, and the page of one rule."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from allocator.cli.options import Json, Lang
from allocator.cli.screen import console, guarded, tell
from allocator.wording import say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from allocator.auditing.pages import Page


@guarded
def show_rules(
    rule: Annotated[
        str | None, typer.Argument(metavar="CODE", help="Code or name of a rule: its page.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print as Markdown, as docs/rules.md.")
    ] = False,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """List the audit rules, or show the page of one.

    A page says what the rule finds, why it matters, with an example, what to do, and where its
    limits are; in the words in which an inspector can answer a complaint.
    """
    from allocator.auditing.pages import as_markdown, manual, page_of, rule_called
    from allocator.auditing.registry import ALL_RULES

    chosen = None if rule is None else page_of(rule_called(rule), lang)
    if json:
        pages = [page_of(entry, lang) for entry in ALL_RULES] if chosen is None else [chosen]
        tell({"rules": [asdict(page) | {"sections": dict(page.sections)} for page in pages]})
    elif markdown:
        typer.echo(manual(lang) if chosen is None else as_markdown(chosen, lang, 1), nl=False)
    elif chosen is None:
        console().print(_listing([page_of(entry, lang) for entry in ALL_RULES], lang))
    else:
        console().print(_page(chosen, lang))


def _listing(pages: list[Page], language: str) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=say("rules", "manual", {}, language), title_justify="left")
    columns = ("code", "name", "kind", "severity", "needs")
    for column in columns:
        table.add_column(say("rules", f"column-{column}", {}, language), overflow="fold")
    for page in pages:
        table.add_row(*(Text(getattr(page, column)) for column in columns))
    return table


def _page(page: Page, language: str) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    facts = {"kind": page.kind, "severity": page.severity, "needs": page.needs, "rule": page.rule}
    parts: list[RenderableType] = [
        Text(f"{page.code} {page.name}", style="bold"),
        Text(page.title),
        Text(say("rules", "facts", facts, language).replace("`", ""), style="dim"),
    ]
    if page.wants:
        parts.append(Text(say("rules", "wants", {"wants": page.wants}, language), style="dim"))
    for heading, body in page.sections:
        parts += [Text(f"\n{heading}", style="bold"), Padding(Text(body.replace("`", "")), (0, 2))]
    return Group(*parts)
