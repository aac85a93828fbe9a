from dataclasses import replace

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.gio import GIO


def around(axis, count, seed):
    rows = np.random.default_rng(seed).normal(scale=0.2, size=(count, 8))
    rows[:, axis] += 2
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def sample(make_sample):
    sample = make_sample([f"text {n}" for n in range(200)])
    return replace(sample, vectors=np.concatenate([around(0, 100, 0), around(1, 100, 1)]))


def test_cells_near_the_targets_come_first(sample):
    sample = replace(sample, target_vectors=around(1, 60, 2))
    values = GIO(GIO.fit(sample, ScoresConfig())).score(sample)[:, 0]
    assert values.max() == 1
    assert values.min() >= 0
    assert values[100:].mean() > values[:100].mean() + 0.3


def test_documents_of_one_cell_have_one_value(sample):
    sample = replace(sample, target_vectors=around(0, 60, 2))
    state = GIO.fit(sample, ScoresConfig())
    assert set(GIO(state).score(sample)[:, 0].tolist()) <= set(state["values"].tolist())
    assert len(state["centres"]) == round(1.5 * np.sqrt(200))


def test_fewer_different_vectors_than_cells(sample):
    sample = replace(sample, vectors=np.repeat(around(0, 2, 0), 100, axis=0), target_vectors=around(1, 60, 2))
    assert len(GIO.fit(sample, ScoresConfig())["centres"]) == 2


def test_targets_are_needed(sample):
    with pytest.raises(InputError, match="gio"):
        GIO.fit(replace(sample, target_vectors=np.zeros((0, 0), np.float32)), ScoresConfig())
