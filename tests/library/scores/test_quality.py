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


def test_raw_is_the_percentile_of_a_single_measure(sample):
    raw = fitted(sample, good=1.0).score(sample)[:, 0]
    assert np.allclose(raw, (np.arange(99) + 1) / 100)


def test_a_negative_weight_turns_a_measure_round(sample):
    assert np.allclose(fitted(sample, bad=-1.0).score(sample), fitted(sample, good=1.0).score(sample))


def test_raw_is_the_geometric_mean_of_percentiles(sample):
    raw = fitted(sample, good=3.0, bad=1.0).score(sample)[:, 0]
    p = (np.arange(99) + 1) / 100
    assert np.allclose(raw, np.exp((3 * np.log(p) + np.log(1 - p)) / 4))


def test_quality_is_the_share_of_the_domains_tokens_below(sample):
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
    assert ((scored[:, 0] > 0) & (scored[:, 0] < 1)).all()
    assert scored[:, 1].tolist() == [0, 1]


def test_an_unknown_column_is_refused(sample):
    with pytest.raises(ConfigError, match=r"good, bad.*found nosuch"):
        fitted(sample, nosuch=1.0)


def test_no_measure_at_all_is_refused(sample):
    with pytest.raises(ConfigError, match=r"scores\.quality"):
        fitted(sample)


def test_a_domain_may_have_weights_of_its_own(sample):
    named = replace(sample, domain_names=("a", "b", "c"))
    config = ScoresConfig(quality={"good": 1.0}, quality_by_domain={"b": {"good": -3.0, "bad": 1.0}})
    raw = Quality(Quality.fit(named, config)).score(named)[:, 0]
    p, other = (np.arange(99) + 1) / 100, sample.domains == 1
    assert np.allclose(raw[~other], p[~other])
    assert np.allclose(raw[other], (1 - p)[other])


def test_an_unknown_domain_is_refused(sample):
    with pytest.raises(ConfigError, match=r"among a, b, c.*found d"):
        config = ScoresConfig(quality={"good": 1.0}, quality_by_domain={"d": {"good": 1.0}})
        Quality.fit(replace(sample, domain_names=("a", "b", "c")), config)


def test_an_unknown_column_of_a_domain_is_refused(sample):
    with pytest.raises(ConfigError, match=r"quality_by_domain\.a, found nosuch"):
        config = ScoresConfig(quality={"good": 1.0}, quality_by_domain={"a": {"nosuch": 1.0}})
        Quality.fit(replace(sample, domain_names=("a",)), config)
