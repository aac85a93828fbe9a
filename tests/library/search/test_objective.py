from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.search.objective import Objective, ObjectiveKind, pareto_front

KINDS = get_args(ObjectiveKind)

LOSSES = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 50.0]])


def test_each_target_counts_in_units_of_its_spread() -> None:
    objective = Objective.fit(LOSSES, np.array([3.0, 1.0]))
    assert objective.value(LOSSES) == pytest.approx([-1, 0, 1])
    assert objective.value(np.array([1.0, 50.0])) == pytest.approx(-0.75 + 0.25)
    assert objective.bits(np.array([1.0, 50.0])) == pytest.approx(0.75 + 12.5)


def test_the_worst_case_ignores_targets_without_weight() -> None:
    row = np.array([1.0, 50.0])
    assert Objective.fit(LOSSES, np.array([1.0, 1.0]), "worst").value(row) == pytest.approx(1)
    assert Objective.fit(LOSSES, np.array([1.0, 0.0]), "worst").value(row) == pytest.approx(-1)


def test_ranks_are_percentiles_with_lines_between_and_the_average_pace_beyond() -> None:
    objective = Objective.fit(LOSSES, np.array([1.0, 0.0]), "rank")
    asked = np.array([[1.0, 0], [2.0, 0], [3.0, 0], [1.25, 0], [0.0, 0], [5.0, 0]])
    pace = 1 / np.sqrt(12)  # the scale is 1
    assert objective.value(asked) == pytest.approx([1 / 6, 1 / 2, 5 / 6, 1 / 4, 1 / 6 - pace, 5 / 6 + 2 * pace])
    assert objective.value(LOSSES[:0]).shape == (0,)


def test_tied_trials_share_the_middle_of_their_places() -> None:
    objective = Objective.fit(np.array([[1.0], [2], [2], [7]]), np.ones(1), "rank")
    assert objective.value(np.array([[1.0], [2.0], [7.0]])) == pytest.approx([1 / 8, 1 / 2, 7 / 8])


def test_an_outlier_moves_no_rank() -> None:
    far = LOSSES.copy()
    far[2] *= 1000
    values = [Objective.fit(losses, np.ones(2), "rank").value(losses) for losses in (LOSSES, far)]
    assert values[0] == pytest.approx(values[1])


@given(st.lists(st.tuples(*[st.floats(0, 10)] * 2), max_size=8), st.sampled_from(KINDS))
def test_a_mixture_that_is_nowhere_worse_has_no_higher_objective(rows: list[tuple[float, float]], kind: str) -> None:
    objective = Objective.fit(np.array(rows).reshape(-1, 2), np.array([2.0, 1.0]), kind)
    grid = np.linspace(-5, 15, 81)
    for moved in (np.column_stack([grid, np.full(81, 3.0)]), np.column_stack([np.full(81, 3.0), grid])):
        assert (np.diff(objective.value(moved)) >= -1e-9).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_stated_deviation_is_that_of_draws(kind: str) -> None:
    rng = np.random.default_rng(0)
    losses = rng.normal(size=(4000, 3)) @ np.diag([1.0, 0.1, 5.0])
    objective = Objective.fit(losses, np.array([1.0, 2.0, 1.0]), kind)
    sd = 0.3 * objective.scale
    drawn = objective.value(objective.centre + sd * rng.normal(size=(20_000, 3))).std()
    stated = float(objective.deviation(sd))
    # Of the worst it is a bound, of ranks the average pace: in the middle of the trials they rise faster.
    least, most = {"mean": (0.97, 1.03), "worst": (0.7, 1.0), "rank": (0.95, 1.5)}[kind]
    assert least * stated <= drawn <= most * stated


def test_the_front_is_what_no_other_row_beats() -> None:
    losses = np.array([[1.0, 5, 0], [2, 3, 9], [2, 4, 9], [3, 1, 9], [3, 1, 9], [4, 4, 0]])
    assert pareto_front(losses, np.array([1.0, 1, 0])).tolist() == [True, True, False, True, True, False]
    assert pareto_front(losses, np.array([1.0, 0, 0])).tolist() == [True] + [False] * 5
    assert pareto_front(losses[:0], np.ones(3)).shape == (0,)


@pytest.mark.parametrize(("kind", "values"), [("mean", [-0.5, 0, 0.5]), ("rank", [1 / 3, 1 / 2, 2 / 3])])
def test_a_constant_target_counts_nothing(kind: str, values: list[float]) -> None:
    losses = np.column_stack([LOSSES[:, 0], 0.3 + np.array([0, 1, -1]) * 1e-16])
    assert Objective.fit(losses, np.array([1.0, 1.0]), kind).value(losses) == pytest.approx(values)


@pytest.mark.parametrize("n", [0, 1])
def test_without_a_spread_the_unit_is_bits_per_byte(n: int) -> None:
    assert Objective.fit(LOSSES[:n], np.array([1.0, 1.0])).scale.tolist() == [1, 1]


def test_deviations_add_as_the_targets_go_together() -> None:
    together = Objective.fit(LOSSES, np.array([1.0, 1.0]))
    assert together.deviation(np.array([3.0, 80.0])) == pytest.approx(1.5 + 2)
    apart = Objective.fit(np.array([[1.0, 1], [1, 3], [3, 1], [3, 3]]), np.array([1.0, 1.0]))
    assert apart.deviation(3 * apart.scale) == pytest.approx(np.hypot(1.5, 1.5))
