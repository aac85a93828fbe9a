"""What every registered method must do; a new one is checked without an edit here."""

from dataclasses import replace
from functools import cache
from typing import Any, get_args

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import LATTICE, lattice_key
from mixpipe.search.candidates import first_new
from mixpipe.search.methods import load_method, method_names
from mixpipe.search.methods.protocol import Method, Recommendation, draws
from mixpipe.search.objective import ObjectiveKind
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Checkpoint, Trial, tried
from mixpipe.store.fingerprint import canonical_json

every_method = pytest.mark.parametrize("name", method_names())
BUDGET = 1e6
SIZES = [50.0, 20, 14, 10, 4, 2]
USUAL_EPOCHS = 4.0
KINDS = ("se", "je", "ce", "vne")


def problem(tokens: list[float], max_epochs: float = USUAL_EPOCHS) -> Problem:
    """Return a problem with all that any method needs: a screen that is biased, and telling entropies."""
    available = np.array(tokens) / np.sum(tokens) * BUDGET
    entropies = np.full(len(tokens), 3.0)
    entropies[2:4] = 5.0
    return Problem(
        domains=tuple(f"domain-{i}" for i in range(len(tokens))),
        available_tokens=available,
        budget_tokens=BUDGET,
        constraints=Constraints.from_epochs(available, BUDGET, max_epochs),
        targets=("prose", "code"),
        target_weights=np.array([1.0, 1.0]),
        prior=lambda mixtures: 3 + 1.7 * bowl(0.9 * mixtures + 0.1 / mixtures.shape[-1]),
        entropies=dict.fromkeys(KINDS, entropies),
    )


SKEWED = problem(SIZES)


BARE = replace(SKEWED, prior=None, entropies=None)


def bowl(mixtures: np.ndarray) -> np.ndarray:
    """Losses on two targets, quadratic in sqrt(w), least where the third and fourth domains share the budget."""
    best = np.zeros(mixtures.shape[-1])
    best[2:4] = 0.5
    distance = ((np.sqrt(mixtures) - np.sqrt(best)) ** 2).sum(axis=-1, keepdims=True)
    return np.array([2.0, 1.0]) + distance * np.array([0.5, 0.3])


def trial(mixture: np.ndarray, losses: np.ndarray, *, seed: int = 0, status: str = "ok") -> Trial:
    """Return a trial with checkpoints, and with losses on the domains that agree with the bowl.

    The third and fourth domains' fall with their shares and the others' hardly.
    """
    names = dict(zip(SKEWED.targets, losses.tolist(), strict=True))
    gains = np.full(len(mixture), 0.01)
    gains[2:4] = 1.0
    of_domains = {str(i): 1 + float(gains[i]) * float(np.exp(-3 * w)) for i, w in enumerate(mixture)}
    earlier = tuple(
        Checkpoint(tokens, {name: loss + 20 / tokens for name, loss in names.items()}) for tokens in (250, 500)
    )
    return Trial(f"{seed}", "test", "round-1", mixture, 1000, 1000, seed, names, of_domains, status, earlier)


def searched(method: Method, search: Problem, rounds: tuple[int, ...] = (10, 5), seed: int = 0) -> list[Trial]:
    rng = np.random.default_rng(seed)
    trials: list[Trial] = []
    for count in rounds:
        trials += [trial(row, bowl(row)) for row in method.propose(search, trials, count, rng)]
    return trials


@cache
def usual(name: str) -> tuple[Method, tuple[Trial, ...], Recommendation]:
    """Return a method, the trials of its search and what it recommends after them; made once for all tests."""
    method = load_method(name)
    trials = tuple(searched(method, SKEWED))
    return method, trials, method.recommend(SKEWED, trials)


def tried_rows(rows: np.ndarray) -> set[bytes]:
    return {lattice_key(row) for row in rows}


def check(search: Problem, rows: np.ndarray) -> None:
    assert np.isfinite(rows).all()
    assert (rows.sum(axis=-1) == 1).all()
    assert (rows * LATTICE == np.rint(rows * LATTICE)).all()
    assert search.constraints.feasible(rows)


@every_method
@pytest.mark.parametrize("max_epochs", [1.0, 1.5, USUAL_EPOCHS])
def test_proposals_are_feasible_on_the_lattice_and_new(name: str, max_epochs: float) -> None:
    search = problem(SIZES, max_epochs)
    method, trials, recommended = usual(name)
    if max_epochs != USUAL_EPOCHS:
        trials = tuple(searched(method, search))
        recommended = method.recommend(search, trials)
    check(search, np.array([t.mixture for t in trials]))
    assert len(tried(trials)) == len(trials) <= 15
    check(search, recommended.mixture)
    for candidate in recommended.candidates:
        check(search, candidate.mixture)


@every_method
def test_the_seed_decides_and_the_names_of_domains_do_not(name: str) -> None:
    renamed = replace(SKEWED, domains=tuple(reversed(SKEWED.domains)))
    method, first, recommended = usual(name)
    second = searched(method, renamed)
    assert [lattice_key(t.mixture) for t in first] == [lattice_key(t.mixture) for t in second]
    assert (recommended.mixture == method.recommend(renamed, second).mixture).all()


@every_method
@pytest.mark.parametrize("domains", [1, 2])
def test_one_and_two_domains_work(name: str, domains: int) -> None:
    search = problem([3.0, 7.0][:domains])
    method = load_method(name)
    good = [
        trial(row, np.array([row[0], 1 - row[0]])) for row in method.propose(search, [], 6, np.random.default_rng(0))
    ]
    check(search, method.recommend(search, good).mixture)


@every_method
def test_nothing_measured_still_gives_a_mixture(name: str) -> None:
    check(SKEWED, load_method(name).recommend(SKEWED, []).mixture)


@every_method
def test_failed_trials_are_left_out_and_not_proposed_again(name: str) -> None:
    method, usable, recommended = usual(name)
    good = list(usable)
    draws = SKEWED.constraints.settle(np.random.default_rng(5).dirichlet(np.ones(6), size=4))
    failed = [
        trial(draws[0], np.array([np.nan, 1.0])),
        trial(draws[1], np.array([np.inf, np.inf])),
        trial(draws[2], np.array([0.0, 0.0]), status="out of memory"),
        replace(trial(draws[3], np.array([0.0, 0.0])), target_losses={}, status="killed after 60 s"),
    ]
    assert (method.recommend(SKEWED, good + failed).mixture == recommended.mixture).all()
    proposals = method.propose(SKEWED, good + failed, 4, np.random.default_rng(1))
    assert not {lattice_key(row) for row in proposals} & tried(good + failed)


@every_method
def test_all_trials_failed_or_equal_is_no_crash(name: str) -> None:
    method = load_method(name)
    draws = method.propose(SKEWED, [], 6, np.random.default_rng(0))
    for losses in (np.array([np.nan, np.nan]), np.array([2.0, 1.0])):
        trials = [trial(row, losses) for row in draws]
        check(SKEWED, method.propose(SKEWED, trials, 3, np.random.default_rng(1)).reshape(-1, 6))
        check(SKEWED, method.recommend(SKEWED, trials).mixture)


@every_method
def test_the_draws_told_are_those_proposed(name: str) -> None:
    method, _, recommended = usual(name)
    if not draws(method):
        return
    told = method.drawn(SKEWED, [], 8, np.random.default_rng(2))
    assert told is not None
    assert told.drawn >= 64
    settled = SKEWED.constraints.settle(told.mixtures)
    proposed = method.propose(SKEWED, [], 8, np.random.default_rng(2))
    assert (first_new(settled, 8, set()) == proposed[: len(tried_rows(settled))]).all()
    evidence: Any = recommended.evidence["draws"]
    # Both shares are of one sampler; the round's few draws leave its own uncertain by .06.
    assert told.refused / told.drawn == pytest.approx(evidence["refused"] / evidence["drawn"], abs=0.25)
    assert sum(evidence["mean"]) == pytest.approx(1)


@every_method
@pytest.mark.parametrize("kind", get_args(ObjectiveKind))
def test_every_objective_is_served_better_than_by_natural_and_uniform(name: str, kind: ObjectiveKind) -> None:
    # The mean of the targets also without caps, as users may ask for.
    epochs = 1e9 if kind == "mean" else USUAL_EPOCHS
    method, search = load_method(name), replace(problem(SIZES, epochs), objective=kind)
    trials = searched(method, search, (16, 8))
    check(search, np.array([t.mixture for t in trials]))
    assert len(tried(trials)) == len(trials)
    recommended = method.recommend(search, trials)
    check(search, recommended.mixture)
    if method.about.needs == "nothing":
        return
    # By the worst target, and by the mean of both, which all kinds of objective lower here.
    for worth in (np.max, np.sum):
        controls = [load_method(control).recommend(search, []).mixture for control in ("natural", "uniform")]
        assert worth(bowl(recommended.mixture)) < min(worth(bowl(mixture)) for mixture in controls)
    # The unit tells which objective was fitted: ranks of trials lie in 0..1, and one of 16 is no lower than 1/48.
    measured = [found.measured for found in recommended.candidates if found.measured is not None]
    assert measured or not recommended.candidates
    assert all((0 < value < 1) == (kind == "rank") for value in measured)


@every_method
def test_what_a_method_needs_may_be_missing(name: str) -> None:
    method = load_method(name)
    trials = [replace(t, domain_losses={}, trajectory=()) for t in searched(method, BARE, (16, 8, 4))]
    check(BARE, np.array([t.mixture for t in trials]))
    recommended = method.recommend(BARE, trials)
    check(BARE, recommended.mixture)
    if method.about.needs == "proxies":
        controls = [bowl(load_method(control).recommend(BARE, []).mixture).sum() for control in ("natural", "uniform")]
        assert bowl(recommended.mixture).sum() < min(controls)


@every_method
def test_evidence_is_json(name: str) -> None:
    assert canonical_json(usual(name)[2].evidence)


@every_method
def test_methods_say_what_they_are(name: str) -> None:
    about = load_method(name).about
    assert about.family in {"no training", "one shot", "iterative"}
    assert about.trials
    assert about.paper
    assert about.needs


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"climb.*natural.*found 'annealing'"):
        load_method("annealing")
    with pytest.raises(ConfigError, match=r"natural alone, found 'natural:other'"):
        load_method("natural:other")
