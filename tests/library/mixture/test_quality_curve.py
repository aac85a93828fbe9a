import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.mixture.quality_curve import QualityCurve, copies_at, draw_curves, mean_copies


def curve(steepness=100.0, reach=0.05, power=1.0, floor=0.001):
    return QualityCurve(*(np.array([value]) for value in (steepness, reach, power, floor)))


def test_the_papers_curve():
    found = copies_at(curve(), np.array([0.0, 0.05, 0.0501, 1.0]))[0]
    np.testing.assert_allclose(found, [1.98661 + 0.001, 1.001, 0.001, 0.001], atol=5e-6)


def test_without_power_and_floor_it_is_the_best_share_once():
    found = copies_at(curve(reach=0.25, power=0.0, floor=0.0), np.linspace(0, 1, 101))[0]
    assert found.tolist() == [1.0] * 26 + [0.0] * 75


unit = st.floats(0, 1)


@given(steepness=st.floats(0, 1e6), reach=unit, power=unit, floor=st.floats(0, 0.001))
def test_copies_never_rise_with_the_rank_and_stay_below_their_bound(steepness, reach, power, floor):
    found = copies_at(curve(steepness, reach, power, floor), np.linspace(0, 1, 200))[0]
    assert (np.diff(found) <= 1e-12).all()
    assert found.max() <= 2**power + floor + 1e-12


@pytest.mark.parametrize("strata", [1, 2, 16])
def test_means_of_strata_are_the_mean_of_the_curve_best_last(strata):
    drawn = draw_curves(1, 5, np.random.default_rng(0), most_reach=1.0)[0]
    means = mean_copies(drawn, strata)
    assert means.shape == (5, strata)
    np.testing.assert_allclose(means.mean(axis=1), mean_copies(drawn, 1)[:, 0], rtol=1e-12)
    assert (np.diff(means, axis=1) >= 0).all()


def test_the_prior_reads_seven_percent_of_a_corpus():
    draws = draw_curves(400, 26, np.random.default_rng(1))
    read = np.mean([mean_copies(drawn, 1).mean() for drawn in draws])
    assert read == pytest.approx(0.07, abs=0.004)
