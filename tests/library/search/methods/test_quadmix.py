"""One regression over sampling curves: the stratum that teaches is found, and the paper's prior stays at the top."""

from dataclasses import replace

import numpy as np
import pytest

from mixpipe.search.methods.quadmix import QuaDMix


def loss(rows: np.ndarray) -> np.ndarray:
    """A loss that falls with the share of the best stratum (of four) of the second of two domains."""
    return 3 - rows[..., 7]


def test_the_best_stratum_of_the_right_domain_is_preferred(make_problem, make_trial) -> None:
    problem, method = replace(make_problem(8), strata=4), QuaDMix(candidates=2000)
    rows = method.propose(problem, [], 60, np.random.default_rng(0))
    found = method.recommend(problem, [make_trial(row, [loss(row)]) for row in rows])
    assert int(found.mixture.argmax()) == 7
    # The paper's rule, the mean of the ten best draws, stops short of the single best draw.
    assert found.mixture[7] > np.quantile([row[7] for row in rows], 0.9)


def test_a_curve_never_reads_a_worse_stratum_more(make_problem) -> None:
    problem = replace(make_problem(8), strata=4)
    rows = QuaDMix().propose(problem, [], 30, np.random.default_rng(1)).reshape(-1, 2, 4)
    assert (np.diff(rows, axis=2) >= -2e-5).all()  # a lattice step


@pytest.mark.parametrize(("variant", "reach"), [("paper", 0.1), ("wide", 1.0)])
def test_the_variant_says_how_far_down_the_curves_reach(make_problem, variant, reach) -> None:
    problem = replace(make_problem(32), strata=16)
    rows = QuaDMix(variant=variant).propose(problem, [], 40, np.random.default_rng(0)).reshape(-1, 2, 16)
    strata_read = (rows > 0.01).sum(axis=2).max()
    assert (strata_read <= 2) == (reach == 0.1)
