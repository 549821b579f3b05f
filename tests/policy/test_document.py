"""The YAML border: lines are exact, nothing is guessed, hostile texts end early."""

from __future__ import annotations

from decimal import Decimal

import pytest

from allocator.policy.document import (
    MAX_DEPTH,
    MAX_VALUES,
    Node,
    Unusable,
    compose,
    find,
    plain,
    spell_path,
)


def _codes(text: str) -> list[tuple[int | None, str]]:
    try:
        _, faults = compose(text)
    except Unusable as stopped:
        faults = stopped.faults
    return [(fault.line, fault.code) for fault in faults]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1),
        ("-7", -7),
        ("0101", 101),
        ("2.5", Decimal("2.5")),
        ("0.10", Decimal("0.10")),
        ("true", True),
        ("null", None),
        ("", None),
        ("~", None),
        ("yes", "yes"),
        ("no", "no"),
        ("1e5", "1e5"),
        (".inf", ".inf"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("16:30", "16:30"),
        ("'3'", "3"),
        ('"true"', "true"),
        ("2026-01-01", "2026-01-01"),
        ("2%", "2%"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    """No octal, no sexagesimal, no yes and no, no float; quoted is text."""
    root, faults = compose(f"a: {written}\n")

    assert plain(root) == {"a": meant}
    assert type(plain(root)["a"]) is type(meant)
    assert faults == []


def test_keys_are_the_text_as_written() -> None:
    root, _ = compose('0101: 1\n"30": 2\n2026-01-01: 3\ntrue: 4\n')

    assert list(plain(root)) == ["0101", "30", "2026-01-01", "true"]


def test_lines_are_those_of_the_keys() -> None:
    """A value below its key has the key's line; comments and blank lines count."""
    root, _ = compose("# one\n\na:\n  b:\n    - 1\n    - 2\n  c: {d: 3,\n    e: 4}\n")

    def line(*path: str | int) -> int:
        node = find(root, path)
        assert isinstance(node, Node)
        return node.line

    assert [line("a"), line("a", "b"), line("a", "b", 1)] == [3, 4, 6]
    assert [line("a", "c", "d"), line("a", "c", "e")] == [7, 8]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, "duplicate-key")]),
        ("a:\n  b: 1\n  'b': 2\nc: {x: 1, x: 2}\n", [(3, "duplicate-key"), (4, "duplicate-key")]),
        ("a: 1\nb: !!python/object:os.system x\n", [(2, "yaml-tag")]),
        ("a: !own x\n", [(1, "yaml-tag")]),
        ("? [1, 2]\n: 3\n", [(1, "key-not-text")]),
        ("", [(1, "empty-document")]),
        ("# nothing\n", [(1, "empty-document")]),
        ("a: 1\n---\nb: 2\n", [(2, "second-document")]),
        ("a: 1\nb: \x07\n", [(2, "unprintable-character")]),
        ("a: 1\nb: \u2028c\n", [(2, "unprintable-character")]),
        ("a: *b\n", [(1, "alias-without-anchor")]),
        ("a: &a [*a]\n", [(1, "alias-without-anchor")]),
        (f"a: {'9' * 19}\n", [(1, "number-too-long")]),
    ],
)
def test_faults_of_yaml_are_named_with_their_line(
    text: str, expected: list[tuple[int, str]]
) -> None:
    assert _codes(text) == expected


@pytest.mark.parametrize(
    "text", ["a: 1\nb: [1, 2\nc: 3\n", "a: 1\n\tb: 2\n", "a: 'x\n", "a: b: c\n"]
)
def test_what_is_no_yaml_is_refused_once_with_a_line(text: str) -> None:
    """Where exactly it breaks is the parser's business."""
    ((line, code),) = _codes(text)

    assert code == "yaml-syntax"
    assert line in {1, 2, 3}


def test_both_lines_of_a_duplicate_are_told() -> None:
    _, faults = compose("a: 1\nb: 2\na: 3\n")

    assert faults[0].facts == {"first": 1, "key": "a"}


def test_an_alias_repeats_a_complete_value() -> None:
    """Bounded repetition is fine: the line is that of the place where it is used."""
    root, faults = compose("a: &limits {floor: 1}\nb: *limits\n")

    assert plain(root) == {"a": {"floor": 1}, "b": {"floor": 1}}
    node = find(root, ("b",))
    assert node is not None
    assert node.line == 2
    assert faults == []


def test_a_bomb_of_aliases_is_refused_early() -> None:
    """Nine levels of nine are 387 million values; they are counted, never made."""
    levels = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert [code for _, code in _codes(levels)] == ["too-many-values"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "too-deep"),
        ("{a: " * 100_000, "too-deep"),
        ("\n".join(" " * i + "a:" for i in range(200)), "too-deep"),
        ("a: [" + "1," * (MAX_VALUES + 1) + "]", "too-many-values"),
    ],
)
def test_size_and_depth_are_bounded(text: str, code: str) -> None:
    assert [found for _, found in _codes(text)] == [code]


def test_the_greatest_depth_is_still_read() -> None:
    root, _ = compose("[" * MAX_DEPTH + "]" * MAX_DEPTH)

    assert find(root, (0,) * (MAX_DEPTH - 1)) is not None


def test_paths_read_like_code() -> None:
    assert spell_path(("grading", "tiers", "shares", 2)) == "grading.tiers.shares.2"
