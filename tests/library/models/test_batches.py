import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.models.batches import length_batches


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 1000))
def test_batches_hold_every_row_once_within_the_budget(lengths, budget):
    lengths = np.array(lengths, np.int64)
    batches = list(length_batches(lengths, budget))
    assert sorted(row for rows, _ in batches for row in rows) == list(range(len(lengths)))
    for rows, width in batches:
        assert width == lengths[rows].max()
        assert len(rows) == 1 or len(rows) * width <= budget or width == 0
    widths = [width for _, width in batches]
    assert widths == sorted(widths, reverse=True)
