"""Other ways to choose a round than the default's, replayed over six tables of recorded runs, seed by seed beside it.

The rules are those of `search_replay`; the default is the library's, choice for choice. What makes it several times
faster: the kernels of a table's mixtures are computed once, and no held-out errors where nobody asks for them. All
variants are told the objective alone. A round is made of parts:

- process: one by one by expected improvement, what was chosen believed;
- sampled: the lowest of one draw each from the process, a kernel drawn by its weight (Thompson sampling);
- trees: what boosted trees like best, kept apart; of the best: drawn from their best forty, as CLIMB does;
- law: the lowest under an exponential law; law as mean: the process learns what the law leaves;
- chance: at random, so many of a round as the held-out rank of the process is likely to be luck.

    python -m benchmarks.search_variants [--first 0] [--seeds 64] [--variants default ...] [--tables pile ...]

Output by table and variant: gap left after 20, 40 and 60 runs, and variant minus default on the same seeds, each as mean
and standard error; `mean` over the tables.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import norm

from benchmarks.search_replay import BATCH, RUNS, TABLES, summary
from mixpipe.search.acquisition import batch_of, log_expected_improvement
from mixpipe.search.methods.mixpipe import TREES_SHARE, TREES_UNIT
from mixpipe.search.objective import Objective
from mixpipe.search.replay.pool import Pool
from mixpipe.search.replay.tables import read_runs
from mixpipe.search.replay.where import where
from mixpipe.search.surrogates.explaw import ExponentialLaw
from mixpipe.search.surrogates.gp import LEAST_WEIGHT, LENGTHS, TRENDS
from mixpipe.search.surrogates.kernel import KernelFit, fit_kernel, matern
from mixpipe.search.surrogates.lightgbm import LightGBM
from mixpipe.search.surrogates.protocol import folds
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.trials import losses

FAST = ("pile", "slimpajama", "wiki40b", "commonsense_qa", "gsm8k", "pubmedqa")
BUDGET = 60
NUGGET = 1e-5  # of a draw from the process, so that its covariance has a root
BEST_BY_TREES = 40  # drawn from by CLIMB for a batch of five


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
        self.kernels = [
            matern(roots / length, roots / length) + trend * (roots @ roots.T) + 1
            for length in LENGTHS
            for trend in TRENDS
        ]

    def objective(self, rows: np.ndarray) -> np.ndarray:
        """Return the objective (r,) of rows (r,), in units of their spread."""
        measured = self.losses[rows]
        return Objective.fit(measured, self.weights).value(measured)


class Process:
    """The library's process of one target on some rows of a table: the same average of kernels."""

    def __init__(self, table: Table, rows: np.ndarray, values: np.ndarray) -> None:
        """Fit values (r,) measured at rows (r,) of the table."""
        self.table, self.rows = table, rows
        self.centre, self.scale = values.mean(), max(values.std(ddof=1), 1e-12)
        column = ((values - self.centre) / self.scale)[:, None]
        fits = [fit_kernel(kernel[np.ix_(rows, rows)], column) for kernel in table.kernels]
        scores = np.array([fit.score for fit in fits]) * len(rows)
        weights = np.exp(scores - scores.max())
        weights[weights < LEAST_WEIGHT * weights.sum()] = 0
        self.members = [
            (weight, fit, kernel)
            for weight, fit, kernel in zip(weights / weights.sum(), fits, table.kernels, strict=True)
            if weight
        ]

    def predict(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation (q,) at rows (q,) of the table."""
        mean, square = np.zeros((2, len(rows)))
        for weight, fit, kernel in self.members:
            found = fit.predict(kernel[np.ix_(rows, self.rows)], kernel[rows, rows])
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
        kernel = self.members[member][2]
        cross = kernel[np.ix_(rows, self.rows)]
        known = cross @ fit.vectors
        left = kernel[np.ix_(rows, rows)] - (known / (fit.values + fit.noise[0])) @ known.T
        root = np.linalg.cholesky(left + NUGGET * np.eye(len(rows)))
        spread = np.sqrt(fit.amplitude[0]) * (root @ rng.standard_normal(len(rows)))
        return np.asarray(cross @ fit.alpha[:, 0] + spread)


@dataclass
class Round:
    """What is known before a round, and the places in `left` that were chosen so far."""

    table: Table
    rows: np.ndarray
    values: np.ndarray
    left: np.ndarray
    rng: np.random.Generator
    chosen: list[int] = field(default_factory=list)

    def lowest(self, scores: np.ndarray) -> None:
        """Choose the lowest of scores (q,) that is not chosen yet."""
        scores = scores.copy()
        scores[self.chosen] = np.inf
        self.chosen.append(int(np.argmin(scores)))

    def process(self, count: int, trend: np.ndarray | None = None, held_out: np.ndarray | None = None) -> None:
        """Choose by expected improvement; with the mean (n,) of a law, which held out foresaw the rows so, beside it."""
        mean_of = np.zeros(len(self.table.gaps)) if trend is None else trend
        rows, best_measured = self.rows, self.values.min()
        rest = self.values - (0 if held_out is None else held_out)
        for _ in range(count):
            fitted = Process(self.table, rows, rest)
            mean, sd = fitted.predict(self.left)
            mark = min((fitted.predict(rows)[0] + mean_of[rows]).min(), best_measured)
            foreseen = mean + mean_of[self.left]
            self.lowest(-log_expected_improvement(foreseen / fitted.scale, sd / fitted.scale, mark / fitted.scale))
            place = self.chosen[-1]
            rows, rest = np.append(rows, self.left[place]), np.append(rest, mean[place])
            best_measured = min(best_measured, foreseen[place])

    def sampled(self, count: int) -> None:
        """Choose the lowest of one draw each."""
        fitted = Process(self.table, self.rows, self.values)
        for _ in range(count):
            self.lowest(fitted.draw(self.left, self.rng))

    def trees(self, count: int, *, best: int | None = None) -> None:
        """Choose what trees like best, kept apart; or at random from so many that they like best."""
        scale = max(self.values.std(), 1e-12)
        known, rows = self.table.mixtures[self.rows], self.table.mixtures[self.left]
        liked = -LightGBM().regress(known, (self.values - self.values.mean()) / scale, rows)
        liked[self.chosen] = -np.inf
        if best is None:
            self.chosen += batch_of(liked / TREES_UNIT, rows, count, near=rows[self.chosen]).tolist()
        else:
            self.chosen += self.rng.permutation(np.argsort(-liked, kind="stable")[:best])[:count].tolist()

    def law(self, count: int) -> None:
        """Choose the lowest under the exponential law."""
        trend, _ = self.fitted_law()
        for _ in range(count):
            self.lowest(trend[self.left])

    def fitted_law(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what the exponential law foresees of the whole table (n,), and held out of the rows (r,)."""
        centre, scale = self.values.mean(), max(self.values.std(ddof=1), 1e-12)
        fitted = ExponentialLaw().fit(self.table.mixtures[self.rows], ((self.values - centre) / scale)[:, None])
        everywhere = fitted.predict(self.table.mixtures).mean[:, 0]
        return centre + scale * everywhere, centre + scale * fitted.held_out[:, 0]

    def at_random(self, count: int) -> None:
        """Choose any."""
        free = np.setdiff1d(np.arange(len(self.left)), self.chosen)
        self.chosen += self.rng.permutation(free)[:count].tolist()

    def process_rank(self) -> float:
        """Return the held-out rank correlation of the process."""
        return _rank(Process(self.table, self.rows, self.values).held_out(), self.values)


Chooser = Callable[[Round], None]


def by_process_and_trees(task: Round, *, trees: float = TREES_SHARE, wanted: int = BATCH) -> None:
    by_trees = round(trees * wanted)
    task.process(wanted - by_trees)
    if by_trees:
        task.trees(by_trees)


def sampled_and_trees(task: Round, *, process: int, sampled: int, trees: int) -> None:
    task.process(process)
    task.sampled(sampled)
    if trees:
        task.trees(trees)


def chance_where_no_skill(task: Round) -> None:
    rank, count = task.process_rank(), len(task.rows)
    # Fisher's z of a rank correlation has a variance of 1.06 / (n - 3).
    luck = norm.sf(np.arctanh(np.clip(rank, -0.999, 0.999)) * np.sqrt(max(count - 3, 1) / 1.06))
    blind = int(BATCH * luck + task.rng.random())
    by_process_and_trees(task, wanted=BATCH - blind)
    task.at_random(blind)


def by_skill(task: Round) -> None:
    """Shares of process and trees as the squares of their held-out ranks, half each where neither has any."""
    mixtures = task.table.mixtures[task.rows]
    fold, held_out = folds(mixtures) % 5, np.empty(len(task.rows))
    for number in np.unique(fold):
        rest, out = fold != number, fold == number
        held_out[out] = LightGBM().regress(mixtures[rest], task.values[rest], mixtures[out])
    skills = np.maximum([task.process_rank(), _rank(held_out, task.values)], 0) ** 2
    share = skills[1] / skills.sum() if skills.sum() else 0.5
    by_trees = int(BATCH * share + task.rng.random())
    task.process(BATCH - by_trees)
    if by_trees:
        task.trees(by_trees)


def law_beside(task: Round) -> None:
    task.process(BATCH - 2)
    task.law(1)
    task.trees(1)


def law_as_mean(task: Round) -> None:
    trend, held_out = task.fitted_law()
    plain = np.square(Process(task.table, task.rows, task.values).held_out() - task.values).mean()
    rest = task.values - held_out
    with_law = np.square(Process(task.table, task.rows, rest).held_out() - rest).mean()
    by_trees = round(TREES_SHARE * BATCH)
    if with_law < plain:
        task.process(BATCH - by_trees, trend, held_out)
    else:
        task.process(BATCH - by_trees)
    task.trees(by_trees)


def one_at_random(task: Round) -> None:
    by_process_and_trees(task, trees=0.25, wanted=BATCH - 1)
    task.at_random(1)


VARIANTS: dict[str, Chooser] = {
    "default": by_process_and_trees,
    "random": partial(Round.at_random, count=BATCH),
    "trees": partial(Round.trees, count=BATCH, best=BEST_BY_TREES),
    "no-trees": partial(by_process_and_trees, trees=0.0),
    "one-by-trees": partial(by_process_and_trees, trees=0.2),
    "sampled": partial(sampled_and_trees, process=0, sampled=5, trees=0),
    "sampled-trees": partial(sampled_and_trees, process=0, sampled=3, trees=2),
    "one-sampled": partial(sampled_and_trees, process=2, sampled=1, trees=2),
    "chance-where-no-skill": chance_where_no_skill,
    "one-at-random": one_at_random,
    "by-skill": by_skill,
    "law-beside": law_beside,
    "law-as-mean": law_as_mean,
}


def replay(table: Table, choose: Chooser, seed: int) -> np.ndarray:
    """Return (BUDGET,) gap left after 1, 2, ... runs, the first batch that of `search_replay` under the seed."""
    rng, left, used = np.random.default_rng(seed), np.arange(len(table.gaps)), np.empty(0, dtype=np.int64)
    while len(used) < BUDGET and not (table.gaps[used] == 0).any():
        task = Round(table, used, table.objective(used), left, rng) if len(used) else None
        if task is None:
            chosen = left[rng.permutation(len(left))[:BATCH]]
        else:
            choose(task)
            chosen = left[task.chosen]
        used, left = np.concatenate([used, chosen]), np.setdiff1d(left, chosen)
    best = np.minimum.accumulate(table.gaps[used])
    return np.concatenate([best, np.full(BUDGET - len(best), best[-1])])


def measure(tables: list[str], variants: list[str], seeds: range) -> dict[str, Any]:
    found: dict[str, Any] = {"seeds": [seeds.start, seeds.stop], "tables": {}}
    curves: dict[str, dict[str, np.ndarray]] = {}
    for name in tables:
        table = Table(name)
        curves[name] = {v: np.array([replay(table, VARIANTS[v], seed) for seed in seeds]) for v in variants}
        found["tables"][name] = _compared(curves[name])
        print(name, json.dumps(found["tables"][name]), file=sys.stderr, flush=True)
    # Seeds of different tables are different draws: the mean over tables is taken seed by seed all the same.
    found["mean"] = _compared({v: np.mean([curves[name][v] for name in tables], axis=0) for v in variants})
    return found


def _compared(curves: dict[str, np.ndarray]) -> dict[str, Any]:
    return {
        variant: {
            "gap_left": summary(values, BUDGET),
            **({"minus_default": summary(values - curves["default"], BUDGET)} if "default" in curves else {}),
        }
        for variant, values in curves.items()
    }


def _rank(left: np.ndarray, right: np.ndarray) -> float:
    rank = float(spearman(left[:, None], right[:, None])[0])
    return rank if np.isfinite(rank) else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=64)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--tables", nargs="+", default=list(FAST), choices=list(TABLES))
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    print(json.dumps(measure(asked.tables, asked.variants, seeds)))
