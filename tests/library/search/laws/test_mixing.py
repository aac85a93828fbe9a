import csv
from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.mixing import MixingLaw, critical_share, fit_mixing, scan_two_domains

SHARES = Path(__file__).parents[4] / "../shared/data/mixture_runs/data_mixing_laws/pile_validation_shares.csv"


def synthetic(k: int = 4, m: int = 3) -> MixingLaw:
    effects = np.random.default_rng(1).normal(0, 1.5, (m, k))
    effects -= effects.mean(axis=1, keepdims=True)
    return MixingLaw(np.linspace(1.5, 2.5, m), np.linspace(-1, 0, m), effects)


def test_one_target_is_served_by_the_domain_of_the_least_effect():
    law = synthetic()
    for target in range(3):
        best = law.optimum(np.eye(3)[target])
        assert best == pytest.approx(np.eye(4)[law.effects[target].argmin()], abs=1e-6)
        assert law.predict(best[None])[0, target] <= law.predict(np.eye(4))[:, target].min() + 1e-6


def test_two_opposed_targets_meet_in_the_middle():
    law = MixingLaw(np.ones(2), np.zeros(2), np.array([[-3, 0.5], [0.5, -3]]))
    assert law.optimum(np.ones(2)) == pytest.approx([0.5, 0.5], abs=1e-6)


def test_predictions_are_recovered_without_noise():
    rng, law = np.random.default_rng(0), synthetic()
    seen, new = rng.dirichlet(np.ones(4), 25), rng.dirichlet(np.ones(4), 200)
    fitted = fit_mixing(seen, law.predict(seen))
    assert fitted.predict(new) == pytest.approx(law.predict(new), abs=1e-4)
    assert fitted.effects.sum(axis=1) == pytest.approx(np.zeros(3), abs=1e-9)


def test_domains_have_no_order():
    rng, law = np.random.default_rng(0), synthetic()
    mixtures, order = rng.dirichlet(np.ones(4), 25), np.array([2, 0, 3, 1])
    losses = law.predict(mixtures) + 0.003 * rng.standard_normal((25, 3))
    plain, permuted = fit_mixing(mixtures, losses), fit_mixing(mixtures[:, order], losses)
    assert permuted.predict(mixtures[:, order]) == pytest.approx(plain.predict(mixtures), abs=1e-5)
    weights = np.array([0.5, 0.2, 0.3])
    assert permuted.optimum(weights) == pytest.approx(plain.optimum(weights)[order], abs=1e-4)


def test_a_diverged_run_does_not_bend_the_law():
    rng, law = np.random.default_rng(0), synthetic()
    mixtures = rng.dirichlet(np.ones(4), 25)
    losses = law.predict(mixtures)
    losses[3] += 5
    assert np.abs(fit_mixing(mixtures, losses).predict(mixtures) - law.predict(mixtures)).max() < 0.01


def test_too_few_mixtures_are_refused():
    mixtures = np.random.default_rng(0).dirichlet(np.ones(4), 4)
    with pytest.raises(InputError, match="the mixing law has 5 parameters per target, found 4 measurements"):
        fit_mixing(mixtures, synthetic().predict(mixtures))
    with pytest.raises(InputError, match="found 2 measurements"):
        scan_two_domains(np.array([0.1, 0.1, 0.2]), np.ones(3))


def test_the_scan_finds_the_law_and_where_it_crosses_a_loss():
    law = MixingLaw(np.array([2.0]), np.array([-1.0]), np.array([[-0.8, 0.8]]))
    shares = np.array([0.1, 0.3, 0.5, 0.9])
    fitted = scan_two_domains(shares, law.predict(np.column_stack([shares, 1 - shares]))[:, 0])
    loss = float(law.predict(np.array([[0.4, 0.6]]))[0, 0])
    assert critical_share(law, loss) == pytest.approx(0.4)
    assert critical_share(fitted, loss) == pytest.approx(0.4, abs=1e-3)
    with pytest.raises(InputError, match="none is 9"):
        critical_share(law, 9.0)


def test_the_critical_share_of_continued_pretraining(recorded):
    runs = recorded("data_mixing_laws/ct")
    # The mixture at .285 is the paper's check of the prediction; 2.87337 was the loss before.
    kept = (runs.columns["step"] == 10_000) & (np.abs(runs.mixtures[:, 0] - 0.28516) > 1e-3)
    law = scan_two_domains(runs.mixtures[kept, 0], runs.losses[kept, runs.targets.index("pile_overall")])
    assert 0.284 <= critical_share(law, 2.87337) <= 0.290


def test_five_domains_are_fitted_as_well_as_published(recorded):
    runs = recorded("data_mixing_laws/5Mix")
    with SHARES.open() as rows:
        weight = {row["domain"]: float(row["validation_share"]) for row in csv.DictReader(rows)}
    columns = [runs.targets.index(name) for name in weight]
    shares = np.array(list(weight.values())) / sum(weight.values())
    errors = []
    for size in ("70M", "160M", "305M", "410M"):
        kept = (runs.columns["step"] == 30_000) & (runs.columns["model_size"] == size)
        mixtures, losses = runs.mixtures[kept], runs.losses[kept]
        foreseen = fit_mixing(mixtures, losses[:, columns]).predict(mixtures) @ shares
        errors.append(np.abs(foreseen - losses[:, runs.targets.index("pile_overall")]).mean())
    assert np.mean(errors) == pytest.approx(0.0086, abs=0.0005)
