import numpy as np
import pytest
from scipy.optimize import approx_fprime

from mixpipe.errors import InputError
from mixpipe.search.laws.apple import AppleLaw, _law, _slopes, best_mixture, fit_additive, fit_joint

UNITS = np.array([3e8, 1e10])


def additive(gains, powers, k=3):
    terms = np.full(k, 0.4), np.full(k, 0.6)
    return AppleLaw(1.5, np.array(gains), np.array(powers), *terms, np.array([0.35, 0.4, 1, 1]), UNITS)


def design(rng, mixtures=10, k=3):
    """Mixtures with shares of at least .1, each at three sizes and six checkpoints."""
    shares = 0.1 + (1 - 0.1 * k) * rng.dirichlet(np.ones(k), mixtures)
    sizes, tokens = np.array([1e8, 3e8, 8e8]), np.geomspace(2e9, 4e10, 6)
    rows = [(row, size, token) for row in shares for size in sizes for token in tokens]
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows]), np.array([row[2] for row in rows])


def test_a_common_power_has_a_known_optimum():
    law = additive([1.0, 2, 4], [0.5, 0.5, 0.5])
    best = best_mixture([law], np.ones(1), 1e9, 1e10)
    assert best == pytest.approx([0.0476, 0.1905, 0.7619], abs=1e-4)
    assert 1 / (law.gains @ best**law.powers) == pytest.approx(0.2182, abs=1e-4)


def test_the_slope_is_the_derivative():
    law = AppleLaw(
        1.5, np.array([1.0, 2, 4]), np.array([0.3, 0.5, 0.9]), np.array([0.3, 0.5, 0.2]), np.array([0.4, 0.2, 0.6]),
        np.array([0.35, 0.4, 0.7, -0.3]), UNITS,
    )  # fmt: skip
    mixture = np.array([0.2, 0.3, 0.5])

    def loss(shares):
        return law.predict(shares[None], np.array([1e9]), np.array([5e9]))[0]

    assert law.slope(mixture, 1e9, 5e9) == pytest.approx(approx_fprime(mixture, loss, 1e-7), abs=1e-5)


@pytest.mark.parametrize("count", [11, 17])
def test_the_slopes_of_the_fit_are_derivatives(count):
    rng = np.random.default_rng(0)
    mixtures, sizes, tokens = (column[:20] for column in design(rng))
    free = rng.normal(0, 0.5, count)

    def losses(numbers):
        return _law(numbers, 3, UNITS).predict(mixtures, sizes, tokens)

    exact = _slopes(_law(free, 3, UNITS), mixtures, sizes, tokens, joint=count == 17)
    assert exact == pytest.approx(approx_fprime(free, losses, 1e-7), rel=1e-3, abs=1e-5)


def test_the_optimum_follows_the_order_of_domains_and_serves_all_targets():
    order = [2, 0, 1]
    laws = [additive([1.0, 2, 4], [0.3, 0.5, 0.4]), additive([3.0, 1, 0.5], [0.6, 0.3, 0.4])]
    turned = [additive(law.gains[order], law.powers[order]) for law in laws]
    weights = np.array([0.7, 0.3])
    best = best_mixture(laws, weights, 1e9, 1e10)
    assert best_mixture(turned, weights, 1e9, 1e10) == pytest.approx(best[order], abs=1e-5)
    tried, at = np.random.default_rng(0).dirichlet(np.ones(3), 3000), np.full(3000, 1e9)
    sums = sum(w * law.predict(tried, at, 10 * at) for w, law in zip(weights, laws, strict=True))
    found = sum(w * law.predict(best[None], at[:1], 10 * at[:1])[0] for w, law in zip(weights, laws, strict=True))
    assert found <= sums.min() + 1e-9


def test_both_fits_find_the_optimum_of_an_additive_truth_at_every_size():
    rng, law = np.random.default_rng(0), additive([1.0, 1.5, 0.8], [0.4, 0.6, 0.3])
    mixtures, sizes, tokens = design(rng)
    losses = law.predict(mixtures, sizes, tokens) + 1e-4 * rng.standard_normal(len(sizes))
    best = best_mixture([law], np.ones(1), 1e9, 1e10)
    for fit in (fit_additive, fit_joint):
        fitted = fit(mixtures, sizes, tokens, losses, np.random.default_rng(1))
        for size in (1e8, 1e9, 1e10):
            assert best_mixture([fitted], np.ones(1), size, 20 * size) == pytest.approx(best, abs=0.02)
        larger = fitted.predict(mixtures, 10 * sizes, 10 * tokens)
        assert larger == pytest.approx(law.predict(mixtures, 10 * sizes, 10 * tokens), abs=0.01)


def test_too_few_losses_are_refused():
    mixtures, sizes, tokens = design(np.random.default_rng(0))
    with pytest.raises(InputError, match="the additive law has 11 parameters per target, found 10"):
        fit_additive(mixtures[:10], sizes[:10], tokens[:10], np.ones(10), np.random.default_rng(0))
    with pytest.raises(InputError, match="the joint law has 17 parameters per target, found 16"):
        fit_joint(mixtures[:16], sizes[:16], tokens[:16], np.ones(16), np.random.default_rng(0))


def test_a_larger_model_is_foreseen_from_smaller_ones(recorded):
    runs = recorded("slimpajama_scaling")
    sizes, tokens = runs.columns["model_params"], runs.columns["train_tokens"]
    losses = runs.losses[:, runs.targets.index("commoncrawl")]
    usable = np.isfinite(losses) & (np.arange(len(runs)) % 4 == 0)
    seen, new = usable & (sizes < sizes.max()), usable & (sizes == sizes.max())
    law = fit_additive(runs.mixtures[seen], sizes[seen], tokens[seen], losses[seen], np.random.default_rng(0))
    error = np.abs(law.predict(runs.mixtures[new], sizes[new], tokens[new]) / losses[new] - 1).mean()
    assert error < 0.02
