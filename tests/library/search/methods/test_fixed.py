"""A fixed mixture is proposed once, under the constraints, and says nothing more however many are asked for."""

import numpy as np
import pytest

from mixpipe.search.methods.fixed import FixedMixture


class First(FixedMixture):
    """All of the budget from the first domain, as far as it goes."""

    def weights(self, problem):
        return np.eye(len(problem.domains))[0]


def test_it_is_brought_under_the_caps(sized) -> None:
    found = First().recommend(sized([100, 100, 100], budget=400, epochs=2), []).mixture
    assert found.tolist() == [0.5, 0.25, 0.25]  # the nearest point under caps of a half


def test_it_is_proposed_once(sized, make_trial) -> None:
    problem = sized([100, 100, 100], budget=400, epochs=2)
    rows = First().propose(problem, [], 8, np.random.default_rng(0))
    assert rows.tolist() == [[0.5, 0.25, 0.25]]
    assert len(First().propose(problem, [make_trial(rows[0], [1.0])], 8, np.random.default_rng(0))) == 0


def test_one_that_does_not_say_its_mixture_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="weights"):
        FixedMixture()
