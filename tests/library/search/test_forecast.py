from dataclasses import replace

import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import snap
from mixpipe.search.forecast import OBJECTIVE, forecast, objective_alone
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial

PROBLEM = Problem(tuple("abcdef"), np.ones(6), 1.0, Constraints.free(6), ("x", "y"), np.ones(2))


def truth(w: np.ndarray) -> np.ndarray:
    return np.column_stack([np.sin(9 * w[:, 0]) + np.cos(8 * w[:, 1]), 1 + np.exp(-2 * w[:, 2])])


def trials(n: int) -> list[Trial]:
    rows = snap(np.random.default_rng(0).dirichlet(np.ones(6), size=n))
    losses = truth(rows)
    return [
        Trial(str(i), "m", "r", rows[i], 1, 1, 0, dict(zip("xy", losses[i].tolist(), strict=True)), {}, "ok")
        for i in range(n)
    ]


def test_a_screen_that_knows_the_shape_is_corrected_and_used() -> None:
    new = np.random.default_rng(1).dirichlet(np.ones(6), size=50)
    plain = forecast(PROBLEM, trials(12), "linear-sqrt")
    screened = forecast(replace(PROBLEM, prior=lambda w: 7 + 3 * truth(w)), trials(12), "linear-sqrt")
    assert screened.use_prior.all()
    assert screened.predict(new).mean == pytest.approx(truth(new), abs=1e-6)
    assert np.abs(plain.predict(new).mean - truth(new)).max() > 0.1


def test_a_screen_that_knows_nothing_is_not_used() -> None:
    noise = np.random.default_rng(2)
    useless = replace(PROBLEM, prior=lambda w: noise.standard_normal((len(w), 2)))
    found = forecast(useless, trials(40), "linear-sqrt")
    assert not found.use_prior[1]


def test_held_out_errors_are_those_of_trials_never_seen() -> None:
    # A screen of pure noise knows nothing of the losses: a line fitted to all trials would seem to help all the same.
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rows = [replace(t, target_losses=dict(zip("xy", rng.standard_normal(2), strict=True))) for t in trials(10)]
        table = {row.mixture.tobytes(): rng.standard_normal(2) for row in rows}
        screened = replace(PROBLEM, prior=lambda w, table=table: np.array([table[row.tobytes()] for row in w]))
        found.append(forecast(screened, rows, "linear-sqrt").use_prior)
    assert np.mean(found) < 0.3  # 0.42 with a line fitted to all


def test_the_objective_alone_keeps_the_screen_and_the_values() -> None:
    told = [replace(trial, status="diverged") if trial.trial == "3" else trial for trial in trials(20)]
    alone, as_one = objective_alone(replace(PROBLEM, prior=truth), told)
    whole = forecast(PROBLEM, told, "linear-sqrt")
    assert [trial.target_losses[OBJECTIVE] for trial in as_one] == pytest.approx(whole.measured().tolist())
    assert alone.prior is not None
    assert alone.prior(whole.mixtures)[:, 0] == pytest.approx(whole.measured(), abs=1e-9)
    assert objective_alone(PROBLEM, told)[0].prior is None


def test_the_objective_of_the_trials_is_standardised() -> None:
    found = forecast(PROBLEM, trials(20), "linear-sqrt")
    assert found.measured().mean() == pytest.approx(0, abs=1e-9)
    score, sd = found.score(found.mixtures)
    assert score.shape == sd.shape == (20,)
    assert found.rank[1] > 0.8
