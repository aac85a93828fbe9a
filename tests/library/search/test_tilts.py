"""Cells drawn: shares of domains stay what was drawn, and inside them copies rise by one exponential."""

import numpy as np
import pytest

from mixpipe.search.tilts import LEAST_TILT, MOST_TILT, OWN, cell_noise, tilted


@pytest.mark.parametrize("strata", [2, 4])
def test_a_tilt_keeps_the_shares_of_the_domains_and_is_exponential_inside(strata: int) -> None:
    rng = np.random.default_rng(0)
    domains, natural = rng.dirichlet(np.ones(3), size=500), rng.dirichlet(np.ones(3 * strata))
    cells = tilted(domains, natural, strata, rng).reshape(500, 3, strata)
    assert cells.sum(axis=2) == pytest.approx(domains)
    steps = np.diff(np.log(cells / natural.reshape(3, strata)), axis=2)
    assert steps == pytest.approx(np.repeat(steps[:, :, :1], strata - 1, axis=2))
    tilts = steps[:, :, 0] * strata / 2
    assert tilts.mean() == pytest.approx((LEAST_TILT + MOST_TILT) / 2, abs=0.1)
    assert tilts.std(axis=1, ddof=1).mean() == pytest.approx(OWN, rel=0.2)


def test_a_cell_without_tokens_gets_nothing() -> None:
    natural = np.array([0.0, 0.5, 0.5, 0.0, 0.0, 0.0])
    cells = tilted(np.array([[0.4, 0.6, 0.0]]), natural, 2, np.random.default_rng(0))
    assert cells.tolist() == [[0, 0.4, 0.6, 0, 0, 0]]


def test_noise_is_of_domains_alone_without_strata_and_linear_in_quality_with_them() -> None:
    assert (cell_noise(9, 3, 1, np.random.default_rng(5)) == np.random.default_rng(5).standard_normal((9, 3))).all()
    noise = cell_noise(2000, 3, 4, np.random.default_rng(0)).reshape(-1, 3, 4)
    assert np.diff(noise, n=2, axis=2) == pytest.approx(0, abs=1e-12)
    slopes = (noise[:, :, -1] - noise[:, :, 0]) / 1.5
    assert np.corrcoef(slopes.T)[0, 1] == pytest.approx(1 / (1 + OWN**2), abs=0.05)
