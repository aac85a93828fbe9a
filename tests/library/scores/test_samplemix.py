import numpy as np
import pytest

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.samplemix import SampleMix, domain_diversity, weights


def sums_of(groups):
    return np.stack([np.sum(group, axis=0) for group in groups]), np.array([len(group) for group in groups])


def around(axis, count, spread, seed=0):
    rows = np.random.default_rng(seed).normal(scale=spread, size=(count, 8))
    rows[:, axis] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_known_copies():
    """Softmax of the weights at temperature 0.2 over 6 documents, budget 6: the figures of the specification."""
    diversity = np.linspace(0, 1, 6)
    exponential = np.exp(weights(diversity, 1 - diversity) / 0.2)
    copies = 6 * exponential / exponential.sum()
    assert np.allclose(copies, [0.139, 0.252, 0.460, 0.838, 1.527, 2.783], atol=5e-4)


@pytest.mark.parametrize("diversity", [np.zeros(6), np.ones(6), np.linspace(1, 0, 6)])
def test_at_alpha_0_domains_play_no_part_and_at_1_quality_plays_none(diversity):
    quality = np.linspace(0, 1, 6)
    assert weights(diversity, quality, alpha=0.0).tolist() == quality.tolist()
    assert weights(diversity, quality, alpha=1.0).tolist() == diversity.tolist()


def test_compactness_times_separation_of_two_axes():
    """Members at 60 degrees of each other: 30 to the centre; centres at right angles: separation 1."""
    half = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
    first = [[half[0], half[1], 0, 0], [half[0], -half[1], 0, 0]]
    second = [[0, 0, half[0], half[1]], [0, 0, half[0], -half[1]]]
    assert np.allclose(domain_diversity(*sums_of([first, second])), 1 - np.cos(np.pi / 6))


def test_copies_of_one_document_make_a_domain_less_diverse():
    loose = around(0, 20, 0.3)
    packed = np.concatenate([loose, np.repeat(loose[:1], 100, axis=0)])
    other = around(1, 20, 0.3)
    before = domain_diversity(*sums_of([loose, other]))
    after = domain_diversity(*sums_of([packed, other]))
    assert after[0] < 0.5 * before[0]


def test_a_single_document_takes_the_mean_compactness():
    found = domain_diversity(*sums_of([around(0, 30, 0.2), around(1, 30, 0.4, 1), around(2, 1, 0.2, 2)]))
    assert np.isfinite(found).all()
    assert found[2] > 0


def test_one_domain_and_empty_domains():
    assert domain_diversity(*sums_of([around(0, 5, 0.2)])).item() > 0
    sums, counts = sums_of([around(0, 5, 0.2), around(1, 5, 0.2)])
    found = domain_diversity(np.vstack([sums, np.zeros(8)]), np.append(counts, 0))
    assert np.allclose(found[:2], domain_diversity(sums, counts))
    assert np.isfinite(found).all()


def test_scores_lie_in_the_unit_interval_and_follow_diversity(make_sample):
    sample = make_sample([str(n) for n in range(40)], [n // 20 for n in range(40)])
    sample.columns["quality"] = np.linspace(0, 1, 40)
    sums, counts = sums_of([around(0, 20, 0.1), around(1, 20, 0.5)])
    object.__setattr__(sample, "domain_sums", sums)
    object.__setattr__(sample, "domain_counts", counts)
    scored = SampleMix(SampleMix.fit(sample, ScoresConfig())).score(sample)
    assert scored.min() >= 0
    assert scored.max() <= 1
    assert scored[:20, 0].tolist() == [0] * 20
    assert scored[20:, 0].tolist() == [1] * 20
    assert scored[0, 1] == pytest.approx(0)
    assert scored[-1, 1] == pytest.approx(1)
