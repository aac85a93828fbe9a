import numpy as np
import pytest

from mixpipe.mixture.simplex import snap
from mixpipe.search.noise import noise_floor
from mixpipe.search.objective import Objective
from mixpipe.search.trials import Trial
from mixpipe.store.fingerprint import canonical_json

OBJECTIVE = Objective(np.array([0.5, 0.5]), np.zeros(2), np.ones(2), np.eye(2))
TARGETS = ("x", "y")


def trial(share: float, seed: int, x: float, y: float, status: str = "ok") -> Trial:
    mixture = snap(np.array([share, 1 - share]))
    return Trial(f"{share}-{seed}", "m", "r", mixture, 1, 1, seed, {"x": x, "y": y}, {}, status)


def test_two_seeds_give_the_unbiased_deviation_and_its_upper_limit() -> None:
    floor = noise_floor([trial(0.5, 0, 1.0, 2.0), trial(0.5, 1, 1.2, 2.0)], TARGETS, OBJECTIVE)
    # sample sd .1414 over c4(2) = .7979; upper limit sqrt(.02 / chi2 quantile .00393)
    assert floor.targets["x"].sd == pytest.approx(0.1414 / 0.7979, rel=1e-3)
    assert floor.targets["x"].upper == pytest.approx(np.sqrt(0.02 / 0.003932), rel=1e-3)
    assert floor.targets["y"].sd == 0
    assert floor.degrees == 1


def test_the_estimate_is_unbiased_and_the_limit_covers() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(2000):
        rows = [trial(0.5, seed, *rng.normal(2, 0.1, size=2)) for seed in range(3)]
        found.append(noise_floor(rows, TARGETS, OBJECTIVE).targets["x"])
    assert np.mean([noise.sd for noise in found]) == pytest.approx(0.1, rel=0.04)
    assert np.mean([noise.upper > 0.1 for noise in found]) == pytest.approx(0.95, abs=0.02)


def test_signal_is_what_the_spread_holds_beyond_the_noise() -> None:
    rng = np.random.default_rng(1)
    shares = rng.random(400)
    rows = [trial(s, seed, 2 + s + rng.normal(0, 0.1), rng.normal(0, 0.1)) for s in shares for seed in (0, 1)]
    floor = noise_floor(rows, TARGETS, OBJECTIVE)
    assert floor.targets["x"].snr == pytest.approx(np.sqrt(1 / 12) / 0.1, rel=0.15)
    assert list(floor.weak) == ["y"]
    assert canonical_json(floor.record())


def test_without_repeated_seeds_there_is_no_figure() -> None:
    rows = [trial(0.5, 0, 1.0, 2.0), trial(0.4, 1, 1.2, 2.0), trial(0.5, 2, np.nan, 0.0), trial(0.5, 3, 0, 0, "lost")]
    floor = noise_floor(rows, TARGETS, OBJECTIVE)
    assert floor.objective.sd is None
    assert floor.degrees == 0
    assert floor.weak == {}
    assert noise_floor([], TARGETS, OBJECTIVE).degrees == 0
