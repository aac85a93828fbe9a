from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mixpipe.plan.budgets import draw_curves
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.copies import VALUE_BINS, value_bins
from mixpipe.plan.makers.bands import Bands
from mixpipe.plan.makers.protocol import Filled, Sample


def hundred(values, tokens=None):
    return Sample(
        ids=[f"{i}" for i in range(len(values))],
        domains=np.zeros(len(values), np.int32),
        tokens=np.ones(len(values), np.int64) if tokens is None else tokens,
        columns={"perplexity": np.asarray(values, np.float32)},
        weights=np.ones(len(values)),
    )


def kept(maker, sample):
    """Return the expected copies of each document of a band when the budget is as large as the band."""
    bins = value_bins(maker.value(sample, maker.fit(sample)))
    return maker.preference(Filled(np.zeros((1, VALUE_BINS), np.int64), np.zeros(1), 1.0))[0, bins]


def test_the_medium_half_of_1_to_100_is_26_to_75():
    copies = kept(Bands(), hundred(np.arange(1, 101)))
    assert (np.flatnonzero(copies) + 1).tolist() == list(range(26, 76))


@pytest.mark.parametrize(("band", "numbers"), [("low", range(1, 26)), ("high", range(76, 101))])
def test_low_and_high_take_the_ends(band, numbers):
    assert (np.flatnonzero(kept(Bands(band, 25), hundred(np.arange(1, 101)))) + 1).tolist() == list(numbers)


def test_bands_of_a_third_are_disjoint():
    rows = [
        Bands(band, 33).preference(Filled(np.zeros((1, VALUE_BINS)), np.zeros(1), 1.0))
        for band in ("low", "medium", "high")
    ]
    for one, other in pairwise(rows):
        assert (one + other <= 1 + 1e-12).all()
    assert [row.sum() / VALUE_BINS for row in rows] == pytest.approx([0.33] * 3)


def test_percentiles_of_tokens_differ_from_those_of_documents():
    sample = hundred(np.arange(1, 101), np.arange(1, 101) ** 2)
    by_tokens = np.flatnonzero(kept(Bands("low", 50, unit="tokens"), sample)) + 1
    assert by_tokens[-1] == 79  # half of the sum of squares up to 100 lies below 79.4
    assert (np.flatnonzero(kept(Bands("low", 50), sample)) + 1)[-1] == 50


def test_ties_are_broken_by_hash():
    copies = kept(Bands("low", 25), hundred(np.full(4000, 3.0)))
    assert (copies > 0).mean() == pytest.approx(0.25, abs=0.03)


def test_one_document_is_the_median():
    assert kept(Bands(), hundred([7.0])).tolist() == [1.0]


@pytest.mark.parametrize(("band", "shares"), [("low", [1, 0]), ("medium", [0.5, 0.5]), ("high", [0, 1])])
def test_a_band_of_the_corpus_moves_the_shares_of_domains(band, shares):
    sample = hundred(np.arange(1, 101))
    sample = replace(sample, domains=np.repeat(np.array([0, 1], np.int32), 50))
    maker, tokens = Bands(band, within="corpus"), np.zeros((2, VALUE_BINS), np.int64)
    np.add.at(tokens, (sample.domains, value_bins(maker.value(sample, maker.fit(sample)))), sample.tokens)
    assert tokens.sum(axis=1).tolist() == [50, 50]
    settings = {"band": band, "within": "corpus"}
    config = PlanConfig(budget_tokens=50, maker="bands", shares="documents", settings=settings)
    assert draw_curves(tokens, config, ["plain", "odd"], np.ones(2)).weights == pytest.approx(shares)


def test_a_whole_band_is_read_once_each():
    tokens = np.ones((1, VALUE_BINS), np.int64)
    config = PlanConfig(budget_tokens=128, maker="bands", shares="documents")
    assert set(draw_curves(tokens, config, ["all"], np.ones(1)).copies[0].tolist()) == {0.0, 1.0}
