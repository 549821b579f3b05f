"""Which sales count, in plain words: ``window`` and ``exclude`` of a policy."""

from __future__ import annotations

from collections.abc import Iterator

from allocator.policy.phrases import figure, phrase
from allocator.policy.window_models import Exclusions, Window

LISTED = 20
"""Products left out that a sentence names; the file names all."""


def window_rules(window: Window, language: str) -> Iterator[str]:
    """The units that count, their weights, and the holidays among them."""
    comma = phrase(language, "list-comma")
    if window.months is not None:
        yield phrase(language, "prose-window", months=window.months)
    elif window.weeks is not None:
        yield phrase(language, "prose-window-weeks", weeks=window.weeks)
    elif window.days is not None:
        yield phrase(language, "prose-window-days", days=window.days)
    elif window.named is not None:
        months = comma.join(f"{month:%Y-%m}" for month in sorted(window.named))
        yield phrase(language, "prose-window-named", months=months)
    else:
        yield phrase(language, "prose-window-between", first=window.first, last=window.last)
    if window.recency is not None:
        weights = comma.join(figure(weight) for weight in window.recency)
        yield phrase(language, "prose-recency", weights=weights)
    if window.holidays:
        holidays = comma.join(
            phrase(language, "holiday", name=day.name, first=day.first, last=day.last)
            for day in window.holidays
        )
        kind = "rolling" if window.months or window.weeks or window.days else "fixed"
        yield phrase(language, f"prose-holidays-{kind}", holidays=holidays)


def exclusion_rules(exclude: Exclusions, language: str) -> Iterator[str]:
    """The sales that do not count."""
    comma = phrase(language, "list-comma")
    if exclude.scarce:
        yield phrase(language, "prose-exclude-scarce")
    if exclude.kinds:
        kinds = comma.join(phrase(language, f"kind-{kind}") for kind in exclude.kinds)
        yield phrase(language, "prose-exclude-kinds", kinds=kinds)
    if exclude.products:
        more = ["..."] if len(exclude.products) > LISTED else []
        named = comma.join([*exclude.products[:LISTED], *more])
        count = len(exclude.products)
        yield phrase(language, "prose-exclude-products", count=count, products=named)
    if exclude.classes:
        classes = comma.join(map(str, exclude.classes))
        yield phrase(language, "prose-exclude-classes", classes=classes)
