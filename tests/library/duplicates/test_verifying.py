import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.duplicates.verifying import jaccard

sets = st.sets(st.integers(0, 40), min_size=1)


@given(sets, sets)
def test_similarity_is_that_of_the_sets(a, b):
    found = jaccard(*(np.array(sorted(one), np.uint64) for one in (a, b)))
    assert found == pytest.approx(len(a & b) / len(a | b))
