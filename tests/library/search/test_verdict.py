import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_rel

from mixpipe.search.objective import Objective
from mixpipe.search.trials import Trial
from mixpipe.search.verdict import judge
from mixpipe.store.fingerprint import canonical_json

OBJECTIVE = Objective(np.array([1.0]), np.zeros(1), np.array([0.5]), np.eye(1))


def trials(losses: list[float], status: str = "ok") -> list[Trial]:
    return [
        Trial(f"{seed}", "m", "final", np.ones(1), 1, 1, seed, {"x": loss}, {}, status)
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


def test_the_variance_is_pooled_over_all_arms() -> None:
    # Two-way layout by hand: rows are arms, columns seeds, the rest is what means of rows and columns do not explain.
    table = np.array([[1.0, 1.5, 2.0], [1.1, 1.62, 2.11], [1.3, 1.7, 2.35], [1.2, 1.9, 2.2]])
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    error = np.sqrt(2 * (rest**2).sum() / (3 * 2) / 3)
    winner, *controls = (trials(row.tolist()) for row in table)
    found = judge(winner, dict(zip("abc", controls, strict=True)), ("x",), OBJECTIVE).comparisons
    for target, row in zip(found[1::2], table[1:], strict=True):
        assert target.standard_error == pytest.approx(error)
        assert target.gain == pytest.approx(row.mean() - table[0].mean())
        assert target.high - target.gain == pytest.approx(student.ppf(0.975, 6) * error)
    assert found[0].standard_error == pytest.approx(error / 0.5)


def test_the_interval_covers_the_true_gain() -> None:
    rng, hits, wins = np.random.default_rng(0), 0, 0
    for _ in range(600):
        table = rng.normal(0, 0.3, 3) + rng.normal(0, 0.1, (4, 3))  # equally good arms
        winner, *controls = (trials(row.tolist()) for row in table)
        first = judge(winner, dict(zip("abc", controls, strict=True)), ("x",), OBJECTIVE).comparisons[1]
        hits, wins = hits + (first.low <= 0 <= first.high), wins + (first.word == "better")
    assert hits / 600 == pytest.approx(0.95, abs=0.03)
    assert wins / 600 < 0.07  # the paired t-test of three seeds: 0.09


def test_arms_of_one_mixture_count_once() -> None:
    winner, natural, uniform = trials([1.0, 1.5]), trials([1.2, 1.6]), trials([1.4, 1.9])
    once = judge(winner, {"natural": natural, "uniform": uniform}, ("x",), OBJECTIVE).comparisons
    twice = judge(winner, {"natural": natural, "uniform": uniform, "unimax": uniform}, ("x",), OBJECTIVE).comparisons
    assert twice[:4] == once
    same = judge(winner, {"natural": winner}, ("x",), OBJECTIVE).comparisons[0]
    assert (same.word, same.gain) == ("tied", 0)
    assert same.standard_error == pytest.approx(0, abs=1e-12)


def test_a_failed_seed_leaves_the_others_paired() -> None:
    failed = [*trials([1.2, 1.6]), *trials([0.0] * 3, "diverged")[2:]]
    found = judge(trials([1.0, 1.5, 2.0]), {"a": failed, "b": trials([1.4, 1.8, 2.4])}, ("x",), OBJECTIVE).comparisons
    assert [row.seeds for row in found[1::2]] == [2, 3]
    assert found[1].gain == pytest.approx(0.15)
    # One variance: the standard errors differ only by the seeds behind them.
    assert found[1].standard_error / found[3].standard_error == pytest.approx(np.sqrt(3 / 2))


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
