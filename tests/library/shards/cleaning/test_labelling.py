import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.cleaning.labelling import CLEANED, _labelled
from mixpipe.shards.cleaning.scored import SCORED


@pytest.fixture
def rows():
    documents = [
        {"id": "a", "input_ids": [0, 5, 6, 0], "is_response": [False, True, True, True]},
        {"id": "b", "input_ids": [0, 7, 0], "is_response": [False, True, True]},
        {"id": "c", "input_ids": [0, 8, 9, 0], "is_response": [False, False, True, True]},
    ]
    rest = {"domain": 0, "copy": 0}
    table = pa.Table.from_pylist(
        [{**row, **rest, "excess": [0.0] * len(row["input_ids"])} for row in documents], SCORED
    )
    return table.to_batches()[0]


def test_labels_stand_where_their_tokens_do_and_documents_without_any_go(rows):
    found = _labelled(rows, np.array([True, False, False, False, False, True, False]))
    assert found.schema.equals(CLEANED)
    assert found["id"].to_pylist() == ["a", "c"]
    assert found["labels"].to_pylist() == [[-100, 5, -100, -100], [-100, -100, 9, -100]]
    assert found["attention_mask"].to_pylist() == [[1] * 4, [1] * 4]


def test_a_slice_is_labelled_as_if_it_were_all(rows):
    found = _labelled(rows.slice(1), np.array([True, False, False, True]))
    assert found["labels"].to_pylist() == [[-100, 7, -100], [-100, -100, -100, 0]]
