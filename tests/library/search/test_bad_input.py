"""What a search does about input that is wrong: a clear error, or a treatment that the record tells.

What one function refuses is tested where it lies: mixtures off the simplex in mixture/test_simplex.py, caps that no
mixture meets in mixture/test_constraints.py, recorded runs with missing or misnamed columns in replay/test_tables.py,
a diverged proxy in test_running.py and test_training.py, wrong losses of a user's trainer in evaluators/.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError, InputError, StageError
from mixpipe.mixture.constraints import Constraints
from mixpipe.search.config import SearchConfig
from mixpipe.search.methods import load_method, method_names
from mixpipe.search.problem import Problem
from mixpipe.search.rounds import problem_of
from mixpipe.search.stage import SEARCH
from mixpipe.search.trials import Trial, mixtures, trials_from_table, trials_table
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import Job, finish_step, open_stage, run_part
from mixpipe.store.files import read_json
from mixpipe.store.seal import seal
from mixpipe.store.stage import Context

every_method = pytest.mark.parametrize("name", method_names())
TOKENS = np.array([40.0, 25, 15, 10, 6, 4]) * 1e4
PROBLEM = Problem(
    tuple("abcdef"), TOKENS, 1e6, Constraints.from_epochs(TOKENS, 1e6, 4), ("prose", "code"), np.array([1.0, 1.0])
)


def trial(number: int, mixture: np.ndarray, losses: list[float]) -> Trial:
    measured = dict(zip(PROBLEM.targets, losses, strict=True))
    return Trial(f"t{number}", "test", "round-1", mixture, 1000, 1000, 0, measured, {}, "ok")


def some(count: int, losses: Callable[[np.ndarray], list[float]]) -> list[Trial]:
    rows = PROBLEM.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(6), count))
    return [trial(number, row, losses(row)) for number, row in enumerate(rows)]


def check(method_name: str, trials: list[Trial]) -> np.ndarray:
    method = load_method(method_name)
    rows = method.propose(PROBLEM, trials, 3, np.random.default_rng(1))
    found = method.recommend(PROBLEM, trials)
    assert PROBLEM.constraints.feasible(np.vstack([rows.reshape(-1, 6), found.mixture]))
    assert all(c.predicted is None or np.isfinite(c.predicted) for c in found.candidates)
    return found.mixture


@every_method
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_fewer_trials_than_parameters_still_give_a_mixture(name: str, count: int) -> None:
    check(name, some(count, lambda row: [3 - row[2], 2 + row[0]]))


@every_method
def test_a_trial_that_is_there_twice_is_no_obstacle(name: str) -> None:
    trials = some(8, lambda row: [3 - row[2], 2 + row[0]])
    check(name, trials + trials)


@every_method
def test_a_target_that_no_mixture_moves_is_no_obstacle(name: str) -> None:
    trials = some(32, lambda row: [3 - row[2], 2.5])
    mixture = check(name, trials)
    needs = load_method(name).about.needs
    if needs.startswith("any evaluator") or needs.partition(";")[0] == "proxies":
        assert mixture[2] > PROBLEM.natural[2]  # the other target is served


def test_a_trial_off_the_simplex_is_named() -> None:
    good = some(4, lambda row: [3 - row[2], 2 + row[0]])
    for wrong, message in (
        (np.full(6, 0.1), "t9: expected shares >= 0 that sum to 1 within 0.02, found row 0: sum 0.6"),
        (np.array([1.5, -0.5, 0, 0, 0, 0]), "t9: .* smallest -0.5"),
        (np.array([np.nan, 1, 0, 0, 0, 0]), "t9: .* sum nan"),
        (np.ones(1), r"t9: expected a mixture of 6 shares, found shape \(1,\)"),
    ):
        with pytest.raises(InputError, match=message):
            mixtures([*good, trial(9, wrong, [1.0, 1.0])], 6)


def test_a_trial_that_lacks_a_target_is_refused_with_the_targets_name() -> None:
    trials = some(6, lambda row: [3 - row[2], 2 + row[0]])
    trials[2] = replace(trials[2], target_losses={"prose": 3.0})
    for name in ("random", "mixpipe", "climb", "regmix", "bayesian"):
        with pytest.raises(InputError, match="on every target, found none for some on code"):
            load_method(name).recommend(PROBLEM, trials)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop_columns(["status"]), "found status missing and none unknown"),
        (
            lambda t: t.rename_columns([n.replace("seed", "Seed") for n in t.column_names]),
            "found seed missing and Seed",
        ),
        (lambda table: table.set_column(0, "trial", pa.array([["x"]])), "the types of trials.parquet"),
    ],
)
def test_a_table_of_trials_with_other_columns_is_refused(change: Callable[[pa.Table], pa.Table], message: str) -> None:
    with pytest.raises(InputError, match=message):
        trials_from_table(change(trials_table(some(1, lambda row: [3.0, 2.0]))))


def test_the_order_of_columns_does_not_matter() -> None:
    table = trials_table(some(1, lambda row: [3.0, 2.0]))
    (back,) = trials_from_table(table.select(table.column_names[::-1]))
    assert back.target_losses == {"prose": 3.0, "code": 2.0}


def test_a_budget_beyond_the_caps_is_refused_with_the_tokens_short(prepared: Context) -> None:
    asked = replace(prepared, config=prepared.config.model_copy(update={"budget_tokens": 10**9}))
    with pytest.raises(ConfigError, match=r"[0-9,]{11} tokens short; lower budget_tokens to [0-9,]+, raise max_epochs"):
        problem_of(asked, 0)


# Fails where {fails} says so, in one of three ways; else as other mixtures do.
TRAINER = """
import json, sys
asked = json.load(open("mixture.json"))
shares = [asked["weights"][str(asked["domains"].index(target["name"]))] for target in asked["targets"]]
losses = {t["name"]: 3 - share**0.5 + asked["seed"] % 7 / 1000 for t, share in zip(asked["targets"], shares)}
first = round(shares[0] * 65536)
if {fails}:
    if first % 3 == 0:
        sys.exit("out of memory")
    losses["runes"] = float("nan") if first % 3 == 1 else None
json.dump({"losses": losses}, open(asked["out"], "w"))
"""
STEP = "asked['seed'] // 10_000"  # 0 of noise and rounds, 1 of finalists, 2 of the final


def searched(root: Path, upstream: dict[str, Artefact], tiny: SearchConfig, fails: str, **changes: object) -> Artefact:
    """Run a whole search whose trainer fails where an expression says so."""
    (root / "trainer.py").write_text(TRAINER.replace("{fails}", fails))
    asked = {"argv": (sys.executable, "-S", str(root / "trainer.py")), "retries": 0}
    command = tiny.command.model_copy(update=asked)
    config = tiny.model_copy(update={"evaluator": "command", "screen": False, "command": command, **changes})
    job = open_stage(root, SEARCH, config, upstream)
    assert isinstance(job, Job)
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


@pytest.mark.parametrize("method", ["mixpipe", "climb:recipe", "regmix", "bayesian", "random"])
def test_no_method_crashes_because_half_of_the_trials_failed(
    tmp_path: Path, upstream: dict[str, Artefact], tiny: SearchConfig, method: str
) -> None:
    artefact = searched(
        tmp_path, upstream, tiny, "first % 2", method=method, surrogate=None, rounds=(8, 4), stop_early=True
    )
    search = read_json(artefact.file("search.json"))
    told = search["refused"].values()
    assert {"out of memory" in reason for reason in told} == {True, False}
    assert any("finite number at losses.runes" in reason for reason in told)
    assert artefact.counts["failed_trials"] == len(told)
    assert sum(read_json(artefact.file("mixture.json"))["weights"]) == 1


@pytest.mark.parametrize(
    ("fails", "changes"),
    [
        ("asked['seed'] == 0 and first == NATURAL", {}),  # the one noise trial that the method sees
        (f"{STEP} == 0 and first == NATURAL", {"noise_seeds": 3}),  # all noise
        (f"{STEP} == 0 and first != NATURAL", {}),  # all rounds
        (f"{STEP} == 1", {"rounds": (6, 3), "method": "mixpipe"}),  # all finalists
        (f"{STEP} == 2 and first != NATURAL", {}),  # winner and all controls but one
    ],
)
def test_a_search_survives_the_failure_of_a_step(
    tmp_path: Path,
    upstream: dict[str, Artefact],
    tiny: SearchConfig,
    prepared: Context,
    fails: str,
    changes: dict[str, object],
) -> None:
    problem = problem_of(prepared, 0)
    natural = problem.constraints.settle(problem.natural)[problem.domains.index(problem.targets[0])]
    fails = fails.replace("NATURAL", str(round(natural * 65_536)))
    artefact = searched(tmp_path, upstream, tiny, fails, **changes)
    assert read_json(artefact.file("search.json"))["refused"]
    assert sum(read_json(artefact.file("mixture.json"))["weights"]) == 1


def test_a_search_without_any_losses_stops_with_the_reason(
    tmp_path: Path, upstream: dict[str, Artefact], tiny: SearchConfig
) -> None:
    with pytest.raises(StageError, match="losses from at least one of 5 trials, found none"):
        searched(tmp_path, upstream, tiny, "True")
