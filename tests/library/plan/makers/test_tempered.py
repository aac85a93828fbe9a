import numpy as np
import pytest

from mixpipe.plan.copies import VALUE_BINS, bin_middles
from mixpipe.plan.makers.protocol import Filled
from mixpipe.plan.makers.tempered import Tempered, exponential


def preference(**config):
    return Tempered(**config).preference(Filled(np.ones((2, VALUE_BINS), np.int64), np.array([1.0, 1.0]), 4.0))


def test_the_exponential_is_one_at_the_best_and_falls_by_e_every_tau():
    assert exponential(np.array([1.0, 0.5, 0.0]), 0.5).tolist() == [1, np.exp(-1), np.exp(-2)]


def test_every_domain_has_the_same_weights():
    found = preference(form="exponential", tau=0.25)
    assert found.shape == (2, VALUE_BINS)
    assert np.array_equal(found[0], found[1])
    ratio = found[0, -1] / found[0, 0]
    assert ratio == pytest.approx(np.exp((1 - 1 / VALUE_BINS) / 0.25))


@pytest.mark.parametrize(("tau", "power"), [(1.0, 1.0), (0.5, 2.0), (2.0, 0.5)])
def test_the_power_is_one_over_tau(tau, power):
    assert preference(form="power", tau=tau)[0] == pytest.approx(bin_middles() ** power)


def test_a_large_tau_makes_all_alike_and_a_small_one_leaves_the_best():
    assert preference(form="exponential", tau=1e6)[0] == pytest.approx(np.ones(VALUE_BINS), abs=1e-5)
    coldest = preference(form="exponential", tau=0.01)[0]
    assert coldest[-1] / coldest.sum() > 0.3
    assert np.isfinite(coldest).all() and (coldest > 0).all()


def test_it_reads_its_own_column():
    assert Tempered(column="perplexity").columns == ("perplexity",)
