import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.search.config import CommandConfig, ProxyConfig
from mixpipe.search.evaluators.ngram import Ngram, NgramCounts
from mixpipe.search.evaluators.protocol import ProxyData
from mixpipe.search.texts import Texts

VOCABULARY = 7


def documents(rows: list[list[int]], *, end_of_text: int = 0) -> Texts:
    pairs = [(0, np.array(row, dtype=np.uint16), max(len(row), 1)) for row in rows]
    return Texts.gather(pairs, owners=1, end_of_text=end_of_text)


def random_pools(seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(0, VOCABULARY, size).astype(np.uint16) for size in (40, 25, 0, 60))


def by_hand(pools: tuple[np.ndarray, ...], expected: np.ndarray, context: tuple[int, ...]) -> np.ndarray:
    """Return P(. | context) by the formula, from dictionaries."""
    lower = by_hand(pools, expected, context[1:]) if context else np.full(VOCABULARY, 1 / VOCABULARY)
    counts, once = np.zeros((2, VOCABULARY))
    for pool, tokens in zip(pools, expected, strict=True):
        order = len(context) + 1
        seen = Counter(tuple(pool[i : i + order].tolist()) for i in range(len(pool) - order + 1))
        for token in range(VOCABULARY):
            counts[token] += tokens * seen[(*context, token)] / max(len(pool), 1)
            once[token] += min(tokens, len(pool)) * seen[(*context, token)] / max(len(pool), 1)
    kinds = (1 - np.exp(-once)).sum()
    return (once.sum() * counts / counts.sum() + kinds * lower) / (once.sum() + kinds) if counts.any() else lower


@given(st.integers(0, 60))
def test_probabilities_are_those_of_the_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pools, expected = random_pools(seed), rng.dirichlet(np.ones(4)) * rng.choice([3, 100, 5000])
    expected[2] = 0
    texts = documents([rng.integers(0, VOCABULARY, n).tolist() for n in (1, 2, 9)])
    counts = NgramCounts.of(pools, VOCABULARY)
    (scores,), _ = counts.scores(expected, counts.find(texts))
    rows = np.split(texts.tokens.astype(int), texts.starts[1:-1])
    wanted = [
        by_hand(pools, expected, tuple(row[max(i - 2, 0) : i].tolist()))[row[i]]
        for row in rows
        for i in range(1, len(row))
    ]
    np.testing.assert_allclose(np.exp(scores), wanted, rtol=1e-10)


def test_probabilities_of_all_tokens_sum_to_one() -> None:
    counts = NgramCounts.of(random_pools(0), VOCABULARY)
    texts = documents([[3, 1, token] for token in range(VOCABULARY)])
    (scores,), _ = counts.scores(np.array([50.0, 30, 0, 20]), counts.find(texts))
    assert np.exp(scores.reshape(VOCABULARY, 3)[:, 2]).sum() == pytest.approx(1)


def test_counts_are_linear_in_the_mixture() -> None:
    table = NgramCounts.of(random_pools(1), VOCABULARY).orders[2]
    first, second = np.array([7.0, 0, 0, 3]), np.array([1.0, 5, 0, 4])
    both = table.counts(0.25 * first + 0.75 * second)
    np.testing.assert_allclose(both, 0.25 * table.counts(first) + 0.75 * table.counts(second), rtol=1e-12)


def test_read_once_a_domain_alone_counts_what_its_pool_holds() -> None:
    pools = random_pools(2)
    counts = NgramCounts.of(pools, VOCABULARY)
    alone, size = counts.scores(np.array([0, 25.0, 0, 0]))
    held = [len({tuple(pools[1][i : i + n].tolist()) for i in range(26 - n)}) for n in (1, 2, 3)]
    assert alone == [] and size == sum(held)
    assert counts.orders[2].counts(np.array([0, 25.0, 0, 0])).sum() == pytest.approx(23)


def test_without_anything_read_every_token_is_equally_likely() -> None:
    counts = NgramCounts.of((np.empty(0, np.uint16),), VOCABULARY)
    (scores,), size = counts.scores(np.zeros(1), counts.find(documents([[1, 2, 3]])))
    np.testing.assert_allclose(np.exp(scores), 1 / VOCABULARY)
    assert size == 0


def test_what_is_read_again_is_no_further_evidence() -> None:
    counts, texts = NgramCounts.of(random_pools(4)[:1], VOCABULARY), documents([[1, 2, 3, 4, 5]])
    once, thrice = (counts.scores(np.array([tokens]), counts.find(texts))[0][0] for tokens in (40.0, 120.0))
    np.testing.assert_allclose(once, thrice)


def proxy_data(pools: tuple[np.ndarray, ...], vocabulary: int, targets: Texts, held_out: Texts) -> ProxyData:
    return ProxyData(ProxyConfig(), vocabulary, pools, targets, held_out, {}, (), (), CommandConfig(), None)


def test_pools_of_equal_length_are_told_apart_by_their_tokens() -> None:
    texts, alone = documents([[1, 2, 3, 4]]), np.ones(1)
    first, second = (np.resize(np.array(row, dtype=np.uint16), 50) for row in ([1, 2, 3, 4], [4, 3, 2, 1]))
    measured = [
        Ngram().measure(proxy_data((pool,), VOCABULARY, texts, texts), alone, tokens=50, seed=0).target_losses[0]
        for pool in (first, second, first)
    ]
    assert measured[0] == measured[2] < measured[1]


def test_a_trial_of_the_demos_size_takes_a_fraction_of_a_second() -> None:
    rng = np.random.default_rng(0)
    # 12 domains of 30,000 tokens, three targets of 8,192 and texts held out of each domain.
    zipf = 1 / np.arange(1, 1025)
    tokens = rng.choice(1024, 360_000, p=zipf / zipf.sum()).astype(np.uint16)
    texts = Texts.gather([(0, tokens[i : i + 512], 1500) for i in range(0, 48_000, 512)], owners=1, end_of_text=0)
    data = proxy_data(tuple(np.split(tokens, 12)), 1024, texts, texts)
    mixtures = rng.dirichlet(np.ones(12), 11)
    Ngram().measure(data, mixtures[0], tokens=200_000, seed=0)
    started = time.process_time()
    for mixture in mixtures[1:]:
        Ngram().measure(data, mixture, tokens=200_000, seed=0)
    assert (time.process_time() - started) / 10 < 0.25
