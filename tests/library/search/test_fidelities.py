"""Checkpoints as cheap fidelities: used as far as they agree with the ends of runs."""

from dataclasses import replace

import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.fidelities import forecast_fidelities
from mixpipe.search.methods import load_method
from mixpipe.search.problem import Problem
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.trials import Checkpoint, Trial

DOMAINS = 4
PROBLEM = Problem(
    domains=tuple("abcd"),
    available_tokens=np.full(DOMAINS, 1e6),
    budget_tokens=1e6,
    constraints=Constraints.free(DOMAINS),
    targets=("prose",),
    target_weights=np.ones(1),
)


def loss(mixture: np.ndarray, tokens: float) -> float:
    return float(2 + 1 / (mixture[1] + 0.2) + mixture[2] + 4 * tokens**-0.3)


def run(mixture: np.ndarray, *, noise: float, seed: int, own: float = 0.0) -> Trial:
    """A run of 1,000 tokens whose end is noisy and whose checkpoints are not; `own` is what they get wrong."""
    rng = np.random.default_rng(seed)
    points = tuple(Checkpoint(t, {"prose": loss(mixture, t) + own * mixture[0]}) for t in (250, 500, 750))
    end = loss(mixture, 1000) + noise * rng.standard_normal()
    return Trial(f"{seed}", "x", "round-1", mixture, 9, 1000, 0, {"prose": end}, {}, "ok", points)


def runs(count: int, *, noise: float, own: float = 0.0, seed: int = 0) -> list[Trial]:
    rows = PROBLEM.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(DOMAINS), size=count))
    return [run(row, seed=seed + number, noise=noise, own=own) for number, row in enumerate(rows)]


def skill(trials: list[Trial]) -> float:
    new = np.random.default_rng(1).dirichlet(np.ones(DOMAINS), size=200)
    truth = np.array([[loss(row, 1000)] for row in new])
    return float(spearman(forecast_fidelities(PROBLEM, trials).score(new)[0][:, None], truth)[0])


def test_checkpoints_help_where_ends_are_noisy() -> None:
    trials = [runs(14, noise=2.5, seed=seed) for seed in (100, 200, 300)]
    bare = [[replace(trial, trajectory=()) for trial in some] for some in trials]
    assert np.mean([skill(some) for some in trials]) > np.mean([skill(some) for some in bare]) + 0.1


def test_checkpoints_that_mislead_do_little_harm() -> None:
    trials = runs(30, noise=0.02, own=6.0)
    bare = [replace(trial, trajectory=()) for trial in trials]
    assert skill(bare) > 0.95
    assert skill(trials) > skill(bare) - 0.1


def test_without_checkpoints_it_is_a_process_of_the_ends() -> None:
    fitted = forecast_fidelities(PROBLEM, [replace(t, trajectory=()) for t in runs(20, noise=0.0)])
    mean, sd = fitted.score(fitted.mixtures)
    assert mean == pytest.approx(fitted.measured(), abs=0.1)
    assert (sd < 0.3).all()
    assert fitted.rank[0] > 0.9


def test_checkpoints_without_losses_and_failed_runs_are_no_obstacle() -> None:
    trials = runs(10, noise=0.0)
    trials[0] = replace(trials[0], trajectory=(Checkpoint(250, {"prose": float("nan")}),))
    trials[1] = replace(trials[1], status="out of memory")
    method = load_method("bayesian:multi-fidelity")
    proposed = method.propose(PROBLEM, trials, 3, np.random.default_rng(0))
    assert np.isfinite(proposed).all()
    assert loss(method.recommend(PROBLEM, runs(24, noise=0.1)).mixture, 1000) < loss(np.full(DOMAINS, 0.25), 1000)
