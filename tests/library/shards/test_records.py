import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import StageError, StoreError
from mixpipe.shards.records import MixtureRecord, mixture_digest, read_record, realised_mixture, tally_shard
from mixpipe.store.files import write_json

PLANNED = {
    "total_tokens": 40,
    "phases": [
        {
            "name": "main",
            "domains": [
                {"id": "d000", "name": "x", "weight": 0.7, "copies": 2, "planned_tokens": 30},
                {"id": "d002", "name": "y", "weight": 0.3, "copies": 1, "planned_tokens": 10},
            ],
        }
    ],
}


@pytest.fixture
def tally():
    table = pa.table({"id": ["a", "b", "a"], "domain": [0, 2, 0], "n_tokens": [15, 10, 15]})
    return tally_shard("data/train-00000-of-00001.parquet", table, 3)


def test_a_shard_is_counted_by_domain(tally):
    assert tally.rows.tolist() == [2, 0, 1]
    assert tally.tokens.tolist() == [30, 0, 10]
    assert tally.entry().model_dump(exclude_unset=True) == {
        "path": "data/train-00000-of-00001.parquet",
        "rows": 3,
        "tokens": 40,
        "first_id": "a",
        "last_id": "a",
    }


def test_realised_weights_are_shares_of_what_was_written(tally):
    record = realised_mixture([tally], PLANNED)
    domains = record["phases"][0]["domains"]
    assert [(d["weight"], d["weight_target"]) for d in domains] == [(0.75, 0.7), (0.25, 0.3)]
    assert record["digest"] == mixture_digest({**record, "digest": "other"})


def test_tokens_that_were_not_planned_are_refused(tally):
    with pytest.raises(StageError, match="expected 2 rows of 30 tokens from x in the shards of main"):
        realised_mixture([tally._replace(tokens=np.array([31, 0, 10]))], PLANNED)


def test_a_record_without_a_field_is_one_clear_line(tmp_path):
    write_json(tmp_path / "mixture.json", {"digest": "sha256:0"})
    with pytest.raises(StoreError, match="expected the fields of MixtureRecord") as caught:
        read_record(tmp_path / "mixture.json", MixtureRecord)
    assert "\n" not in str(caught.value)
