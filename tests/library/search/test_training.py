from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.search.config import ProxyConfig
from mixpipe.search.proxy import Proxies
from mixpipe.search.texts import Texts
from mixpipe.search.training import (
    Average,
    diverged,
    domain_order,
    log_probabilities,
    rate,
    sequence_batches,
    sequence_counts,
    train_proxies,
    training_tokens,
)

CONFIG = ProxyConfig(width=16, heads=1, layers=1, context=16, batch=4, tokens=4000, learning_rate=1e-2, dtype="float32")
VOCABULARY = 40


def language(low: int, length: int, seed: int) -> np.ndarray:
    """Tokens low..low+9, each mostly followed by the next."""
    rng = np.random.default_rng(seed)
    steps = np.where(rng.random(length) < 0.8, 1, rng.integers(0, 10, length))
    return (low + np.cumsum(steps) % 10).astype(np.uint16)


POOLS = (language(1, 900, 0), language(15, 300, 1), language(28, 40, 2))


@given(
    st.lists(st.integers(0, 65_536), min_size=1, max_size=20).filter(any),
    st.integers(1, 3000),
)
def test_counts_are_largest_remainders(amounts: list[int], sequences: int) -> None:
    mixture = np.array(amounts) / sum(amounts)
    counts = sequence_counts(mixture, sequences)
    assert counts.sum() == sequences
    assert (np.abs(counts - mixture * sequences) < 1 + 1e-9).all()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6).filter(any), st.integers(0, 99))
def test_every_stretch_holds_its_share(counts: list[int], seed: int) -> None:
    order = domain_order(np.array(counts), np.random.default_rng(seed))
    assert np.bincount(order, minlength=len(counts)).tolist() == counts
    for domain, count in enumerate(counts):
        seen = np.cumsum(order == domain)
        due = count * np.arange(1, len(order) + 1) / len(order)
        # One sequence of its own, and the rounding of every other domain before it.
        assert (np.abs(seen - due) <= 1 + len(counts)).all()


def test_a_run_reads_exactly_its_shares_in_whole_epochs() -> None:
    steps = 25
    mixture = np.array([0.5, 0.3, 0.2])
    batches = np.concatenate(list(sequence_batches(POOLS, mixture, CONFIG, steps=steps, seed=0)))
    assert batches.shape == (100, 17)
    domains = np.searchsorted([15, 28], batches[:, 0], side="right")
    assert np.bincount(domains).tolist() == [50, 30, 20]
    starts = [tuple(row) for row in batches[domains == 1]]
    # 18 sequences in the pool of 300 tokens: 30 draws are one whole epoch and 12 different ones of the next.
    assert len(set(starts)) == 18
    assert max(starts.count(row) for row in starts) == 2


def test_mixtures_under_one_seed_read_each_domain_in_one_order() -> None:
    def read(mixture: list[float]) -> np.ndarray:
        rows = np.concatenate(list(sequence_batches(POOLS, np.array(mixture), CONFIG, steps=25, seed=3)))
        return rows[(rows[:, 0] >= 15) & (rows[:, 0] < 28)]

    # The first domain is read in one epoch here and in two there; the second must not notice.
    few, many = read([0.2, 0.3, 0.5]), read([0.7, 0.2, 0.1])
    shorter = min(len(few), len(many))
    assert shorter == 20
    np.testing.assert_array_equal(few[:shorter], many[:shorter])


def test_the_budget_is_rounded_up_to_whole_steps() -> None:
    assert training_tokens(CONFIG, 4000) == 63 * 64


def test_equal_seeds_give_equal_bits_and_other_seeds_do_not() -> None:
    mixture = np.array([0.5, 0.3, 0.2])
    runs = [
        train_proxies(POOLS, mixture[None], CONFIG, vocabulary=VOCABULARY, tokens=2000, seeds=[seed])
        for seed in (1, 1, 2)
    ]
    first, again, other = (torch.cat([p.flatten() for p in run.parameters()]) for run in runs)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_proxy_is_best_at_what_it_read() -> None:
    texts = Texts.gather([(0, language(1, 200, 7), 200), (1, language(15, 200, 8), 200)], owners=2, end_of_text=0)
    losses = np.array(
        [
            texts.losses(
                log_probabilities(
                    train_proxies(POOLS, mixture[None], CONFIG, vocabulary=VOCABULARY, tokens=4000, seeds=[0]), texts
                )[0]
            )
            for mixture in np.eye(3)[:2]
        ]
    )
    assert losses[0, 0] < losses[1, 0] - 1
    assert losses[1, 1] < losses[0, 1] - 1
    # 0.8 + 0.02 on the next token, 0.02 on the nine others: 1.3 bits is all there is to learn.
    assert 1.2 < losses[0, 0] < 1.8


def test_scores_do_not_depend_on_what_shares_their_batch() -> None:
    model = train_proxies(POOLS, np.eye(3)[:1], CONFIG, vocabulary=VOCABULARY, tokens=1000, seeds=[0])
    rows = [(0, language(1, n, n), n) for n in (50, 3, 21)]
    together = log_probabilities(model, Texts.gather(rows, owners=1, end_of_text=0))
    alone = [log_probabilities(model, Texts.gather([row], owners=1, end_of_text=0)) for row in rows]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-4, atol=1e-5)


def test_a_loss_that_is_no_number_is_seen_and_harms_no_other() -> None:
    wild = CONFIG.model_copy(update={"learning_rate": float("inf")})
    assert diverged(train_proxies(POOLS, np.ones((1, 3)) / 3, wild, vocabulary=VOCABULARY, tokens=1000, seeds=[0])) == [
        True
    ]
    together = Proxies(CONFIG, VOCABULARY, [0, 1])
    with torch.no_grad():
        together.embedding[1] = torch.nan
    assert diverged(together) == [False, True]


def test_proxies_trained_together_learn_what_each_learns_alone() -> None:
    mixtures, seeds = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [1.0, 0.0, 0.0]]), [1, 1, 2]
    texts = Texts.gather([(0, language(1, 200, 7), 200), (1, language(15, 200, 8), 200)], owners=2, end_of_text=0)

    def learned(rows: slice) -> np.ndarray:
        models = train_proxies(POOLS, mixtures[rows], CONFIG, vocabulary=VOCABULARY, tokens=3000, seeds=seeds[rows])
        return np.array([texts.losses(scores) for scores in log_probabilities(models, texts)])

    alone = np.concatenate([learned(slice(n, n + 1)) for n in range(3)])
    np.testing.assert_allclose(learned(slice(None)), alone, rtol=1e-3)


def test_a_proxy_that_diverges_among_others_leaves_them_as_they_are() -> None:
    def lose_the_second(_: int, models: Proxies) -> None:
        with torch.no_grad():
            models.embedding[1:2] *= torch.inf

    config, mixtures = CONFIG.model_copy(update={"checkpoints": 1}), np.eye(3)
    runs = [
        train_proxies(POOLS, mixtures, config, vocabulary=VOCABULARY, tokens=1000, seeds=[0, 1, 2], watch=watch)
        for watch in (None, lose_the_second)
    ]
    assert [diverged(models) for models in runs] == [[False] * 3, [False, True, False]]
    whole, torn = (models.weights() for models in runs)
    np.testing.assert_array_equal(torn[[0, 2]], whole[[0, 2]])
    assert not np.isfinite(torn[1]).any()


def test_checkpoints_come_at_even_steps_before_the_last() -> None:
    seen: list[int] = []
    config = CONFIG.model_copy(update={"checkpoints": 3})
    train_proxies(
        POOLS,
        np.ones((1, 3)) / 3,
        config,
        vocabulary=VOCABULARY,
        tokens=2560,
        seeds=[0],
        watch=lambda tokens, _: seen.append(tokens),
    )
    assert seen == [640, 1280, 1920]


def test_the_average_is_that_of_the_last_steps() -> None:
    average = Average(torch.zeros(1, 2), last=3)
    for step in range(5):
        average.see(torch.full((1, 2), float(step)), 5 - step)
    assert average.mean.tolist() == [[3.0, 3.0]]
    only = Average(torch.zeros(1, 1), last=1)
    only.see(torch.full((1, 1), 0.1), 1)
    assert only.mean.item() == torch.tensor(0.1).item()


def test_the_rate_rises_and_falls() -> None:
    rates = [rate(step, 100, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(1 / 11)
    assert max(rates) == rates[10] == 1
    assert rates[-1] == pytest.approx(0.1, abs=0.001)
    assert all(a > b for a, b in pairwise(rates[10:]))
