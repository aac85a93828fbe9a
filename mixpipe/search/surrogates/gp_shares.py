"""The Gaussian process whose linear trend is in the shares: what chooses the default's rounds.

As `gp`, but a trend in square roots flattens towards a single domain, and this one does not. It expects more there, and
is less sure: in tables whose best run is nearly of one domain it looks for it earlier (docs/search.md). Until there are
as many trials as domains the trend is in roots: a slope for every share would be guessed.
"""

from dataclasses import dataclass
from typing import Literal

from mixpipe.search.surrogates.gp import GaussianProcess

__all__ = ["SharesProcess"]


@dataclass(frozen=True)
class SharesProcess(GaussianProcess):
    """Matern 5/2 on sqrt(w), with or without a trend in w."""

    trend_in: Literal["roots", "shares"] = "shares"
