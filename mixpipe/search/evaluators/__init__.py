"""Ways to find out what a mixture is worth: one file and one line each."""

from mixpipe.registry import load_plugin
from mixpipe.search.evaluators.protocol import Evaluator

__all__ = ["EVALUATORS", "load_evaluator"]

EVALUATORS = {
    "experts": "mixpipe.search.evaluators.experts:Experts",
    "transformer": "mixpipe.search.evaluators.transformer:Transformer",
}


def load_evaluator(name: str) -> Evaluator:
    """Return a registered evaluator."""
    evaluator: Evaluator = load_plugin(EVALUATORS, name, "evaluator")()
    return evaluator
