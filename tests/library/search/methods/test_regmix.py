"""One round and one regression: the mean of the best draws is near the optimum, and the caps refuse as published."""

import numpy as np
import pytest

from mixpipe.search.methods.regmix import MAXIMUM_USAGE, TOP, RegMix


def bowl(rows: np.ndarray) -> np.ndarray:
    """A loss that is least where the second domain has 60 %."""
    return 2 + (rows[..., 1] - 0.6) ** 2


def test_the_mean_of_the_best_is_recommended_and_lies_at_the_optimum(make_problem, make_trial) -> None:
    problem, method = make_problem(3), RegMix(surrogate="gp", candidates=4000)
    rows = method.propose(problem, [], 40, np.random.default_rng(0))
    found = method.recommend(problem, [make_trial(row, [bowl(row)]) for row in rows])
    assert found.mixture[1] == pytest.approx(0.6, abs=0.01)
    top = next(candidate for candidate in found.candidates if candidate.name == "top-mean")
    assert (found.mixture == top.mixture).all()
    assert TOP == 100


def test_no_draw_has_more_than_fifteen_times_the_natural_share(sized) -> None:
    # The prior of the published example, k = 4; the cap of the smallest domain is 7.5 %.
    problem = sized([5, 20, 175, 800], budget=1000, epochs=1e9)
    draws = RegMix().drawn(problem, [], 2000, np.random.default_rng(0))
    assert (draws.mixtures <= MAXIMUM_USAGE * problem.natural + 1e-9).all()
    # Measured for U = 15: 80 % accepted, mean (.004, .026, .308, .662).
    assert draws.acceptance == pytest.approx(0.8, abs=0.03)
    assert draws.mean == pytest.approx([0.004, 0.026, 0.308, 0.662], abs=0.02)


def test_later_draws_do_not_see_what_was_measured(make_problem, make_trial) -> None:
    problem, method = make_problem(3), RegMix()
    first = method.propose(problem, [], 5, np.random.default_rng(0))
    trials = [make_trial(row, [float(n)]) for n, row in enumerate(first)]
    again = method.propose(problem, trials, 5, np.random.default_rng(1))
    assert (again == method.propose(problem, [], 5, np.random.default_rng(1))).all()
