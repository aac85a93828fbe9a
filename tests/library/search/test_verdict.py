import numpy as np
import pytest
from scipy.stats import ttest_rel

from mixpipe.search.objective import Objective
from mixpipe.search.trials import Trial
from mixpipe.search.verdict import judge
from mixpipe.store.fingerprint import canonical_json

OBJECTIVE = Objective(np.array([1.0]), np.zeros(1), np.array([0.5]))


def trials(losses: list[float], status: str = "ok") -> list[Trial]:
    return [
        Trial(f"{seed}", "m", "final", np.ones(1), 1, 1, seed, {"x": loss}, {}, 0.0, status)
        for seed, loss in enumerate(losses)
    ]


def test_gains_are_paired_by_seed_with_a_t_interval() -> None:
    winner, control = [1.0, 1.5, 2.0], [1.1, 1.62, 2.11]
    objective, target = judge(
        trials(winner), {"natural": list(reversed(trials(control)))}, ("x",), OBJECTIVE
    ).comparisons
    expected = ttest_rel(control, winner)
    interval = expected.confidence_interval(0.95)
    assert (target.gain, target.low, target.high) == pytest.approx((0.11, interval.low, interval.high))
    assert target.gain / target.standard_error == pytest.approx(expected.statistic)
    assert objective.gain == pytest.approx(0.22)
    assert objective.word == target.word == "better"


@pytest.mark.parametrize(
    ("control", "word"), [([1.1, 1.2, 1.1], "better"), ([0.9, 0.8, 0.9], "worse"), ([1.1, 0.9, 1.0], "tied")]
)
def test_only_more_than_two_standard_errors_count(control: list[float], word: str) -> None:
    verdict = judge(trials([1.0, 1.0, 1.0]), {"natural": trials(control)}, ("x",), OBJECTIVE)
    assert {comparison.word for comparison in verdict.comparisons} == {word}
    assert verdict.wins == (word == "better")


def test_equal_losses_are_tied() -> None:
    assert judge(trials([1.0, 2.0]), {"natural": trials([1.0, 2.0])}, ("x",), OBJECTIVE).comparisons[0].word == "tied"


def test_one_tied_control_is_no_win() -> None:
    controls = {"natural": trials([2.0, 2.1]), "uniform": trials([1.0, 1.0])}
    assert not judge(trials([1.0, 1.0]), controls, ("x",), OBJECTIVE).wins


def test_without_two_common_seeds_nothing_is_claimed() -> None:
    controls = {"natural": trials([2.0]), "uniform": trials([2.0, 2.0], "out of memory")}
    verdict = judge(trials([1.0, 1.0]), controls, ("x",), OBJECTIVE)
    assert {comparison.word for comparison in verdict.comparisons} == {"unknown"}
    assert not verdict.wins
    assert canonical_json(verdict.record())
    assert not judge(trials([1.0, 1.0]), {}, ("x",), OBJECTIVE).wins
