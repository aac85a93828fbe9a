"""Other ways to choose a round than the default's, replayed over six tables of recorded runs, seed by seed beside it.

The rules are those of `search_replay`; the default is the library's, choice for choice. All variants are told the
objective alone. A round is made of parts:

- process: one by one by expected improvement, what was chosen believed;
- sampled: the lowest of one draw each from the process, a kernel drawn by its weight (Thompson sampling);
- trees: what boosted trees like best, kept apart; of the best: drawn from their best forty, as CLIMB does;
- law: the lowest under an exponential law;
- chance: at random, so many of a round as the held-out rank of the process is likely to be luck.

    python -m benchmarks.search_variants [--first 0] [--seeds 64] [--variants default ...] [--tables pile ...]

Output by table and variant: gap left after 20, 40 and 60 runs, and variant minus default on the same seeds, each as
mean and standard error; `mean` over the tables. By table `skill`: how well process and trees, fitted to 20 runs drawn
at random, rank all others (Spearman over draws, one a seed).
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

from benchmarks.fast_pool import Process, Table
from benchmarks.search_replay import BATCH, TABLES, summary
from mixpipe.search.acquisition import batch_of, log_expected_improvement
from mixpipe.search.surrogates.explaw import ExponentialLaw
from mixpipe.search.surrogates.lightgbm import LightGBM
from mixpipe.search.surrogates.protocol import folds
from mixpipe.search.surrogates.rank import spearman

FAST = ("pile", "slimpajama", "wiki40b", "commonsense_qa", "gsm8k", "pubmedqa")
BUDGET, SKILLED = 60, 20
TREES_SHARE, TREES_UNIT = 0.4, 0.05  # the default's at search stage version 6
BEST_BY_TREES = 40  # drawn from by CLIMB for a batch of five


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

    def process(self, count: int) -> None:
        """Choose one by one by expected improvement, what was chosen believed."""
        rows, values = self.rows, self.values
        for _ in range(count):
            fitted = Process(self.table, rows, values)
            mean, sd = fitted.predict(self.left)
            mark = min(fitted.predict(rows)[0].min(), values.min())
            self.lowest(-log_expected_improvement(mean / fitted.scale, sd / fitted.scale, mark / fitted.scale))
            place = self.chosen[-1]
            rows, values = np.append(rows, self.left[place]), np.append(values, mean[place])

    def sampled(self, count: int) -> None:
        """Choose the lowest of one draw each."""
        fitted = Process(self.table, self.rows, self.values)
        for _ in range(count):
            self.lowest(fitted.draw(self.left, self.rng))

    def trees(self, count: int, *, best: int | None = None) -> None:
        """Choose what trees like best, kept apart; or at random from so many that they like best."""
        rows, liked = self.table.mixtures[self.left], -self.by_trees()
        liked[self.chosen] = -np.inf
        if best is None:
            self.chosen += batch_of(liked / TREES_UNIT, rows, count, near=rows[self.chosen]).tolist()
        else:
            self.chosen += self.rng.permutation(np.argsort(-liked, kind="stable")[:best])[:count].tolist()

    def by_trees(self) -> np.ndarray:
        """Return what boosted trees foresee of what is left (q,), in standard deviations."""
        scale = max(self.values.std(), 1e-12)
        known, rows = self.table.mixtures[self.rows], self.table.mixtures[self.left]
        return LightGBM().regress(known, (self.values - self.values.mean()) / scale, rows)

    def law(self) -> None:
        """Choose the lowest under the exponential law."""
        standardised = (self.values - self.values.mean()) / max(self.values.std(ddof=1), 1e-12)
        fitted = ExponentialLaw().fit(self.table.mixtures[self.rows], standardised[:, None])
        self.lowest(fitted.predict(self.table.mixtures[self.left]).mean[:, 0])

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


def law_beside(task: Round, *, process: int, trees: int) -> None:
    task.process(process)
    task.law()
    task.trees(trees)


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
    "law-for-a-tree": partial(law_beside, process=3, trees=1),
    "law-for-a-process": partial(law_beside, process=2, trees=2),
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
        found["tables"][name] = {"skill": skill(table, seeds), "variants": _compared(curves[name])}
        print(name, json.dumps(found["tables"][name]), file=sys.stderr, flush=True)
    # Seeds of different tables are different draws: the mean over tables is taken seed by seed all the same.
    found["mean"] = _compared({v: np.mean([curves[name][v] for name in tables], axis=0) for v in variants})
    return found


def skill(table: Table, seeds: range) -> dict[str, dict[str, float]]:
    ranks = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(table.gaps))
        rows, left = order[:SKILLED], order[SKILLED:]
        task = Round(table, rows, table.objective(rows), left, np.random.default_rng(seed))
        process = Process(table, rows, task.values).predict(left)[0]
        ranks.append([_rank(process, table.gaps[left]), _rank(task.by_trees(), table.gaps[left])])
    mean, error = np.mean(ranks, axis=0), np.std(ranks, axis=0, ddof=1) / np.sqrt(len(ranks))
    figures = zip(("process", "trees"), mean.tolist(), error.tolist(), strict=True)
    return {name: {"mean": value, "standard_error": spread} for name, value, spread in figures}


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
