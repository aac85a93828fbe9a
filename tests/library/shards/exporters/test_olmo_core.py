import yaml

from mixpipe.shards.exporters.olmo_core import OlmoCore
from mixpipe.shards.exporters.protocol import Settings


def test_ratios_sum_to_one_of_the_tokens_asked_for(plain, steps):
    found = yaml.safe_load(OlmoCore().files(plain, steps)["source_mixture.yaml"])
    assert (found["requested_tokens"], found["global_batch_size"]) == (10_000_000, 100_000)
    sources = found["source_list"]["sources"]
    assert [source["target_ratio"] for source in sources] == [0.5, 0.3, 0.2]
    assert [source["paths"] for source in sources] == [[f"data/d00{number}/*.npy"] for number in range(3)]
    assert all(source["max_repetition_ratio"] >= 1 for source in sources)


def test_without_a_batch_size_a_step_is_512_sequences(plain):
    found = yaml.safe_load(OlmoCore().files(plain, Settings(sequence_length=2048))["source_mixture.yaml"])
    assert found["global_batch_size"] == 512 * 2048


def test_whole_batches_are_asked_for(plain):
    found = yaml.safe_load(OlmoCore().files(plain, Settings(1000, 300))["source_mixture.yaml"])
    assert found["requested_tokens"] == 9_900_000  # what one lacks would be taken evenly from all files
