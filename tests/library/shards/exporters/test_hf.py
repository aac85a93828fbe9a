import numpy as np
import pytest
from datasets import Dataset, interleave_datasets

from mixpipe.shards.exporters.hf import HuggingFace
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.published import read_blend
from mixpipe.shards.exporters.simulate import simulate

# token shares .5, .3, .2 in documents of 10, 400 and 8,000 tokens
DOMAINS = [(0.5, 5_000_000, 500_000), (0.3, 3_000_000, 7500), (0.2, 2_000_000, 250)]


def test_probabilities_undo_very_different_lengths(published):
    folder = published(DOMAINS)
    settings = Settings(seed=3)
    blend, exporter = read_blend(folder), HuggingFace()
    files = exporter.files(blend, settings)
    (weights,) = exporter.read(files)
    assert list(weights.values()) == pytest.approx([0.98472, 0.014771, 0.00049237], rel=1e-4)
    found = simulate(exporter, blend, files, settings)
    assert found.draws == 507_750


def test_the_reader_itself_realises_the_shares_and_draws_as_simulated(published):
    rows = [(0.5, 5_000_000, 200_000), (0.3, 3_000_000, 60_000), (0.2, 2_000_000, 20_000)]  # 25, 50 and 100 tokens
    blend, exporter, settings = read_blend(published(rows)), HuggingFace(), Settings(seed=11)
    files = exporter.files(blend, settings)
    (weights,) = exporter.read(files)
    # a tenth more than the run needs, so that none is exhausted: repeated without end, as in the module, only slower
    domains = [
        Dataset.from_dict({"domain": np.full(count * 11 // 10, number)}) for number, (_, _, count) in enumerate(rows)
    ]
    mixed = interleave_datasets(
        domains, probabilities=list(weights.values()), seed=settings.seed, stopping_strategy="first_exhausted"
    )
    read = np.array(mixed.with_format("numpy")["domain"][:])[: blend.whole.rows]
    assert len(read) == 280_000
    found = np.bincount(read) * [25, 50, 100]
    simulated = simulate(exporter, blend, files, settings)
    assert found / found.sum() == pytest.approx([0.5, 0.3, 0.2], abs=0.005)
    assert found / found.sum() == pytest.approx([domain.realised for domain in simulated.domains], abs=1e-12)


def test_the_module_written_loads_what_lies_there(published, tmp_path):
    folder = published(
        [(0.5, 2000, 100), (0.5, 2000, 20)], [(1.0, 400, 20)], whole=[(0.55, 2400, 120), (0.45, 2000, 20)]
    )
    for number in range(2):
        place = tmp_path / f"data/d{number:03d}/train.jsonl"
        place.parent.mkdir(parents=True)
        Dataset.from_dict({"domain": [number] * 20}).to_json(place)
    # JSON lines, because datasets 5.2 waits 5 s each time that reading Parquet ends before the file does
    settings = Settings(location=f"{tmp_path}/data/{{id}}/*.jsonl", batch_size=1, sequence_length=1)
    module = {}
    exec(HuggingFace().files(read_blend(folder), settings)["load_mixture.py"], module)
    read = [row["domain"] for row in module["load"]("json", buffer=10)]
    assert len(read) == 140
    assert set(read[120:]) == {0}
    assert 5 < sum(read[:120]) < 40  # 20 expected, standard deviation 4
