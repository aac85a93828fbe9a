"""Expected improvement: rounds move to a known optimum, keep apart, and read the checkpoints where they are kept."""

import numpy as np
import pytest

from mixpipe.search.methods.bayesian import Bayesian

BEST = 0.6


def bowl(rows: np.ndarray) -> np.ndarray:
    """A loss that is least where the second domain has 60 %."""
    return 2 + (rows[..., 1] - BEST) ** 2


@pytest.mark.parametrize("variant", ["single", "multi-fidelity"])
def test_rounds_move_to_the_optimum(variant, make_problem, make_trial) -> None:
    problem, method, rng = make_problem(3), Bayesian(variant, candidates=1024), np.random.default_rng(0)
    trials = []
    for count in (8, 4, 4):
        rows = method.propose(problem, trials, count, rng)
        # A checkpoint at half the tokens, worse everywhere by the same.
        trials += [make_trial(row, [bowl(row)], tokens=1000, earlier={500: [bowl(row) + 0.3]}) for row in rows]
    assert np.abs(rows[:, 1] - BEST).min() < 0.02
    # Natural is .071 above the least loss.
    assert bowl(method.recommend(problem, trials).mixture) < 2.002


def test_a_batch_keeps_apart(make_problem, make_trial) -> None:
    problem, method = make_problem(3), Bayesian(candidates=1024)
    first = method.propose(problem, [], 12, np.random.default_rng(0))
    trials = [make_trial(row, [bowl(row)]) for row in first]
    roots = np.sqrt(method.propose(problem, trials, 4, np.random.default_rng(1)))
    distance = np.sqrt(np.maximum(2 - 2 * roots @ roots.T, 0))[np.triu_indices(4, 1)]
    assert distance.min() > 0.03  # of neighbours among 1,024 draws; half the radius of the penalty is .05


def test_before_there_is_enough_to_fit_candidates_are_taken_at_random(make_problem) -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    chosen = Bayesian().rank(make_problem(3), [], rows, 5, np.random.default_rng(3))
    assert chosen.tolist() == np.random.default_rng(3).permutation(20)[:5].tolist()
