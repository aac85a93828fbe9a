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


@pytest.mark.parametrize(("weights", "tokens"), [([0.0], None), ([-1.0], None), ([1.0, 1.0], None), ([1.0], [1.0])])
def test_arrays_that_do_not_fit_are_refused(weights: list[float], tokens: list[float] | None) -> None:
    with pytest.raises(ConfigError):
        problem(weights, tokens)
