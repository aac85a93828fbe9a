import numpy as np
import pytest

from mixpipe.search.replay.merit import merits

MEASURED = np.array([[1.0], [2], [3], [4], [5]])


def test_a_perfect_prediction_has_no_error_and_no_regret():
    found = merits(MEASURED, MEASURED)
    assert [figure[0] for figure in found] == pytest.approx([1, 0, 1, 0])


def test_figures_of_a_known_prediction():
    predicted = np.array([[2.0], [1], [3], [4], [5]])  # the second is taken for the best
    found = merits(predicted, MEASURED)
    assert found.spearman[0] == pytest.approx(0.9)
    assert found.mse[0] == pytest.approx(0.4)
    assert found.r2[0] == pytest.approx(0.8)
    assert found.regret[0] == pytest.approx(0.5)


def test_ties_for_the_best_count_their_mean():
    predicted = np.array([[0.0], [0], [0], [1], [1]])
    assert merits(predicted, MEASURED).regret[0] == pytest.approx(0.5)


def test_what_has_no_meaning_is_undefined_and_silent():
    constant, missing = np.ones((5, 1)), np.full((5, 1), np.nan)
    assert np.isnan([merits(constant, MEASURED).spearman[0], merits(constant, MEASURED).regret[0]]).all()
    assert np.isnan(merits(MEASURED, constant).r2[0])
    assert np.isnan([figure[0] for figure in merits(MEASURED, missing)]).all()
