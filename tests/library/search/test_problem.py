from dataclasses import replace

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.mixture.constraints import Constraints
from mixpipe.search.problem import Problem


def problem(weights: list[float], tokens: list[float] | None = None) -> Problem:
    available = np.array(tokens or [30.0, 10.0])
    return Problem(("a", "b"), available, 10.0, Constraints.free(2), ("x",), np.array(weights))


def test_natural_shares_are_tokens_over_their_sum() -> None:
    assert problem([1.0]).natural.tolist() == [0.75, 0.25]


def test_the_objective_is_of_the_kind_asked_for() -> None:
    losses = np.array([[1.0], [2.0], [6.0]])
    asked = replace(problem([2.0]), objective="rank")
    assert asked.fit_objective(losses).value(losses) == pytest.approx([1 / 6, 1 / 2, 5 / 6])


@pytest.mark.parametrize(("weights", "tokens"), [([0.0], None), ([-1.0], None), ([1.0, 1.0], None), ([1.0], [1.0])])
def test_arrays_that_do_not_fit_are_refused(weights: list[float], tokens: list[float] | None) -> None:
    with pytest.raises(ConfigError):
        problem(weights, tokens)
