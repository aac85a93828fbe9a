"""The scorer `perplexity` where its reference is a causal language model."""

import shutil

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.models.causal import CausalModel
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.perplexity import Perplexity

TEXTS = [f"the cat sat on the mat and saw {n} birds." for n in range(20)]


@pytest.fixture
def given(causal_model, make_sample):
    """A scorer whose reference is a given model, and its state."""
    state = Perplexity.fit(make_sample(TEXTS), ScoresConfig(reference=str(causal_model())))
    return Perplexity(state), state


def test_a_given_model_is_read_instead_and_scores_per_byte(given, causal_model, make_batch):
    texts = ["the cat sat on the mat and saw the birds", "é" * 10, "", "the cat"]
    found = given[0].score(make_batch(texts))[:, 0]
    dtype = str(given[1]["dtype"])
    model = CausalModel(causal_model(), dtype=dtype, window=64, device="cpu")
    sums = [model.losses(model.tokens([text])).sum() for text in texts]
    lengths = [len(text.encode()) for text in texts]
    expected = [total / np.log(2) / n if n else 8 for total, n in zip(sums, lengths, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_a_given_model_does_not_look_at_the_sample_or_its_own_path(given, causal_model, make_sample, tmp_path):
    folder = shutil.copytree(causal_model(), tmp_path / "elsewhere")
    again = Perplexity.fit(make_sample(TEXTS[:3]), ScoresConfig(reference=str(folder)))
    assert given[1].keys() == again.keys()
    assert all(np.array_equal(again[name], given[1][name]) for name in again)


def test_only_the_beginning_of_a_text_costs_time(given, make_batch):
    long, longer = ("the cat sat. " * n for n in (2_000, 200_000))
    assert given[0].score(make_batch([long])) == given[0].score(make_batch([longer]))


def test_a_complaint_names_the_folder_that_was_given(causal_model, make_sample, tmp_path):
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    (folder / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=str(folder)):
        Perplexity.fit(make_sample(TEXTS), ScoresConfig(reference=str(folder)))
