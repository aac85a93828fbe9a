import numpy as np
import pytest

from mixpipe.search.methods.data_mixing_laws import DataMixingLaws, double_diminishing

EFFECTS = np.array([[-3.0, 0.5], [0.5, -3.0]])


def test_shares_are_caps_halved_in_sixteenths_and_sum_to_one():
    caps = np.array([1.0, 0.5, 0.375, 0.25])
    rows = double_diminishing(caps, 200, np.random.default_rng(0))
    assert rows.sum(axis=1) == pytest.approx(1)
    assert (rows * 16 == np.rint(rows * 16)).all()
    assert (rows <= caps).all()
    assert len(np.unique(rows, axis=0)) > 20


@pytest.mark.parametrize("variant", ["explicit", "implicit"])
def test_two_targets_that_want_one_domain_each_share_the_budget(variant, make_problem, make_trial):
    """Known answer: t = [[-3, .5], [.5, -3]] with equal k has its optimum at (.5, .5)."""
    search, method = make_problem(2, 2), DataMixingLaws(variant)
    rows = method.propose(search, [], 12, np.random.default_rng(0))
    trials = [make_trial(row, 2 + np.exp(EFFECTS @ row)) for row in rows]
    assert method.recommend(search, trials).mixture == pytest.approx([0.5, 0.5], abs=0.02)


def test_checkpoints_extend_the_losses_to_the_tokens_of_the_run(make_problem, make_trial):
    """The first domain is better at 1,000 tokens and the second, which learns for longer, at a million."""
    search, method = make_problem(2), DataMixingLaws()

    def loss(row, tokens):
        return [2 - 0.5 * row[1] + (1 + 8 * row[1]) * (tokens / 100) ** -0.5]

    rows = method.propose(search, [], 8, np.random.default_rng(0))
    kept = [make_trial(row, loss(row, 1000), earlier={t: loss(row, t) for t in (100, 200, 400)}) for row in rows]
    without = [make_trial(row, loss(row, 1000)) for row in rows]
    found = method.recommend(search, kept)
    assert found.evidence["extended_to"] == 1e6
    assert found.mixture[1] > 0.99
    assert method.recommend(search, without).mixture[0] > 0.99


def test_the_optimum_is_sought_under_the_caps(make_problem, make_trial):
    """Three domains, the first worth most and capped: what is left goes to the second, not to both."""
    search, method = make_problem(3, epochs=1.8), DataMixingLaws()
    rows = method.propose(search, [], 12, np.random.default_rng(0))
    trials = [make_trial(row, [2 + np.exp(row @ [-3.0, -1.0, 0.0])]) for row in rows]
    found = method.recommend(search, trials)
    assert found.mixture == pytest.approx([0.6, 0.4, 0], abs=1e-3)
    assert found.unconstrained == pytest.approx([1, 0, 0], abs=1e-3)
