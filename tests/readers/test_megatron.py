"""Megatron's own blender, where megatron-core is installed: it is no dependency, for it takes 8 s to import."""

import numpy as np
import pytest

from mixpipe.shards.exporters.draws import largest_deficit

helpers = pytest.importorskip(
    "megatron.core.datasets.helpers", reason="megatron-core is not installed; its blender is compared where it is"
)


@pytest.mark.parametrize("weights", [[0.5, 0.3, 0.2], [0.97, 0.0299, 0.0001], [1 / 7] * 7])
def test_the_largest_deficit_is_megatrons_rule(weights):
    size = 5000
    which, within = np.zeros(size, dtype=np.int16), np.zeros(size, dtype=np.int64)
    helpers.build_blending_indices(which, within, np.array(weights), len(weights), size, False)
    mine = largest_deficit.draw(np.array(weights), size, np.zeros(len(weights)), 0)
    assert np.bincount(which, minlength=len(weights)).tolist() == mine.tolist()
