"""Methods of search against each other on the pipeline itself: the sample corpus, equal proxy tokens, five seeds.

Four targets of two kinds that pull apart, so that there is something to find: over all 21 targets the natural mixture
is close to the best there is, and methods are not told apart.

All searches share documents, domains, scores and pools, and trials where mixtures coincide. Each ends as any run does:
its candidates are trained again, the winner once more with fresh seeds and twice the tokens, the same seeds for all
methods of one search seed. The objective is on one scale: losses standardised by the trials of all random searches.
Gains are natural minus winner, paired by seed; the interval is a t-interval over the search seeds.

    python -m benchmarks.methods [--seeds 5] [--tokens 100000] [--methods mixpipe ...] [--targets code ...] [--root DIR]
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.pipeline import SHARED, run_config, target_sets, timed_run
from mixpipe.runs.run import load_artefacts
from mixpipe.search.objective import Objective
from mixpipe.search.trials import losses, trials_from_table, usable
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table

TARGETS = ("medicine", "medicine_shift", "code", "tech_docs")
ONE_ROUND, THREE_ROUNDS = (28,), (16, 8, 4)
ROUNDS = {
    "random": ONE_ROUND,
    "regmix": ONE_ROUND,
    "data-mixing-laws": ONE_ROUND,
    "climb:paper": THREE_ROUNDS,
    "climb:recipe": THREE_ROUNDS,
    "mixpipe": THREE_ROUNDS,
}


def measure(folder: Path, methods: list[str], targets: list[str], *, seeds: int, tokens: int) -> dict[str, Any]:
    searches = {
        (method, seed): search(folder, method, targets, seed=seed, tokens=tokens)
        for seed in range(seeds)
        for method in methods
    }
    random = [trial for seed in range(seeds) for trial in rounds_of(searches["random", seed])]
    objective = Objective.fit(losses(random, targets), np.ones(len(targets)))
    table = {}
    for method in methods:
        gains = np.array([gain(searches[method, seed], objective, targets) for seed in range(seeds)])
        half = float(student.ppf(0.975, seeds - 1) * gains.std(ddof=1) / np.sqrt(seeds))
        table[method] = {"gain": float(gains.mean()), "half_interval": half, "by_seed": gains.tolist()}
    settings = {"seeds": seeds, "proxy_tokens": tokens, "proxies_per_search": sum(ONE_ROUND), "targets": targets}
    return {**settings, "methods": table}


def search(
    folder: Path, method: str, targets: list[str], *, seed: int, tokens: int, rounds: tuple[int, ...] = ()
) -> Artefact:
    """Run one search on the shared stages, or find it sealed; in the rounds of its method unless told others."""
    asked = {"method": method, "rounds": list(rounds or ROUNDS[method]), "seed": seed}
    settings = {**asked, "screen": False, "proxy": {"tokens": tokens}}
    name, sets = f"{method.replace(':', '-')}-{seed}", {"sets": target_sets(targets)}
    config = run_config(SHARED / "sample", folder / name, targets=sets, search=settings)
    config = config.rename(folder / f"{name}.yaml")
    timed_run(config, folder / "root", "--no-prefect", "--until", "search")
    return load_artefacts(folder / "root" / "runs" / name)["search"]


def rounds_of(artefact: Artefact) -> list[Any]:
    trials = trials_from_table(read_table(artefact.file("trials.parquet")))
    return [trial for trial in usable(trials) if trial.round.startswith("round-")]


def gain(artefact: Artefact, objective: Objective, targets: list[str]) -> float:
    """Return by how much the search's winner is better than natural, both trained with the same fresh seeds."""
    arms = read_json(artefact.file("verdict.json"))["arms"]
    natural, winner = (np.array([arms[arm]["losses"][target] for target in targets]) for arm in ("natural", "winner"))
    return float(objective.value(natural) - objective.value(winner))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--methods", nargs="+", default=list(ROUNDS), choices=list(ROUNDS))
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    parser.add_argument("--root", type=Path)
    asked = parser.parse_args()
    chosen = list(dict.fromkeys(["random", *asked.methods]))
    with tempfile.TemporaryDirectory() as scratch:
        print(
            json.dumps(
                measure(asked.root or Path(scratch), chosen, asked.targets, seeds=asked.seeds, tokens=asked.tokens)
            )
        )
