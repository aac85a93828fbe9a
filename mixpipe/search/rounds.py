"""Noise and rounds: the steps that gather trials.

`noise` repeats the natural mixture over seeds. Each round asks the method for mixtures, given all trials before it. All
rounds use the same proxy seed, so that initial weights and the order of draws do not blur the differences between
mixtures; a method sees no trial of another seed.

After the first round, a target whose signal is too weak beside its noise loses its weight in the objective: scaled to
the spread of its losses, its noise would count as much as the signal of the others. It is judged once, because later
rounds crowd around the best, where the spread of every target falls.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.errors import StageError
from mixpipe.mixture.constraints import Constraints
from mixpipe.search.cells import cell_names
from mixpipe.search.config import SearchConfig
from mixpipe.search.entropies import read_entropies
from mixpipe.search.evaluators import JUDGE, trains
from mixpipe.search.evaluators.experts import Mixing
from mixpipe.search.forecast import forecast
from mixpipe.search.methods import load_method
from mixpipe.search.methods.protocol import draws
from mixpipe.search.noise import MINIMUM_SNR, noise_floor
from mixpipe.search.objective import Objective
from mixpipe.search.pools import POOLS_RECORD, TARGETS
from mixpipe.search.problem import Problem
from mixpipe.search.running import (
    Asked,
    expert_paths,
    read_trials,
    trial_part,
)
from mixpipe.search.selection import enough
from mixpipe.search.stop_rule import LEAST_DEGREES, Outlook, outlook, stopped
from mixpipe.search.survey import SURVEY
from mixpipe.search.texts import Texts
from mixpipe.search.trials import Trial, losses, mixtures, refused, usable
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_json
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part

__all__ = [
    "NOISE",
    "finish_round",
    "judge_name",
    "observed",
    "plan_noise",
    "plan_round",
    "problem_of",
    "round_name",
    "round_record",
    "seeds",
    "trial_records",
    "usable_or_stop",
    "weak_targets",
]

NOISE = "noise"
FORESEER = "auto"  # foresees a round's trials for the report, where the method's own surrogate is used
# Seeds of a search lie so far apart that its kinds of trials never share one.
SEARCH_SEEDS, KIND_SEEDS = 1_000_000, 10_000


def round_name(number: int) -> str:
    """Return the name of round `number`, counted from 1."""
    return f"round-{number}"


def judge_name(config: SearchConfig) -> str:
    """Return the evaluator of noise, finalists and final, which train even when the rounds do not."""
    return config.evaluator if trains(config.evaluator) else JUDGE


def seeds(config: SearchConfig, kind: int, count: int) -> list[int]:
    """Return proxy seeds of one kind: 0 for noise and rounds, 1 for finalists, 2 for the final."""
    first = config.seed * SEARCH_SEEDS + kind * KIND_SEEDS
    return list(range(first, first + count))


def problem_of(context: Context, rounds: int) -> Problem:
    """Return what is searched after so many rounds; with a screen when every domain that has tokens has its expert.

    Raises:
        StageError: no target with a weight has enough signal.
    """
    config: SearchConfig = context.config
    available = np.array(read_json(context.out / SURVEY)["available"], dtype=np.float64)
    targets = read_json(context.out / POOLS_RECORD)["targets"]
    weights = _target_weights(context, rounds)
    experts = expert_paths(context)
    whole = bool(experts) and len(experts) == np.count_nonzero(available)
    return Problem(
        domains=cell_names(context),
        available_tokens=available,
        budget_tokens=config.budget_tokens,
        constraints=Constraints.from_epochs(
            available, config.budget_tokens, config.max_epochs, min_weight=config.min_weight / config.searched_strata
        ),
        targets=tuple(targets),
        target_weights=np.array([weights[name] for name in targets]),
        prior=Mixing.read(experts, Texts.read(context.out / TARGETS), "targets").screen if whole else None,
        objective=config.objective,
        entropies=read_entropies(context.out),
        strata=config.searched_strata,
    )


def weak_targets(context: Context, rounds: int) -> dict[str, float]:
    """Return the targets left out of the objective after so many rounds, with their signal over noise.

    None before the first round is done, below four different mixtures or three noise seeds, and where nothing tells
    the noise of the rounds: when they train nothing.
    """
    config: SearchConfig = context.config
    if rounds == 0 or judge_name(config) != config.evaluator:
        return {}
    trials = read_trials(context, [NOISE, round_name(1)])
    targets = read_json(context.out / POOLS_RECORD)["targets"]
    if not enough(trials):
        return {}
    objective = Objective.fit(losses(usable(trials), targets), np.ones(len(targets)))
    floor = noise_floor(trials, targets, objective)
    return floor.weak if floor.degrees >= LEAST_DEGREES else {}


def _target_weights(context: Context, rounds: int) -> dict[str, float]:
    given = read_json(context.inputs["targets"].file("targets.json"))
    weak = weak_targets(context, rounds)
    weights = {name: 0.0 if name in weak else float(target["weight"]) for name, target in given.items()}
    if weak and not any(weights.values()):
        found = ", ".join(f"{name} {ratio:.1f}" for name, ratio in weak.items())
        raise StageError(
            f"expected a target whose losses differ between mixtures at least {MINIMUM_SNR:g} times as much as between "
            f"seeds, found {found}; raise search.proxy.tokens or search.eval_tokens, or choose other targets"
        )
    return weights


def plan_noise(context: Context) -> list[Part]:
    """List the natural mixture under several seeds."""
    config: SearchConfig = context.config
    problem = problem_of(context, 0)
    natural = problem.constraints.settle(problem.natural)
    asked = [Asked("natural", natural, config.proxy_tokens, s) for s in seeds(config, 0, config.noise_seeds)]
    return [trial_part(context, NOISE, number, ask, judge_name(config)) for number, ask in enumerate(asked)]


def plan_round(context: Context, number: int) -> list[Part]:
    """List the mixtures that the method proposes after all trials before this round; none once the search stopped."""
    config: SearchConfig = context.config
    if stopped(context.out, before=number):
        return []
    rng = np.random.default_rng([config.seed, number])
    method = load_method(config.method, surrogate=config.surrogate)
    rows = method.propose(
        problem_of(context, number - 1), observed(context, number - 1), config.rounds[number - 1], rng
    )
    seed = seeds(config, 0, 1)[0]
    return [
        trial_part(
            context, round_name(number), place, Asked(config.method, row, config.proxy_tokens, seed), config.evaluator
        )
        for place, row in enumerate(rows)
    ]


def finish_round(context: Context, number: int) -> Counts:
    """Write what the round taught: `round-<number>.json`, see `round_record`, with its `outlook` (null: not judged).

    Raises:
        StageError: no trial so far has losses, or no target enough signal.
    """
    problem = problem_of(context, number)
    good = usable_or_stop(observed(context, number))
    objective = problem.fit_objective(losses(good, problem.targets))
    record = round_record(context, problem, objective, number)
    judged = _outlook(context, problem, objective, number)
    write_json(context.out / f"{round_name(number)}.json", {**record, "outlook": judged.record() if judged else None})
    return {"rounds": number}


def _outlook(context: Context, problem: Problem, objective: Objective, number: int) -> Outlook | None:
    """Return what a further round promises; None where that is not asked for, or there is none."""
    config: SearchConfig = context.config
    if not config.stop_early or number == len(config.rounds) or stopped(context.out, before=number):
        return None
    found = load_method(config.method, surrogate=config.surrogate).recommend(problem, observed(context, number))
    names = [NOISE, *(round_name(n + 1) for n in range(number))]
    floor = noise_floor(read_trials(context, names), problem.targets, objective)
    return outlook(round_name(number), found, floor if judge_name(config) == config.evaluator else None)


def observed(context: Context, rounds: int) -> list[Trial]:
    """Return the trials that a method sees after so many rounds: of one evaluator, budget and seed."""
    config: SearchConfig = context.config
    names = [round_name(number) for number in range(1, rounds + 1)]
    trials = read_trials(context, [NOISE, *names] if judge_name(config) == config.evaluator else names)
    return [trial for trial in trials if trial.seed == seeds(config, 0, 1)[0]]


def usable_or_stop(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials with losses.

    Raises:
        StageError: there are none.
    """
    if good := usable(trials):
        return good
    reasons = sorted(set(refused(trials).values()))
    raise StageError(
        f"expected losses from at least one of {len(trials)} trials, found none ({'; '.join(reasons)[:300]}); "
        "lower search.proxy.learning_rate, or correct search.command"
    )


def round_record(context: Context, problem: Problem, objective: Objective, number: int) -> dict[str, Json]:
    """Return the record of a round.

    Keys: `name`; `best`, the lowest objective so far; `trials`, each with `trial`, `objective`, `bits` (weighted mean
    of bits per byte) and `predicted`, the objective foreseen from the trials before the round (null when too few);
    `draws`, how many were `drawn` and `refused` for the round and the `mean` of the others (null where none are
    refused by the method, or the round was skipped).
    """
    before, after = observed(context, number - 1), observed(context, number)
    fresh = usable(after[len(before) :])
    predicted: list[float | None] = [None] * len(fresh)
    if enough(before) and fresh:
        foreseen = forecast(problem, before, context.config.surrogate or FORESEER).predict(
            mixtures(fresh, len(problem.domains))
        )
        predicted = objective.value(foreseen.mean).tolist()
    so_far = objective.value(losses(usable(after), problem.targets))
    return {
        "name": round_name(number),
        "best": float(so_far.min()) if len(so_far) else None,
        "trials": trial_records(fresh, problem, objective, predicted),
        "draws": _draws(context, problem, number),
    }


def _draws(context: Context, problem: Problem, number: int) -> Json:
    """Return what the caps of the method did to the draws of a round, by making them again."""
    config: SearchConfig = context.config
    method = load_method(config.method, surrogate=config.surrogate)
    if not draws(method) or stopped(context.out, before=number):
        return None
    rng = np.random.default_rng([config.seed, number])
    found = method.drawn(problem, observed(context, number - 1), config.rounds[number - 1], rng)
    return None if found is None else found.record()


def trial_records(
    trials: Sequence[Trial], problem: Problem, objective: Objective, predicted: Sequence[float | None]
) -> list[Json]:
    """Return the records of usable trials, see `round_record`."""
    measured = losses(trials, problem.targets)
    return [
        {"trial": trial.trial, "objective": float(value), "bits": float(bits), "predicted": foreseen}
        for trial, value, bits, foreseen in zip(
            trials, objective.value(measured), objective.bits(measured), predicted, strict=True
        )
    ]
