import numpy as np
import pytest

from mixpipe.plan.copies import draft_copies
from mixpipe.plan.makers.bertin import BYTES_PER_WORD, Bertin, keep_probability
from mixpipe.plan.makers.protocol import Candidates, Sample
from mixpipe.store.draws import keyed_uniforms

QUARTILES = np.array([536394.993, 662247.502, 919250.872])


def test_the_known_stepwise_probabilities():
    perplexity = np.array([1.0, 6e5, 9e5, 1e7])
    found = keep_probability(perplexity, QUARTILES, "stepwise")
    assert found == pytest.approx([0.2796, 1.0, 0.5836, 0.0163], abs=5e-5)


def test_the_known_gaussian_probabilities():
    first, median, third = QUARTILES
    perplexity = np.array([0, first, median, third, 2 * median, 4 * median, 10 * median])
    found = keep_probability(perplexity, QUARTILES, "gaussian")
    assert found == pytest.approx([0.6246, 0.7738, 0.78, 0.7543, 0.6246, 0.1056, 0.0], abs=5e-5)


def test_quartiles_are_the_corpus_own_and_count_what_each_document_stands_for():
    bits = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    held = {"ids": list("abcd"), "domains": np.zeros(4, np.int32), "tokens": np.ones(4, np.int64)}
    sample = Sample(**held, columns={"perplexity": bits}, weights=np.array([1.0, 1.0, 1.0, 3.0]))
    state = Bertin().fit(sample)
    assert np.log2(state["quartiles"]) / BYTES_PER_WORD == pytest.approx([2.0, 3.0, 4.0])
    found = Bertin("gaussian").value(Candidates(**held, columns={"perplexity": bits}), state)
    assert found.argmax() == 2
    assert found[2] ** 2 == pytest.approx(0.78)


def test_a_line_of_two_words_whose_log10_is_minus_six_has_a_perplexity_of_100():
    """Two words and the end of the line at 6 bytes each: 10^(6 / 3), by way of bits per byte."""
    bits = np.array([6 * np.log2(10) / (3 * BYTES_PER_WORD)])
    held = {"ids": ["a"], "domains": np.zeros(1, np.int32), "tokens": np.ones(1, np.int64)}
    state = Bertin().fit(Sample(**held, columns={"perplexity": bits}, weights=np.ones(1)))
    assert state["quartiles"] == pytest.approx([100.0] * 3)


@pytest.mark.parametrize("form", ["stepwise", "gaussian"])
def test_as_many_are_kept_as_the_probabilities_add_up_to(form):
    ids = [f"{n}" for n in range(20_000)]
    chances = keep_probability(np.random.default_rng(0).lognormal(13.4, 0.5, len(ids)), QUARTILES, form)
    draft = draft_copies(chances, keyed_uniforms(ids, "copies:0"), 1.0)
    kept = (draft.floor + (draft.margin < 0)).sum()
    assert abs(kept - chances.sum()) <= 4 * np.sqrt((chances * (1 - chances)).sum())
