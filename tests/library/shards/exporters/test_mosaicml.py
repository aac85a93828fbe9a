import pytest
import yaml

from mixpipe.shards.exporters.mosaicml import MosaicMl
from mixpipe.shards.exporters.protocol import Settings, known_unit


@pytest.mark.parametrize(
    ("unit", "chosen"),
    # all documents once; or 9,765 sequences of 1,024 of the 10 million tokens, by token share
    [("documents", [50_000, 1000, 20_000]), ("sequences", [4882, 2930, 1953])],
)
def test_choices_sum_to_the_epoch(plain, unit, chosen):
    files = MosaicMl().files(plain, Settings(1024, unit=known_unit(unit)))
    found = yaml.safe_load(files["streams.yaml"])
    assert "epoch_size" not in found  # its reader refuses it beside `choose`
    counts = [stream["choose"] for stream in found["streams"].values()]
    assert sum(counts) == sum(chosen)
    assert yaml.safe_load(files["streams-proportion.yaml"])["epoch_size"] == sum(chosen)
    assert max(abs(count - wanted) for count, wanted in zip(counts, chosen, strict=True)) <= 1
    assert all("proportion" not in stream for stream in found["streams"].values())


def test_proportions_are_in_a_file_of_their_own(plain):
    files = MosaicMl().files(plain, Settings(1024, unit=known_unit("sequences")))
    streams = yaml.safe_load(files["streams-proportion.yaml"])["streams"].values()
    assert [stream["proportion"] for stream in streams] == [0.5, 0.3, 0.2]
    assert all("choose" not in stream for stream in streams)
