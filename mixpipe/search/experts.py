"""Experts: one proxy per domain, trained on it alone, for the screen and for the evaluators that mix or merge them.

Of each are kept its log-probabilities of every measured token, and its weights where the evaluator reads them.
"""

import numpy as np

from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators import load_evaluator
from mixpipe.search.rounds import seeds
from mixpipe.search.running import proxy_data, trial_identity
from mixpipe.search.survey import SURVEY
from mixpipe.search.tally import EXPERTS
from mixpipe.search.training import diverged, log_probabilities, train_proxies, training_tokens
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_arrays
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part

__all__ = ["plan_experts", "run_expert"]


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
    config: SearchConfig = context.config
    data = proxy_data(context, config.proxy_tokens)
    alone = np.zeros(len(data.pools))
    alone[int(str(part.spec["domain"]))] = 1
    seed, tokens = int(str(part.spec["seed"])), config.proxy_tokens
    model = train_proxies(
        data.pools, alone[None], config.proxy, vocabulary=data.vocabulary, tokens=tokens, seeds=[seed]
    )
    if any(diverged(model)):
        return {"diverged_experts": 1}
    write_arrays(
        context.out / f"{part.name}.npz",
        targets=log_probabilities(model, data.targets)[0],
        held_out=log_probabilities(model, data.held_out)[0],
        model_size=np.array(model.size),
        **({"weights": model.weights()[0]} if part.spec.get("weights") else {}),
    )
    return {"experts": 1, "trained_tokens": training_tokens(config.proxy, tokens)}
