import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import StageError
from mixpipe.shards.realised import realised_mixture
from mixpipe.shards.records import mixture_digest
from mixpipe.shards.tally import tally_shard

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
    columns = {"id": ["a", "b", "a"], "domain": [0, 2, 0], "n_tokens": [15, 10, 15]}
    table = pa.table({**columns, "licence_tier": pa.array([1, None, 1], pa.float32())})
    return tally_shard("data/train-00000-of-00001.parquet", table, 3)


def test_a_shard_is_counted_by_domain(tally):
    assert tally.rows.tolist() == [2, 0, 1]
    assert tally.tokens.tolist() == [30, 0, 10]
    assert tally.tiers.tolist() == [[1, 10], [2, 30], [0, 0], [0, 0]]
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


def test_phases_are_realised_each_and_together(tally):
    other = tally._replace(path="data/phase-2/train-00000-of-00001.parquet", rows=tally.rows[[2, 1, 0]])
    other = other._replace(tokens=tally.tokens[[2, 1, 0]])
    one = tally._replace(path="data/phase-1/train-00000-of-00001.parquet")
    first = PLANNED["phases"][0]["domains"]
    second = [{**first[1], "id": "d000"}, {**first[0], "id": "d002"}]
    whole = [{**domain, "copies": 3, "planned_tokens": 40, "weight": 0.5} for domain in first]
    phases = [{"name": "early", "domains": first}, {"name": "late", "domains": second}]
    record = realised_mixture([one, other], {**PLANNED, "phases": phases, "domains": whole})
    assert [[d["weight"] for d in phase["domains"]] for phase in record["phases"]] == [[0.75, 0.25], [0.25, 0.75]]
    assert [d["weight"] for d in record["domains"]] == [0.5, 0.5]
    with pytest.raises(StageError, match="in the shards of late"):
        realised_mixture([one, one._replace(path=other.path)], {**PLANNED, "phases": phases, "domains": whole})
