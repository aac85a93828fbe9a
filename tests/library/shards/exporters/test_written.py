import json

from mixpipe.shards.exporters import load_exporter
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.published import read_blend
from mixpipe.shards.exporters.written import read_back, write_blend

EARLY, LATE = [(0.75, 750, 75), (0.25, 250, 5)], [(1.0, 1000, 100)]
WHOLE = [(0.875, 1750, 175), (0.125, 250, 5)]


def test_a_trainer_without_phases_has_a_folder_for_each_and_what_is_in_it(published):
    blend, exporter = read_blend(published(EARLY, LATE, whole=WHOLE)), load_exporter("gpt-neox")
    files = write_blend(exporter, blend, Settings())
    assert sorted(files) == ["phase-1/data.yml", "phase-2/data.yml", "phases.json"]
    first, second = json.loads(files["phases.json"])["phases"]
    assert (first["name"], first["files"], first["data"], first["tokens"]) == (
        "phase 0",
        "phase-1",
        "data/phase-1",
        1000,
    )
    assert (second["share"], second["first_step"]) == (0.5, None)
    assert [list(weights.values()) for weights in read_back(exporter, files, blend)] == [[0.75, 0.25], [1.0]]


def test_one_phase_has_no_folder(published):
    blend, exporter = read_blend(published(EARLY)), load_exporter("gpt-neox")
    assert write_blend(exporter, blend, Settings()) == exporter.files(blend, Settings())


def test_a_trainer_with_phases_has_them_in_its_own_file(published):
    blend, exporter = read_blend(published(EARLY, LATE, whole=WHOLE)), load_exporter("hf")
    files = write_blend(exporter, blend, Settings())
    assert list(files) == ["load_mixture.py"]
    assert len(read_back(exporter, files, blend)) == 2
