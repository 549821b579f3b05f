"""Rows as entries give the sums that the dense matrix gives."""

from __future__ import annotations

import numpy as np

from allocator.allocation.entries import Entries


def test_sums_sizes_and_prices_are_those_of_the_matrix() -> None:
    dense = np.array([[2.0, 0.0, -1.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.5], [0.0, 0.0, 0.0]])
    row, position = np.nonzero(dense)
    rows = Entries(
        row.astype(np.int32), position.astype(np.int32), dense[row, position], np.zeros(4), 3
    )
    table, y = np.array([1.0, -2.0, 4.0]), np.array([1.0, 5.0, 0.5, 7.0])

    assert rows.sums(table).tolist() == (dense @ table).tolist() == [-2.0, 0.0, -4.0, 0.0]
    assert rows.sizes(table).tolist() == (abs(dense) @ abs(table)).tolist() == [6.0, 0.0, 8.0, 0.0]
    assert rows.prices(y).tolist() == (y @ dense).tolist() == [2.0, 1.5, -0.75]
