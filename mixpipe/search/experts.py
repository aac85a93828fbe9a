"""Experts: one proxy per domain, trained on it alone, for the screen and for the evaluators that mix or merge them.

Of each are kept its log-probabilities of every measured token, and its weights where the evaluator reads them.
"""

from collections.abc import Sequence

import numpy as np

from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators import load_evaluator
from mixpipe.search.proxy import room_for_proxies
from mixpipe.search.rounds import seeds
from mixpipe.search.running import proxy_data, trial_identity
from mixpipe.search.survey import SURVEY
from mixpipe.search.tally import EXPERTS
from mixpipe.search.training import diverged, log_probabilities, train_proxies, training_tokens
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_arrays
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part

__all__ = ["plan_experts", "run_expert", "run_experts"]


def plan_experts(context: Context) -> list[Part]:
    """List one expert per domain that has tokens."""
    config: SearchConfig = context.config
    identity = trial_identity(context, config.proxy_tokens)
    seed = seeds(config, 0, 1)[0]
    weights: dict[str, Json] = {"weights": True} if load_evaluator(config.evaluator).needs_weights else {}
    parts = []
    for domain in np.flatnonzero(read_json(context.out / SURVEY)["available"]).tolist():
        spec: dict[str, Json] = {"domain": domain, "tokens": config.proxy_tokens, "seed": seed, **weights}
        parts.append(Part(f"{EXPERTS}-domain-{domain:03d}", spec, {**identity, **spec}))
    return parts


def run_expert(context: Context, part: Part) -> Counts:
    """Train one domain's expert and write what it thinks of every measured token; nothing when it diverges."""
    return run_experts(context, [part])[0]


@room_for_proxies()
def run_experts(context: Context, parts: Sequence[Part]) -> list[Counts]:
    """Train several domains' experts as one program and write of each what `run_expert` does."""
    config: SearchConfig = context.config
    data, tokens = proxy_data(context, config.proxy_tokens), config.proxy_tokens
    domains, drawn = ([int(str(part.spec[key])) for part in parts] for key in ("domain", "seed"))
    alone = np.eye(len(data.pools))[domains]
    models = train_proxies(data.pools, alone, config.proxy, vocabulary=data.vocabulary, tokens=tokens, seeds=drawn)
    targets, held_out = (log_probabilities(models, texts) for texts in (data.targets, data.held_out))
    weights = {"weights": models.weights()} if parts[0].spec.get("weights") else {}
    counts: list[Counts] = []
    for n, (part, failed) in enumerate(zip(parts, diverged(models), strict=True)):
        if failed:
            counts.append({"diverged_experts": 1})
            continue
        write_arrays(
            context.out / f"{part.name}.npz",
            targets=targets[n],
            held_out=held_out[n],
            model_size=np.array(models.size),
            **{name: array[n] for name, array in weights.items()},
        )
        counts.append({"experts": 1, "trained_tokens": training_tokens(config.proxy, tokens)})
    return counts
