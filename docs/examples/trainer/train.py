"""A trainer for mixpipe's evaluator `command`: a small recurrent model in plain torch.

    train.py MIXTURE

reads the mixture.json that mixpipe wrote, trains on token arrays and writes bits per byte of every target.
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

WIDTH, CONTEXT, BATCH, RATE = 64, 64, 8, 1e-2


class Model(nn.Module):
    """Embedding, a recurrent layer, and an output layer tied to the embedding."""

    def __init__(self, vocabulary: int) -> None:
        """Draw the weights."""
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, WIDTH)
        nn.init.normal_(self.embedding.weight, std=0.2)
        self.recurrent = nn.GRU(WIDTH, WIDTH, batch_first=True)

    def losses(self, rows: Tensor) -> Tensor:
        """Return the negative log-likelihoods of all tokens of (n, length) rows but the first of each row."""
        states, _ = self.recurrent(self.embedding(rows[:, :-1]))
        logits = states @ self.embedding.weight.T
        return nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="none")


def batches(asked: dict, steps: int) -> Iterator[np.ndarray]:
    """Yield one batch per step: sequences from anywhere in a domain, as many of each domain as its share says."""
    pools = {number: np.load(Path(asked["data"]) / f"domain-{int(number):03d}.npy") for number in asked["weights"]}
    pools = {number: np.resize(pool, max(len(pool), CONTEXT + 1)) for number, pool in pools.items()}
    rng = np.random.default_rng(asked["seed"])
    shares = np.array(list(asked["weights"].values()))
    for _ in range(steps):
        chosen = rng.choice(list(pools), size=BATCH, p=shares / shares.sum())
        starts = [rng.integers(len(pools[number]) - CONTEXT) for number in chosen]
        rows = [pools[number][start : start + CONTEXT + 1] for number, start in zip(chosen, starts, strict=True)]
        yield np.stack(rows).astype(np.int64)


@torch.no_grad()
def bits_per_byte(model: Model, texts: dict, data: Path) -> float:
    """Return the loss on one target: every document by itself, from its end-of-text on."""
    tokens = np.load(data / texts["file"]).astype(np.int64)
    total = 0.0
    for start, end in zip(texts["starts"][:-1], texts["starts"][1:], strict=True):
        total += model.losses(torch.from_numpy(tokens[start:end])[None]).sum().item()
    return total / math.log(2) / texts["n_bytes"]


def main() -> None:
    """Train on one mixture and write its losses."""
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.manual_seed(asked["seed"])
    torch.set_num_threads(1)
    model, data = Model(asked["vocabulary"]), Path(asked["data"])
    steps = math.ceil(asked["tokens"] / (BATCH * CONTEXT))
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    for batch in batches(asked, steps):
        optimiser.zero_grad()
        model.losses(torch.from_numpy(batch)).mean().backward()
        optimiser.step()
        schedule.step()
    found = {
        "losses": {texts["name"]: bits_per_byte(model, texts, data) for texts in asked["targets"]},
        "domain_losses": {str(texts["domain"]): bits_per_byte(model, texts, data) for texts in asked["held_out"]},
        "model_size": sum(parameter.numel() for parameter in model.parameters()),
    }
    Path(asked["out"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
