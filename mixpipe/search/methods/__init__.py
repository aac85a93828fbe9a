"""Ways to search for a mixture: one file and one line each."""

from dataclasses import fields

from mixpipe.errors import ConfigError
from mixpipe.registry import load_plugin
from mixpipe.search.methods.protocol import Method

__all__ = ["METHODS", "load_method", "method_names"]

METHODS = {
    "bayesian": "mixpipe.search.methods.bayesian:Bayesian",
    "bimix": "mixpipe.search.methods.bimix:Bimix",
    "climb": "mixpipe.search.methods.climb:Climb",
    "critical-ratio": "mixpipe.search.methods.critical_ratio:CriticalMixtureRatio",
    "data-mixing-laws": "mixpipe.search.methods.data_mixing_laws:DataMixingLaws",
    "effective-data": "mixpipe.search.methods.effective_data:EffectiveData",
    "entropy": "mixpipe.search.methods.entropy:Entropy",
    "mde": "mixpipe.search.methods.mde:MixtureOfDataExperts",
    "merging": "mixpipe.search.methods.merging:Merging",
    "mixpipe": "mixpipe.search.methods.mixpipe:Mixpipe",
    "natural": "mixpipe.search.methods.natural:Natural",
    "perfre": "mixpipe.search.methods.perfre:PerfRe",
    "quadmix": "mixpipe.search.methods.quadmix:QuaDMix",
    "quadratic": "mixpipe.search.methods.quadratic:Quadratic",
    "random": "mixpipe.search.methods.random_search:RandomSearch",
    "regmix": "mixpipe.search.methods.regmix:RegMix",
    "scaling-law": "mixpipe.search.methods.apple:ScalingLaw",
    "temperature": "mixpipe.search.methods.temperature:Temperature",
    "uniform": "mixpipe.search.methods.uniform:Uniform",
    "unimax": "mixpipe.search.methods.unimax:UniMax",
}


def load_method(name: str, *, surrogate: str | None = None) -> Method:
    """Return a registered method with its default settings and, where it takes one, the surrogate of that name.

    Args:
        name: an entry of the registry, with `:variant` behind it where a paper and its code differ: `climb:recipe`.
        surrogate: registered name; None leaves the method its own.

    Raises:
        ConfigError: there is no such method or variant; the message lists those there are.
    """
    entry, _, variant = name.partition(":")
    kind = load_plugin(METHODS, entry, "method")
    settings = {}
    if surrogate is not None and "surrogate" in {field.name for field in fields(kind)}:
        settings["surrogate"] = surrogate
    if variant:
        if variant not in kind.about.variants:
            known = ", ".join(f"{entry}:{known}" for known in kind.about.variants) or f"{entry} alone"
            raise ConfigError(f"expected a method among {known}, found {name!r}")
        settings["variant"] = variant
    method: Method = kind(**settings)
    return method


def method_names() -> list[str]:
    """Return the names of all methods, each variant by itself."""
    return [
        f"{entry}:{variant}" if variant else entry
        for entry in sorted(METHODS)
        for variant in load_method(entry).about.variants or ("",)
    ]
