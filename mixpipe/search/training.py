"""Training proxies on mixtures and measuring them in bits per byte.

The mixture is realised exactly, not drawn: a run of S sequences takes from each domain its largest-remainder share of
S, spread evenly over the run, so that two mixtures never differ by sampling luck. Each domain's pool is walked in a
shuffled order, epoch after epoch, which hangs on the seed and the domain alone: two mixtures under one seed read the
same beginnings of the same orders. AdamW with linear warm-up and cosine decay to a tenth; the budget is tokens, not
time. Everything follows from the seed, on one thread to the last bit. Proxies trained together learn what each learns
alone, to within rounding.

Evaluation reads each document alone, in windows that do not overlap, and divides by the bytes of the text, so that
losses of different tokenizers can be compared.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from mixpipe.search.adamw import AdamW
from mixpipe.search.config import ProxyConfig
from mixpipe.search.cross_entropy import linear_cross_entropy, token_log_probabilities
from mixpipe.search.proxy import Proxies, compute_device
from mixpipe.search.texts import Texts

__all__ = [
    "Average",
    "diverged",
    "domain_order",
    "log_probabilities",
    "sequence_batches",
    "sequence_counts",
    "train_proxies",
    "training_steps",
    "training_tokens",
]

FINAL_RATE = 0.1
# Tokens in one evaluation batch: enough to fill the matrix units, little enough for the cache.
EVALUATION_TOKENS = 2048

Watch = Callable[[int, Proxies], None]


def training_steps(config: ProxyConfig, tokens: int) -> int:
    """Return the number of optimiser steps that cover `tokens`."""
    return math.ceil(tokens / (config.batch * config.context))


def training_tokens(config: ProxyConfig, tokens: int) -> int:
    """Return the tokens that are really trained on: `tokens` rounded up to whole steps."""
    return training_steps(config, tokens) * config.batch * config.context


def sequence_counts(mixture: np.ndarray, sequences: int) -> np.ndarray:
    """Return (k,) int64 sequences per domain: largest remainders of mixture * sequences, summing to `sequences`."""
    wanted = np.asarray(mixture, dtype=np.float64) / np.sum(mixture) * sequences
    counts = np.floor(wanted).astype(np.int64)
    missing = sequences - int(counts.sum())
    counts[np.argsort(counts - wanted, kind="stable")[:missing]] += 1
    return np.asarray(counts)


def domain_order(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (counts.sum(),) int64: the domain of each sequence, every domain spread evenly over the run.

    Domain i's j-th sequence comes at time (j + u_i) / counts_i with one random phase u_i, so any stretch of the run
    holds each domain's share to within one sequence.
    """
    phases = rng.random(len(counts))
    times = np.concatenate([(np.arange(n) + phase) / max(n, 1) for n, phase in zip(counts, phases, strict=True)])
    domains: np.ndarray = np.repeat(np.arange(len(counts)), counts)
    return domains[np.argsort(times, kind="stable")]


def train_proxies(
    pools: Sequence[np.ndarray],
    mixtures: np.ndarray,
    config: ProxyConfig,
    *,
    vocabulary: int,
    tokens: int,
    seeds: Sequence[int],
    watch: Watch | None = None,
) -> Proxies:
    """Train one proxy per mixture, all in one program.

    Args:
        pools: per domain, its tokens (n_i,), at least context + 1 of them.
        mixtures: (count, k) token shares.
        config: the proxies' shape and their optimiser's settings.
        vocabulary: tokens in the vocabulary.
        tokens: training tokens of each, rounded up to whole steps.
        seeds: count seeds; each decides the initial weights and the order of the data.
        watch: called at each of `config.checkpoints` even steps before the last with the tokens so far and the proxies.

    Returns:
        The proxies. The weights of one whose loss is no longer finite are not finite either, see `diverged`.
    """
    device = compute_device()
    models = Proxies(config, vocabulary, seeds).to(device)
    optimiser = AdamW(models)
    steps = training_steps(config, tokens)
    watched = {round(steps * (n + 1) / (config.checkpoints + 1)) for n in range(config.checkpoints)}
    average = Average(optimiser.weights, max(round(steps * config.average), 1))
    batches = (
        sequence_batches(pools, mixture, config, steps=steps, seed=seed)
        for mixture, seed in zip(mixtures, seeds, strict=True)
    )
    for step, batch in enumerate(zip(*batches, strict=True)):
        data = torch.from_numpy(np.stack(batch)).to(device)
        hidden = models(data[:, :, :-1])
        loss = linear_cross_entropy(hidden, models.output_weight(), data[:, :, 1:].flatten(1))
        loss.sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step(config.learning_rate * rate(step, steps, config.warmup))
        average.see(optimiser.weights, steps - step)
        if watch and step + 1 in watched:
            watch((step + 1) * config.batch * config.context, models)
    optimiser.weights.copy_(average.mean)
    return models


class Average:
    """The mean of the weights after each of the last steps: less noise than the last weights, for next to nothing."""

    def __init__(self, weights: Tensor, last: int) -> None:
        """Average over the `last` steps of a run."""
        self.mean = torch.zeros_like(weights)
        self._last = last

    def see(self, weights: Tensor, left: int) -> None:
        """Take in the weights after a step with `left` - 1 steps to come."""
        if left <= self._last:
            self.mean.lerp_(weights, 1 / (self._last - left + 1))


def diverged(models: Proxies) -> list[bool]:
    """Tell of each proxy whether its weights stopped being numbers."""
    return [not math.isfinite(float(weights.sum())) for weights in models.embedding.detach()]


def rate(step: int, steps: int, warmup: float) -> float:
    """Return the learning rate of a step as a share of the highest: linear warm-up, cosine down to FINAL_RATE."""
    rising = warmup * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    progress = (step - rising) / max(steps - rising, 1)
    return FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * progress))


def sequence_batches(
    pools: Sequence[np.ndarray], mixture: np.ndarray, config: ProxyConfig, *, steps: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield (batch, context + 1) int64 arrays, one per step."""
    counts = sequence_counts(mixture, steps * config.batch)
    domains = domain_order(counts, np.random.default_rng(seed))
    starts = np.empty(len(domains), dtype=np.int64)
    for domain, (pool, count) in enumerate(zip(pools, counts, strict=True)):
        distinct = (len(pool) - 1) // config.context
        epochs = -(-int(count) // distinct)
        rng = np.random.default_rng([seed, domain])
        order = np.concatenate([rng.permutation(distinct) for _ in range(epochs)] or [np.empty(0, np.int64)])
        starts[domains == domain] = order[:count] * config.context
    for first in range(0, len(domains), config.batch):
        chosen = range(first, first + config.batch)
        yield np.stack([pools[domains[i]][starts[i] : starts[i] + config.context + 1] for i in chosen]).astype(np.int64)


@torch.no_grad()
def log_probabilities(models: Proxies, texts: Texts) -> np.ndarray:
    """Return (count, texts.n_predicted) float32: the natural log-probability of each token after a document's first.

    A window starts with the last token of the one before it, so that every token is predicted exactly once.
    """
    context, device = models.config.context, next(models.parameters()).device
    windows = texts.windows(context)
    longest_first = np.argsort(windows[:, 0] - windows[:, 1], kind="stable")
    found = np.empty((models.count, texts.n_predicted), dtype=np.float32)
    per_batch = max(EVALUATION_TOKENS // context, 1)
    weight = models.output_weight()
    for first in range(0, len(windows), per_batch):
        rows = windows[longest_first[first : first + per_batch]]
        length = int((rows[:, 1] - rows[:, 0]).max())
        places = rows[:, :1] + np.arange(length + 1)
        within = np.arange(1, length + 1) <= (rows[:, 1] - rows[:, 0])[:, None]
        padded = texts.tokens[np.minimum(places, rows[:, 1:2])].astype(np.int64)
        data = torch.from_numpy(padded).to(device).expand(models.count, -1, -1)
        scores = token_log_probabilities(models(data[:, :, :-1]), weight, data[:, :, 1:].flatten(1))
        found[:, (places[:, 1:] - rows[:, 2:3])[within]] = scores.cpu().numpy()[:, within.ravel()]
    return found
