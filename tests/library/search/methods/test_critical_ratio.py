import numpy as np
import pytest

from mixpipe.search.methods.critical_ratio import CriticalMixtureRatio


def measured(make_trial, rows):
    """General loss rises by .2 R^2, so .05 is reached at R = .5; the new one's falls all the way."""
    ratios = 1 - rows[:, 0]
    return [
        make_trial(row, [1.0], domains=[2 + 0.2 * r**2, *[3 - 0.5 * r] * (len(row) - 1)])
        for row, r in zip(rows, ratios, strict=True)
    ]


@pytest.mark.parametrize("domains", [2, 4])
def test_the_largest_share_that_the_general_loss_allows_is_found(domains, make_problem, make_trial):
    search, method = make_problem(domains), CriticalMixtureRatio()
    rows = method.propose(search, [], 7, np.random.default_rng(0))
    assert sorted(1 - rows[:, 0]) == pytest.approx([0, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 3 / 4, 1], abs=1e-4)
    found = method.recommend(search, measured(make_trial, rows)).mixture
    assert 1 - found[0] == pytest.approx(0.5, abs=0.01)
    assert found[1:] == pytest.approx(np.full(domains - 1, 0.5 / (domains - 1)), abs=0.01)


def test_any_rise_may_be_tolerated_or_none(make_problem, make_trial):
    search = make_problem(2)
    trials = measured(make_trial, CriticalMixtureRatio().propose(search, [], 7, np.random.default_rng(0)))
    assert CriticalMixtureRatio(np.inf).recommend(search, trials).mixture[1] == 1
    none = CriticalMixtureRatio(-1.0).recommend(search, trials)
    assert none.mixture[0] == 1 and none.evidence["feasible"] is False


def test_mixtures_off_the_line_are_not_read(make_problem, make_trial):
    search, method = make_problem(3), CriticalMixtureRatio()
    off = search.constraints.settle(np.array([[0.5, 0.4, 0.1], [0.2, 0.1, 0.7]]))
    found = method.recommend(search, measured(make_trial, off))
    assert found.mixture == pytest.approx(search.natural, abs=1e-4)
    assert "of its design" in found.evidence["reason"]
