"""Ways to find out what a mixture is worth: one file and one line each."""

from mixpipe.registry import load_plugin
from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators.protocol import Evaluator
from mixpipe.store.fingerprint import Json

__all__ = ["EVALUATORS", "JUDGE", "evaluator_identity", "load_evaluator", "trains"]

EVALUATORS = {
    "command": "mixpipe.search.evaluators.command:Command",
    "experts": "mixpipe.search.evaluators.experts:Experts",
    "merge": "mixpipe.search.evaluators.merge:Merge",
    "ngram": "mixpipe.search.evaluators.ngram:Ngram",
    "replay": "mixpipe.search.evaluators.replay:Replay",
    "transformer": "mixpipe.search.evaluators.transformer:Transformer",
}
# Measures what only a training can tell, where the rounds' evaluator trains nothing.
JUDGE = "transformer"


def load_evaluator(name: str) -> Evaluator:
    """Return a registered evaluator."""
    evaluator: Evaluator = load_plugin(EVALUATORS, name, "evaluator")()
    return evaluator


def evaluator_identity(config: SearchConfig) -> dict[str, Json]:
    """Return what lies outside the store and decides the rounds' losses, see `Evaluator.outside`."""
    if config.mixture is not None or config.evaluator == JUDGE:
        return {}
    return load_evaluator(config.evaluator).outside(config)


def trains(name: str) -> bool:
    """Tell whether each trial of an evaluator is a training; of the usual one without loading torch."""
    return name == JUDGE or load_evaluator(name).trains
