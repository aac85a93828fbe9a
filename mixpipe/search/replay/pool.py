"""Searches replayed over finished runs: how close to the best run does a method come after so many?

The runs are the pool: a method chooses from their mixtures, none twice, and is told what was measured. A method that
can order given mixtures (`rank`) chooses freely; of any other, each proposal stands for the nearest run left (Hellinger
distance). A one-shot method ends with its recommendation: before every count that is reported, the run nearest to it is
looked at, unless it has been. Runs of equal mixtures are one, with the mean of their losses. There are no token counts,
so the mean mixture stands for the natural one, and no bounds.

The truth is the mean over targets of the losses, `standardised` over the pool (or as they are: `mean`). The gap left is
(best found - best) / (median - best): 1 is no better than a middling run, 0 the best of all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixpipe.errors import ConfigError, InputError
from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import lattice_key, snap
from mixpipe.search.methods.protocol import Method, ranks
from mixpipe.search.objective import Objective
from mixpipe.search.problem import Problem
from mixpipe.search.replay.tables import RunTable
from mixpipe.search.trials import Trial, losses, tried

__all__ = ["CHECKPOINTS", "OBJECTIVES", "Pool", "gap_curves", "gap_left", "replay_search", "reported"]

CHECKPOINTS = (20, 40, 60, 80, 100)
OBJECTIVES = ("standardised", "mean")
ONE_SHOT = "one shot"
TOKENS = 1 << 40  # any number: nothing is bounded by it


@dataclass(frozen=True, eq=False)
class Pool:
    """Finished runs to search over.

    Attributes:
        problem: without bounds.
        trials: one for every different mixture, all targets measured.
        gaps: (n,) float64, the gap that is left when a trial is the best found.
        objective: one of `OBJECTIVES`.
    """

    problem: Problem
    trials: tuple[Trial, ...]
    gaps: np.ndarray
    objective: str

    @classmethod
    def of(cls, table: RunTable, objective: str = "standardised") -> "Pool":
        """Make a pool of a table; runs that lack a target are left out.

        Raises:
            InputError: fewer than three different mixtures have all targets, or no target differs between them.
            ConfigError: there is no such objective.
        """
        if objective not in OBJECTIVES:
            raise ConfigError(f"expected an objective among {', '.join(OBJECTIVES)}, found {objective!r}")
        whole = table.rows(np.isfinite(table.losses).all(axis=1))
        groups: dict[bytes, list[int]] = {}
        mixtures = snap(whole.mixtures) if len(whole) else whole.mixtures
        for row, mixture in enumerate(mixtures):
            groups.setdefault(lattice_key(mixture), []).append(row)
        firsts = [rows[0] for rows in groups.values()]
        measured = np.array([whole.losses[rows].mean(axis=0) for rows in groups.values()])
        if len(firsts) < 3:
            raise InputError(
                f"expected at least 3 different mixtures with all {len(table.targets)} targets in {table.name}, found "
                f"{len(firsts)}; name fewer targets with --target"
            )
        values = (
            measured.mean(axis=1) if objective == "mean" else Objective.fit(measured, _equal(table)).value(measured)
        )
        best, middle = float(values.min()), float(np.median(values))
        if middle <= best:
            raise InputError(f"expected targets that differ between the runs of {table.name}, found equal results")
        trials = tuple(
            Trial(
                trial=whole.run_ids[row],
                method="recorded",
                round="recorded",
                mixture=mixtures[row],
                model_size=1,
                tokens=1,
                seed=0,
                target_losses=dict(zip(table.targets, loss.tolist(), strict=True)),
                domain_losses={},
                status="ok",
            )
            for row, loss in zip(firsts, measured, strict=True)
        )
        return cls(_problem(table, mixtures[firsts]), trials, (values - best) / (middle - best), objective)

    def asked(self, told: Sequence[Trial]) -> Problem:
        """Return the problem of a method that has been told these trials.

        Methods divide losses by their spread over the trials; for the mean of plain losses the weights are the spreads.
        """
        spread = losses(told, self.problem.targets).std(axis=0, ddof=1) if len(told) > 1 else np.zeros(1)
        if self.objective != "mean" or not spread.any():
            return self.problem
        return replace(self.problem, target_weights=spread)

    def nearest(self, mixture: np.ndarray, rows: np.ndarray) -> int:
        """Return the place in `rows`, numbers of trials, of the mixture nearest to (k,), in Hellinger distance."""
        return int(np.argmax([np.sqrt(self.trials[row].mixture) @ np.sqrt(mixture) for row in rows]))


def replay_search(pool: Pool, method: Method, *, budget: int, batch: int, seed: int) -> np.ndarray:
    """Return (budget,) float64: the gap left after 1, 2, ... runs; once the best is found, nothing more is asked.

    Args:
        pool: the finished runs.
        method: asked for `batch` mixtures at a time.
        budget: runs in all; a smaller pool is used up, and the last figure repeated.
        batch: runs that are chosen together, before any of them is measured.
        seed: of the method's draws.
    """
    rng = np.random.default_rng(seed)
    left = np.arange(len(pool.trials))
    used: list[int] = []
    ends_recommended = method.about.family == ONE_SHOT
    while len(used) < min(budget, len(pool.trials)) and not (pool.gaps[used] == 0).any():
        told = [pool.trials[row] for row in used]
        room = min(next(point for point in reported(budget) if point > len(used)), len(pool.trials)) - len(used)
        last = _recommended(pool, method, told, left) if ends_recommended and room == 1 else None
        wanted = min(batch, room - (ends_recommended and room > 1))
        chosen = left[_choice(pool, method, told, left, wanted, rng) if last is None else np.array([last])]
        used += chosen.tolist()
        left = np.setdiff1d(left, chosen)
    best = np.minimum.accumulate(pool.gaps[used])
    return np.concatenate([best, np.full(max(budget - len(best), 0), best[-1])])


def reported(budget: int) -> tuple[int, ...]:
    """Return the counts of runs that figures are given for: `CHECKPOINTS` below the budget, and the budget."""
    return (*(point for point in CHECKPOINTS if point < budget), budget)


def gap_left(pool: Pool, method: Method, *, budget: int, batch: int, seeds: int) -> dict[str, dict[str, float]]:
    """Return mean and standard deviation (NaN with one seed) over seeds of the gap left, by number of runs."""
    curves = gap_curves(pool, method, budget=budget, batch=batch, seeds=range(seeds))
    return {
        str(point): {
            "mean": float(curves[:, point - 1].mean()),
            "sd": float(curves[:, point - 1].std(ddof=1)) if seeds > 1 else float("nan"),
        }
        for point in reported(budget)
    }


def gap_curves(pool: Pool, method: Method, *, budget: int, batch: int, seeds: Iterable[int]) -> np.ndarray:
    """Return (seeds, budget) float64: the gap left after 1, 2, ... runs; methods that rank share their first batch."""
    return np.array([replay_search(pool, method, budget=budget, batch=batch, seed=seed) for seed in seeds])


def _recommended(pool: Pool, method: Method, told: Sequence[Trial], left: np.ndarray) -> int | None:
    """Return the place in `left` of the run nearest to what a method recommends; None when that has been looked at."""
    mixture = method.recommend(pool.asked(told), told).mixture
    return None if lattice_key(mixture) in tried(told) else pool.nearest(mixture, left)


def _choice(
    pool: Pool, method: Method, told: Sequence[Trial], left: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Return `count` places in `left`, all different."""
    candidates = np.array([pool.trials[row].mixture for row in left])
    if ranks(method):
        return method.rank(pool.asked(told), told, candidates, count, rng)
    proposed = method.propose(pool.asked(told), told, count, rng)
    roots, free, found = np.sqrt(candidates), np.ones(len(left), dtype=bool), []
    for row in proposed:
        nearest = int(np.argmax(np.where(free, roots @ np.sqrt(row), -1)))
        free[nearest] = False
        found.append(nearest)
    rest = rng.permutation(np.flatnonzero(free))[: count - len(found)]  # a method with nothing more to propose
    return np.concatenate([np.array(found, dtype=np.int64), rest])


def _problem(table: RunTable, mixtures: np.ndarray) -> Problem:
    return Problem(
        domains=table.domains,
        available_tokens=mixtures.mean(axis=0) * TOKENS,
        budget_tokens=TOKENS,
        constraints=Constraints.free(len(table.domains)),
        targets=table.targets,
        target_weights=_equal(table),
    )


def _equal(table: RunTable) -> np.ndarray:
    return np.ones(len(table.targets))
