"""Ways to find out what a mixture is worth: one file and one line each."""

from mixpipe.registry import load_plugin
from mixpipe.search.evaluators.protocol import Evaluator

__all__ = ["EVALUATORS", "JUDGE", "load_evaluator", "trains"]

EVALUATORS = {
    "command": "mixpipe.search.evaluators.command:Command",
    "experts": "mixpipe.search.evaluators.experts:Experts",
    "merge": "mixpipe.search.evaluators.merge:Merge",
    "ngram": "mixpipe.search.evaluators.ngram:Ngram",
    "transformer": "mixpipe.search.evaluators.transformer:Transformer",
}
# Measures what only a training can tell, where the rounds' evaluator trains nothing.
JUDGE = "transformer"


def load_evaluator(name: str) -> Evaluator:
    """Return a registered evaluator."""
    evaluator: Evaluator = load_plugin(EVALUATORS, name, "evaluator")()
    return evaluator


def trains(name: str) -> bool:
    """Tell whether each trial of an evaluator is a training; of the usual one without loading torch."""
    return name == JUDGE or load_evaluator(name).trains
