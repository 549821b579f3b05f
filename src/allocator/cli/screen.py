"""What people see: progress, summaries, refusals. Texts come from the domain ``screen``."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

import typer

from allocator.errors import AllocatorError
from allocator.wording import Fact, say, spell

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from allocator.runs.record import Run

P = ParamSpec("P")

BAD_INPUT, OUR_FAULT, INTERRUPTED, PIPE_CLOSED = 2, 70, 130, 141
"""Exit statuses: bad input or policy; a defect of this program (``EX_SOFTWARE`` of sysexits, never
the 1 of a finding); and, as shells count them, SIGINT and SIGPIPE."""

SUMMARY = ("product_id", "supply", "reserve", "planned", "requested", "awarded", "left")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """A command that ends in a message and an exit status; a traceback only for our own defects."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        language = str(kwargs.get("lang", "en"))
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except AllocatorError as error:
            _stop(error.message(language), BAD_INPUT)
        except BrokenPipeError:
            # Whoever read us has closed: quiet, and nothing left to flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from None
        except OSError as error:
            place = "stdout" if error.filename is None else str(error.filename)
            facts = {"path": place[:200], "reason": error.strerror or str(error)}
            _stop(text("unusable-path", language, **facts), BAD_INPUT)
        except KeyboardInterrupt:
            _stop(text("interrupted", language), INTERRUPTED)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception:
            traceback.print_exc()
            _stop(text("our-fault", language), OUR_FAULT)

    return run


def _stop(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status) from None


def text(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``screen``."""
    return say("screen", code, facts, language)


def console() -> Console:
    """Standard output; as wide as it takes where it is no terminal, so that nothing is cut."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            """Not rich's exit status 1, which says that the audit found something."""
            raise BrokenPipeError

    plain = not sys.stdout.isatty()
    return Screen(width=160 if plain else None, highlight=False, markup=False, emoji=False)


@contextmanager
def progress(language: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Shows the phase at work on a terminal; says nothing when piped."""
    if quiet or not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(text("phase-start", language)) as status:
        yield lambda phase: status.update(text(f"phase-{phase}", language))


@contextmanager
def counting(
    code: str, language: str, *, quiet: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """Shows how many are done, and of how many, on a terminal; says nothing when piped."""
    if quiet or not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield lambda count, of: None
        return
    from rich.console import Console

    with Console(stderr=True).status(text("phase-start", language)) as status:
        yield lambda count, of: status.update(text(code, language, count=count, of=of))


@contextmanager
def bar(code: str, language: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar of how many are done, and of how many, on a terminal; says nothing when piped."""
    if quiet or not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield lambda count, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(text("phase-start", language), total=None)

        def done(count: int, of: int) -> None:
            told = text(code, language, count=count, of=of)
            shown.update(task, description=told, completed=count, total=of)

        yield done


@contextmanager
def kept_beside(folder: Path, language: str) -> Iterator[None]:
    """Says, when the work is broken off, how much of it is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        count = sum(1 for _ in folder.glob("*.json"))
        remark([text("sweep-kept", language, count=count)], language)
        raise


def remark(sentences: Iterable[str], language: str) -> None:
    """Remarks beside the summary: standard output may go to a file."""
    for sentence in sentences:
        typer.echo(text("warning", language, message=sentence), err=True)


def tell(document: Mapping[str, Any]) -> None:
    """One JSON object, for programs."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def seen(words: str) -> str:
    """Text from files on one line of a terminal: what nobody can see is shown as a mark."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)


def products_table(summary: pl.DataFrame, names: Mapping[str, str], language: str) -> Any:
    """``summary.csv`` for a terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=text("title-products", language), title_justify="left")
    table.add_column(text("head-product_id", language))
    table.add_column(text("head-name", language))
    for column in SUMMARY[1:]:
        table.add_column(text(f"head-{column}", language), justify="right")
    for row in summary.iter_rows(named=True):
        figures = (spell(row[column], language) or "–" for column in SUMMARY[1:])
        name = names.get(row["product_id"], "")
        # Text, not markup: what comes from files must not colour or link anything.
        table.add_row(Text(seen(row["product_id"])), Text(seen(name)), *figures)
    total = {column: summary[column] for column in SUMMARY[1:]}
    if len(summary) > 1:
        table.add_section()
        table.add_row(
            text("total", language),
            "",
            *("–" if c.null_count() else spell(int(c.sum()), language) for c in total.values()),
        )
    return table


def names_of(run: Run) -> dict[str, str]:
    """Product names by identifier."""
    if run.city.products is None:
        return {}
    rows = run.city.products.frame.select("product_id", "name").iter_rows()
    return {product: name for product, name in rows if name}
