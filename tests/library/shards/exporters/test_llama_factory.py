import json

import pytest
import yaml

from mixpipe.shards.exporters.llama_factory import LlamaFactory
from mixpipe.shards.exporters.protocol import Settings


def test_it_interleaves_with_the_probability_of_a_document(plain):
    files = LlamaFactory().files(plain, Settings(seed=3))
    keys, info = yaml.safe_load(files["data.yaml"]), json.loads(files["dataset_info.json"])
    assert keys["mix_strategy"] == "interleave_over"  # or the probabilities are nothing
    assert (keys["stage"], keys["seed"]) == ("pt", 3)
    assert list(info) == keys["dataset"].split(",") == ["d000", "d001", "d002"]
    assert all(entry["columns"] == {"prompt": "text"} for entry in info.values())
    # shares .5 .3 .2 over 100, 3,000 and 100 tokens a document
    assert [*map(float, keys["interleave_probs"].split(","))] == pytest.approx([50 / 71, 1 / 71, 20 / 71])
