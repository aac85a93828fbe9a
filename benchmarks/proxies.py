"""Training proxies: tokens per second of mixpipe's loop against a plain PyTorch loop, same model, same data, one run.

The plain loop is what one writes first: bfloat16 autocast, torch's attention, cross-entropy over all logits, fused
AdamW, one process on all cores (`plain`); run as one process of one thread per core it is `plain_processes`. mixpipe
trains as many proxies at once as there are cores, one thread each, as a search does. All start from the same weights
and read the same batches, and the losses they end with must agree. Rounds alternate; every run is a fresh process and
its start is not timed (a worker trains many proxies); medians count. The machine must be otherwise idle: threads that
wait for each other suffer far more from company than processes of one thread.

    python benchmarks/proxies.py [--vocabulary 1024] [--tokens 60000] [--rounds 3] [--width 64] [--json RESULT]
"""

import argparse
import json
import multiprocessing
import os
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mixpipe.search.adamw import BETAS, GRADIENT_NORM, WEIGHT_DECAY
from mixpipe.search.config import ProxyConfig
from mixpipe.search.proxy import Proxy
from mixpipe.search.texts import Texts
from mixpipe.search.training import log_probabilities, rate, sequence_batches, train_proxy, training_steps
from mixpipe.store.files import write_json

DOMAINS = 4
POOL_TOKENS = 40_000
# bfloat16 rounds differently in the two loops; losses further apart than this would not be the same training.
SAME_LOSS = 0.02
WARM_UP_STEPS = 4


class PlainProxy(Proxy):
    """The same model as one writes it first."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Return hidden states; autocast chooses the dtypes."""
        state = functional.embedding(tokens, self.embedding) + self.positions[: tokens.shape[1]]
        for attend, project, widen, narrow in zip(self.attend, self.project, self.widen, self.narrow, strict=True):
            state = state + functional.linear(self._attention(functional.linear(normed(state), attend)), project)
            state = state + functional.linear(functional.gelu(functional.linear(normed(state), widen)), narrow)
        return normed(state)

    def _attention(self, projected: Tensor) -> Tensor:
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


def train_plain(pools: list[np.ndarray], config: ProxyConfig, vocabulary: int, seed: int, *, tokens: int) -> Proxy:
    model = PlainProxy(config, vocabulary, seed)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
    )
    steps, low = training_steps(config, tokens), model.dtype == torch.bfloat16
    mixture = np.full(DOMAINS, 1 / DOMAINS)
    for step, batch in enumerate(sequence_batches(pools, mixture, config, steps=steps, seed=seed)):
        optimiser.param_groups[0]["lr"] = config.learning_rate * rate(step, steps, config.warmup)
        data = torch.from_numpy(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=low):
            logits = functional.linear(model(data[:, :-1]), model.embedding)
            loss = functional.cross_entropy(logits.flatten(0, 1).float(), data[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    trained = Proxy(config, vocabulary, seed)
    trained.load_state_dict(model.state_dict())
    return trained


def train_ours(pools: list[np.ndarray], config: ProxyConfig, vocabulary: int, seed: int, *, tokens: int) -> Proxy:
    mixture = np.full(DOMAINS, 1 / DOMAINS)
    return train_proxy(pools, mixture, config, vocabulary=vocabulary, tokens=tokens, seed=seed)


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
    return {"seconds": seconds, "loss": float(texts.losses(log_probabilities(model, texts)).mean())}


def measure(name: str, config: ProxyConfig, vocabulary: int, cores: int) -> dict[str, float]:
    """Train as this loop does on all cores; return tokens per second of all processes, and the loss of seed 0."""
    processes, threads = (cores, 1) if LOOPS[name][1] else (1, cores)
    tasks = [(name, config, vocabulary, seed, threads) for seed in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        found = pool.starmap(work, tasks, chunksize=1)
    tokens = training_steps(config, config.tokens) * config.batch * config.context
    return {"tokens_per_second": sum(tokens / run["seconds"] for run in found), "loss": found[0]["loss"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    defaults = ProxyConfig()
    for name in ("width", "heads", "layers", "context", "batch"):
        parser.add_argument(f"--{name}", type=int, default=getattr(defaults, name))
    parser.add_argument("--vocabulary", type=int, default=1024)
    parser.add_argument("--tokens", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    shape = {name: getattr(asked, name) for name in ("width", "heads", "layers", "context", "batch", "tokens")}
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
        "benchmark": "proxies",
        "config": {**shape, "vocabulary": asked.vocabulary, "dtype": str(Proxy(config, asked.vocabulary, 0).dtype)},
        "parameters": Proxy(config, asked.vocabulary, 0).size,
        "cores": cores,
        "tokens_per_second": speed,
        "ratio": {name: speed["mixpipe"] / speed[name] for name in ("plain", "plain_processes")},
        "bits_per_token": losses,
        "rounds": runs,
    }
    print(json.dumps(result, indent=2, sort_keys=True))
    if asked.json:
        write_json(asked.json, result)


if __name__ == "__main__":
    main()
