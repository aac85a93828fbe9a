"""Topics move by what up-sampling each gave, at most threefold."""

import numpy as np
import pytest

from mixpipe.search.methods.perfre import PerfRe, moved_shares


def test_shares_move_by_gains_in_units_of_their_spread() -> None:
    natural, gains = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.0, -0.1])
    factor = np.exp(gains / gains.std())
    assert moved_shares(natural, gains, 1.0) == pytest.approx(
        natural * np.clip(factor, 1 / 3, 3) / (natural * np.clip(factor, 1 / 3, 3)).sum()
    )
    assert moved_shares(natural, gains, 100.0) == pytest.approx(np.array([1.5, 0.3, 0.2 / 3]) / (1.8 + 0.2 / 3))
    assert moved_shares(natural, np.zeros(3), 1.0) == pytest.approx(natural)


def test_the_design_is_natural_and_each_domain_doubled(sized) -> None:
    problem = sized([600, 300, 100], budget=1000, epochs=1e9)
    rows = PerfRe().propose(problem, [], 4, np.random.default_rng(0))
    wanted = [[0.6, 0.3, 0.1], [1.2 / 1.6, 0.3 / 1.6, 0.1 / 1.6], [0.6 / 1.3, 0.6 / 1.3, 0.1 / 1.3], [0.6, 0.3, 0.2]]
    wanted[3] = [value / 1.1 for value in wanted[3]]
    np.testing.assert_allclose(rows, wanted, atol=2e-5)


def test_the_domain_that_helps_gains_and_the_one_that_hurts_loses(sized, make_trial) -> None:
    problem, method = sized([600, 300, 100], budget=1000, epochs=1e9), PerfRe()
    rows = method.propose(problem, [], 4, np.random.default_rng(0))
    found = method.recommend(problem, [make_trial(row, [3 - row[2] + row[0]]) for row in rows])
    ratios = found.mixture / problem.natural
    assert ratios[2] > ratios[1] > ratios[0]
    assert len(found.evidence["gains"]) == 3


def test_without_the_natural_mixture_nothing_is_known(sized, make_trial) -> None:
    problem, method = sized([600, 300, 100], budget=1000, epochs=1e9), PerfRe()
    rows = method.propose(problem, [], 4, np.random.default_rng(0))[1:]
    found = method.recommend(problem, [make_trial(row, [3 - row[2]]) for row in rows])
    assert found.evidence["chosen"] == "natural"
