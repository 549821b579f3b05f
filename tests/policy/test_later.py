"""Every key of the format that this version lacks is refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from allocator.policy.document import spell_path
from allocator.policy.later import KEYS
from allocator.wording import LANGUAGES, say

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]


def test_what_comes_later_is_refused_by_name(sample: str, faults: Tell) -> None:
    lines = sample.splitlines()
    place = next(i for i, line in enumerate(lines) if line.strip().startswith("items:")) + 1
    indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
    lines.insert(place, f"{indent}potential: {{weight: 1}}")

    (fault,) = faults("\n".join(lines) + "\n")

    assert fault[:2] == (place + 1, "grading.items.potential")
    assert fault[2].startswith("later-")


@pytest.mark.parametrize("code", sorted(set(KEYS.values())))
def test_each_refusal_names_the_part_and_a_remedy(code: str) -> None:
    """It says when the key comes and what to write instead, in both languages."""
    english, chinese = (say("policy", code, {"key": "KEY"}, language) for language in LANGUAGES)

    assert "with part" in english or "a later part" in english
    assert ": remove" in english or ": write" in english
    assert "：请" in chinese


def test_no_later_key_is_a_field_of_the_models(sample: str, faults: Tell) -> None:
    """Paths are spelt as in the format."""
    assert all(spell_path(path) for path in KEYS)
    assert faults(sample) == []
