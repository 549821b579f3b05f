"""Output folders appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.errors import BadRequest
from allocator.runs.placing import MARK, is_ours, whole_folder


def listing(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_ours(target: Path, note: bytes = b"new") -> None:
    with whole_folder(target) as beside:
        (beside / MARK).write_text('{"allocator": "0"}')
        (beside / "note").write_bytes(note)


def fail_halfway(target: Path) -> None:
    with whole_folder(target) as beside:
        (beside / "note").write_text("half")
        raise KeyError


def test_a_folder_appears_with_everything_in_it(tmp_path: Path) -> None:
    """Parents are made as well."""
    write_ours(tmp_path / "a" / "b")

    assert listing(tmp_path) == {"a/b/note": b"new", f"a/b/{MARK}": b'{"allocator": "0"}'}


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither the folder nor the one beside it."""
    with pytest.raises(KeyError):
        fail_halfway(tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_run_as_it_was(tmp_path: Path) -> None:
    """It stands until the new one is complete."""
    write_ours(tmp_path / "out", b"old")
    before = listing(tmp_path)
    with pytest.raises(KeyError):
        fail_halfway(tmp_path / "out")

    assert listing(tmp_path) == before


def test_an_earlier_run_is_replaced_whole(tmp_path: Path) -> None:
    """No file of the earlier one is left."""
    write_ours(tmp_path / "out", b"old")
    (tmp_path / "out" / "stale").write_text("x")
    write_ours(tmp_path / "out", b"new")

    assert sorted(listing(tmp_path)) == ["out/note", f"out/{MARK}"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    """Somebody may have made it beforehand."""
    (tmp_path / "out").mkdir()
    write_ours(tmp_path / "out")

    assert is_ours(tmp_path / "out")


@pytest.mark.parametrize(
    ("mark", "content"),
    [("thesis.txt", "x"), (MARK, "[]"), (MARK, "{}"), (MARK, "{"), (MARK, "[" * 100_000)],
)
def test_what_is_not_ours_is_left_alone(tmp_path: Path, mark: str, content: str) -> None:
    """Not even a file of the same name makes it ours."""
    target = tmp_path / "out"
    target.mkdir()
    (target / mark).write_text(content)
    with pytest.raises(BadRequest) as refused:
        write_ours(target)

    assert refused.value.code == "out-not-empty"
    assert listing(tmp_path) == {f"out/{mark}": content.encode()}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """And so is a place below a file."""
    (tmp_path / "out").write_text("x")
    codes = []
    for target in (tmp_path / "out", tmp_path / "out" / "deeper", tmp_path / ("n" * 300)):
        with pytest.raises(BadRequest) as refused:
            write_ours(target)
        codes.append(refused.value.code)

    assert codes == ["out-is-file", "out-unwritable", "out-unwritable"]
    assert listing(tmp_path) == {"out": b"x"}


def test_a_link_to_a_run_keeps_being_a_link(tmp_path: Path) -> None:
    """The run behind it is replaced."""
    write_ours(tmp_path / "real", b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_ours(tmp_path / "link", b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "note").read_bytes() == b"new"
