"""The end of a search by a law: the least score under the caps, where the law's own optimum is not allowed."""

import numpy as np
import pytest

from mixpipe.mixture.constraints import Constraints
from mixpipe.search.optimum import best_measured, least, natural_instead, recommend_least
from mixpipe.search.problem import Problem
from mixpipe.search.trials import Trial

CENTRE = np.array([0.7, 0.2, 0.1])


def problem(epochs: float = 1e9) -> Problem:
    tokens = np.full(3, 1e6 / 3)
    constraints = Constraints.from_epochs(tokens, 1e6, epochs)
    return Problem(("a", "b", "c"), tokens, 1e6, constraints, ("x",), np.ones(1))


def trial(mixture: np.ndarray, loss: float) -> Trial:
    return Trial("x", "test", "round-1", mixture, 1, 1, 0, {"x": loss}, {}, "ok")


def distance(rows: np.ndarray) -> np.ndarray:
    return ((rows - CENTRE) ** 2).sum(axis=1)


@pytest.mark.parametrize(("epochs", "expected"), [(1e9, (0.7, 0.2, 0.1)), (1.5, (0.5, 0.3, 0.2))])
def test_the_nearest_allowed_mixture_has_the_least_distance(epochs: float, expected: tuple[float, ...]) -> None:
    # Under a cap of a half, what the first may not have is shared equally: the projection of the centre.
    found = least(problem(epochs), distance, np.eye(3))
    assert found == pytest.approx(expected, abs=1e-4)
    assert problem(epochs).constraints.feasible(found)


def test_under_caps_the_least_score_need_not_be_next_to_the_free_optimum() -> None:
    # The second domain helps the less the more the first has: a saddle in which projecting the optimum errs.
    def score(rows: np.ndarray) -> np.ndarray:
        return np.asarray((rows[:, 0] - 0.9) ** 2 + rows[:, 1] * (0.4 + rows[:, 2]))

    search = problem(1.5)
    found, projected = least(search, score, CENTRE[None]), search.constraints.settle(np.array([0.9, 0.0, 0.1]))
    grid = np.array([(a, b, 1 - a - b) for a in np.linspace(0, 0.5, 101) for b in np.linspace(0, 0.5, 101)])
    grid = grid[(grid >= 0).all(axis=1) & (grid <= 0.5).all(axis=1)]
    assert score(found[None])[0] <= score(grid).min() + 1e-6
    assert score(found[None])[0] <= score(projected[None])[0]


def test_a_score_that_is_no_number_somewhere_loses_there() -> None:
    def score(rows: np.ndarray) -> np.ndarray:
        return np.where(rows[:, 2] < 0.3, np.nan, distance(rows))

    assert least(problem(), score, np.eye(3))[2] == pytest.approx(0.3, abs=5e-3)


def test_the_optimum_is_shown_with_and_without_caps_beside_the_best_measured() -> None:
    search, trials = problem(1.5), [trial(np.array([0.5, 0.25, 0.25]), 2.0), trial(np.array([0.25, 0.25, 0.5]), 3.0)]
    found = recommend_least(search, trials, distance, np.eye(3), {"mean_error": 0.1})
    assert found.mixture == pytest.approx([0.5, 0.3, 0.2], abs=1e-4)
    assert found.unconstrained == pytest.approx(CENTRE, abs=1e-4)
    assert [candidate.name for candidate in found.candidates] == ["predicted", "top-mean", "measured"]
    # Of two losses, in their standard deviations, the better is half a difference below the mean.
    assert found.candidates[2].measured == pytest.approx(-np.sqrt(0.5))
    assert found.candidates[0].measured is None
    assert found.evidence["trials"] == 2
    assert found.evidence["mean_error"] == 0.1


def test_without_trials_there_is_no_best_and_natural_says_why() -> None:
    assert best_measured(problem(), [], distance) == ()
    found = natural_instead(problem(), [], "the law needs 4 mixtures")
    assert found.mixture == pytest.approx(np.full(3, 1 / 3), abs=2e-5)
    assert found.evidence["reason"] == "the law needs 4 mixtures"
