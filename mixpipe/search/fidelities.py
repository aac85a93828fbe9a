"""What trials and their earlier checkpoints foresee of any mixture: a process over mixture and fidelity.

Linear-truncated fidelity kernel as in ADMIRE-BayesOpt (Chen et al. 2025, arXiv 2508.11551, section 3):
k((w, s), (w', s')) = k1(w, w') + (1 - s)(1 - s')(1 + s s') k2(w, w'), with s the tokens of a checkpoint as a share of
the run's. At s = 1 the second term vanishes, so what checkpoints say is trusted as far as it agrees with ends of runs.
Checkpoints come with a run and cost nothing. Deviations: k1 and k2 are one Matern 5/2 on square-root shares, whose
length, noise and weight of the second term are those that foresee held-out ends best, for a density over all rows would
let checkpoints, which agree with each other, decide how far ends are to be trusted; the objective of every checkpoint
is centred on those of equal tokens, since all losses fall on the way; p = 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from mixpipe.mixture.simplex import renormalise
from mixpipe.search.forecast import OBJECTIVE, Forecast
from mixpipe.search.objective import Objective
from mixpipe.search.problem import Problem
from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel, matern, predict_in_chunks
from mixpipe.search.surrogates.protocol import FittedTargets, Prediction, folds
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.trials import Trial, losses, mixtures, usable

__all__ = ["forecast_fidelities"]

LENGTHS = (0.4, 0.9, 2.2)
# Variance of what checkpoints have for themselves, relative to what all fidelities share.
OWN_WAYS = (0.0, 0.3, 3.0)
NOISES = (1e-3, 1e-2, 0.1, 1.0)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Ends of runs and their checkpoints as (r, k) roots of mixtures, (r,) fidelities and (r,) values."""

    roots: np.ndarray
    fidelities: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, problem: Problem, trials: Sequence[Trial], objective: Objective) -> "_Rows":
        """Gather the ends first, in the order of the trials, then the checkpoints by rising tokens."""
        x, ends = mixtures(trials, len(problem.domains)), objective.value(losses(trials, problem.targets))
        parts = [(x, np.ones(len(x)), ends - ends.mean())]
        for place in range(max(len(trial.trajectory) for trial in trials)):
            rows = [row for row, trial in enumerate(trials) if len(trial.trajectory) > place]
            points = [trials[row].trajectory[place] for row in rows]
            measured = [replace(trials[r], target_losses=p.target_losses) for r, p in zip(rows, points, strict=True)]
            values = objective.value(losses(measured, problem.targets))
            finite = np.isfinite(values)
            shares = np.array([p.tokens / trials[r].tokens for r, p in zip(rows, points, strict=True)])
            parts.append((x[rows][finite], shares[finite], values[finite] - values[finite].mean()))
        gathered = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
        return cls(np.sqrt(gathered[0]), gathered[1], gathered[2])


@dataclass(frozen=True, eq=False)
class _AtTheEnd:
    """The process conditioned on all rows and asked at s = 1; `held_out` is (n, 1), of the ends."""

    held_out: np.ndarray
    fit: KernelFit
    roots: np.ndarray
    length: float

    def predict(self, mixtures: np.ndarray) -> Prediction:
        """Return the objective foreseen for (q, k) mixtures at the end of their runs."""
        return predict_in_chunks(self._predict, mixtures)

    def _predict(self, roots: np.ndarray) -> Prediction:
        scale = np.float32(self.length)
        return self.fit.predict(
            matern(roots / scale, (self.roots / self.length).astype(roots.dtype)), np.ones(len(roots))
        )


def forecast_fidelities(problem: Problem, trials: Sequence[Trial]) -> Forecast:
    """Fit the objective of the usable trials (at least one), their checkpoints included."""
    good = usable(trials)
    y = losses(good, problem.targets)
    objective = problem.fit_objective(y)
    rows = _Rows.of(problem, good, objective)
    ends = objective.value(y)
    scale = float(ends.std(ddof=1)) if len(ends) > 1 and np.ptp(ends) > 0 else 1.0
    fitted = _fit(rows, scale, folds(renormalise(mixtures(good, len(problem.domains)))))
    held_out = fitted.held_out * scale + ends.mean()
    one = np.zeros(1, dtype=np.int64)
    plain = FittedTargets(held_out, np.array([ends.mean()]), np.array([scale]), ((one, fitted),))
    alone = Objective(np.ones(1), np.zeros(1), np.ones(1), np.eye(1))  # the value itself, in the objective's own unit
    rank = spearman(held_out, ends[:, None])
    nothing = np.zeros(1, dtype=bool)
    return Forecast(
        (OBJECTIVE,),
        rows.roots[: len(good)] ** 2,
        ends[:, None],
        alone,
        plain,
        None,
        np.zeros((2, 1)),
        nothing,
        rank,
        None,
    )


def _fit(rows: _Rows, scale: float, fold: np.ndarray) -> _AtTheEnd:
    """Choose length, weight and noise; a row is of the fold (n,) of its run, so no checkpoint tells its own end."""
    left = 1 - rows.fidelities
    truncated = np.outer(left, left) * (1 + np.outer(rows.fidelities, rows.fidelities))
    values = (rows.values / scale)[:, None]
    keys = [row.tobytes() for row in rows.roots]
    of_run = dict(zip(keys[: len(fold)], fold, strict=True))
    row_fold, ends = np.array([of_run[key] for key in keys]), slice(len(fold))
    errors, candidates = [], []
    for length in LENGTHS:
        shared = matern(rows.roots / length, rows.roots / length)
        for own, noise in product(OWN_WAYS, NOISES):
            fit = fit_kernel(shared * (1 + own * truncated), values, noises=np.array([noise]))
            foreseen = fit.without_folds(row_fold)[ends]
            errors.append(float(((foreseen - values[ends]) ** 2).mean()))
            candidates.append(_AtTheEnd(foreseen, fit, rows.roots, length))
    return candidates[int(np.argmin(errors))]
