"""What a search's 28 proxies teach on the pipeline itself, judged by a pool of random proxies of the sample.

One random search of many proxies, on the targets of `methods`, is the pool. Three questions to it:

- ranks: a surrogate is fitted to 28 runs drawn from the pool; how well does it rank all others by the objective
  (Spearman), and how much of the gap from the best to the median of the others does its favourite among them leave?
- optima: where is the mixture of its least objective, under the caps of the pipeline? Shares at their caps and at no
  share, and its worth: the objective that all runs of the pool together foresee there, in standard deviations of the
  pool, 0 its mean, by two judges of different form (`auto` and the exponential law, which each flatter their like).
  Beside it the worth of natural, of the pool's best run and of the judge's own optimum, and how far to believe the
  judge: the rank of what its fits to other folds foresaw.
- searches: replayed over the pool, four runs at a time, 28 in all, see `mixpipe/search/replay/pool.py`;
- with `--trained`, and no model as a judge: proxies are trained at the optima of the first draws, each under two
  fresh seeds that all share, beside natural and the pool's best run.

    python -m benchmarks.few_proxies [--proxies 160] [--draws 16] [--seeds 32] [--trained 8] [--root DIR]

A draw's standard error is over draws, a search's over seeds; both are of one pool, whose own luck they leave out.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.methods import ONE_ROUND, TARGETS, rounds_of, search
from benchmarks.search_replay import summary
from benchmarks.workers import worker_pool
from mixpipe.config import load_config
from mixpipe.mixture.constraints import Constraints
from mixpipe.runs.run import load_artefacts
from mixpipe.search.evaluators import JUDGE, load_evaluator
from mixpipe.search.laws.mixing import fit_mixing
from mixpipe.search.methods import load_method
from mixpipe.search.objective import Objective
from mixpipe.search.optimum import least
from mixpipe.search.problem import Problem
from mixpipe.search.replay.merit import MERITS, merits
from mixpipe.search.replay.pool import Pool, gap_curves
from mixpipe.search.replay.tables import RunTable
from mixpipe.search.running import proxy_data
from mixpipe.search.stage import SEARCH
from mixpipe.search.surrogates import load_surrogate
from mixpipe.search.surrogates.protocol import fit_surrogate, folds
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.trials import Trial, losses, mixtures
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json
from mixpipe.store.stage import Context
from mixpipe.store.threads import fixed_threads

FEW, BATCH = sum(ONE_ROUND), 4
LAW = "data-mixing-laws"  # as the method of that name fits it
JUDGES = ("auto", LAW)
SURROGATES = (LAW, "explaw", "gp", "gp-ard", "lightgbm", "linear", "linear-sqrt")
METHODS = ("random", "regmix", "climb:paper", "bayesian", "data-mixing-laws", "mixpipe")
BUDGET, MAX_EPOCHS = 3_000_000, 4.0  # as in every run of `pipeline.py`
NEAR = 1e-3  # of a share to its bound
FRESH = (5_000_001, 5_000_002)  # seeds of proxies that no search has

Score = Callable[[np.ndarray], np.ndarray]


def measure(
    problem: Problem, trials: Sequence[Trial], surrogates: Sequence[str], *, draws: int, seeds: int
) -> dict[str, Any]:
    runs = RunTable(
        name="the pool",
        run_ids=tuple(trial.trial for trial in trials),
        domains=problem.domains,
        targets=problem.targets,
        mixtures=mixtures(trials, len(problem.domains)),
        losses=losses(trials, problem.targets),
        negated=(),
        columns={},
    )
    judges = {name: judge_of(problem, runs, name) for name in JUDGES}
    fitted = {name: learned(problem, runs, name, judges, draws=draws) for name in surrogates}
    pool = Pool.of(runs)
    curves = {
        name: gap_curves(pool, load_method(name), budget=FEW, batch=BATCH, seeds=range(seeds)) for name in METHODS
    }
    return {
        "proxies": len(trials),
        "draws": draws,
        "seeds": seeds,
        "caps": problem.constraints.caps.round(4).tolist(),
        "judges": {name: bounds(problem, runs, name, judge) for name, judge in judges.items()},
        "surrogates": fitted,
        "searches": {name: found_by(curves, name) for name in METHODS},
    }


def learned(problem: Problem, runs: RunTable, name: str, judges: dict[str, Score], *, draws: int) -> dict[str, Any]:
    """Return ranks and optima of a surrogate fitted to draws of 28 runs, the same draws for all of them."""
    rows = []
    for seed in range(draws):
        order = np.random.default_rng(seed).permutation(len(runs))
        known, others = runs.rows(np.sort(order[:FEW])), runs.rows(np.sort(order[FEW:]))
        objective = problem.fit_objective(known.losses)
        score, measured = foreseen(objective, known, name), objective.value(others.losses)
        merit = dict(zip(MERITS, merits(score(others.mixtures)[:, None], measured[:, None]), strict=True))
        best = least(problem, score, known.mixtures)
        rows.append(
            {
                "rank": float(merit["spearman"][0]),
                "gap_left": float(merit["regret"][0]),
                "at_cap": int((best > problem.constraints.caps - NEAR).sum()),
                "share_at_cap": float(best[best > problem.constraints.caps - NEAR].sum()),
                "absent": int((best < NEAR).sum()),
                **{f"worth_by_{judge}": float(worth(best[None])[0]) for judge, worth in judges.items()},
            }
        )
    print(name, rows[0], file=sys.stderr, flush=True)
    return {key: mean_and_error(np.array([row[key] for row in rows])) for key in rows[0]}


def trained(
    problem: Problem, trials: Sequence[Trial], run: Path, names: Sequence[str], *, draws: int
) -> dict[str, Any]:
    """Return the objective, in deviations of the pool from its mean, of proxies trained at the surrogates' optima."""
    x, y = mixtures(trials, len(problem.domains)), losses(trials, problem.targets)
    whole = problem.fit_objective(y)
    values = whole.value(y)
    asked = {"natural": [problem.constraints.settle(problem.natural)], "best run": [x[int(values.argmin())]]}
    for name in names:
        asked[name] = []
        for seed in range(draws):
            rows = np.sort(np.random.default_rng(seed).permutation(len(x))[:FEW])
            runs = RunTable("", (), problem.domains, problem.targets, x[rows], y[rows], (), {})
            score = foreseen(problem.fit_objective(y[rows]), runs, name)
            asked[name].append(least(problem, score, x[rows]))
    context = pools_of(run)
    with worker_pool(2, hold, context) as pool:
        tokens = context.config.proxy_tokens
        jobs = [(row.tolist(), seed, tokens) for rows in asked.values() for row in rows for seed in FRESH]
        found = np.array(pool.starmap(trained_losses, jobs, chunksize=1)).reshape(-1, len(FRESH), y.shape[1])
    found = (whole.value(found.reshape(-1, y.shape[1])) - values.mean()).reshape(-1, len(FRESH)) / values.std()
    ends = np.cumsum([len(rows) for rows in asked.values()])
    by_name = dict(zip(asked, np.split(found.mean(axis=1), ends[:-1]), strict=True))
    shown = {name: {"by_draw": rows.tolist(), "mean": float(rows.mean())} for name, rows in by_name.items()}
    paired = {name: mean_and_error(by_name[name] - by_name[LAW]) for name in names if name != LAW}
    return {"draws": draws, "objective": shown, "minus_law": paired}


def pools_of(run: Path) -> Context:
    """Build the proxies' pools of a run's search again, which its artefact does not keep."""
    artefacts, config = load_artefacts(run), load_config(run / "config.yaml")
    search = config.search.model_copy(update={"final_seeds": config.search.final_seeds + 1})  # another artefact
    job = open_stage(run.parents[1], SEARCH, search, artefacts)
    assert not isinstance(job, Artefact)
    for step in job.steps[:2]:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
    return job.context


_held: list[Context] = []  # this worker's


def hold(context: Context) -> None:
    _held[:] = [context]


def trained_losses(mixture: list[float], seed: int, tokens: int) -> list[float]:
    data = proxy_data(_held[0], tokens)
    found = load_evaluator(JUDGE).measure(data, np.array(mixture), tokens=tokens, seed=seed)
    by_name = dict(zip(data.target_names, found.target_losses.tolist(), strict=True))
    return [by_name[name] for name in sorted(by_name)]


def judge_of(problem: Problem, runs: RunTable, name: str) -> Score:
    """Return what the whole pool foresees of a mixture, in its standard deviations."""
    objective = problem.fit_objective(runs.losses)
    values, score = objective.value(runs.losses), foreseen(objective, runs, name)
    return lambda rows: np.asarray((score(rows) - values.mean()) / values.std())


def bounds(problem: Problem, runs: RunTable, name: str, judge: Score) -> dict[str, float]:
    """Return the worth of what bounds a search, and the judge's rank held out."""
    objective = problem.fit_objective(runs.losses)
    values = objective.value(runs.losses)
    fold, held_out = folds(runs.mixtures), np.empty(len(runs))
    for number in np.unique(fold):
        held_out[fold == number] = foreseen(objective, runs.rows(fold != number), name)(runs.mixtures[fold == number])
    shown = {"natural": problem.natural, "best_run": runs.mixtures[int(values.argmin())]}
    shown["optimum"] = least(problem, judge, runs.mixtures)
    rank = float(spearman(held_out[:, None], values[:, None])[0])
    return {"held_out_rank": rank, **{kind: float(judge(row[None])[0]) for kind, row in shown.items()}}


def foreseen(objective: Objective, runs: RunTable, name: str) -> Score:
    if name == LAW:
        law = fit_mixing(runs.mixtures, runs.losses)
        return lambda rows: objective.value(law.predict(rows))
    fitted = fit_surrogate(load_surrogate(name), runs.mixtures, runs.losses)
    return lambda rows: objective.value(fitted.predict(rows).mean)


def found_by(curves: dict[str, np.ndarray], name: str) -> dict[str, Any]:
    more = summary(curves["mixpipe"] - curves[name], FEW)
    return {"gap_left": summary(curves[name], FEW), "default_minus_this": more}


def mean_and_error(values: np.ndarray) -> dict[str, float]:
    return {"mean": float(values.mean()), "standard_error": float(values.std(ddof=1) / np.sqrt(len(values)))}


def problem_of(artefact: Artefact, trials: Sequence[Trial]) -> Problem:
    """Return the search's problem: tokens from the epochs that the natural mixture would take of each domain."""
    natural = read_json(artefact.file("verdict.json"))["arms"]["natural"]
    epochs = np.array(natural["epochs"], dtype=np.float64)
    available = np.array(natural["weights"]) * BUDGET / epochs
    targets = tuple(sorted(trials[0].target_losses))
    return Problem(
        domains=tuple(map(str, range(len(available)))),
        available_tokens=available,
        budget_tokens=BUDGET,
        constraints=Constraints.from_epochs(available, BUDGET, MAX_EPOCHS),
        targets=targets,
        target_weights=np.ones(len(targets)),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proxies", type=int, default=160)
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--draws", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--surrogates", nargs="+", default=list(SURROGATES), help="`auto` too, 15 s a draw")
    parser.add_argument("--trained", type=int, default=0, help="train proxies at the optima of so many draws, only")
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, fixed_threads(1):
        folder = asked.root or Path(scratch)
        sealed = search(folder, "random", list(TARGETS), seed=0, tokens=asked.tokens, rounds=(asked.proxies,))
        pool = rounds_of(sealed)
        problem = problem_of(sealed, pool)
        if asked.trained:
            run = folder / "root" / "runs" / "random-0"
            found = trained(problem, pool, run, asked.surrogates, draws=asked.trained)
        else:
            found = measure(problem, pool, asked.surrogates, draws=asked.draws, seeds=asked.seeds)
        print(json.dumps(found))
