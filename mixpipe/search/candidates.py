"""Where methods look: mixtures drawn around the natural one, and moves from good ones. All feasible, on the lattice.

A method ranks candidates and takes the first that are new; that repeats a mixture already tried teaches nothing
(seeds are repeated on purpose elsewhere), and two mixtures of one batch that nearly coincide teach little.
"""

from collections.abc import Callable

import numpy as np

from mixpipe.mixture.dirichlet import Tempering, tempered_dirichlet
from mixpipe.mixture.simplex import lattice_keys, shares
from mixpipe.search.problem import Problem
from mixpipe.search.tilts import cell_noise, tilted

__all__ = ["designed", "first_new", "new_draws", "prior_draws", "spread_out", "variations"]

# Draws before giving up on finding new mixtures: bounds may leave only one.
ATTEMPTS = 20


def prior_draws(
    problem: Problem, count: int, rng: np.random.Generator, *, tempering: Tempering | None = None
) -> np.ndarray:
    """Return (count, k) draws around the natural mixture, brought under the constraints."""
    return problem.constraints.settle(_drawn(problem, count, rng, tempering))


def variations(problem: Problem, centres: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return (count, k) mixtures near randomly picked rows of (c, k) `centres`.

    Half shift every share by a random factor (log-normal, of spread 0.1 to 1.5), half move 5 to 60 % of the budget
    towards a tempered draw: the first refine, the second bring in domains that the centre lacks.
    """
    picked = centres[rng.integers(len(centres), size=count)]
    spread = np.exp(rng.uniform(np.log(0.1), np.log(1.5), size=(count, 1)))
    # A hundredth of an equal share lets a domain at 0 come back.
    noise = cell_noise(count, picked.shape[1] // problem.strata, problem.strata, rng)
    scaled = shares((picked + 0.01 / picked.shape[1]) * np.exp(spread * noise))
    towards = _drawn(problem, count, rng)
    step = rng.uniform(0.05, 0.6, size=(count, 1))
    moved = (1 - step) * picked + step * towards
    return problem.constraints.settle(np.where(rng.random((count, 1)) < 0.5, scaled, moved))


def _drawn(problem: Problem, count: int, rng: np.random.Generator, tempering: Tempering | None = None) -> np.ndarray:
    """Return (count, k) tempered Dirichlet draws; with strata, of the domains, each tilted towards quality."""
    domains = problem.natural.reshape(-1, problem.strata).sum(axis=1)
    draws = tempered_dirichlet(domains, count, rng, tempering=tempering).mixtures.reshape(count, -1)
    return draws if problem.strata == 1 else tilted(draws, problem.natural, problem.strata, rng)


def first_new(rows: np.ndarray, count: int, taken: set[bytes]) -> np.ndarray:
    """Return the first `count` of (n, k) rows that are neither in `taken` nor equal to an earlier one; may be fewer."""
    seen, found = set(taken), list[int]()
    for index, key in enumerate(lattice_keys(rows)):
        if len(found) == count:
            break
        if key not in seen:
            seen.add(key)
            found.append(index)
    return rows[np.array(found, dtype=np.int64)]


def new_draws(
    draw: Callable[[int], np.ndarray], count: int, taken: set[bytes], *, first: np.ndarray | None = None
) -> np.ndarray:
    """Return (count, k) new mixtures, fewer when the constraints leave no more to find.

    Args:
        draw: returns so many random mixtures.
        count: how many are wanted.
        taken: lattice keys of mixtures that are not new.
        first: (n, k) mixtures to take before any is drawn.
    """
    rows = draw(count) if first is None else first
    found = first_new(rows, count, taken)
    for _ in range(ATTEMPTS):
        if len(found) == count:
            break
        rows = np.concatenate([rows, draw(count)])
        found = first_new(rows, count, taken)
    return found


def designed(problem: Problem, rows: np.ndarray, count: int, taken: set[bytes], rng: np.random.Generator) -> np.ndarray:
    """Return (count, k) new mixtures: a design (n, k) brought under the constraints, in its order, then random ones."""
    settled = problem.constraints.settle(rows)
    return new_draws(lambda n: prior_draws(problem, n, rng), count, taken, first=settled)


def spread_out(rows: np.ndarray, count: int, near: np.ndarray) -> np.ndarray:
    """Return `count` rows of (q, k) chosen one by one, each the furthest (Hellinger) from `near` and those chosen.

    Args:
        rows: (q, k) mixtures; with no `near`, the first is chosen first.
        count: how many, at most q.
        near: (n, k) mixtures to keep away from.
    """
    roots = np.sqrt(rows)
    closest = np.max(roots @ np.sqrt(near).T, axis=1) if len(near) else np.zeros(len(rows))
    chosen: list[int] = []
    for _ in range(min(count, len(rows))):
        index = int(np.argmin(closest))
        chosen.append(index)
        closest = np.maximum(closest, roots @ roots[index])
        closest[index] = np.inf
    return rows[chosen]
