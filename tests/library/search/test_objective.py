import numpy as np
import pytest

from mixpipe.search.objective import Objective

LOSSES = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 50.0]])


def test_each_target_counts_in_units_of_its_spread() -> None:
    objective = Objective.fit(LOSSES, np.array([3.0, 1.0]))
    assert objective.value(LOSSES) == pytest.approx([-1, 0, 1])
    assert objective.value(np.array([1.0, 50.0])) == pytest.approx(-0.75 + 0.25)
    assert objective.bits(np.array([1.0, 50.0])) == pytest.approx(0.75 + 12.5)


def test_the_worst_case_ignores_targets_without_weight() -> None:
    row = np.array([1.0, 50.0])
    assert Objective.fit(LOSSES, np.array([1.0, 1.0])).worst(row) == pytest.approx(1)
    assert Objective.fit(LOSSES, np.array([1.0, 0.0])).worst(row) == pytest.approx(-1)


def test_a_constant_target_counts_nothing() -> None:
    losses = np.column_stack([LOSSES[:, 0], np.full(3, 0.1 + 0.2)])
    assert Objective.fit(losses, np.array([1.0, 1.0])).value(losses) == pytest.approx([-0.5, 0, 0.5])


@pytest.mark.parametrize("n", [0, 1])
def test_without_a_spread_the_unit_is_bits_per_byte(n: int) -> None:
    assert Objective.fit(LOSSES[:n], np.array([1.0, 1.0])).scale.tolist() == [1, 1]


def test_deviations_add_as_the_targets_go_together() -> None:
    together = Objective.fit(LOSSES, np.array([1.0, 1.0]))
    assert together.deviation(np.array([3.0, 80.0])) == pytest.approx(1.5 + 2)
    apart = Objective.fit(np.array([[1.0, 1], [1, 3], [3, 1], [3, 3]]), np.array([1.0, 1.0]))
    assert apart.deviation(3 * apart.scale) == pytest.approx(np.hypot(1.5, 1.5))
