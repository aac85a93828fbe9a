import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.errors import ConfigError
from mixpipe.mixture.schedule import Phase, Schedule, annealing, phase_of_copies, static, two_phases

EARLY, LATE = np.array([0.8, 0.1, 0.1]), np.array([0.2, 0.3, 0.5])
AVAILABLE = np.array([1000.0, 100, 50])


def test_epochs_add_up_over_phases():
    schedule = two_phases(EARLY, LATE, 1000)
    assert schedule.budget_tokens == 1000
    assert schedule.tokens.sum(axis=0) == pytest.approx([560, 180, 260])
    assert schedule.mixture == pytest.approx([0.56, 0.18, 0.26])
    assert schedule.epochs(AVAILABLE).sum(axis=0) == pytest.approx([0.56, 1.8, 5.2])
    assert schedule.effective_tokens(AVAILABLE)[0] == pytest.approx(560)
    assert 150 < schedule.effective_tokens(AVAILABLE)[2] < 260
    schedule.check_epochs(AVAILABLE, 5.2)
    with pytest.raises(ConfigError, match=r"5\.2 of domain 2: 60 tokens short"):
        schedule.check_epochs(AVAILABLE, 4)


def test_a_decaying_phase_ends_at_zero():
    schedule = annealing(EARLY, LATE, 1000, replicas=3)
    rates = [schedule.rate(tokens) for tokens in (0, 500, 900, 950, 1000)]
    assert rates == pytest.approx([1, 1, 1, 0.5, 0])
    warm = Schedule((Phase("up", 10, EARLY, "warm"), Phase("down", 10, EARLY, "decay", end_rate=0.1)))
    assert [warm.rate(t) for t in (0, 5, 10, 15, 20)] == pytest.approx([0, 0.5, 1, 0.55, 0.1])


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=40),
    st.lists(st.floats(0.01, 1), min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_every_copy_is_in_one_phase_and_tokens_are_met_to_within_one_document(sizes, wanted, seed):
    n_tokens = np.array(sizes)
    keys = np.random.default_rng(seed).random(len(sizes))
    phase = phase_of_copies(n_tokens, keys, np.array(wanted))
    assert ((phase >= 0) & (phase < len(wanted))).all()
    target = np.cumsum(wanted) / np.sum(wanted) * n_tokens.sum()
    reached = np.cumsum([n_tokens[phase == number].sum() for number in range(len(wanted))])
    assert (np.abs(reached - target) <= n_tokens.max()).all()


def test_phases_of_equal_mixtures_hold_what_one_phase_holds():
    n_tokens, keys = np.arange(1, 101), np.random.default_rng(0).random(100)
    for schedule in (static(EARLY, 1000), two_phases(EARLY, EARLY, 1000), annealing(EARLY, EARLY, 1000)):
        assert schedule.mixture == pytest.approx(EARLY)
        phase = phase_of_copies(n_tokens, keys, schedule.tokens[:, 0])
        together = np.concatenate([n_tokens[phase == number] for number in range(len(schedule.phases))])
        assert sorted(together) == n_tokens.tolist()


def test_no_copies_are_no_obstacle():
    assert phase_of_copies(np.empty(0, np.int64), np.empty(0), np.array([1.0, 2.0])).tolist() == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: two_phases(EARLY, LATE, 1000, late_share=1.0), "between 0 and 1"),
        (lambda: Schedule(()), "phases of different names"),
        (lambda: Schedule((Phase("a", 10, EARLY), Phase("a", 10, LATE))), "different names"),
        (lambda: Schedule((Phase("a", 0, EARLY),)), "budget_tokens > 0"),
    ],
)
def test_schedules_that_cannot_be_trained_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
