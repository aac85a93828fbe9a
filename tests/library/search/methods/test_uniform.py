"""Uniform is 1/k, and under caps the nearest there is: the rest is shared equally, as UniMax does."""

import numpy as np
import pytest

from mixpipe.search.methods.uniform import Uniform


def test_every_domain_gets_the_same(sized) -> None:
    assert Uniform().recommend(sized([10, 100, 1000, 5], budget=10, epochs=100), []).mixture.tolist() == [0.25] * 4


def test_under_caps_the_rest_is_shared_equally(sized) -> None:
    found = Uniform().recommend(sized([10, 100, 1000], budget=300, epochs=2), []).mixture
    assert found == pytest.approx([0.0667, 0.4667, 0.4667], abs=1e-4)  # caps are .067, .67 and 1


def test_no_tokens_are_asked_of_a_domain_that_has_none(sized) -> None:
    found = Uniform().recommend(sized(np.array([10.0, 0, 30]), budget=10, epochs=4), []).mixture
    assert found == pytest.approx([0.5, 0, 0.5], abs=1e-4)
