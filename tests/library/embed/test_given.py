from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.embed.given import given_vectors
from mixpipe.errors import InputError


def test_lists_become_rows():
    column = pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32()))
    np.testing.assert_array_equal(given_vectors(column, Path("given-0")), [[1, 2], [3, 4]])


@pytest.mark.parametrize("rows", [[[1.0], [1.0, 2.0]], [[], []], [[1.0], [float("nan")]]])
def test_ragged_empty_and_infinite_vectors_are_refused(rows):
    with pytest.raises(InputError, match=r"given-0.*") as error:
        given_vectors(pa.array(rows, pa.list_(pa.float32())), Path("given-0"))
    assert "ingest.embedding" in str(error.value)
