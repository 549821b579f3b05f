"""Options that several commands share, each declared once."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from allocator.errors import BadRequest
from allocator.wording import LANGUAGES

if TYPE_CHECKING:
    Language = str
else:
    Language = Literal[LANGUAGES]

MOST_DIGITS = 12
"""Of a share on the command line."""

Lang = Annotated[
    Language, typer.Option("--lang", help="Language of messages, headings and sentences.")
]
Json = Annotated[
    bool, typer.Option("--json", help="Print the summary as one JSON object, for programs.")
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Folder to write; appears whole or not at all. An earlier run there is replaced, "
        "anything else is left alone and refused.",
    ),
]
OutIfAny = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder to write; appears whole or not at all."),
]
City = Annotated[
    Path,
    typer.Argument(
        metavar="CITY", help="Folder of tables (retailers, sales, supply, ...), or one workbook."
    ),
]
Cards = Annotated[
    str,
    typer.Option(
        "--cards", metavar="none|all|IDS", help="Cards to write: identifiers joined by commas."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="N", min=1, help="Processes; without it one for each processor."
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Policy file; without it CITY/policy.yaml."),
]
Day = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="YYYY-MM-DD",
        help="The day of the run, required: the policy as it stands then, sales of the months "
        "before. Nothing reads the clock.",
        default_factory=str,  # refused by ``day``, in the reader's language and with an example
        show_default=False,
    ),
]
Cycle = Annotated[
    str | None,
    typer.Option(
        "--cycle", metavar="C", help="Order cycle; may be left out where the supply has only one."
    ),
]
Seed = Annotated[
    str | None,
    typer.Option(
        "--seed",
        metavar="TEXT",
        help="Public number drawn after the policy's digest was published; needed where odd lots "
        "rotate or are drawn.",
    ),
]
Secret = Annotated[
    Path | None,
    typer.Option(
        "--secret",
        metavar="FILE",
        help="Text file of 64 or more random digits 0-9 a-f, kept in the house: with it the notice "
        "prints one number for all results, and every card proves that it belongs to it.",
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Output of allocator run.")]


def policy_path(given: Path | None, city: Path) -> Path:
    """The policy asked for, else the city's own, else a refusal."""
    if given is not None:
        return given
    if not city.exists():
        raise BadRequest("city-missing", path=str(city)[:200])
    own = city / "policy.yaml"
    if not own.is_file():
        raise BadRequest("policy-needed", path=str(own)[:200])
    return own


def day(text: str) -> date:
    """A day spelled YYYY-MM-DD."""
    if not text.strip():
        raise BadRequest("date-needed")
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequest("not-a-day", value=text[:80])


def share(text: str, name: str) -> Fraction:
    """A share spelled ``5%`` or ``0.05``."""
    plain = text.strip().replace("％", "%")
    number = plain.removesuffix("%").strip()
    if len(number) <= MOST_DIGITS and number.isascii() and re.fullmatch(r"\d*\.?\d+|\d+\.", number):
        value = Fraction(number)
        return value / 100 if plain.endswith("%") else value
    raise BadRequest("not-a-share", name=name, value=text[:80])
