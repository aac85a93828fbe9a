from dataclasses import replace

import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import LATTICE, lattice_key, snap
from mixpipe.search.candidates import first_new, new_draws, prior_draws, spread_out, variations
from mixpipe.search.problem import Problem


def problem(max_epochs: float) -> Problem:
    tokens = np.array([60.0, 25, 10, 5])
    constraints = Constraints.from_epochs(tokens, 100, max_epochs)
    return Problem(("a", "b", "c", "d"), tokens, 100, constraints, ("x",), np.ones(1))


@pytest.mark.parametrize("max_epochs", [1.0, 2.0, 1e6])
def test_draws_and_variations_are_feasible_on_the_lattice(max_epochs: float) -> None:
    search, rng = problem(max_epochs), np.random.default_rng(0)
    draws = prior_draws(search, 200, rng)
    for rows in (draws, variations(search, draws[:3], 200, rng)):
        assert rows.shape == (200, 4)
        assert search.constraints.feasible(rows)
        assert (rows * LATTICE == np.rint(rows * LATTICE)).all()


def test_with_strata_draws_move_the_shares_of_domains() -> None:
    search, rng = replace(problem(1e6), strata=2), np.random.default_rng(0)
    draws = prior_draws(search, 400, rng)
    for rows in (draws, variations(search, draws[:3], 400, rng)):
        assert search.constraints.feasible(rows)
        domains = rows.reshape(400, 2, 2).sum(axis=2)
        assert domains.std(axis=0).min() > 0.15


def test_variations_stay_near_and_bring_domains_back() -> None:
    centre = snap(np.array([[0.7, 0.3, 0.0, 0.0]]))
    rows = variations(problem(1e6), centre, 400, np.random.default_rng(0))
    distance = np.abs(rows - centre).sum(axis=1) / 2
    assert np.median(distance) < 0.25
    assert (rows[:, 2:] > 0.01).any(axis=0).all()


def test_new_rows_are_distinct_and_untaken_in_order() -> None:
    rows = snap(np.array([[0.5, 0.5], [0.5, 0.5], [0.2, 0.8], [0.9, 0.1], [0.4, 0.6]]))
    assert first_new(rows, 2, {lattice_key(rows[2])}).tolist() == rows[[0, 3]].tolist()
    assert first_new(rows, 9, set()).shape == (4, 2)
    assert first_new(rows[:0], 3, set()).shape == (0, 2)


def test_drawing_stops_when_the_constraints_leave_one_mixture() -> None:
    search, rng = problem(1.0), np.random.default_rng(0)
    assert len(new_draws(lambda n: prior_draws(search, n, rng), 5, set())) == 1


def test_spreading_takes_the_corners_before_the_middle() -> None:
    rows = np.array([[0.4, 0.6], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])
    assert spread_out(rows, 2, rows[1:2]).tolist() == [[1, 0], [0, 1]]
    assert len(spread_out(rows, 9, rows[:0])) == 4
