"""Ways to search for a mixture: one file and one line each."""

from dataclasses import fields

from mixpipe.registry import load_plugin
from mixpipe.search.methods.protocol import Method

__all__ = ["METHODS", "load_method"]

METHODS = {
    "climb": "mixpipe.search.methods.climb:Climb",
    "natural": "mixpipe.search.methods.natural:Natural",
    "random": "mixpipe.search.methods.random_search:RandomSearch",
    "regmix": "mixpipe.search.methods.regmix:RegMix",
    "temperature": "mixpipe.search.methods.temperature:Temperature",
    "unimax": "mixpipe.search.methods.unimax:UniMax",
    "uniform": "mixpipe.search.methods.uniform:Uniform",
}


def load_method(name: str, *, surrogate: str = "auto") -> Method:
    """Return a registered method with its default settings and, where it has one, the surrogate of that name."""
    kind = load_plugin(METHODS, name, "method")
    has_surrogate = "surrogate" in {field.name for field in fields(kind)}
    method: Method = kind(surrogate=surrogate) if has_surrogate else kind()
    return method
