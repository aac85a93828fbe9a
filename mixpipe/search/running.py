"""A trial as a part: what decides its losses, how it is run, how it is read back.

A part's identity is the mixture in lattice steps, the proxy, tokens, seed and the digests of what it reads, and no
more: not the method, the round or the targets' weights. So equal trials of other searches are taken over.

Each part `<step>-<arm>-<number>.json` holds what was measured, with losses by number of target and of domain, and
null for what could not be. The arm says who proposed the mixture.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixpipe.errors import StageError
from mixpipe.mixture.simplex import LATTICE
from mixpipe.search.cells import cell_names
from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators import load_evaluator
from mixpipe.search.evaluators.protocol import Measured, ProxyData
from mixpipe.search.pools import HELD_OUT, POOLS, POOLS_RECORD, TARGETS
from mixpipe.search.survey import SURVEY, VOCABULARY, pool_tokens
from mixpipe.search.texts import Texts
from mixpipe.search.trials import Checkpoint, Trial
from mixpipe.search.vocabulary import load_vocabulary
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_arrays, read_json, write_json
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.stage import Context, Part

__all__ = [
    "Asked",
    "expert_paths",
    "proxy_data",
    "read_trials",
    "run_trial",
    "run_trials",
    "trial_identity",
    "trial_part",
]


class Asked(NamedTuple):
    """A mixture to measure.

    Attributes:
        arm: who proposed it, a short name.
        mixture: (k,) float64 on the lattice.
        tokens: training tokens.
        seed: of the proxy.
    """

    arm: str
    mixture: np.ndarray
    tokens: int
    seed: int


def trial_part(context: Context, step: str, number: int, asked: Asked, evaluator: str) -> Part:
    """Return the part that measures a mixture."""
    steps = np.rint(asked.mixture * LATTICE).astype(int).tolist()
    spec: dict[str, Json] = {"mixture": steps, "tokens": asked.tokens, "seed": asked.seed, "evaluator": evaluator}
    kind = load_evaluator(evaluator)
    experts = context.config.proxy_tokens if kind.needs_experts else None
    identity = {**trial_identity(context, asked.tokens), **spec, "expert_tokens": experts}
    if kind.reads_outside:
        identity.update(context.outside)
        identity["names"] = [cell_names(context), read_json(context.out / POOLS_RECORD)["targets"]]
    return Part(f"{step}-{asked.arm}-{number:03d}", spec, identity)


def trial_identity(context: Context, tokens: int) -> dict[str, Json]:
    """Return what every trial's losses follow from besides its own mixture, tokens and seed."""
    config: SearchConfig = context.config
    survey = read_json(context.out / SURVEY)
    proxy = {name: value for name, value in config.proxy.identity().items() if name != "tokens"}
    return {
        "proxy": proxy,
        "pool_tokens": pool_tokens(np.array(survey["available"]), tokens, config).tolist(),
        "digests": read_json(context.out / POOLS_RECORD)["digests"],
        "vocabulary": load_vocabulary(context.out / VOCABULARY).size,
    }


def run_trial(context: Context, part: Part) -> Counts:
    """Measure one mixture and write what was found."""
    return run_trials(context, [part])[0]


def run_trials(context: Context, parts: Sequence[Part]) -> list[Counts]:
    """Measure mixtures, those of equal tokens and evaluator at once, and write what was found of each."""
    alike: dict[tuple[int, str], list[Any]] = {}
    for part in parts:
        spec: Any = part.spec
        alike.setdefault((spec["tokens"], spec["evaluator"]), []).append(part)
    counts: dict[str, Counts] = {}
    for (tokens, evaluator), group in alike.items():
        mixtures = np.array([part.spec["mixture"] for part in group]) / LATTICE
        seeds = [part.spec["seed"] for part in group]
        data = proxy_data(context, tokens)
        found = load_evaluator(evaluator).measure_many(data, mixtures, tokens=tokens, seeds=seeds)
        counts.update({part.name: _write(context, part, one) for part, one in zip(group, found, strict=True)})
    return [counts[part.name] for part in parts]


def _write(context: Context, part: Part, found: Measured) -> Counts:
    record: dict[str, Json] = {
        "mixture": part.spec["mixture"],
        "seed": part.spec["seed"],
        "tokens": found.tokens,
        "model_size": found.model_size,
        "status": found.status,
        "target_losses": _nulls(found.target_losses),
        "domain_losses": _nulls(found.domain_losses),
        "trajectory": [{"tokens": tokens, "target_losses": _nulls(row)} for tokens, row in found.trajectory],
        "trial": fingerprint(part.identity),
    }
    write_json(context.out / f"{part.name}.json", record)
    return {"trials": 1, "trained_tokens": found.tokens}


def read_trials(context: Context, steps: Iterable[str]) -> list[Trial]:
    """Return the trials that steps have run, in the order of the steps and of their parts.

    A step that was planned but has no part on disk gives none.
    """
    targets: list[str] = read_json(context.out / POOLS_RECORD)["targets"]
    found = []
    for step in steps:
        paths = sorted(context.out.glob(f"{step}-*.json"), key=lambda path: (path.stem.rpartition("-")[2], path.stem))
        found += [_trial(path, step, targets) for path in paths]
    return found


def proxy_data(context: Context, tokens: int) -> ProxyData:
    """Return what a trial of so many tokens reads: the beginning of each pool, the texts, the experts."""
    config: SearchConfig = context.config
    record = read_json(context.out / POOLS_RECORD)
    digests = record["digests"]
    pools, targets, held_out = _load(context.out, tuple(sorted(digests.items())))
    lengths = pool_tokens(np.array(read_json(context.out / SURVEY)["available"]), tokens, config)
    shortest = config.proxy.context + 1
    return ProxyData(
        config.proxy,
        load_vocabulary(context.out / VOCABULARY).size,
        tuple(pool[: max(length, shortest)] for pool, length in zip(pools, lengths, strict=True)),
        targets,
        held_out,
        expert_paths(context),
        cell_names(context),
        tuple(record["targets"]),
        config.command,
        config.recorded,
    )


def expert_paths(context: Context) -> dict[int, Path]:
    """Return the experts' files by domain number."""
    return {int(path.stem.rpartition("-")[2]): path for path in sorted(context.out.glob("experts-domain-*.npz"))}


@lru_cache(maxsize=1)
def _load(out: Path, digests: tuple[tuple[str, str], ...]) -> tuple[list[np.ndarray], Texts, Texts]:
    """Read pools and texts once per process; the digests keep a rebuilt folder from being mistaken for the old."""
    arrays = read_arrays(out / POOLS)
    pools = np.split(arrays["tokens"], arrays["starts"][1:-1])
    return pools, Texts.read(out / TARGETS), Texts.read(out / HELD_OUT)


def _trial(path: Path, step: str, targets: Sequence[str]) -> Trial:
    record = read_json(path)
    if len(record["target_losses"]) != len(targets):
        raise StageError(
            f"expected losses of {len(targets)} targets in {path}, found {len(record['target_losses'])}; "
            "delete its folder and run again"
        )
    domain_losses = {str(number): loss for number, loss in enumerate(record["domain_losses"]) if loss is not None}
    return Trial(
        trial=record["trial"],
        method=path.stem.removeprefix(f"{step}-").rpartition("-")[0],
        round=step,
        mixture=np.array(record["mixture"]) / LATTICE,
        model_size=record["model_size"],
        tokens=record["tokens"],
        seed=record["seed"],
        target_losses=_named(targets, record["target_losses"]),
        domain_losses=domain_losses,
        status=record["status"],
        trajectory=tuple(
            Checkpoint(point["tokens"], _named(targets, point["target_losses"])) for point in record["trajectory"]
        ),
    )


def _named(targets: Sequence[str], losses: Sequence[float | None]) -> dict[str, float]:
    return {name: np.nan if loss is None else loss for name, loss in zip(targets, losses, strict=True)}


def _nulls(losses: np.ndarray) -> list[Json]:
    return [float(loss) if np.isfinite(loss) else None for loss in losses]
