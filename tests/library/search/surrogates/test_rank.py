"""Spearman's correlation: 1 for any rising curve, and no number where it has no meaning."""

import numpy as np
import pytest

from mixpipe.search.surrogates.rank import spearman


def test_rank_correlation_is_undefined_and_silent_on_constants() -> None:
    ramp = np.arange(5.0)[:, None]
    assert spearman(ramp**3, ramp) == pytest.approx(1)
    assert spearman(-ramp, ramp) == pytest.approx(-1)
    assert np.isnan(spearman(np.ones((5, 1)), ramp)).all()
    assert np.isnan(spearman(ramp[:2], ramp[:2])).all()
    assert spearman(np.array([[1.0], [np.nan], [2], [3]]), np.array([[1.0], [0], [2], [3]])) == pytest.approx(1)


def test_it_is_the_formula_of_squared_differences() -> None:
    predicted, measured = np.array([[3.0], [1], [2], [5], [4]]), np.arange(5.0)[:, None]
    # 1 - 6 sum d^2 / (n (n^2 - 1)), d = ranks 3 1 2 5 4 less 1 2 3 4 5
    assert spearman(predicted, measured) == pytest.approx(1 - 6 * (4 + 1 + 1 + 1 + 1) / (5 * 24))
