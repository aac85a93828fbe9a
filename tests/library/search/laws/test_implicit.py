import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.implicit import ImplicitLaw, fit_implicit
from mixpipe.search.laws.mixing import fit_mixing

LAW = ImplicitLaw(
    np.array([[0.7, 0.3], [0.2, 0.8], [0.5, 0.5]]), np.array([1.5, 2.2]), np.array([[-2.5, 0.5, 0.2], [0.3, -2.0, 0.1]])
)


def test_predictions_are_recovered_without_noise():
    rng = np.random.default_rng(0)
    seen, new = rng.dirichlet(np.ones(3), 40), rng.dirichlet(np.ones(3), 200)
    fitted = fit_implicit(seen, LAW.predict(seen), 2, rng, shrinkage=1e-12)
    assert fitted.predict(new) == pytest.approx(LAW.predict(new), abs=1e-3)
    assert fitted.optimum(np.ones(3)) == pytest.approx(LAW.optimum(np.ones(3)), abs=1e-2)


def test_the_optimum_beats_every_other_mixture():
    mixtures = np.random.default_rng(0).dirichlet(np.ones(3), 5000)
    weights = np.array([0.2, 0.3, 0.5])
    best = LAW.optimum(weights)
    assert best.sum() == pytest.approx(1)
    assert float((LAW.predict(best[None]) @ weights)[0]) <= (LAW.predict(mixtures) @ weights).min() + 1e-9


def test_the_optimum_follows_the_order_of_domains():
    order = np.array([2, 0, 1])
    permuted = ImplicitLaw(LAW.compositions, LAW.floors, LAW.effects[:, order])
    assert permuted.optimum(np.ones(3)) == pytest.approx(LAW.optimum(np.ones(3))[order], abs=1e-6)


def test_more_coefficients_than_losses_are_shrunk_and_nothing_is_refused():
    mixtures = np.random.default_rng(0).dirichlet(np.ones(3), 5)
    fitted = fit_implicit(mixtures, LAW.predict(mixtures), 4, np.random.default_rng(0), shrinkage=1e-4)
    assert np.abs(fitted.predict(np.eye(3)) - LAW.predict(np.eye(3))).max() < 1
    with pytest.raises(InputError, match="found 0 and 5 mixtures"):
        fit_implicit(mixtures, LAW.predict(mixtures), 0, np.random.default_rng(0))


def test_hidden_domains_fit_five_domains_better_than_known_ones(recorded):
    runs = recorded("data_mixing_laws/5Mix")
    runs = runs.rows((runs.columns["step"] == 30_000) & (runs.columns["model_size"] == "70M"))
    overall = runs.losses[:, [runs.targets.index("pile_overall")]]

    def error(law):
        return np.abs(law.predict(runs.mixtures) - overall).mean()

    errors = [error(fit_implicit(runs.mixtures, overall, hidden, np.random.default_rng(0))) for hidden in (1, 3, 5)]
    assert errors[0] == pytest.approx(error(fit_mixing(runs.mixtures, overall)), rel=0.1)
    # The best explicit law of the paper reaches .0086, hidden domains .0268, .0104 and .0027.
    assert errors[0] > 0.0086 > errors[1] > errors[2]
    assert errors[2] < 0.0027
