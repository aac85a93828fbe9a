"""Tokens a second under a given causal language model of GPT-2's size, against the usual loop over the library.

The usual loop scores documents in their order, eight at a time, padded to the longest and cut at 1,024 tokens, with the
library's own outputs; ours cuts the same texts into stretches of nearly equal length. The weights are random, which
changes no time. One thread each, both in the arithmetic that is native here and in float32, in turns.

    python -m benchmarks.given_models [--documents 24] [--rounds 3]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks.embedding import SAMPLE, sample
from mixpipe.models.causal import CausalModel
from mixpipe.models.precision import resolve_dtype
from mixpipe.store.threads import fixed_threads
from mixpipe.tokenizer import train_tokenizer

WINDOW, TOGETHER = 1024, 8


def measure(*, documents: int, rounds: int) -> dict[str, Any]:
    """Return tokens a second of both sides, and their ratio, by arithmetic."""
    texts = sample(SAMPLE, documents)
    native = resolve_dtype("auto", "cpu")
    with tempfile.TemporaryDirectory() as name, fixed_threads(1):
        folder = Path(name)
        (folder / "tokenizer.json").write_text(train_tokenizer(texts, 8192), encoding="utf-8")
        GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
        return {dtype: compared(folder, texts, dtype, rounds) for dtype in dict.fromkeys((native, "float32"))}


def compared(folder: Path, texts: list[str], dtype: str, rounds: int) -> dict[str, Any]:
    model = CausalModel(folder, dtype=dtype, window=WINDOW, device="cpu")
    tokens = model.tokens(texts)
    pieces = np.split(tokens.ids, np.cumsum(tokens.counts)[:-1])
    cut = [piece[: WINDOW - 1] for piece in pieces]
    pairs = []
    for _ in range(rounds):
        theirs = timed(lambda: usual(model.model, cut))
        ours = timed(lambda: model.losses(tokens))
        pairs.append((sum(map(len, cut)) / theirs, len(tokens.ids) / ours))
    return {
        "usual_tokens_per_second": round(median(pair[0] for pair in pairs)),
        "mixpipe_tokens_per_second": round(median(pair[1] for pair in pairs)),
        "ratio": round(median(ours / theirs for theirs, ours in pairs), 2),
        "ratios": [round(ours / theirs, 2) for theirs, ours in pairs],
    }


def usual(model: GPT2LMHeadModel, pieces: list[np.ndarray]) -> None:
    with torch.inference_mode():
        for at in range(0, len(pieces), TOGETHER):
            batch = [np.concatenate([[0], piece]) for piece in pieces[at : at + TOGETHER]]
            width = max(map(len, batch))
            ids = torch.tensor(np.stack([np.pad(piece, (0, width - len(piece))) for piece in batch]))
            mask = torch.tensor(np.stack([np.arange(width) < len(piece) for piece in batch])).long()
            logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
            torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(json.dumps(measure(**vars(arguments))))
