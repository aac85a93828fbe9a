"""Is learning only the tokens that a reference model finds easier worth it? Small GPT-2s on the sample corpus.

A base model is trained on two fifths of the documents. The reference is the base model trained on with half of a
target's texts, five times over. Then the base model is trained on, once, with half of the documents: with `all` labels,
with the `cleaned` ones (Token Cleaning as `mixpipe clean` chooses them) or with as many `random` ones, the documents,
their order and the seed being the same. Judged in bits per byte on the target's other half, and on a tenth of the
documents that no model has read. Gains are arm minus `cleaned`, positive where cleaned is better; t-intervals over
seeds.

    python -m benchmarks.cleaning [--targets medicine ...] [--keep 0.6] [--scope global|sample] [--seeds 3]
                                  [--documents 2400]
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from scipy.stats import t as student
from transformers import GPT2Config, GPT2LMHeadModel

from benchmarks.pipeline import SHARED
from benchmarks.workers import worker_pool
from mixpipe.models.causal import CausalModel
from mixpipe.shards.cleaning.scored import Pair, scored
from mixpipe.shards.cleaning.selecting import cutoff, keep_global, keep_sample, labels
from mixpipe.shards.cleaning.turns import Template
from mixpipe.store.threads import fixed_threads
from mixpipe.tokenizer import train_tokenizer

VOCABULARY, CONTEXT, BATCH, RATE = 2048, 256, 8, 1e-3
SHAPE = {"n_embd": 128, "n_layer": 4, "n_head": 4}
CHARACTERS = 1024  # of a document: a few long ones would be most of the tokens
REPEATS = 5  # of the target's texts, for the reference
ARMS = ("cleaned", "all", "random")


def measure(names: list[str], *, keep: float, scope: str, seeds: int, documents: int) -> dict[str, Any]:
    """Return losses and gains by target."""
    found: dict[str, Any] = {"keep": keep, "scope": scope, "seeds": seeds, "documents": documents, "targets": {}}
    jobs = [(name, keep, scope, documents, seed) for name in names for seed in range(seeds)]
    with worker_pool(2) as pool:
        runs = dict(zip(jobs, pool.starmap(one_run, jobs, chunksize=1), strict=True))
    for name in names:
        of_name = [runs[name, keep, scope, documents, seed] for seed in range(seeds)]
        found["targets"][name] = {
            judge: {
                "losses": {arm: round(float(np.mean([run[arm][judge] for run in of_name])), 4) for arm in ARMS},
                "gains": {
                    arm: interval([run[arm][judge] - run["cleaned"][judge] for run in of_name]) for arm in ARMS[1:]
                },
            }
            for judge in ("target", "corpus")
        } | {"labels_kept": round(float(np.mean([run["kept"] for run in of_name])), 4)}
    return found


def interval(gains: list[float]) -> dict[str, float]:
    half = student.ppf(0.975, len(gains) - 1) * np.std(gains, ddof=1) / np.sqrt(len(gains))
    return {"mean": round(float(np.mean(gains)), 4), "interval": round(float(half), 4)}


def one_run(name: str, keep: float, scope: str, count: int, seed: int) -> dict[str, Any]:
    """Train all models of one seed; return each arm's losses, and the share of labels kept."""
    rng = np.random.default_rng(seed)
    documents = shuffled(sorted((SHARED / "sample").glob("*.parquet")), rng)[:count]
    held_out = shuffled([SHARED / "targets" / f"{name}.parquet"], rng)
    first, second, unread = np.split(np.array(documents, object), [len(documents) * 2 // 5, len(documents) * 9 // 10])
    shown, judged = held_out[::2], held_out[1::2]
    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as scratch, fixed_threads(1):
        base, reference = Path(scratch) / "base", Path(scratch) / "reference"
        for folder in (base, reference):
            folder.mkdir()
            (folder / "tokenizer.json").write_text(train_tokenizer(first.tolist(), VOCABULARY), encoding="utf-8")
        ends = {"bos_token_id": 0, "eos_token_id": 0}
        GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, n_positions=CONTEXT, **SHAPE, **ends)).save_pretrained(base)
        train(base, base, all_labels(base, first.tolist()), seed)
        train(base, reference, all_labels(base, shown * REPEATS), seed)
        chosen = choices(base, reference, second.tolist(), keep, scope, rng)
        result: dict[str, Any] = {"kept": chosen.pop("share")}
        for arm in ARMS:
            folder = Path(scratch) / arm
            train(base, folder, chosen[arm], seed)
            result[arm] = {"target": bits_per_byte(folder, judged), "corpus": bits_per_byte(folder, unread.tolist())}
    return result


def shuffled(files: list[Path], rng: np.random.Generator) -> list[str]:
    texts = [text[:CHARACTERS] for file in files for text in pq.read_table(file)["text"].to_pylist()]
    return [texts[row] for row in rng.permutation(len(texts))]


def load(folder: Path) -> CausalModel:
    return CausalModel(folder, dtype="float32", window=CONTEXT - 1, device="cpu")


def table(texts: list[str]) -> pa.Table:
    zeros = pa.array(np.zeros(len(texts), np.int32))
    return pa.table({"id": [str(n) for n in range(len(texts))], "domain": zeros, "copy": zeros, "text": texts})


def all_labels(base: Path, texts: list[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (input_ids, labels) of each text, every token with its label."""
    model = load(base)
    rows = [np.array([model.begin, *model.tokens([text]).ids, model.end], np.int32) for text in texts]
    return [(ids, ids) for ids in rows]


def choices(
    base: Path, reference: Path, texts: list[str], keep: float, scope: str, rng: np.random.Generator
) -> dict[str, Any]:
    """Return (input_ids, labels) of each text by arm, and the share of labels that `cleaned` keeps."""
    rows = pa.concat_tables(scored(table(texts), Pair(load(base), load(reference)), Template())).to_pylist()
    excess = [np.array(row["excess"], np.float32)[np.array(row["is_response"])] for row in rows]
    joined, counts = np.concatenate(excess), np.array([len(values) for values in excess])
    if scope == "global":
        kept = keep_global(joined, cutoff(lambda: [joined], keep), 0)
    else:
        kept = keep_sample(joined, counts, keep)
    by_arm = {"cleaned": kept, "all": np.ones(len(kept), np.bool_), "random": rng.permutation(kept)}
    found: dict[str, Any] = {"share": float(kept.mean())}
    for arm, mask in by_arm.items():
        pieces = np.split(mask, np.cumsum(counts)[:-1])
        ids = [(np.array(row["input_ids"], np.int32), np.array(row["is_response"])) for row in rows]
        found[arm] = [(tokens, labels(tokens, said, piece)) for (tokens, said), piece in zip(ids, pieces, strict=True)]
    return found


def train(start: Path, out: Path, rows: list[tuple[np.ndarray, np.ndarray]], seed: int) -> None:
    """Train a model on, once over the rows, and save it."""
    model = GPT2LMHeadModel.from_pretrained(start)
    windows = [
        (ids[at : at + CONTEXT], known[at : at + CONTEXT])
        for ids, known in rows
        for at in range(0, len(ids) - 1, CONTEXT)
    ]
    order = np.random.default_rng(seed).permutation(len(windows))
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1)
    model.train()
    for step, at in enumerate(range(0, len(order), BATCH)):
        batch = [windows[row] for row in order[at : at + BATCH]]
        width = max(len(ids) for ids, _ in batch)
        ids, known = (
            torch.tensor(np.stack([np.pad(pair[k], (0, width - len(pair[k])), constant_values=fill) for pair in batch]))
            for k, fill in ((0, 0), (1, -100))
        )
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 20)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(input_ids=ids.long()).logits[:, :-1].float()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), known[:, 1:].flatten().long(), ignore_index=-100)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    out.mkdir(exist_ok=True)
    model.save_pretrained(out)
    if out != start:
        (out / "tokenizer.json").write_text((start / "tokenizer.json").read_text(encoding="utf-8"), encoding="utf-8")


def bits_per_byte(folder: Path, texts: list[str]) -> float:
    model = load(folder)
    return float(model.losses(model.tokens(texts)).sum() / np.log(2) / sum(len(text.encode()) for text in texts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", nargs="+", default=["medicine"])
    parser.add_argument("--keep", type=float, default=0.6)
    parser.add_argument("--scope", choices=("global", "sample"), default="global")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=2400)
    arguments = parser.parse_args()
    settings = {name: value for name, value in vars(arguments).items() if name != "targets"}
    print(json.dumps(measure(arguments.targets, **settings)))
