"""Work that comes again from plan to plan, line by line: what took the same is not done again.

Most changes of a rule leave most lines as they are: a ceiling that no quota reaches alters none. So
the last outcome of each piece of work is kept with all that it took, and handed out again where
everything is the same. What is kept must not be written to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Pieces of work by name, the last of each.

    lying : what it took and what it gave
    """

    lying: dict[Hashable, tuple[tuple[object, ...], Any]] = field(default_factory=dict)

    def take(self, name: Hashable, make: Callable[..., T], *takes: object) -> T:
        """``make(*takes)``, or what it gave when that name took the same the last time.

        make : one and the same for a name, that sees nothing but its arguments
        """
        kept = self.lying.get(name)
        if kept is not None and all(map(alike, kept[0], takes)):
            found: T = kept[1]
            return found
        made = make(*takes)
        self.lying[name] = takes, made
        return made


def alike(one: object, other: object) -> bool:
    """Whether two arguments say the same: arrays number by number, records part by part."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if is_dataclass(one) and not isinstance(one, type):
        return all(alike(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)
