"""``allocator policy``: the schema of the policy file, and what a file says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from allocator.cli.options import Day, Json, Lang, day
from allocator.cli.screen import guarded, seen, tell, text

app = typer.Typer(help="The policy file: its schema, and what one says.", no_args_is_help=True)


@app.command("schema")
@guarded
def print_schema(lang: Lang = "en", json: Json = False) -> None:
    """Print the JSON Schema of the policy file, so that editors complete and check it."""
    from allocator.policy.schema import policy_schema

    tell(policy_schema())


@app.command("check")
@guarded
def check_policy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Policy file, YAML.")],
    on: Day,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Validate a policy as it stands on a day, and say in plain words what it demands."""
    from allocator.policy.prose import describe
    from allocator.policy.reading import read_policy

    policy = read_policy(file, day(on))
    warnings = [warning.message("policy", lang) for warning in policy.warnings]
    sentences = describe(policy, lang)
    if json:
        tell(
            {
                "file": str(file),
                "title": policy.title,
                "on": policy.on.isoformat(),
                "sha256": policy.digest,
                "warnings": warnings,
                "rules": sentences,
            }
        )
        return
    for sentence in sentences:
        typer.echo(seen(sentence))
    typer.echo("")
    typer.echo(text("policy-digest", lang, digest=policy.digest))
    for warning in warnings:
        typer.echo(text("warning", lang, message=warning), err=True)
