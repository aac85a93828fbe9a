"""What single trainers ask for beyond the contract of all."""

import json

import pytest
import yaml

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters import load_exporter
from mixpipe.shards.exporters.blend import read_blend
from mixpipe.shards.exporters.protocol import Settings, known_unit

PLAIN = [(0.5, 5_000_000, 50_000), (0.3, 3_000_000, 1000), (0.2, 2_000_000, 20_000)]
LATE = [(0.1, 200_000, 2000), (0.2, 400_000, 200), (0.7, 1_400_000, 14_000)]
WHOLE = [(5.2 / 12, 5_200_000, 52_000), (3.4 / 12, 3_400_000, 1200), (3.4 / 12, 3_400_000, 34_000)]
STEPS = Settings(sequence_length=1000, batch_size=100)


def test_megatrons_lists_say_the_same_in_three_ways(published):
    files = load_exporter("megatron").files(
        read_blend(published(PLAIN)), Settings(prefix="/mnt/x", location="{id}_text")
    )
    assert files["train.args"].split() == [
        "0.5",
        "/mnt/x/d000_text",
        "0.3",
        "/mnt/x/d001_text",
        "0.2",
        "/mnt/x/d002_text",
    ]
    blend = json.loads(files["blend.json"])
    assert blend == {"train": files["train.args"].split(), "valid": None, "test": None}
    assert json.loads(files["sequences.json"])["/mnt/x/d001_text"] == [1000, 1001]


def test_megatrons_phases_are_launches_with_their_iterations(published):
    files = load_exporter("megatron").files(read_blend(published(PLAIN, LATE, whole=WHOLE)), STEPS)
    assert json.loads(files["phases.json"]) == {"phase_transition_iterations": "100"}
    assert "0.7 data/d002/" in files["phase-2/train.args"]


def test_phases_need_a_batch_size_and_a_step_each(published):
    blend = read_blend(published(PLAIN, LATE, whole=WHOLE))
    for name in ("megatron", "megatron-bridge", "nanotron", "levanter"):
        with pytest.raises(ConfigError, match="--batch-size"):
            load_exporter(name).files(blend, Settings())
    with pytest.raises(ConfigError, match="phase 0"):
        load_exporter("nanotron").files(blend, Settings(sequence_length=1000, batch_size=100_000))
    with pytest.raises(ConfigError, match="819200 sequences"):
        load_exporter("levanter").files(blend, STEPS)


def test_nanotron_counts_steps_from_one(published):
    text = load_exporter("nanotron").files(read_blend(published(PLAIN, LATE, whole=WHOLE)), STEPS)["data_stages.yaml"]
    assert [stage["start_training_step"] for stage in yaml.safe_load(text)["data_stages"]] == [1, 101]


def test_levanters_phases_begin_at_whole_blocks(published):
    late = [(1.0, 80_000 * 1000, 1000)]
    folder = published([(1.0, 100_000 * 1000, 1000)], late, whole=[(1.0, 180_000 * 1000, 2000)])
    text = load_exporter("levanter").files(read_blend(folder), Settings(sequence_length=1000, batch_size=96))[
        "data.yaml"
    ]
    (_, (step, _weights)) = yaml.safe_load(text)["data"]["train_weights"]
    assert step * 96 % 32_768 == 0
    assert step * 96 == 3 * 32_768  # 98,304 of the 100,000 wanted


@pytest.mark.parametrize(("unit", "samples"), [("documents", 71_000), ("sequences", 9765)])
def test_mosaicmls_choices_sum_to_the_epoch(published, unit, samples):
    files = load_exporter("mosaicml").files(read_blend(published(PLAIN)), Settings(1024, unit=known_unit(unit)))
    found = yaml.safe_load(files["streams.yaml"])
    chosen = [stream["choose"] for stream in found["streams"].values()]
    assert sum(chosen) == samples
    assert "epoch_size" not in found  # which mosaicml-streaming refuses beside `choose`
    assert yaml.safe_load(files["streams-proportion.yaml"])["epoch_size"] == samples
    assert all("proportion" not in stream for stream in found["streams"].values())
    if unit == "documents":
        assert chosen == [rows for _, _, rows in PLAIN]


def test_axolotl_has_one_place_for_all(published):
    with pytest.raises(ConfigError, match="of all shards"):
        load_exporter("axolotl").files(read_blend(published(PLAIN)), Settings(location="data/{id}"))


def test_gpt_neox_may_not_weight_by_documents(published):
    found = yaml.safe_load(load_exporter("gpt-neox").files(read_blend(published(PLAIN)), Settings())["data.yml"])
    assert found["weight_by_num_documents"] is False
    assert found["train_data_weights"] == [0.5, 0.3, 0.2]


def test_olmo_cores_ratios_sum_to_one_of_the_tokens_asked_for(published):
    found = yaml.safe_load(load_exporter("olmo-core").files(read_blend(published(PLAIN)), STEPS)["source_mixture.yaml"])
    assert found["requested_tokens"] == 10_000_000
    assert found["global_batch_size"] == 100_000
    assert sum(source["target_ratio"] for source in found["source_list"]["sources"]) == pytest.approx(1, abs=1e-15)
    assert all(source["max_repetition_ratio"] >= 1 for source in found["source_list"]["sources"])


def test_llama_factory_interleaves_or_the_probabilities_are_nothing(published):
    files = load_exporter("llama-factory").files(read_blend(published(PLAIN)), Settings())
    keys = yaml.safe_load(files["data.yaml"])
    assert keys["mix_strategy"].startswith("interleave")
    assert list(json.loads(files["dataset_info.json"])) == keys["dataset"].split(",")


def test_a_zero_is_dropped_and_a_domain_without_documents_too(published):
    folder = published([(0.5, 500, 50), (0.0, 0, 0), (0.1, 0, 0), (0.4, 400, 4)])
    for name in ("megatron", "hf", "olmo-core", "levanter"):
        (weights,) = load_exporter(name).read(load_exporter(name).files(read_blend(folder), Settings()))
        assert len(weights) == 2
        assert sum(weights.values()) == pytest.approx(1)


def test_an_unknown_unit_lists_the_known_ones():
    with pytest.raises(ConfigError, match="sequences or documents"):
        known_unit("words")
    assert known_unit(None) is None
