import json

import pytest

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.megatron_bridge import MegatronBridge
from mixpipe.shards.exporters.protocol import Settings


def test_each_phase_is_a_pair_and_says_when_it_begins(phased, steps):
    phases = json.loads(MegatronBridge().files(phased, steps)["blend.json"])["phases"]
    assert [phase["first_step"] for phase in phases] == [0, 100]
    places = [f"data/d00{number}/train-00000-of-00001" for number in range(3)]
    assert [phase["blend"] for phase in phases] == [[places, [0.5, 0.3, 0.2]], [places, [0.1, 0.2, 0.7]]]
    assert all(phase["blend_per_split"] == [phase["blend"], None, None] for phase in phases)


def test_phases_need_a_batch_size(phased):
    with pytest.raises(ConfigError, match="--batch-size"):
        MegatronBridge().files(phased, Settings())
