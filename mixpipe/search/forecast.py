"""What the trials and the experts' screen together foresee of any mixture.

Per target either a surrogate of the losses, or, where held-out errors are smaller, a straight line in the screen's
prediction plus a surrogate of what the line leaves. The screen ranks well from the first trial on but is biased (it
mixes predictions and not training data); the trials correct it. Same idea as a prior mean in Kennedy and O'Hagan 2000.
The surrogate learns what lines leave that were fitted without the trial's fold, so held-out errors stay honest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixpipe.search.objective import Objective
from mixpipe.search.problem import Prior, Problem
from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import FittedTargets, Prediction, fit_surrogate, folds
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.trials import Trial, losses, mixtures, usable

__all__ = ["OBJECTIVE", "Forecast", "forecast", "forecast_objective", "objective_alone"]

OBJECTIVE = "objective"


@dataclass(frozen=True, eq=False)
class Forecast:
    """Losses and objective of any mixture, from n trials.

    Attributes:
        targets: the m names of what is foreseen.
        mixtures: (n, k) of the trials.
        losses: (n, m) of the trials.
        objective: in units of the trials' spread.
        plain: the surrogate of the losses.
        corrected: the surrogate of what the line in the screen leaves; None without a screen.
        line: (2, m) intercept and slope of the line.
        use_prior: (m,) bool, which targets the screen helps.
        rank: (m,) held-out Spearman correlation.
    """

    targets: tuple[str, ...]
    mixtures: np.ndarray
    losses: np.ndarray
    objective: Objective
    plain: FittedTargets
    corrected: FittedTargets | None
    line: np.ndarray
    use_prior: np.ndarray
    rank: np.ndarray
    prior: Prior | None

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the losses (q, m) foreseen for (q, k) mixtures."""
        plain = self.plain.predict(mixtures)
        if self.corrected is None or self.prior is None or not self.use_prior.any():
            return plain
        rest = self.corrected.predict(mixtures)
        mean = self.line[0] + self.line[1] * self.prior(mixtures) + rest.mean
        return Prediction(np.where(self.use_prior, mean, plain.mean), np.where(self.use_prior, rest.sd, plain.sd))

    def score(self, mixtures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the objective (q,) foreseen for (q, k) mixtures and its standard deviation (q,)."""
        prediction = self.predict(mixtures)
        return self.objective.value(prediction.mean), self.objective.deviation(prediction.sd)

    def measured(self) -> np.ndarray:
        """Return the objective (n,) of the trials."""
        return self.objective.value(self.losses)


def forecast(problem: Problem, trials: Sequence[Trial], surrogate: str) -> Forecast:
    """Fit a surrogate, with and without the screen, to the usable trials (at least one)."""
    good = usable(trials)
    x, y = mixtures(good, len(problem.domains)), losses(good, problem.targets)
    objective = problem.fit_objective(y)
    model = load_surrogate(surrogate)
    plain = fit_surrogate(model, x, y)
    m = len(problem.targets)
    line, corrected, use_prior, held_out = np.zeros((2, m)), None, np.zeros(m, dtype=bool), plain.held_out
    if problem.prior is not None:
        screen = problem.prior(x)
        line = _lines(screen, y)
        fitted = _without_folds(screen, y, folds(x))
        corrected = fit_surrogate(model, x, y - fitted)
        with_screen = fitted + corrected.held_out
        use_prior = ((with_screen - y) ** 2).sum(axis=0) < ((held_out - y) ** 2).sum(axis=0)
        held_out = np.where(use_prior, with_screen, held_out)
    return Forecast(
        problem.targets, x, y, objective, plain, corrected, line, use_prior, spearman(held_out, y), problem.prior
    )


def forecast_objective(problem: Problem, trials: Sequence[Trial], surrogate: str) -> Forecast:
    """Fit a surrogate to the objective alone, as methods do that know no single targets; one fit, however many targets.

    What is foreseen of the one target `objective` is in the objective's own unit (at least one trial is usable).
    """
    alone, told = objective_alone(replace(problem, prior=None), trials)
    return replace(
        forecast(alone, told, surrogate), objective=Objective(np.ones(1), np.zeros(1), np.ones(1), np.eye(1))
    )


def objective_alone(problem: Problem, trials: Sequence[Trial]) -> tuple[Problem, list[Trial]]:
    """Return the problem and its usable trials (at least one) with the objective as the one target, screen included."""
    good = usable(trials)
    values = losses(good, problem.targets)
    objective, screen = problem.fit_objective(values), problem.prior
    alone = replace(
        problem,
        targets=(OBJECTIVE,),
        target_weights=np.ones(1),
        prior=None if screen is None else lambda rows: objective.value(screen(rows))[:, None],
        objective="mean",
    )
    found = objective.value(values).tolist()
    return alone, [replace(trial, target_losses={OBJECTIVE: value}) for trial, value in zip(good, found, strict=True)]


def _without_folds(screen: np.ndarray, losses: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return (n, m): what the line foresees of each trial when it is fitted without the trial's fold (n,)."""
    fitted = np.empty_like(losses)
    for number in np.unique(fold):
        rest, rows = fold != number, fold == number
        line = _lines(screen[rest], losses[rest])
        fitted[rows] = line[0] + line[1] * screen[rows]
    return fitted


def _lines(screen: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return (2, m): least squares of each target on its screen; a slope below 0 has no meaning and becomes 0."""
    offset = screen - screen.mean(axis=0)
    variance = (offset**2).sum(axis=0)
    slope = np.where(variance > 1e-18, (offset * losses).sum(axis=0) / np.maximum(variance, 1e-18), 0).clip(0)
    return np.stack([losses.mean(axis=0) - slope * screen.mean(axis=0), slope])
