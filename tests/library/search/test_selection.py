import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.simplex import lattice_key, snap
from mixpipe.search.forecast import forecast
from mixpipe.search.problem import Problem
from mixpipe.search.selection import enough, select
from mixpipe.search.trials import Trial

PROBLEM = Problem(
    ("a", "b", "c"), np.ones(3), 1.0, Constraints(np.zeros(3), np.array([0.6, 1.0, 1.0])), ("x",), np.ones(1)
)


def trial(mixture: np.ndarray, loss: float, seed: int = 0) -> Trial:
    return Trial(f"{seed}", "m", "r", mixture, 1, 1, seed, {"x": loss}, {}, "ok")


ROWS = PROBLEM.constraints.settle(np.random.default_rng(0).dirichlet(np.ones(3), size=15))
TRIALS = [trial(row, 2 - row[0]) for row in ROWS]  # the first domain is all that helps


@pytest.mark.parametrize("choose", ["predicted", "top-mean", "measured"])
def test_three_candidates_are_kept_and_the_asked_one_is_recommended(choose: str) -> None:
    pool = PROBLEM.constraints.settle(np.random.default_rng(1).dirichlet(np.ones(3), size=500))
    found = select(PROBLEM, forecast(PROBLEM, TRIALS, "linear-sqrt"), pool, snap(np.eye(3)), choose=choose, top=20)
    by_name = {candidate.name: candidate for candidate in found.candidates}
    assert (found.mixture == by_name[choose].mixture).all()
    assert by_name["predicted"].mixture[0] == pytest.approx(0.6, abs=0.01)
    best = max(ROWS, key=lambda row: row[0])
    assert lattice_key(by_name["measured"].mixture) == lattice_key(best)
    assert by_name["measured"].measured == pytest.approx(by_name["measured"].predicted, abs=0.05)
    assert by_name["predicted"].measured is None or by_name["predicted"].mixture in ROWS
    assert found.unconstrained is not None
    assert found.unconstrained.tolist() == [1, 0, 0]


def test_one_lucky_seed_is_not_the_best_measured() -> None:
    lucky = [trial(ROWS[0], 0.0, seed=1), trial(ROWS[0], 9.0, seed=2)]
    found = select(PROBLEM, forecast(PROBLEM, TRIALS + lucky, "linear-sqrt"), ROWS, ROWS, choose="measured", top=3)
    assert lattice_key(found.mixture) != lattice_key(ROWS[0])


def test_four_different_mixtures_are_enough() -> None:
    assert not enough(TRIALS[:3] * 4)
    assert enough(TRIALS[:4])
