"""Finalists, final and verdict: is the mixture found better than the controls, on fresh seeds?

A mixture that was chosen because it measured well measured well partly by luck. So the method's candidates are
trained again (`finalists`), the best of those means is the winner, and the winner and the controls are trained once
more with seeds that nobody has seen and more tokens (`final`). Controls, all under the constraints: natural, uniform,
UniMax and the best measured of the first round (random draws, in part screened by the experts). When a control beats
the winner by more than two standard errors, the control is what the search recommends, and says so.

Writes
- `mixture.json`: `weights` by domain number, `domains` their names, and where strata were searched `strata`, the
  shares of each domain's strata, worst first;
- `verdict.json`: `comparisons` and `wins` (see `verdict.py`), `chosen` (the arm recommended), `reason`, and `arms`:
  by name the `weights`, `epochs` by domain, mean `objective`, mean `bits` and mean `losses` by target;
- `search.json`: `domains`, `targets` (name to weight in the objective), `objective` (`kind`; `centre` and `scale` by
  target), `noise` (see `noise.py`; `weak`, the targets that lost their weight, with their signal over noise; `trials`
  as in `round_record`, none where the rounds have another evaluator), `rounds` (see `round_record`), `outlooks` (see
  `stop_rule.py`, of the rounds after which it was judged whether to go on), `pareto` (the `trials`, of so many (`of`),
  that no other beats on the targets with a weight), `evidence` of the method with `unconstrained` weights and
  `unconstrained_epochs` (null: no tokens there), `finalists` (`from`, the one that won, and each `objective`),
  `screen` (whether experts screened), `refused` (trial to reason);
- `trials.parquet`: every trial, TRIALS.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mixpipe.mixture.epochs import epochs
from mixpipe.mixture.simplex import LATTICE, lattice_key
from mixpipe.search.cells import by_domain, mixture_record
from mixpipe.search.config import SearchConfig
from mixpipe.search.methods import load_method
from mixpipe.search.methods.protocol import Recommendation
from mixpipe.search.noise import noise_floor
from mixpipe.search.objective import Objective, pareto_front
from mixpipe.search.problem import Problem
from mixpipe.search.rounds import (
    NOISE,
    judge_name,
    observed,
    problem_of,
    round_name,
    round_record,
    seeds,
    trial_records,
    usable_or_stop,
    weak_targets,
)
from mixpipe.search.running import Asked, read_trials, trial_part
from mixpipe.search.stop_rule import outlooks
from mixpipe.search.trials import Trial, losses, refused, trials_table, usable
from mixpipe.search.verdict import OBJECTIVE, Verdict, judge
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part
from mixpipe.tables import TRIALS

__all__ = ["FINAL", "FINALISTS", "WINNER", "finish_final", "finish_finalists", "plan_final", "plan_finalists"]

FINALISTS, FINAL, WINNER, RECOMMENDED = "finalists", "final", "winner", "recommended"
CONTROLS = ("natural", "uniform", "unimax")
BEST_RANDOM = "best-random"

Arms = dict[str, np.ndarray]


def plan_finalists(context: Context) -> list[Part]:
    """List the method's candidates under fresh seeds; nothing when there is only one."""
    config: SearchConfig = context.config
    problem = _problem(context)
    found = _recommendation(context, problem)
    arms = {**{c.name: c.mixture for c in found.candidates}, RECOMMENDED: found.mixture}
    if len({lattice_key(mixture) for mixture in arms.values()}) == 1:
        return []
    return _parts(context, FINALISTS, arms, config.proxy_tokens, seeds(config, 1, config.finalist_seeds))


def finish_finalists(context: Context) -> Counts:
    """Write `winner.json`: the mixture, which candidate it is, each one's mean objective, the method's evidence.

    Only candidates with the most usable trials can win, for means over fewer seeds are not comparable; when none has
    one, the method's recommendation stands.
    """
    problem = _problem(context)
    objective = _objective(context, problem)
    found = _recommendation(context, problem)
    trials = usable(read_trials(context, [FINALISTS]))
    groups = {arm: [t for t in trials if t.method == arm] for arm in dict.fromkeys(t.method for t in trials)}
    most = max(map(len, groups.values()), default=0)
    means = {
        arm: float(objective.value(losses(group, problem.targets)).mean())
        for arm, group in groups.items()
        if len(group) == most
    }
    best = min(means, key=lambda arm: means[arm]) if means else RECOMMENDED
    mixture = next((t.mixture for t in trials if t.method == best), found.mixture)
    steps = np.rint(mixture * LATTICE).astype(int).tolist()
    record = {"mixture": steps, "from": best, "finalists": dict(means), "evidence": _evidence(problem, found)}
    write_json(context.out / f"{WINNER}.json", record)
    return {}


def plan_final(context: Context) -> list[Part]:
    """List winner and controls under fresh seeds, with more tokens."""
    config: SearchConfig = context.config
    arms = _arms(context, _problem(context))
    return _parts(context, FINAL, arms, config.final_tokens, seeds(config, 2, config.final_seeds))


def finish_final(context: Context) -> Counts:
    """Judge the winner and write the search's files, described at the top.

    Raises:
        StageError: neither the winner nor any control has losses.
    """
    problem = _problem(context)
    objective = _objective(context, problem)
    final = read_trials(context, [FINAL])
    usable_or_stop(final)
    arms = _arms(context, problem)
    by_arm = {arm: [t for t in final if lattice_key(t.mixture) == lattice_key(w)] for arm, w in arms.items()}
    controls = {arm: trials for arm, trials in by_arm.items() if arm != WINNER}
    verdict = judge(by_arm[WINNER], controls, problem.targets, objective)
    chosen, reason = _chosen(verdict, by_arm, problem, objective)
    write_json(
        context.out / "verdict.json",
        {
            **verdict.record(),
            "chosen": chosen,
            "reason": reason,
            "arms": {arm: _arm_record(problem, objective, w, by_arm[arm]) for arm, w in arms.items()},
        },
    )
    write_json(context.out / "mixture.json", mixture_record(context, arms[chosen]))
    trials = _all_trials(context)
    write_table(context.out / "trials.parquet", trials_table(trials), TRIALS)
    write_json(context.out / "search.json", _search_record(context, problem, objective, trials))
    return {"wins": int(verdict.wins), "failed_trials": len(refused(trials))}


def _parts(context: Context, step: str, arms: Arms, tokens: int, run_seeds: Sequence[int]) -> list[Part]:
    """List every different mixture under every seed; equal mixtures are trained once, for the first arm."""
    different = {lattice_key(mixture): (arm, mixture) for arm, mixture in reversed(arms.items())}
    evaluator = judge_name(context.config)
    return [
        trial_part(context, step, number, Asked(arm, mixture, tokens, seed), evaluator)
        for arm, mixture in reversed(different.values())
        for number, seed in enumerate(run_seeds)
    ]


def _arms(context: Context, problem: Problem) -> Arms:
    """Return winner and controls by name; the best of the first round is none when it is the winner itself."""
    winner = np.array(read_json(context.out / f"{WINNER}.json")["mixture"]) / LATTICE
    arms = {WINNER: winner, **{name: load_method(name).recommend(problem, []).mixture for name in CONTROLS}}
    if first := usable(read_trials(context, [round_name(1)])):
        values = _objective(context, problem).value(losses(first, problem.targets))
        best = first[int(values.argmin())].mixture
        arms |= {BEST_RANDOM: best} if lattice_key(best) != lattice_key(winner) else {}
    return arms


def _problem(context: Context) -> Problem:
    return problem_of(context, len(context.config.rounds))


def _objective(context: Context, problem: Problem) -> Objective:
    """Return the objective in units of the search's trials: neither finalists nor final have a part in it."""
    good = usable_or_stop(observed(context, len(context.config.rounds)))
    return problem.fit_objective(losses(good, problem.targets))


def _recommendation(context: Context, problem: Problem) -> Recommendation:
    config: SearchConfig = context.config
    method = load_method(config.method, surrogate=config.surrogate)
    return method.recommend(problem, observed(context, len(config.rounds)))


def _chosen(
    verdict: Verdict, by_arm: Mapping[str, list[Trial]], problem: Problem, objective: Objective
) -> tuple[str, str]:
    """Return the arm to recommend and why: the winner, unless controls beat it beyond the noise."""
    worse = [c.control for c in verdict.comparisons if c.measure == OBJECTIVE and c.word == "worse"]
    failed = not usable(by_arm[WINNER])
    if failed:
        worse = [arm for arm, trials in by_arm.items() if usable(trials)]
    if not worse:
        return WINNER, "better than every control" if verdict.wins else "no control is better beyond the noise"
    means = {arm: float(objective.value(losses(usable(by_arm[arm]), problem.targets)).mean()) for arm in worse}
    best = min(means, key=lambda arm: means[arm])
    if failed:
        return best, f"no proxy of the mixture found ended with losses; {best} is the best control"
    return best, f"{best} beats the mixture found by more than two standard errors"


def _arm_record(problem: Problem, objective: Objective, mixture: np.ndarray, trials: list[Trial]) -> dict[str, Json]:
    measured = losses(usable(trials), problem.targets)
    means = measured.mean(axis=0) if len(measured) else None
    weights = by_domain(mixture, problem.strata)
    return {
        "weights": weights.tolist(),
        "epochs": epochs(weights, by_domain(problem.available_tokens, problem.strata), problem.budget_tokens).tolist(),
        "objective": None if means is None else float(objective.value(measured).mean()),
        "bits": None if means is None else float(objective.bits(measured).mean()),
        "losses": None if means is None else dict(zip(problem.targets, means.tolist(), strict=True)),
    }


def _all_trials(context: Context) -> list[Trial]:
    names = [round_name(number + 1) for number in range(len(context.config.rounds))]
    return read_trials(context, [NOISE, *names, FINALISTS, FINAL])


def _search_record(
    context: Context, problem: Problem, objective: Objective, trials: Sequence[Trial]
) -> dict[str, Json]:
    config: SearchConfig = context.config
    winner = read_json(context.out / f"{WINNER}.json")
    floor = noise_floor(read_trials(context, _same_fidelity(config)), problem.targets, objective)
    repeats = usable(read_trials(context, [NOISE])) if judge_name(config) == config.evaluator else []
    return {
        "domains": list(problem.domains),
        "targets": dict(zip(problem.targets, problem.target_weights.tolist(), strict=True)),
        "objective": {
            "kind": objective.kind,
            "centre": dict(zip(problem.targets, objective.centre.tolist(), strict=True)),
            "scale": dict(zip(problem.targets, objective.scale.tolist(), strict=True)),
        },
        "noise": {
            **floor.record(),
            "weak": dict(weak_targets(context, len(config.rounds))),
            "trials": trial_records(repeats, problem, objective, [None] * len(repeats)),
        },
        "rounds": [round_record(context, problem, objective, n + 1) for n in range(len(config.rounds))],
        "outlooks": [found.record() for found in outlooks(context.out)],
        "pareto": _pareto(problem, usable(observed(context, len(config.rounds)))),
        "evidence": winner["evidence"],
        "finalists": {"from": winner["from"], "objective": winner["finalists"]},
        "screen": problem.prior is not None,
        "refused": dict(refused(trials)),
    }


def _pareto(problem: Problem, trials: Sequence[Trial]) -> dict[str, Json]:
    """Return which of the search's trials no other beats, and how many there are."""
    front = pareto_front(losses(trials, problem.targets), problem.target_weights)
    return {"trials": [t.trial for t, on_front in zip(trials, front, strict=True) if on_front], "of": len(trials)}


def _evidence(problem: Problem, found: Recommendation) -> dict[str, Json]:
    """Return why the method recommends its mixture, and what it would do without constraints."""
    if found.unconstrained is None:
        return dict(found.evidence)
    free, available = (
        by_domain(found.unconstrained, problem.strata),
        by_domain(problem.available_tokens, problem.strata),
    )
    repeats = epochs(free, available, problem.budget_tokens)
    return {
        **found.evidence,
        "unconstrained": free.tolist(),
        "unconstrained_epochs": [float(e) if np.isfinite(e) else None for e in repeats],
    }


def _same_fidelity(config: SearchConfig) -> list[str]:
    """Return the steps whose trials share evaluator and budget with the noise seeds."""
    rounds = [round_name(number + 1) for number in range(len(config.rounds))]
    return [NOISE, *rounds, FINALISTS] if judge_name(config) == config.evaluator else [NOISE, FINALISTS]
