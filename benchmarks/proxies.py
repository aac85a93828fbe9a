"""Training proxies: tokens per second of mixpipe's loop against a plain PyTorch loop, same model, same data, one run.

The plain loop is what one writes first: bfloat16 autocast, torch's attention, cross-entropy over all logits, fused
AdamW, one process on all cores (`plain`); run as one process of one thread per core it is `plain_processes`. mixpipe
trains as many proxies at once as there are cores, one thread each, as a search does. All start from the same weights
and read the same batches, and the losses they end with must agree. Rounds alternate; every run is a fresh process and
its start is not timed (a worker trains many proxies); medians count. The machine must be otherwise idle: threads that
wait for each other suffer far more from company than processes of one thread.

With --together N, N proxies trained as one program are timed against the same trained one after another, in one process
on all cores or on the accelerator.

    python -m benchmarks.proxies [--vocabulary 4096] [--tokens 60000] [--rounds 3] [--width 128] [--together 8]
"""

import argparse
import json
import multiprocessing
import os
import statistics
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.workers import worker_pool
from mixpipe.search.adamw import BETAS, GRADIENT_NORM, WEIGHT_DECAY
from mixpipe.search.config import ProxyConfig
from mixpipe.search.proxy import Proxies, compute_device
from mixpipe.search.texts import Texts
from mixpipe.search.training import log_probabilities, rate, sequence_batches, train_proxies, training_steps

DOMAINS = 4
MIXTURE = np.full(DOMAINS, 1 / DOMAINS)
POOL_TOKENS = 40_000
# bfloat16 rounds differently in the two loops; losses further apart than this would not be the same training.
SAME_LOSS = 0.02
WARM_UP_STEPS = 4


class PlainProxy(Proxies):
    """The same model as one writes it first, on (batch, length) tokens."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Return hidden states; autocast chooses the dtypes."""
        state = functional.embedding(tokens, self.embedding[0]) + self.positions[0, : tokens.shape[1]]
        for attend, project, widen, narrow in zip(self.attend, self.project, self.widen, self.narrow, strict=True):
            mixed = self._plain_attention(functional.linear(normed(state), attend[0]))
            state = state + functional.linear(mixed, project[0])
            state = state + functional.linear(functional.gelu(functional.linear(normed(state), widen[0])), narrow[0])
        return normed(state)

    def _plain_attention(self, projected: Tensor) -> Tensor:
        batch, length, _ = projected.shape
        query, key, value = projected.view(batch, length, 3, self.config.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return mixed.transpose(1, 2).reshape(batch, length, -1)


def normed(state: Tensor) -> Tensor:
    return functional.rms_norm(state, state.shape[-1:])


def language(domain: int, vocabulary: int, length: int, seed: int) -> np.ndarray:
    """A made-up language: (length,) tokens, each likely to follow one other, frequencies after Zipf."""
    rng = np.random.default_rng([domain, seed])
    draws = np.minimum(rng.zipf(1.3, length), vocabulary - 1)
    follows = np.random.default_rng(domain).permutation(vocabulary)
    tokens = np.empty(length, dtype=np.uint16)
    tokens[0] = 1
    for place, (draw, kept) in enumerate(zip(draws[1:], rng.random(length - 1) < 0.5, strict=True), start=1):
        tokens[place] = follows[tokens[place - 1]] if kept else draw
    return tokens


def train_plain(pools: list[np.ndarray], config: ProxyConfig, vocabulary: int, seed: int, *, tokens: int) -> Proxies:
    model = PlainProxy(config, vocabulary, [seed])
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    steps, low = training_steps(config, tokens), model.dtype == torch.bfloat16
    for step, batch in enumerate(sequence_batches(pools, MIXTURE, config, steps=steps, seed=seed)):
        optimiser.param_groups[0]["lr"] = config.learning_rate * rate(step, steps, config.warmup)
        data = torch.from_numpy(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
            logits = functional.linear(model(data[:, :-1]), model.embedding[0])
            loss = functional.cross_entropy(logits.flatten(0, 1).float(), data[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    trained = Proxies(config, vocabulary, [seed])
    trained.load_state_dict(model.state_dict())
    return trained


def train_ours(pools: list[np.ndarray], config: ProxyConfig, vocabulary: int, seed: int, *, tokens: int) -> Proxies:
    return train_proxies(pools, MIXTURE[None], config, vocabulary=vocabulary, tokens=tokens, seeds=[seed])


# How each is run: the loop, and whether it has a process per core.
LOOPS = {"plain": (train_plain, False), "plain_processes": (train_plain, True), "mixpipe": (train_ours, True)}


def work(name: str, config: ProxyConfig, vocabulary: int, seed: int, threads: int) -> dict[str, float]:
    """Train one proxy in this process; return seconds and the loss in bits per token."""
    torch.set_num_threads(threads)
    pools = [language(domain, vocabulary, POOL_TOKENS, 0) for domain in range(DOMAINS)]
    texts = Texts.gather(
        [(domain, language(domain, vocabulary, 4000, 1), 4000) for domain in range(DOMAINS)],
        owners=DOMAINS,
        end_of_text=0,
    )
    LOOPS[name][0](pools, config, vocabulary, seed, tokens=WARM_UP_STEPS * config.batch * config.context)
    started = time.monotonic()
    model = LOOPS[name][0](pools, config, vocabulary, seed, tokens=config.tokens)
    seconds = time.monotonic() - started
    return {"seconds": seconds, "loss": float(texts.losses(log_probabilities(model, texts)[0]).mean())}


def measure(name: str, config: ProxyConfig, vocabulary: int, cores: int) -> dict[str, float]:
    """Train as this loop does on all cores; return tokens per second of all processes, and the loss of seed 0."""
    processes, threads = (cores, 1) if LOOPS[name][1] else (1, cores)
    tasks = [(name, config, vocabulary, seed, threads) for seed in range(processes)]
    start = worker_pool if name == "mixpipe" else multiprocessing.get_context("spawn").Pool
    with start(processes) as pool:
        found = pool.starmap(work, tasks, chunksize=1)
    tokens = training_steps(config, config.tokens) * config.batch * config.context
    return {"tokens_per_second": sum(tokens / run["seconds"] for run in found), "loss": found[0]["loss"]}


def compare_together(config: ProxyConfig, vocabulary: int, count: int, rounds: int) -> dict[str, float]:
    """Return tokens per second of `count` proxies as one program and one after another, and the largest difference."""
    pools = [language(domain, vocabulary, POOL_TOKENS, 0) for domain in range(DOMAINS)]
    texts = Texts.gather([(0, language(0, vocabulary, 4000, 1), 4000)], owners=1, end_of_text=0)
    seeds = list(range(count))

    def trained(chosen: list[int], tokens: int) -> np.ndarray:
        mixtures = np.tile(MIXTURE, (len(chosen), 1))
        models = train_proxies(pools, mixtures, config, vocabulary=vocabulary, tokens=tokens, seeds=chosen)
        return np.concatenate([texts.losses(scores) for scores in log_probabilities(models, texts)])

    trained(seeds, WARM_UP_STEPS * config.batch * config.context)
    seconds: dict[str, list[float]] = {"together": [], "alone": []}
    for _ in range(rounds):
        started = time.monotonic()
        together = trained(seeds, config.tokens)
        seconds["together"].append(time.monotonic() - started)
        started = time.monotonic()
        alone = np.concatenate([trained([seed], config.tokens) for seed in seeds])
        seconds["alone"].append(time.monotonic() - started)
    tokens = training_steps(config, config.tokens) * config.batch * config.context * count
    speed = {name: tokens / statistics.median(found) for name, found in seconds.items()}
    return {**speed, "ratio": speed["together"] / speed["alone"], "apart": float(np.abs(together - alone).max())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    defaults = ProxyConfig()
    shaped = {"width": 128, "heads": 2, "layers": 2, "context": defaults.context, "batch": defaults.batch}
    for name, default in shaped.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--tokens", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--together", type=int, default=8)
    asked = parser.parse_args()
    shape = {name: getattr(asked, name) for name in (*shaped, "tokens")}
    config, cores = ProxyConfig(**shape), os.cpu_count() or 1
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in LOOPS}
    for _ in range(asked.rounds):
        for name, found in runs.items():
            found.append(measure(name, config, asked.vocabulary, cores))
    speed = {name: statistics.median(run["tokens_per_second"] for run in found) for name, found in runs.items()}
    losses = {name: found[0]["loss"] for name, found in runs.items()}
    if abs(losses["plain"] - losses["mixpipe"]) > SAME_LOSS * losses["plain"]:
        raise SystemExit(f"expected equal losses from equal training, found {losses}")
    result = {
        "config": {**shape, "vocabulary": asked.vocabulary, "dtype": str(Proxies(config, asked.vocabulary, [0]).dtype)},
        "parameters": Proxies(config, asked.vocabulary, [0]).size,
        "cores": cores,
        "tokens_per_second": speed,
        "ratio": {name: speed["mixpipe"] / speed[name] for name in ("plain", "plain_processes")},
        "bits_per_token": losses,
        "rounds": runs,
    }
    if asked.together > 1:
        result["together"] = {
            "proxies": asked.together,
            "device": str(compute_device()),
            **compare_together(config, asked.vocabulary, asked.together, asked.rounds),
        }
    print(json.dumps(result, indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
