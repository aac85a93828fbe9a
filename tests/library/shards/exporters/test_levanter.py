import pytest
import yaml

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.levanter import Levanter
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.published import read_blend


def test_one_phase_is_weights_by_domain_in_blocks_below_2_to_the_16(plain):
    data = yaml.safe_load(Levanter().files(plain, Settings())["data.yaml"])["data"]
    assert data["train_weights"] == {"d000": 0.5, "d001": 0.3, "d002": 0.2}
    assert data["configs"]["d001"] == {"train_urls": ["data/d001/*.jsonl.zst"]}
    assert data["mixture_block_size"] == 32_768
    assert data["stop_strategy"] == "restart"


def test_phases_begin_at_whole_blocks(published):
    late = [(1.0, 80_000 * 1000, 1000)]
    folder = published([(1.0, 100_000 * 1000, 1000)], late, whole=[(1.0, 180_000 * 1000, 2000)])
    text = Levanter().files(read_blend(folder), Settings(sequence_length=1000, batch_size=96))["data.yaml"]
    (_, (step, _weights)) = yaml.safe_load(text)["data"]["train_weights"]
    assert step * 96 % 32_768 == 0
    assert step * 96 == 3 * 32_768  # 98,304 of the 100,000 wanted


def test_a_phase_shorter_than_a_block_is_refused(phased, steps):
    with pytest.raises(ConfigError, match="819200 sequences"):
        Levanter().files(phased, steps)


def test_a_phases_own_shards_are_data_sets_of_their_own_and_shared_ones_go_on(published):
    late = [(1.0, 80_000 * 1000, 1000)]
    blend = read_blend(published([(1.0, 100_000 * 1000, 1000)], late, whole=[(1.0, 180_000 * 1000, 2000)]))
    data = yaml.safe_load(Levanter().files(blend, Settings(1000, 64))["data.yaml"])["data"]
    assert data["configs"]["d000-phase-2"] == {"train_urls": ["data/phase-2/d000/*.jsonl.zst"]}
    assert data["train_weights"][1][1] == {"d000-phase-2": 1.0}
    text = Levanter().files(blend, Settings(1000, 64, location="{id}.jsonl"))["data.yaml"]
    assert len(yaml.safe_load(text)["data"]["configs"]) == 1
