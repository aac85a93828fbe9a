import json

from mixpipe.shards.exporters.megatron_bridge import MegatronBridge
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.written import write_blend


def test_each_phase_is_a_pair_of_its_own(phased, steps):
    files = write_blend(MegatronBridge(), phased, steps)
    assert [run["first_step"] for run in json.loads(files["phases.json"])["phases"]] == [0, 100]
    for number, weights in enumerate(([0.5, 0.3, 0.2], [0.1, 0.2, 0.7]), start=1):
        found = json.loads(files[f"phase-{number}/blend.json"])
        places = [f"data/phase-{number}/d00{domain}/train-00000-of-00001" for domain in range(3)]
        assert found["blend"] == [places, weights]
        assert found["blend_per_split"] == [found["blend"], None, None]


def test_one_phase_is_a_pair(plain):
    found = json.loads(MegatronBridge().files(plain, Settings())["blend.json"])
    assert found["blend"][1] == [0.5, 0.3, 0.2]
