import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixpipe.errors import InputError
from mixpipe.mixture.simplex import (
    LATTICE,
    check_mixture,
    effective_domains,
    entropy,
    lattice_key,
    renormalise,
    shares,
    snap,
)

amounts = arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1e6)).filter(lambda a: a.sum() > 1e-3)


@given(amounts)
def test_snapped_shares_sum_to_exactly_one_and_move_less_than_a_step(tokens: np.ndarray) -> None:
    weights = shares(tokens)
    snapped = snap(weights)
    assert snapped.sum() == 1.0
    assert sum(snapped.tolist()) == 1.0  # in plain left-to-right order too
    assert (snapped * LATTICE == np.rint(snapped * LATTICE)).all()
    assert (snapped >= 0).all()
    assert np.abs(snapped - weights).max() < 1.001 / LATTICE


@given(amounts)
def test_snapping_twice_changes_nothing(tokens: np.ndarray) -> None:
    once = snap(shares(tokens))
    assert (snap(once) == once).all()


def test_the_largest_remainders_get_the_steps_and_ties_go_to_the_lower_number() -> None:
    assert (snap(np.full(3, 1 / 3)) * LATTICE).tolist() == [21846, 21845, 21845]
    steps = np.array([1.2, 2.7, 0.3, LATTICE - 4.2])
    assert (snap(steps / LATTICE) * LATTICE).tolist() == [1, 3, 0, LATTICE - 4]


def test_rows_are_snapped_one_by_one() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(7), size=50)
    assert (snap(rows) == np.array([snap(row) for row in rows])).all()


def test_recorded_sums_off_by_rounding_are_renormalised() -> None:
    assert renormalise(np.array([0.5, 0.496])).sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("row", [[0.5, 0.4], [1.2, -0.2], [np.nan, 1.0], [np.inf, 0.0], [0.0, 0.0]])
def test_what_is_no_mixture_is_refused_with_its_row_and_sum(row: list[float]) -> None:
    rows = np.array([[0.5, 0.5], row])
    with pytest.raises(InputError, match="row 1: sum"):
        renormalise(rows)


def test_a_mixture_of_another_length_is_refused() -> None:
    assert check_mixture(np.array([0.25, 0.75]), 2).tolist() == [0.25, 0.75]
    with pytest.raises(InputError, match=r"3 shares, found shape \(2,\)"):
        check_mixture(np.array([0.5, 0.5]), 3)


def test_amounts_without_a_positive_sum_have_no_shares() -> None:
    with pytest.raises(InputError):
        shares(np.zeros(3))


def test_effective_domains_of_uniform_single_and_half() -> None:
    rows = np.array([[0.25] * 4, [1, 0, 0, 0], [0.5, 0.5, 0, 0]])
    assert effective_domains(rows) == pytest.approx([4, 1, 2])
    assert entropy(rows) == pytest.approx(np.log([4, 1, 2]))


def test_keys_tell_neighbours_on_the_lattice_apart() -> None:
    mixture = snap(np.array([0.3, 0.7]))
    step = np.array([1, -1]) / LATTICE
    assert lattice_key(mixture) == lattice_key(mixture + step * 1e-9)
    assert lattice_key(mixture) != lattice_key(mixture + step)
