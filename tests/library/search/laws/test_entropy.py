from bisect import bisect_right

import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.laws.entropy import TokenCounts, count_tokens, entropy_mixture, von_neumann_entropy

# Published for SlimPajama (BiMix): ArXiv, Books, C4, CC, GitHub, StackExchange, Wikipedia.
TOKEN = np.array([0.0738, 0.1474, 0.1619, 0.1863, 0.0952, 0.1152, 0.2202])
CONDITIONAL = np.array([0.0710, 0.1669, 0.2079, 0.2175, 0.0902, 0.1177, 0.1287])
PAIR = np.array([0.0339, 0.1592, 0.2179, 0.2623, 0.0556, 0.0878, 0.1834])


def test_the_chain_rule_holds_for_counts():
    counts = count_tokens(np.random.default_rng(0).zipf(1.6, 200_000) % 50, 50)
    assert counts.pair_entropy == pytest.approx(counts.token_entropy + counts.conditional_entropy, abs=1e-4)


def test_the_published_mixtures_obey_the_chain_rule():
    chained = entropy_mixture(np.log(TOKEN) + np.log(CONDITIONAL))
    # 5.07e-5: the tables have four decimals, each off by up to 5e-5.
    assert np.abs(chained - PAIR).max() < 5.1e-5
    assert entropy_mixture(np.log(PAIR)) == pytest.approx(PAIR, abs=5e-5)


def test_markov_text_has_the_entropy_of_its_transitions():
    rng, states, n = np.random.default_rng(0), 8, 1_000_000
    transitions = rng.dirichlet(np.full(states, 0.5), states)
    steps, thresholds = rng.random(n), np.cumsum(transitions, axis=1).tolist()
    tokens, state = np.empty(n, dtype=np.int64), 0
    for i, step in enumerate(steps.tolist()):
        state = min(bisect_right(thresholds[state], step), states - 1)
        tokens[i] = state
    values, vectors = np.linalg.eig(transitions.T)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    stationary /= stationary.sum()
    logs = np.log(np.where(transitions > 0, transitions, 1))
    truth = -(stationary[:, None] * transitions * logs).sum()
    assert count_tokens(tokens, states).conditional_entropy == pytest.approx(truth, rel=0.01)


def test_counts_of_parts_add_up_to_those_of_the_whole():
    rng = np.random.default_rng(0)
    lengths = np.array([30, 0, 1, 500, 69])
    tokens = rng.integers(0, 20, lengths.sum()).astype(np.uint16)
    whole = count_tokens(tokens, 20, lengths)
    parts = [count_tokens(part, 20) for part in np.split(tokens, np.cumsum(lengths)[:-1])]
    for order in ([0, 1, 2, 3, 4], [3, 1, 4, 0, 2]):
        summed = sum((parts[i] for i in order), TokenCounts.empty(20))
        assert summed.tokens.tolist() == whole.tokens.tolist()
        assert summed.pairs.tolist() == whole.pairs.tolist()
        assert summed.pair_counts.tolist() == whole.pair_counts.tolist()
    assert whole.pair_counts.sum() == len(tokens) - 4


def test_known_entropies():
    counts = count_tokens(np.array([0, 1] * 500), 4)
    assert counts.token_entropy == pytest.approx(np.log(2))
    assert counts.conditional_entropy == pytest.approx(0, abs=1e-5)
    assert von_neumann_entropy(5 * np.eye(4)) == pytest.approx(np.log(4))
    assert von_neumann_entropy(np.tile([1.0, 2, 2], (7, 1))) == pytest.approx(0, abs=1e-9)
    vectors = np.random.default_rng(0).standard_normal((6, 30))
    assert von_neumann_entropy(vectors) == pytest.approx(von_neumann_entropy(np.vstack([vectors] * 20)))
    times = np.array([1, 3, 1, 1, 2, 1])
    repeated = von_neumann_entropy(np.repeat(vectors, times, axis=0))
    assert von_neumann_entropy(vectors, times) == pytest.approx(repeated)


def test_shares_are_proportional_to_the_number_of_equally_likely_tokens():
    assert entropy_mixture(np.log([1.0, 2, 5])) == pytest.approx([0.125, 0.25, 0.625])
    assert entropy_mixture(np.array([1000.0, 1000.0])) == pytest.approx([0.5, 0.5])


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(InputError, match="ids from 0 to 3, found 0 to 4"):
        count_tokens(np.array([0, 4]), 4)
    with pytest.raises(InputError, match="sum to 2 tokens, found 3"):
        count_tokens(np.array([0, 1]), 4, np.array([3]))
    with pytest.raises(InputError, match="counts of 3 and of 4"):
        TokenCounts.empty(3) + TokenCounts.empty(4)
    with pytest.raises(InputError, match="found 2, 1 zero"):
        von_neumann_entropy(np.array([[1.0, 0], [0, 0]]))
