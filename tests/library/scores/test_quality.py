from dataclasses import replace

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.quality import Quality


@pytest.fixture
def sample(make_sample):
    sample = make_sample([f"text {n}" for n in range(99)], [n % 3 for n in range(99)])
    sample.columns["good"] = np.arange(99.0)
    sample.columns["bad"] = np.arange(99.0)[::-1].copy()
    return sample


def fitted(sample, **weights):
    return Quality(Quality.fit(sample, ScoresConfig(quality=weights)))


def token_share(values, tokens):
    """The share of the tokens that lie below each value, half of its own included."""
    order = np.argsort(values)
    below = np.empty(len(values))
    below[order] = np.cumsum(tokens[order]) - tokens[order] / 2
    return below / tokens.sum()


def test_quality_is_the_share_of_the_corpuss_tokens_below(sample):
    quality = fitted(sample, good=1.0).score(sample)[:, 0]
    assert np.allclose(quality, token_share(np.arange(99), sample.tokens))


def test_a_domain_of_rubbish_is_bad_in_quality_and_not_in_its_rank(sample):
    sample.columns["good"][sample.domains == 1] -= 1000
    quality, rank = fitted(sample, good=1.0).score(sample).T
    assert quality[sample.domains == 1].max() < quality[sample.domains != 1].min()
    assert rank[sample.domains == 1].max() > 0.9


def test_a_negative_weight_turns_a_measure_round(sample):
    assert np.allclose(fitted(sample, bad=-1.0).score(sample), fitted(sample, good=1.0).score(sample))


def test_quality_orders_by_the_geometric_mean_of_percentiles(sample):
    quality = fitted(sample, good=3.0, bad=1.0).score(sample)[:, 0]
    p = (np.arange(99) + 1) / 100
    assert np.allclose(quality, token_share(3 * np.log(p) + np.log(1 - p), sample.tokens))


def test_the_rank_is_the_share_of_the_domains_tokens_below(sample):
    quality = fitted(sample, good=1.0).score(sample)[:, 1]
    for domain in range(3):
        members = np.flatnonzero(sample.domains == domain)
        tokens = sample.tokens[members]
        assert np.allclose(quality[members], (np.cumsum(tokens) - tokens / 2) / tokens.sum())


def test_ties_share_the_middle(sample):
    sample.columns["same"] = np.ones(99)
    scored = fitted(sample, same=1.0).score(sample)
    assert np.allclose(scored, 0.5)


def test_a_domain_that_the_sample_hardly_knows_is_ranked_against_all(sample, make_batch):
    batch = make_batch(["new"], [7])
    batch.columns["good"] = np.array([49.0])
    assert fitted(sample, good=1.0).score(batch)[0, 1] == pytest.approx(0.5, abs=0.02)


def test_values_beyond_the_sample_stay_inside(sample, make_batch):
    batch = make_batch(["a", "b"])
    batch.columns["good"] = np.array([-1e9, 1e9])
    scored = fitted(sample, good=1.0).score(batch)
    assert scored.tolist() == [[0, 0], [1, 1]]


def test_an_unknown_column_is_refused(sample):
    with pytest.raises(ConfigError, match=r"good, bad.*found nosuch"):
        fitted(sample, nosuch=1.0)


def test_no_measure_at_all_is_refused(sample):
    with pytest.raises(ConfigError, match=r"scores\.quality"):
        fitted(sample)


def test_a_domain_may_have_weights_of_its_own(sample):
    named = replace(sample, domain_names=("a", "b", "c"))
    config = ScoresConfig(quality={"good": 1.0}, quality_by_domain={"b": {"good": -3.0, "bad": 1.0}})
    quality = Quality(Quality.fit(named, config)).score(named)[:, 0]
    order, other = np.arange(99), sample.domains == 1
    assert np.argsort(quality[~other]).tolist() == np.argsort(order[~other]).tolist()
    assert np.argsort(quality[other]).tolist() == np.argsort(-order[other]).tolist()


def test_an_unknown_domain_is_refused(sample):
    with pytest.raises(ConfigError, match=r"among a, b, c.*found d"):
        config = ScoresConfig(quality={"good": 1.0}, quality_by_domain={"d": {"good": 1.0}})
        Quality.fit(replace(sample, domain_names=("a", "b", "c")), config)


def test_an_unknown_column_of_a_domain_is_refused(sample):
    with pytest.raises(ConfigError, match=r"quality_by_domain\.a, found nosuch"):
        config = ScoresConfig(quality={"good": 1.0}, quality_by_domain={"a": {"nosuch": 1.0}})
        Quality.fit(replace(sample, domain_names=("a",)), config)
