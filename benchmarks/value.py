"""Is choosing documents worth it? Proxies trained on plans: the default against domains alone and documents alone.

Three target sets on the sample corpus; searches of 28 proxies of 100,000 tokens. Every arm is a plan of as many tokens:
`default` (the mixture found, better documents more often), `domains` (the mixture found, all documents alike),
`natural`, `samplemix` (documents alone), `quadmix` (its own search over quality strata, as many proxies) and, on
request, `strata` (the default's method over quality strata), `steep` (the default at twice the tilt), `natural-tilt`,
`natural-steep` and `natural-top` (natural shares under the default's tilt, twice that, and exp(4 rank)).

A proxy reads a plan as the target run would: the documents of the lowest keyed hash, each as often as it is planned,
until its tokens are read; arms share hashes and seeds, so differences are paired. Gains are arm minus default, positive
where the default is better, in two units: `objective`, the one that the searches lower (every target by its spread over
the trials of the default's search, so that one of large losses does not count for more), and `bits`, bits per byte of
the mean target. Intervals are t-intervals over seeds.

    python -m benchmarks.value [--sets all medicine code] [--arms default ...] [--seeds 5] [--root DIR]
"""

import argparse
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import t as student

from benchmarks.pipeline import SHARED, run_config, target_sets, timed_run
from benchmarks.targets import SETS
from benchmarks.workers import worker_pool
from mixpipe.runs.run import load_artefacts
from mixpipe.search.config import ProxyConfig
from mixpipe.search.pools import POOLS_RECORD, TARGETS
from mixpipe.search.survey import VOCABULARY
from mixpipe.search.texts import Texts
from mixpipe.search.training import log_probabilities, train_proxies
from mixpipe.search.vocabulary import load_vocabulary
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_json, read_table

# Settings of each arm: of the search that it plans from, and of the plan.
MIXTURE: dict[str, Any] = {"screen": False, "proxy": {"tokens": 100_000}}
# QuaDMix draws shares of domains near the natural ones: judged by noise, targets that need other shares are left out.
QUADMIX = {**MIXTURE, "noise_seeds": 2, "method": "quadmix", "rounds": [28], "strata": 8}
ARMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "default": (MIXTURE, {}),
    "domains": (MIXTURE, {"maker": "domains"}),
    "natural": (MIXTURE, {"maker": "domains", "shares": "natural"}),
    "samplemix": (MIXTURE, {"maker": "samplemix", "shares": "documents"}),
    "quadmix": (QUADMIX, {}),
}
OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "strata": ({**MIXTURE, "strata": 4}, {}),
    "steep": (MIXTURE, {"settings": {"strength": 1.0}}),
    "natural-tilt": (MIXTURE, {"shares": "natural"}),
    "natural-steep": (MIXTURE, {"shares": "natural", "settings": {"strength": 1.0}}),
    "natural-top": (
        MIXTURE,
        {"shares": "natural", "maker": "tempered", "settings": {"tau": 0.25, "column": "quality_rank"}},
    ),
}


def measure(folder: Path, names: list[str], arms: list[str], *, seeds: int, tokens: int) -> dict[str, Any]:
    found: dict[str, Any] = {"seeds": seeds, "proxy_tokens": tokens, "sets": {}}
    with worker_pool(2) as pool:
        for name in names:
            runs = {arm: planned(folder, name, SETS[name], arm) for arm in arms}
            jobs = [(run, seed) for run in runs.values() for seed in range(seeds)]
            measured = pool.starmap(partial(losses, tokens=tokens), jobs, chunksize=1)
            table = np.array(measured).reshape(len(arms), seeds, -1)
            record = read_json(load_artefacts(runs["default"])["search"].file("search.json"))
            found["sets"][name] = compared(dict(zip(arms, table, strict=True)), by_spread(record))
    return found


def planned(folder: Path, name: str, targets: list[str] | None, arm: str) -> Path:
    """Run one arm up to its plan, on all that is sealed already; return the run's folder."""
    search, plan = (ARMS | OTHERS)[arm]
    sets = {"sets": target_sets(targets)}
    config = run_config(SHARED / "sample", folder / f"{name}-{arm}", targets=sets, search=search, plan=plan)
    config = config.rename(folder / f"{name}-{arm}.yaml")
    timed_run(config, folder / "root", "--no-prefect", "--until", "plan")
    return folder / "root" / "runs" / f"{name}-{arm}"


def losses(run: Path, seed: int, *, tokens: int) -> list[float]:
    """Train one proxy on a run's plan; return its bits per byte by target, in the order of the names."""
    artefacts = load_artefacts(run)
    search = artefacts["search"].path
    vocabulary = load_vocabulary(artefacts["search"].file(VOCABULARY))
    config = ProxyConfig(**{**read_json(search / "manifest.json")["identity"]["config"]["proxy"], "tokens": tokens})
    stream = plan_tokens(run, seed, tokens)
    models = train_proxies([stream], np.ones((1, 1)), config, vocabulary=vocabulary.size, tokens=tokens, seeds=[seed])
    texts = Texts.read(artefacts["search"].file(TARGETS))
    names = read_json(artefacts["search"].file(POOLS_RECORD))["targets"]
    by_target = dict(zip(names, texts.losses(log_probabilities(models, texts)[0]).tolist(), strict=True))
    return [by_target[name] for name in sorted(by_target)]


def plan_tokens(run: Path, seed: int, tokens: int) -> np.ndarray:
    """Return (tokens + 1,) of the plan: whole documents by rising hash, with their copies, dealt out by another."""
    artefacts = load_artefacts(run)
    vocabulary = load_vocabulary(artefacts["search"].file(VOCABULARY))
    ingest, plan = artefacts["ingest"], artefacts["plan"]
    rows = pa.concat_tables(
        read_table(ingest.file(name), ["id", "text"]).append_column("copies", read_table(plan.file(name))["copies"])
        for name in ingest.names()
    )
    rows = rows.filter(pc.greater(rows["copies"], 0))
    ids = rows["id"].to_pylist()
    copies, pieces, held = rows["copies"].to_pylist(), [], 0
    for row in np.argsort(keyed_uniforms(ids, f"value:{seed}"), kind="stable").tolist():
        if held > tokens:
            break
        piece = np.append(vocabulary.tokens(rows["text"][row].as_py()), vocabulary.end_of_text)
        pieces += [(f"{ids[row]}:{copy}", piece) for copy in range(copies[row])]
        held += copies[row] * len(piece)
    places = np.argsort(keyed_uniforms([key for key, _ in pieces], f"order:{seed}"), kind="stable")
    return np.concatenate([pieces[place][1] for place in places.tolist()])[: tokens + 1]


def by_spread(record: dict[str, Any]) -> np.ndarray:
    """Return (m,) what a bit per byte of each target counts in a search's objective, in the order of the names."""
    names = sorted(record["targets"])
    weights = np.array([record["targets"][name] for name in names])
    scale = np.array([record["objective"]["scale"][name] for name in names])
    return weights / weights.sum() / scale


def compared(by_arm: dict[str, np.ndarray], objective: np.ndarray) -> dict[str, Any]:
    """Return by arm what it loses by target and, in both units, the default's paired gain with its interval.

    Args:
        by_arm: (seeds, m) bits per byte each.
        objective: (m,) see `by_spread`.
    """
    units = {"objective": objective, "bits": np.full(len(objective), 1 / len(objective))}
    return {
        arm: {
            "by_target": values.mean(axis=0).tolist(),
            **{unit: default_gain((values - by_arm["default"]) @ weights) for unit, weights in units.items()},
        }
        for arm, values in by_arm.items()
    }


def default_gain(gains: np.ndarray) -> dict[str, Any]:
    """Return mean, half of the interval and a word for gains (seeds,)."""
    half = float(student.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains)))
    word = "tied" if abs(gains.mean()) <= half else ("better" if gains.mean() > 0 else "worse")
    return {"default_gains": float(gains.mean()), "half_interval": half, "default_is": word}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=200_000)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS | OTHERS))
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    arms = list(dict.fromkeys(["default", *asked.arms]))
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.root or Path(scratch)
        print(json.dumps(measure(folder, asked.sets, arms, seeds=asked.seeds, tokens=asked.tokens)))
