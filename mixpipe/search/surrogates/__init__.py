"""Regressions from mixtures to losses: one file and one line each."""

from mixpipe.registry import load_plugin
from mixpipe.search.surrogates.protocol import Surrogate

__all__ = ["SURROGATES", "load_surrogate"]

SURROGATES = {
    "auto": "mixpipe.search.surrogates.auto:Auto",
    "explaw": "mixpipe.search.surrogates.explaw:ExponentialLaw",
    "gp": "mixpipe.search.surrogates.gp:GaussianProcess",
    "gp-ard": "mixpipe.search.surrogates.gp_ard:RelevanceProcess",
    "gp-shares": "mixpipe.search.surrogates.gp_shares:SharesProcess",
    "lightgbm": "mixpipe.search.surrogates.lightgbm:LightGBM",
    "linear": "mixpipe.search.surrogates.linear:Linear",
    "linear-sqrt": "mixpipe.search.surrogates.linear_sqrt:LinearSqrt",
    "ridge": "mixpipe.search.surrogates.ridge:Ridge",
    "scheffe": "mixpipe.search.surrogates.scheffe:Scheffe",
}


def load_surrogate(name: str) -> Surrogate:
    """Return a registered surrogate with its default settings."""
    surrogate: Surrogate = load_plugin(SURROGATES, name, "surrogate")()
    return surrogate
