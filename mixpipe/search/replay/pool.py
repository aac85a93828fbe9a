"""Searches replayed over finished runs: how close to the best run does a method come after so many?

The runs are the pool: a method chooses from their mixtures, none twice, and is told what was measured. A method that
can order given mixtures (`rank`) chooses freely; of any other, each proposal stands for the nearest run left (Hellinger
distance). Runs of equal mixtures are one, with the mean of their losses. There are no token counts, so the mean mixture
stands for the natural one, and no bounds.

The truth is the mean over targets of the losses, `standardised` over the pool (or as they are: `mean`). The gap left is
(best found - best) / (median - best): 1 is no better than a middling run, 0 the best of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixpipe.errors import ConfigError, InputError
from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import lattice_key, snap
from mixpipe.search.methods.protocol import Method, ranks
from mixpipe.search.objective import Objective
from mixpipe.search.problem import Problem
from mixpipe.search.replay.tables import RunTable
from mixpipe.search.trials import Trial

__all__ = ["CHECKPOINTS", "OBJECTIVES", "Pool", "gap_left", "replay_search"]

CHECKPOINTS = (20, 40, 60, 80, 100)
OBJECTIVES = ("standardised", "mean")
TOKENS = 1 << 40  # any number: nothing is bounded by it


@dataclass(frozen=True, eq=False)
class Pool:
    """Finished runs to search over.

    Attributes:
        problem: without bounds.
        trials: one for every different mixture, all targets measured.
        gaps: (n,) float64, the gap that is left when a trial is the best found.
    """

    problem: Problem
    trials: tuple[Trial, ...]
    gaps: np.ndarray

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
        losses = np.array([whole.losses[rows].mean(axis=0) for rows in groups.values()])
        if len(firsts) < 3:
            raise InputError(
                f"expected at least 3 different mixtures with all {len(table.targets)} targets in {table.name}, found "
                f"{len(firsts)}; name fewer targets with --target"
            )
        values = losses.mean(axis=1) if objective == "mean" else Objective.fit(losses, _equal(table)).value(losses)
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
            for row, loss in zip(firsts, losses, strict=True)
        )
        return cls(_problem(table, mixtures[firsts]), trials, (values - best) / (middle - best))


def replay_search(pool: Pool, method: Method, *, budget: int, batch: int, seed: int) -> np.ndarray:
    """Return (budget,) float64: the gap left after 1, 2, ... runs.

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
    while len(used) < min(budget, len(pool.trials)):
        wanted = min(batch, budget - len(used), len(left))
        told = [pool.trials[row] for row in used]
        chosen = left[_choice(pool, method, told, left, wanted, rng)]
        used += chosen.tolist()
        left = np.setdiff1d(left, chosen)
    best = np.minimum.accumulate(pool.gaps[used])
    return np.concatenate([best, np.full(max(budget - len(best), 0), best[-1])])


def gap_left(pool: Pool, method: Method, *, budget: int, batch: int, seeds: int) -> dict[str, dict[str, float]]:
    """Return mean and standard deviation over seeds of the gap left, by number of runs: CHECKPOINTS up to `budget`."""
    curves = np.array([replay_search(pool, method, budget=budget, batch=batch, seed=seed) for seed in range(seeds)])
    points = [point for point in CHECKPOINTS if point <= budget] or [budget]
    return {
        str(point): {
            "mean": float(curves[:, point - 1].mean()),
            "sd": float(curves[:, point - 1].std(ddof=1)) if seeds > 1 else 0.0,
        }
        for point in points
    }


def _choice(
    pool: Pool, method: Method, told: Sequence[Trial], left: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Return `count` places in `left`, all different."""
    candidates = np.array([pool.trials[row].mixture for row in left])
    if ranks(method):
        return method.rank(pool.problem, told, candidates, count, rng)
    proposed = method.propose(pool.problem, told, count, rng)
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
