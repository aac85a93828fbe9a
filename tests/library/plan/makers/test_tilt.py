import pytest

from mixpipe.plan.copies import VALUE_BINS
from mixpipe.plan.makers.tilt import quality_tilt


def test_the_tilt_has_mean_one_and_reaches_twice_the_mean():
    assert quality_tilt(0.0).tolist() == [1.0] * VALUE_BINS
    full = quality_tilt(1.0)
    assert full.mean() == pytest.approx(1.0)
    assert full[0] == pytest.approx(1 / VALUE_BINS)
    assert full[-1] == pytest.approx(2 - 1 / VALUE_BINS)
