"""The tree is that of RFC 6962, and a path proves its own leaf and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.certificate.inclusion import leaf_hash, root_over
from allocator.certificate.tree import grow
from certificate import plain_tree

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
"""Inputs of the reference tree of Certificate Transparency, ``cpp/merkletree/merkle_tree_test.cc``
of github.com/google/certificate-transparency (``kInputs``), with its roots and paths."""

ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""``kSHA256EmptyTreeHash`` and ``kSHA256Roots``."""

PATHS = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
"""``kSHA256Paths``, leaves counted from 0."""


@pytest.mark.parametrize("count", range(9))
def test_roots_of_the_reference_tree(count: int) -> None:
    assert grow(LEAVES[:count]).root.hex() == ROOTS[count]


@pytest.mark.parametrize(("index", "count"), PATHS)
def test_paths_of_the_reference_tree(index: int, count: int) -> None:
    path = grow(LEAVES[:count]).path(index)

    assert tuple(beside.hex() for beside in path) == PATHS[index, count]


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40))
def test_any_tree_is_the_one_that_the_rfc_defines(texts: list[bytes]) -> None:
    """Level by level against the recursive definition; each path leads to the root."""
    tree = grow(texts)

    assert tree.root == plain_tree.root(texts)
    for index, text in enumerate(texts):
        path = tree.path(index)
        assert path == plain_tree.path(index, texts)
        assert root_over(leaf_hash(text), index, len(texts), path) == tree.root


@given(st.integers(1, 70), st.data())
def test_nothing_else_leads_to_the_root(count: int, data: st.DataObject) -> None:
    """Another leaf, place, number of leaves, or any changed, missing or added hash of the path."""
    texts = [b"leaf %d" % k for k in range(count)]
    tree = grow(texts)
    index = data.draw(st.integers(0, count - 1))
    leaf, path = leaf_hash(texts[index]), list(tree.path(index))

    def refused(leaf: bytes, index: int, count: int, path: list[bytes]) -> bool:
        return root_over(leaf, index, count, path) != tree.root

    flipped = bytearray(leaf)
    flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    assert refused(bytes(flipped), index, count, path)
    for other in {*range(-1, count + 1)} - {index}:
        assert refused(leaf, other, count, path)
    for k, beside in enumerate(path):
        changed = bytearray(beside)
        changed[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        assert refused(leaf, index, count, [*path[:k], bytes(changed), *path[k + 1 :]])
        assert refused(leaf, index, count, path[:k] + path[k + 1 :])
    assert refused(leaf, index, count, [*path, leaf])
    # A tree of another size has paths of another shape, or the number in the statement differs.
    for other in (count - 1, 2 * count + 1):
        if len(grow(texts[:1] * other).path(index) if index < other else []) != len(path):
            assert refused(leaf, index, other, path)


def test_an_index_outside_the_tree_has_no_path() -> None:
    for index in (-1, 3):
        with pytest.raises(IndexError):
            grow(LEAVES[:3]).path(index)
