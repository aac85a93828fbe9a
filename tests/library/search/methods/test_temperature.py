"""Tempered shares are those that the papers print, and lie between natural and uniform."""

import numpy as np
import pytest

from mixpipe.search.methods.temperature import Temperature


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1.43, (0.598, 0.249, 0.153)), (2, (0.523, 0.280, 0.198)), (3.33, (0.446, 0.306, 0.248))],
)
def test_temperatures_give_the_known_shares(sized, temperature: float, expected: tuple[float, ...]) -> None:
    found = Temperature(temperature).weights(sized([70, 20, 10], budget=10, epochs=100))
    assert found == pytest.approx(expected, abs=6e-4)


def test_topics_are_mixed_as_dataweave_prints(sized) -> None:
    """DataWeave (arXiv 2502.16802) tempers the sizes of topics, which domains are here."""
    problem = sized([100, 10, 1], budget=10, epochs=100)
    assert Temperature(2.0).weights(problem) == pytest.approx((0.70610, 0.22329, 0.07061), abs=1e-5)


def test_its_ends_are_natural_and_uniform(sized) -> None:
    problem = sized([70, 20, 10], budget=10, epochs=100)
    assert Temperature(1.0).weights(problem) == pytest.approx(problem.natural)
    assert Temperature(1e9).weights(problem) == pytest.approx(np.full(3, 1 / 3))


def test_a_domain_without_tokens_stays_at_nothing(sized) -> None:
    assert Temperature(5.0).weights(sized(np.array([4.0, 0, 4]), budget=4, epochs=4)).tolist() == [0.5, 0, 0.5]
