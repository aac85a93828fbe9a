import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.mixture.schedule import Phase, Schedule

EARLY, LATE = np.array([0.8, 0.1, 0.1]), np.array([0.2, 0.3, 0.5])
AVAILABLE = np.array([1000.0, 100, 50])


def test_epochs_add_up_over_phases():
    schedule = Schedule((Phase("early", 600, EARLY), Phase("late", 400, LATE)))
    assert schedule.tokens.sum(axis=0) == pytest.approx([560, 180, 260])
    assert schedule.mixture == pytest.approx([0.56, 0.18, 0.26])
    assert schedule.epochs(AVAILABLE).sum(axis=0) == pytest.approx([0.56, 1.8, 5.2])
    assert schedule.effective_tokens(AVAILABLE)[0] == pytest.approx(560)
    assert 150 < schedule.effective_tokens(AVAILABLE)[2] < 260


def test_a_decaying_phase_ends_at_zero():
    schedule = Schedule((Phase("stable", 900, EARLY), Phase("anneal", 100, LATE, "decay")))
    rates = [schedule.rate(tokens) for tokens in (0, 500, 900, 950, 1000)]
    assert rates == pytest.approx([1, 1, 1, 0.5, 0])
    warm = Schedule((Phase("up", 10, EARLY, "warm"), Phase("down", 10, EARLY, "decay", end_rate=0.1)))
    assert [warm.rate(t) for t in (0, 5, 10, 15, 20)] == pytest.approx([0, 0.5, 1, 0.55, 0.1])


def test_phases_of_equal_mixtures_have_the_mixture_of_one():
    schedule = Schedule((Phase("a", 300, EARLY), Phase("b", 700, EARLY)))
    assert schedule.mixture == pytest.approx(EARLY, abs=1e-15)


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ((), "phases of different names"),
        ((Phase("a", 10, EARLY), Phase("a", 10, LATE)), "different names"),
        ((Phase("a", 0, EARLY),), "budget_tokens > 0"),
        ((Phase("a", 10, EARLY, "decay", end_rate=1.5),), "end_rate from 0 to 1"),
    ],
)
def test_schedules_that_cannot_be_trained_are_refused(phases, message):
    with pytest.raises(ConfigError, match=message):
        Schedule(phases)
