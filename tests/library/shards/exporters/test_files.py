"""What single trainers ask for beyond the contract of all."""

import json
from dataclasses import replace

import pytest

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters import load_exporter
from mixpipe.shards.exporters.protocol import Settings, known_unit
from mixpipe.shards.exporters.published import read_blend
from mixpipe.shards.exporters.written import write_blend
from mixpipe.shards.records import ShardEntry

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


def test_megatrons_phases_are_launches_with_their_first_steps(published):
    files = write_blend(load_exporter("megatron"), read_blend(published(PLAIN, LATE, whole=WHOLE)), STEPS)
    assert [run["first_step"] for run in json.loads(files["phases.json"])["phases"]] == [0, 100]
    assert "0.7 data/phase-2/d002/train-00000-of-00001" in files["phase-2/train.args"]


def test_packed_sequences_are_counted_as_they_lie_there(published):
    blend = read_blend(published(PLAIN))
    shards = [
        ShardEntry(
            path=f"data/x/train-{n:05d}-of-00002.bin",
            rows=9,
            tokens=1,
            first_id=None,
            last_id=None,
            encoded_tokens=tokens,
        )
        for n, tokens in enumerate((2_560, 1_280))
    ]
    portions = (replace(blend.whole.portions[0], shards=tuple(shards)), *blend.whole.portions[1:])
    held = replace(blend, whole=replace(blend.whole, portions=portions), packed=128)
    counts = json.loads(load_exporter("megatron").files(held, Settings())["sequences.json"])
    assert counts["data/d000/train-00000-of-00002"] == [20, 21]
    assert counts["data/d000/train-00001-of-00002"] == [10, 11]
    assert counts["data/d001/train-00000-of-00001"] == [1000, 1001]  # nothing is known of its tokens


def test_phases_need_a_batch_size_and_a_step_each(published):
    blend = read_blend(published(PLAIN, LATE, whole=WHOLE))
    for name in ("nanotron", "levanter"):
        with pytest.raises(ConfigError, match="--batch-size"):
            load_exporter(name).files(blend, Settings())
    with pytest.raises(ConfigError, match="phase 0"):
        load_exporter("nanotron").files(blend, Settings(sequence_length=1000, batch_size=100_000))
    with pytest.raises(ConfigError, match="819200 sequences"):
        load_exporter("levanter").files(blend, STEPS)


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
