import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.mixing import MixingLaw
from mixpipe.search.laws.power import PowerLaw, fit_power, nest

STEPS = np.arange(10_000, 31_000, 2000.0)
LAW = PowerLaw(np.array([2.0, 2.3, 1.7]), np.array([400.0, 900.0, 600.0]), 0.45)


def test_the_law_is_recovered_and_extended_tenfold():
    fitted = fit_power(STEPS, LAW.predict(STEPS))
    assert fitted.alpha == pytest.approx(0.45, abs=1e-3)
    assert fitted.predict(10 * STEPS) == pytest.approx(LAW.predict(10 * STEPS), abs=1e-4)


def test_mixtures_have_no_order_and_units_do_not_matter():
    noisy = LAW.predict(STEPS) + 1e-3 * np.random.default_rng(0).standard_normal((3, len(STEPS)))
    plain, order = fit_power(STEPS, noisy), [2, 0, 1]
    later = np.array([1e5])
    assert fit_power(STEPS, noisy[order]).predict(later) == pytest.approx(plain.predict(later)[order], abs=1e-5)
    assert fit_power(STEPS / 1e3, noisy).predict(later / 1e3) == pytest.approx(plain.predict(later), abs=1e-5)


def test_losses_that_rise_are_level_rather_than_infinite():
    fitted = fit_power(STEPS, LAW.predict(STEPS)[:, ::-1])
    assert fitted.predict(np.array([1e6]))[:, 0] == pytest.approx(LAW.predict(STEPS).mean(axis=1), abs=0.05)


def test_too_few_sizes_are_refused():
    with pytest.raises(InputError, match="7 parameters for 3 mixtures, found 6 measurements at 2 sizes"):
        fit_power(STEPS[:2], LAW.predict(STEPS[:2]))


def test_steps_and_sizes_nest_under_the_mixing_law():
    rng = np.random.default_rng(0)
    mixtures, sizes = rng.dirichlet(np.ones(3), 12), np.array([7e7, 1.6e8, 3e8, 4.1e8])
    mixing = MixingLaw(np.array([1.5, 1.8]), np.array([-0.5, -0.2]), np.array([[-1.0, 0.4, 0.6], [0.7, -0.9, 0.2]]))

    def losses(size, step):
        return mixing.predict(mixtures) + 0.8 * (7e7 / size) ** 0.3 + 1.5 * (5e3 / step) ** 0.5

    grid = np.array([[losses(size, step) for step in STEPS] for size in sizes]).transpose(2, 0, 1, 3)
    law = nest(mixtures, sizes, STEPS, grid, size=1e9, step=1e5)
    assert law.predict(mixtures) == pytest.approx(losses(1e9, 1e5), abs=2e-3)


def test_recorded_losses_at_later_steps_are_foreseen(recorded):
    runs = recorded("data_mixing_laws/5Mix")
    runs = runs.rows(runs.columns["model_size"] == "70M")
    overall = runs.losses[:, runs.targets.index("pile_overall")]
    names, steps = runs.columns["mixture"], runs.columns["step"]
    at = {(name, step): row for row, (name, step) in enumerate(zip(names, steps, strict=True))}
    long = [name for name in np.unique(names) if (name, 90_000) in at]
    early = [step for step in np.unique(steps) if 10_000 <= step <= 30_000 and all((name, step) in at for name in long)]
    losses = np.array([[overall[at[name, step]] for step in early] for name in long])
    measured = [overall[at[name, 90_000]] for name in long]
    assert len(long) >= 2
    assert fit_power(np.array(early), losses).predict(np.array([90_000]))[:, 0] == pytest.approx(measured, rel=0.02)
