import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mixpipe.mixture.simplex import LATTICE
from mixpipe.search.finals import WINNER, _chosen, _parts, finish_finalists
from mixpipe.search.objective import Objective
from mixpipe.search.rounds import problem_of
from mixpipe.search.trials import Trial
from mixpipe.search.verdict import judge
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, write_json
from mixpipe.store.stage import Context

UNIT = Objective(np.ones(3) / 3, np.zeros(3), np.ones(3), np.eye(3))


def trials(losses: list[float], status: str = "ok") -> list[Trial]:
    names = ("ledger", "prose", "runes")
    return [
        Trial(f"{seed}", "x", "final", np.ones(3) / 3, 1, 1, seed, dict.fromkeys(names, loss), {}, status)
        for seed, loss in enumerate(losses)
    ]


def chosen(context: Context, by_arm: Mapping[str, list[Trial]]) -> str:
    problem = problem_of(context, 2)
    controls = {arm: found for arm, found in by_arm.items() if arm != WINNER}
    verdict = judge(by_arm[WINNER], controls, problem.targets, UNIT)
    return _chosen(verdict, dict(by_arm), problem, UNIT)[0]


@pytest.mark.parametrize(
    ("winner", "natural", "uniform", "expected"),
    [
        ([2.0, 2.1, 2.2], [2.5, 2.6, 2.71], [2.5, 2.6, 2.71], "winner"),
        ([2.0, 2.1, 2.2], [1.9, 2.4, 2.1], [2.5, 2.6, 2.71], "winner"),  # a tie
        ([2.0, 2.1, 2.2], [1.9, 2.0, 2.11], [2.5, 2.6, 2.71], "natural"),
        ([2.0, 2.1, 2.2], [1.9, 2.0, 2.11], [1.5, 1.6, 1.71], "uniform"),
    ],
)
def test_a_control_is_chosen_only_when_it_is_better_beyond_the_noise(
    prepared: Context, winner: list[float], natural: list[float], uniform: list[float], expected: str
) -> None:
    by_arm = {WINNER: trials(winner), "natural": trials(natural), "uniform": trials(uniform)}
    assert chosen(prepared, by_arm) == expected


def test_without_losses_of_the_winner_the_best_control_is_chosen(prepared: Context) -> None:
    failed = trials([np.nan] * 3, "diverged")
    assert chosen(prepared, {WINNER: failed, "natural": trials([2, 2, 2]), "uniform": trials([1, 1, 1])}) == "uniform"


def test_a_candidate_with_a_failed_seed_cannot_win(tmp_path: Path, searched: Artefact, prepared: Context) -> None:
    context = Context(prepared.config, prepared.inputs, Path(shutil.copytree(searched.path, tmp_path / "search")))
    for path in context.out.glob("finalists-*.json"):
        path.unlink()
    found = {"lucky": [1.0, None], "steady": [2.0, 2.1], "slow": [2.2, 2.2]}
    for arm, (name, values) in enumerate(found.items()):
        steps = [LATTICE - arm, arm, 0]
        for seed, loss in enumerate(values):
            record = {
                "mixture": steps,
                "seed": seed,
                "tokens": 1,
                "model_size": 1,
                "trial": f"{name}-{seed}",
                "trajectory": [],
            }
            status = {"status": "ok" if loss else "diverged", "target_losses": [loss] * 3, "domain_losses": [None] * 3}
            write_json(context.out / f"finalists-{name}-{seed:03d}.json", {**record, **status})
    finish_finalists(context)
    winner = read_json(context.out / "winner.json")
    assert winner["from"] == "steady"
    assert winner["mixture"] == [LATTICE - 1, 1, 0]
    assert set(winner["finalists"]) == {"steady", "slow"}


def test_equal_mixtures_are_trained_once(prepared: Context) -> None:
    one, other = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.5, 0.25])
    parts = _parts(prepared, "final", {"a": one, "b": other, "c": one.copy()}, 1000, [3, 4])
    assert sorted(part.name for part in parts) == ["final-a-000", "final-a-001", "final-b-000", "final-b-001"]


def test_the_verdict_has_every_control_and_every_target(searched: Artefact) -> None:
    verdict = read_json(searched.file("verdict.json"))
    # The best of the first round is no control when it is the winner itself.
    controls = {"natural", "uniform", "unimax"} | ({"best-random"} & set(verdict["arms"]))
    found = {(row["control"], row["measure"]) for row in verdict["comparisons"]}
    assert found == {(c, m) for c in controls for m in ("objective", "ledger", "prose", "runes")}
    assert set(verdict["arms"]) == {WINNER, *controls}
    assert {row["seeds"] for row in verdict["comparisons"]} == {2}


def test_the_mixture_is_the_chosen_arm_under_the_constraints(searched: Artefact, prepared: Context) -> None:
    mixture, verdict = read_json(searched.file("mixture.json")), read_json(searched.file("verdict.json"))
    assert mixture["domains"] == ["prose", "ledger", "runes"]
    assert mixture["weights"] == verdict["arms"][verdict["chosen"]]["weights"]
    constraints = problem_of(prepared, 0).constraints
    for arm in verdict["arms"].values():
        assert constraints.feasible(np.array(arm["weights"]))
        assert max(arm["epochs"]) <= prepared.config.max_epochs * 1.001


def test_the_record_tells_the_search(searched: Artefact) -> None:
    search = read_json(searched.file("search.json"))
    assert [record["name"] for record in search["rounds"]] == ["round-1", "round-2"]
    assert [len(record["trials"]) for record in search["rounds"]] == [4, 2]
    assert search["noise"]["degrees"] >= 1 and search["noise"]["objective"]["sd"] > 0
    assert search["targets"] == {"ledger": 1.0, "prose": 1.0, "runes": 1.0}
    assert search["screen"] is True and search["refused"] == {}
    assert search["objective"]["kind"] == "mean"
    assert search["outlooks"] == []  # not asked for
    assert len(search["noise"]["trials"]) == 2


def test_the_front_is_of_the_trials_that_the_method_saw(searched: Artefact) -> None:
    search = read_json(searched.file("search.json"))
    rounds = {trial["trial"]: trial["objective"] for record in search["rounds"] for trial in record["trials"]}
    seen = rounds | {search["noise"]["trials"][0]["trial"]: search["noise"]["trials"][0]["objective"]}
    assert search["pareto"]["of"] == len(seen) == 7
    front = set(search["pareto"]["trials"])
    assert min(seen, key=lambda trial: seen[trial]) in front <= set(seen)
