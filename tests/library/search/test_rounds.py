import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixpipe.errors import StageError
from mixpipe.mixture.simplex import LATTICE, snap
from mixpipe.search.evaluators.experts import Mixing
from mixpipe.search.evaluators.ngram import Ngram
from mixpipe.search.experts import plan_experts, run_expert
from mixpipe.search.methods import load_method
from mixpipe.search.objective import Objective
from mixpipe.search.pools import POOLS_RECORD, TARGETS
from mixpipe.search.rounds import (
    judge_name,
    observed,
    plan_round,
    problem_of,
    round_record,
    seeds,
    usable_or_stop,
    weak_targets,
)
from mixpipe.search.running import Asked, expert_paths, proxy_data, read_trials, run_trial, trial_part
from mixpipe.search.surrogates.rank import spearman
from mixpipe.search.survey import SURVEY, VOCABULARY
from mixpipe.search.texts import Texts
from mixpipe.search.trials import losses
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_arrays, write_json
from mixpipe.store.stage import Context


@pytest.fixture
def finished(searched: Artefact, prepared: Context) -> Context:
    return Context(prepared.config, prepared.inputs, searched.path)


def test_the_problem_is_what_the_tables_say(prepared: Context) -> None:
    problem = problem_of(prepared, 0)
    assert problem.domains == ("prose", "ledger", "runes")
    assert problem.targets == ("ledger", "prose", "runes")
    assert problem.prior is None
    np.testing.assert_allclose(problem.natural, [0.5, 0.3, 0.2], atol=0.03)
    np.testing.assert_allclose(problem.constraints.caps, np.minimum(1, 8 * problem.available_tokens / 60_000))


def test_experts_and_ngrams_rank_mixtures_like_proxies(finished: Context, prepared: Context) -> None:
    grid = snap(np.array([[i, j, 8 - i - j] for i in range(0, 9, 2) for j in range(0, 9 - i, 2)]) / 8)
    for number, mixture in enumerate(grid):
        run_trial(prepared, trial_part(prepared, "grid", number, Asked("grid", mixture, 4000, 7), "transformer"))
    measured = losses(read_trials(prepared, ["grid"]), problem_of(finished, 2).targets)
    prior = problem_of(finished, 2).prior
    assert prior is not None
    assert (spearman(prior(grid), measured) > 0.7).all()
    data = proxy_data(prepared, 4000)
    counted = [Ngram().measure(data, mixture, tokens=4000, seed=0).target_losses for mixture in grid]
    assert (spearman(np.array(counted), measured) > 0.7).all()


def test_the_screen_samples_what_the_experts_say(finished: Context) -> None:
    mixing = Mixing.read(expert_paths(finished), Texts.read(finished.out / TARGETS), "targets")
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    np.testing.assert_allclose(mixing.screen(rows), mixing.losses(rows), rtol=0.1)


def test_a_diverged_expert_leaves_no_file(prepared: Context) -> None:
    proxy = prepared.config.proxy.model_copy(update={"learning_rate": float("inf")})
    wild = Context(prepared.config.model_copy(update={"proxy": proxy}), prepared.inputs, prepared.out)
    assert run_expert(wild, plan_experts(prepared)[0]) == {"diverged_experts": 1}
    assert expert_paths(prepared) == {}


def test_experts_keep_their_weights_only_where_they_are_read(prepared: Context) -> None:
    plain = plan_experts(prepared)[0]
    merging = replace(prepared, config=prepared.config.model_copy(update={"evaluator": "merge"}))
    part = plan_experts(merging)[0]
    assert part.identity == {**plain.identity, "weights": True} and "weights" not in plain.identity
    for name, context, own in (("with", merging, part), ("without", prepared, plain)):
        run_expert(context, replace(own, name=f"kept-{name}"))
    kept, lost = (read_arrays(prepared.out / f"kept-{name}.npz") for name in ("with", "without"))
    assert kept.keys() - lost.keys() == {"weights"} and len(kept["weights"]) == kept["model_size"]
    np.testing.assert_array_equal(kept["targets"], lost["targets"])


def test_seeds_of_different_kinds_and_searches_never_meet(prepared: Context) -> None:
    other = prepared.config.model_copy(update={"seed": prepared.config.seed + 1})
    kinds = [seeds(config, kind, 50) for config in (prepared.config, other) for kind in range(3)]
    assert len({seed for kind in kinds for seed in kind}) == 300


def test_predictions_of_a_round_are_made_before_it(finished: Context) -> None:
    problem = problem_of(finished, 2)
    trials = observed(finished, 2)
    objective = Objective.fit(losses(trials, problem.targets), problem.target_weights)
    first, second = (round_record(finished, problem, objective, number) for number in (1, 2))
    assert [trial["predicted"] for trial in first["trials"]] == [None] * 4
    assert all(np.isfinite(trial["predicted"]) for trial in second["trials"])
    values = objective.value(losses(trials, problem.targets))
    assert [first["best"], second["best"]] == [values[:5].min(), values.min()]


def test_a_round_tells_how_many_draws_the_caps_refused(finished: Context) -> None:
    problem = problem_of(finished, 2)
    trials = observed(finished, 2)
    objective = problem.fit_objective(losses(trials, problem.targets))
    assert round_record(finished, problem, objective, 1)["draws"] is None  # random search refuses none
    asked = replace(finished, config=finished.config.model_copy(update={"method": "regmix"}))
    found: Any = round_record(asked, problem, objective, 1)["draws"]
    assert (found["drawn"], found["refused"]) == (64, 0)  # no domain is rarer than a fifteenth
    assert sum(found["mean"]) == pytest.approx(1)
    planned = np.array([part.spec["mixture"] for part in plan_round(asked, 1)]) / LATTICE
    draws = load_method("regmix").drawn(problem, [], 4, np.random.default_rng([asked.config.seed, 1]))
    np.testing.assert_array_equal(planned, problem.constraints.settle(draws.mixtures))
    np.testing.assert_array_equal(found["mean"], draws.mean)


def write_trials(context: Context, rows: list[tuple[str, int, float, list[float]]]) -> Context:
    """Write trials of (step, seed, share of the first domain, losses by target)."""
    for number, (step, seed, share, found) in enumerate(rows):
        steps = [int(share * LATTICE), LATTICE - int(share * LATTICE), 0]
        record = {"mixture": steps, "seed": seed, "tokens": 1, "model_size": 1, "status": "ok", "trial": f"{number}"}
        measured = {"target_losses": found, "domain_losses": [None] * 3, "trajectory": []}
        write_json(context.out / f"{step}-x-{number:03d}.json", {**record, **measured})
    return context


@pytest.fixture
def bare(tmp_path: Path, prepared: Context) -> Context:
    """The tables of a search whose trials are yet to be written."""
    for name in (SURVEY, POOLS_RECORD, VOCABULARY):
        shutil.copy(prepared.out / name, tmp_path / name)
    return Context(prepared.config, prepared.inputs, tmp_path)


# Targets by name: ledger moves with the mixture far beyond its noise, prose less than its noise, runes not at all.
NOISY = [("noise", seed, 0.5, [2 + 0.01 * seed, 3 + 0.3 * seed, 4 + 0.1 * seed]) for seed in range(3)]
SPREAD = [("round-1", 0, share, [2 + share, 3 + 0.1 * share, 4.0]) for share in (0.1, 0.3, 0.7, 0.9)]


def test_a_target_without_signal_loses_its_weight_after_the_first_round(bare: Context) -> None:
    context = write_trials(bare, NOISY + SPREAD)
    weak = weak_targets(context, 1)
    assert list(weak) == ["prose", "runes"]
    assert weak["prose"] < 1 and weak["runes"] == 0
    assert problem_of(context, 0).target_weights.tolist() == [1, 1, 1]
    assert problem_of(context, 1).target_weights.tolist() == [1, 0, 0]
    # Judged on the first round alone, whatever the later ones say.
    write_trials(bare, [("round-2", 0, share, [2.0, 3 + 50 * share, 4.0]) for share in (0.2, 0.4)])
    assert weak_targets(context, 2) == weak


def test_when_no_target_has_signal_the_search_stops_with_the_figures(bare: Context) -> None:
    flat = [(step, seed, share, [3 + 0.1 * share, *rest]) for step, seed, share, (_, *rest) in SPREAD]
    loud = [(step, seed, share, [3 + 0.3 * seed, *rest]) for step, seed, share, (_, *rest) in NOISY]
    context = write_trials(bare, loud + flat)
    with pytest.raises(
        StageError, match=r"at least 2 times as much as between seeds, found ledger 0.0, prose 0.0, run"
    ):
        problem_of(context, 1)


@pytest.mark.parametrize("rows", [NOISY + SPREAD[:2], NOISY[:2] + SPREAD])
def test_too_few_mixtures_or_seeds_judge_no_target(
    bare: Context, rows: list[tuple[str, int, float, list[float]]]
) -> None:
    assert weak_targets(write_trials(bare, rows), 1) == {}


@pytest.mark.parametrize("evaluator", ["experts", "merge", "ngram"])
def test_what_trains_nothing_has_no_noise_to_judge_by(bare: Context, evaluator: str) -> None:
    write_trials(bare, NOISY + SPREAD)
    mixing = bare.config.model_copy(update={"evaluator": evaluator})
    assert weak_targets(Context(mixing, bare.inputs, bare.out), 1) == {}


def test_when_every_trial_failed_the_search_stops(prepared: Context) -> None:
    proxy = prepared.config.proxy.model_copy(update={"learning_rate": float("inf")})
    wild = Context(prepared.config.model_copy(update={"proxy": proxy}), prepared.inputs, prepared.out)
    run_trial(
        wild, trial_part(prepared, "hopeless", 0, Asked("natural", np.array([1.0, 0, 0]), 1000, 0), "transformer")
    )
    with pytest.raises(StageError, match=r"at least one of 1 trials, found none \(diverged.*lower search.proxy"):
        usable_or_stop(read_trials(prepared, ["hopeless"]))


def test_a_users_trainer_is_its_own_judge(prepared: Context) -> None:
    assert judge_name(prepared.config.model_copy(update={"evaluator": "command"})) == "command"


@pytest.mark.parametrize("evaluator", ["transformer", "experts", "merge", "ngram"])
def test_what_trains_nothing_is_judged_by_proxies(prepared: Context, evaluator: str) -> None:
    assert judge_name(prepared.config.model_copy(update={"evaluator": evaluator})) == "transformer"
