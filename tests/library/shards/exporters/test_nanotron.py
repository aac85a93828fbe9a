from dataclasses import replace

import pytest
import yaml

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.nanotron import Nanotron
from mixpipe.shards.exporters.protocol import Settings


def test_steps_are_counted_from_one_and_no_two_stages_share_a_name(phased, steps):
    stages = yaml.safe_load(Nanotron().files(phased, steps)["data_stages.yaml"])["data_stages"]
    assert [stage["start_training_step"] for stage in stages] == [1, 101]
    assert [stage["name"] for stage in stages] == ["1 phase 0", "2 phase 1"]
    datasets = [stage["data"]["dataset"] for stage in stages]
    assert [dataset["dataset_weights"] for dataset in datasets] == [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]
    assert datasets[0]["dataset_folder"] == ["data/phase-1/d000", "data/phase-1/d001", "data/phase-1/d002"]


@pytest.mark.parametrize(("vocabulary", "size"), [(65_536, 2), (65_537, 4)])
def test_tokens_are_described_as_beside_the_shards(plain, steps, vocabulary, size):
    known = replace(plain, vocabulary=vocabulary)
    (stage,) = yaml.safe_load(Nanotron().files(known, steps)["data_stages.yaml"])["data_stages"]
    described = {"tokenizer_name": "tokenizer.json", "vocab_size": vocabulary, "token_size_in_bytes": size}
    assert described.items() <= stage["data"]["dataset"].items()
    (stage,) = yaml.safe_load(Nanotron().files(plain, steps)["data_stages.yaml"])["data_stages"]
    assert set(stage["data"]["dataset"]) == {"dataset_folder", "dataset_weights"}


def test_a_phase_without_a_step_is_refused_by_name(phased):
    with pytest.raises(ConfigError, match="phase 0"):
        Nanotron().files(phased, Settings(sequence_length=1000, batch_size=100_000))
