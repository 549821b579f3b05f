"""Where the numbers of marks stand in a drawing, so that none runs into another or over a mark.

A label stands beside its mark where there is room, otherwise further off with a line to it. The
same marks give the same places: nothing is moved about by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LETTER: Final = 76
"""Width of a digit, as large as labels are drawn (on a phone)."""

HIGH: Final = 112
"""Height of a label."""

ASIDE: Final = 95
"""Half of the side of the square that a mark takes."""

RINGS: Final = (115, 215, 330, 460)
"""How far off a label may stand; from the second on with a line."""

WAYS: Final = ((0, -1), (1, 0), (-1, 0), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
"""Above first, then right, left, below, and the corners."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Label:
    """A text, its middle and its base line; ``line`` leads to the mark, "" where it is beside."""

    text: str
    x: int
    y: int
    line: str


def labelled(
    wanted: Sequence[tuple[int, int, str]],
    marks: Sequence[tuple[int, int]],
    width: int,
    height: int,
) -> list[Label]:
    """Labels of places, the first ones with the first choice; without room for it, none.

    Parameters
    ----------
    wanted : place and text of each
    marks : places of all marks, which stay free
    width, height : of the field; labels stay in it but for a line above
    """
    taken: list[Box] = [(x - ASIDE, y - ASIDE, x + ASIDE, y + ASIDE) for x, y in marks]
    found = []
    for x, y, text in wanted:
        half = len(text) * LETTER // 2
        for ring, ((right, down)) in ((ring, way) for ring in RINGS for way in WAYS):
            middle = x + right * (ring + half)
            below = y + down * (ring + HIGH // 2)
            box = (middle - half, below - HIGH // 2, middle + half, below + HIGH // 2)
            inside = box[0] >= 0 and box[2] <= width and box[1] >= -HIGH and box[3] <= height
            if inside and not any(_touch(box, other) for other in taken):
                taken.append(box)
                line = ""
                if ring != RINGS[0]:
                    edge = middle - right * half, below - down * HIGH // 2
                    line = f"M{x} {y}L{edge[0]} {edge[1]}"
                found.append(Label(text, middle, below + HIGH * 3 // 8, line))
                break
    return found


def ranges(numbers: Sequence[int]) -> str:
    """``1–3, 7`` of 1, 2, 3 and 7."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said: list[str] = []
    for run in runs:
        said += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run)
    return ", ".join(said)


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
