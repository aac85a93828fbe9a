"""A pool of finished runs with the library's Gaussian process on it, several times as fast in a replay.

The kernels between all mixtures of a table are computed once, and no held-out errors where nobody asks for them. What
is foreseen is the same but for the precision: float64 here, float32 in the library.
"""

import numpy as np

from benchmarks.search_replay import RUNS, TABLES
from mixpipe.search.objective import Objective
from mixpipe.search.replay.pool import Pool
from mixpipe.search.replay.tables import read_runs
from mixpipe.search.replay.where import where
from mixpipe.search.surrogates.gp import LEAST_WEIGHT, LENGTHS, TRENDS
from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel, matern
from mixpipe.search.surrogates.protocol import folds
from mixpipe.search.trials import losses

NUGGET = 1e-5  # of a draw from the process, so that its covariance has a root


class Table:
    """A pool of n runs with the kernels between all of its mixtures, and their variances."""

    def __init__(self, name: str) -> None:
        """Read a table of `TABLES` by its name."""
        place, narrowed = TABLES[name]
        pool = Pool.of(where(read_runs(RUNS / place / "runs.csv"), narrowed))
        self.gaps, self.weights = pool.gaps, pool.problem.target_weights
        self.mixtures = np.array([trial.mixture for trial in pool.trials])
        self.losses = losses(pool.trials, pool.problem.targets)
        roots = np.sqrt(self.mixtures)
        self.processes = [matern(roots / length, roots / length) for length in LENGTHS]
        self.products = {"roots": roots @ roots.T, "shares": self.mixtures @ self.mixtures.T}

    def objective(self, rows: np.ndarray) -> np.ndarray:
        """Return the objective (r,) of rows (r,), in units of their spread."""
        measured = self.losses[rows]
        return Objective.fit(measured, self.weights).value(measured)


class Process:
    """The default's process of one target on some rows of a table: the same average of kernels."""

    def __init__(self, table: Table, rows: np.ndarray, values: np.ndarray) -> None:
        """Fit values (r,) measured at rows (r,) of the table."""
        self.table, self.rows = table, rows
        products = table.products["shares" if len(rows) >= table.mixtures.shape[1] else "roots"]
        self.trend = products / np.diag(products)[rows].mean()
        self.centre, self.scale = values.mean(), max(values.std(ddof=1), 1e-12)
        column = ((values - self.centre) / self.scale)[:, None]
        kinds = [(process, trend) for process in table.processes for trend in TRENDS]
        fits = [fit_kernel(self._kernel(kind, rows, rows), column) for kind in kinds]
        scores = np.array([fit.score for fit in fits]) * len(rows)
        weights = np.exp(scores - scores.max())
        weights[weights < LEAST_WEIGHT * weights.sum()] = 0
        self.members = [
            (weight, fit, kind)
            for weight, fit, kind in zip(weights / weights.sum(), fits, kinds, strict=True)
            if weight
        ]

    def _kernel(self, kind: tuple[np.ndarray, float], left: np.ndarray, right: np.ndarray) -> np.ndarray:
        process, trend = kind
        places = np.ix_(left, right)
        return np.asarray(process[places] + trend * self.trend[places] + 1)

    def predict(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation (q,) at rows (q,) of the table."""
        mean, square = np.zeros((2, len(rows)))
        for weight, fit, kind in self.members:
            itself = 2 + kind[1] * np.diag(self.trend)[rows]
            found = fit.predict(self._kernel(kind, rows, self.rows), itself)
            mean += weight * found.mean[:, 0]
            square += weight * (found.sd[:, 0] ** 2 + found.mean[:, 0] ** 2)
        return self.centre + self.scale * mean, self.scale * np.sqrt(np.maximum(square - mean**2, 0))

    def held_out(self) -> np.ndarray:
        """Return what is foreseen of the rows (r,) without their fold."""
        fold = folds(self.table.mixtures[self.rows])
        found = sum(weight * fit.without_folds(fold)[:, 0] for weight, fit, _ in self.members)
        return np.asarray(self.centre + self.scale * found)

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return one function from the posterior at rows (q,), in standardised units."""
        member = rng.choice(len(self.members), p=[weight for weight, _, _ in self.members])
        fit: KernelFit = self.members[member][1]
        kind = self.members[member][2]
        cross = self._kernel(kind, rows, self.rows)
        known = cross @ fit.vectors
        left = self._kernel(kind, rows, rows) - (known / (fit.values + fit.noise[0])) @ known.T
        root = np.linalg.cholesky(left + NUGGET * np.eye(len(rows)))
        spread = np.sqrt(fit.amplitude[0]) * (root @ rng.standard_normal(len(rows)))
        return np.asarray(cross @ fit.alpha[:, 0] + spread)
