import numpy as np

from mixpipe.scores.examples import PERCENTILES, percentile_values


def test_percentiles_are_quantiles_and_zeros_without_values():
    assert PERCENTILES == (1, 50, 99)
    assert percentile_values(np.arange(101.0)).tolist() == [1.0, 50.0, 99.0]
    assert percentile_values(np.zeros(0)).tolist() == [0.0, 0.0, 0.0]
