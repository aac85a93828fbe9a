"""A search whose truth is known: losses are exponential laws of the mixture, the optimum comes from SLSQP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.dirichlet import tempered_dirichlet
from mixpipe.search.methods.protocol import Method
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Checkpoint, Trial


@dataclass(frozen=True, eq=False)
class Oracle:
    """Three targets, each 2 + .2 * standardised exp(slopes . w), with seed noise."""

    problem: Problem
    slopes: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    noise: float

    @classmethod
    def make(cls, seed: int, *, domains: int = 12, noise: float = 0.01, epochs: float = 4) -> "Oracle":
        rng = np.random.default_rng(seed)
        tokens = rng.dirichlet(np.full(domains, 1.5)) * 1e8
        useful = rng.random((3, domains)) < 0.6
        slopes = -rng.gamma(0.4, 2.0, (3, domains)) * useful + rng.normal(0, 0.3, (3, domains))
        names = tuple(f"d{i}" for i in range(domains))
        constraints = Constraints.from_epochs(tokens, 1e8, epochs)
        problem = Problem(names, tokens, 1e8, constraints, ("x", "y", "z"), np.ones(3))
        draws = constraints.settle(tempered_dirichlet(problem.natural, 2000, np.random.default_rng(9)).mixtures)
        raw = np.exp(draws @ slopes.T)
        return cls(problem, slopes, raw.mean(axis=0), raw.std(axis=0), noise)

    def losses(self, mixtures: np.ndarray) -> np.ndarray:
        return np.asarray(2 + 0.2 * (np.exp(mixtures @ self.slopes.T) - self.centre) / self.spread)

    def value(self, mixture: np.ndarray) -> float:
        return float(self.losses(mixture[None]).mean())

    @cached_property
    def optimum(self) -> np.ndarray:
        bounds = list(zip(self.problem.constraints.floors, self.problem.constraints.caps, strict=True))
        sums = {"type": "eq", "fun": lambda w: w.sum() - 1}
        # The objective is convex (exponentials of linear forms), so any local optimum is the optimum.
        found = minimize(self.value, self.problem.natural, bounds=bounds, constraints=sums, method="SLSQP")
        return self.problem.constraints.settle(np.clip(found.x, 0, 1))

    def trial(self, mixture: np.ndarray, seed: int) -> Trial:
        noise = self.noise * np.random.default_rng(seed).standard_normal(3)
        measured = dict(zip(self.problem.targets, (self.losses(mixture[None])[0] + noise).tolist(), strict=True))
        return Trial(str(seed), "test", "round", mixture, 1, 1, seed, measured, {}, "ok")

    def with_prior(self, seed: int) -> "Oracle":
        """Give a screen of another scale whose slopes are off by 40 % of their mean size."""
        off = 0.4 * np.abs(self.slopes).mean() * np.random.default_rng(seed).standard_normal(self.slopes.shape)
        return replace(self, problem=replace(self.problem, prior=lambda w: 3 + 1.7 * np.exp(w @ (self.slopes + off).T)))

    def search(self, method: Method, rounds: Sequence[int], seed: int, *, repeats: int = 3) -> list[Trial]:
        """Return the trials of a search, after so many of the natural mixture."""
        rng = np.random.default_rng(seed)
        trials = [self.trial(self.problem.constraints.settle(self.problem.natural), 1000 + i) for i in range(repeats)]
        for count in rounds:
            rows = method.propose(self.problem, trials, count, rng)
            trials += [self.trial(row, 5000 * seed + len(trials) + i) for i, row in enumerate(rows)]
        return trials

    def recovered(self, mixture: np.ndarray) -> float:
        """Return which share of the way from natural to the optimum a mixture goes."""
        natural, best = self.value(self.problem.natural), self.value(self.optimum)
        return (natural - self.value(mixture)) / (natural - best)


@pytest.fixture(scope="session")
def make_oracle() -> Callable[..., Oracle]:
    return Oracle.make


@pytest.fixture
def make_problem() -> Callable[..., Problem]:
    """Make a problem of k domains of as many tokens, `epochs` of which may be used, and so many targets."""

    def made(domains: int, targets: int = 1, *, budget: float = 1e6, epochs: float = 1e9, **extra: Any) -> Problem:
        tokens = np.full(domains, budget / domains)
        constraints = Constraints.from_epochs(tokens, budget, epochs)
        names = tuple(f"d{i}" for i in range(domains))
        of = tuple(f"t{i}" for i in range(targets))
        return Problem(names, tokens, budget, constraints, of, np.ones(targets), **extra)

    return made


@pytest.fixture
def make_trial() -> Callable[..., Trial]:
    """Make a trial of a mixture with target losses (m,), domain losses (k,) and checkpoints by tokens."""

    def made(
        mixture: np.ndarray,
        losses: Sequence[float],
        *,
        domains: Sequence[float] = (),
        tokens: int = 1000,
        size: int = 1,
        earlier: Mapping[int, Sequence[float]] | None = None,
    ) -> Trial:
        def named(values: Sequence[float]) -> dict[str, float]:
            return {f"t{i}": float(value) for i, value in enumerate(values)}

        points = tuple(Checkpoint(at, named(values)) for at, values in (earlier or {}).items())
        of_domains = {str(i): float(value) for i, value in enumerate(domains)}
        return Trial("x", "test", "round-1", mixture, size, tokens, 0, named(losses), of_domains, "ok", points)

    return made


@pytest.fixture
def sized() -> Callable[..., Problem]:
    """Make a problem of one target from the domains' tokens, a budget, and the epochs allowed."""

    def made(tokens: Sequence[float], *, budget: float, epochs: float) -> Problem:
        available = np.array(tokens, dtype=np.float64)
        constraints = Constraints.from_epochs(available, budget, epochs)
        names = tuple(f"d{i}" for i in range(len(available)))
        return Problem(names, available, budget, constraints, ("t0",), np.ones(1))

    return made
