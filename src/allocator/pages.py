"""Pages are made of templates in which every value is escaped and every name must be known."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache
def templates(package: str, **filters: Callable[..., str]) -> Environment:
    """The templates in the folder ``templates`` of a package, read once.

    filters : functions of one value that its templates call by name
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # 48 ms

    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(filters)
    return environment
