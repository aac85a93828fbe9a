"""What the shares are of: the domains, or with `search.strata` the quality strata of each.

A stratum is a range of `quality_rank`, the rank inside the domain, so the strata of a domain hold equally many
tokens. Cell = domain * strata + stratum, best stratum last. Pools, trials, constraints and methods know cells alone:
which documents and which domains is then one search, over the same proxies, surrogates and trials (the idea of QuaDMix,
Liu et al. 2025, arXiv 2504.16511, where every draw of parameters is a sample of documents). The cost is `strata`
times as many dimensions. What leaves the search is by domain again, with the strata's shares beside it.
"""

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.store.files import read_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context

__all__ = ["by_domain", "cell_names", "cells_of", "count_cells", "domain_names", "mixture_record"]


def domain_names(context: Context) -> tuple[str, ...]:
    """Return the domains' names by number."""
    return tuple(read_table(context.inputs["domains"].file("domains.parquet"), ["name"])["name"].to_pylist())


def cell_names(context: Context) -> tuple[str, ...]:
    """Return the names by cell: those of the domains, with `#1` (worst) and so on behind where there are strata."""
    strata, names = context.config.searched_strata, domain_names(context)
    if strata == 1:
        return names
    return tuple(f"{name}#{stratum + 1}" for name in names for stratum in range(strata))


def count_cells(context: Context) -> int:
    """Return how many cells there are."""
    return len(domain_names(context)) * int(context.config.searched_strata)


def cells_of(context: Context, name: str, rows: np.ndarray) -> np.ndarray:
    """Return the cells (n,) int64 of the given rows (n,) of a part.

    Raises:
        ConfigError: strata are asked for and a document has no quality.
    """
    domains = read_table(context.inputs["domains"].file(name), ["domain"])["domain"].to_numpy()[rows]
    strata = context.config.searched_strata
    if strata == 1:
        return np.asarray(domains, np.int64)
    rank = read_table(context.inputs["scores"].file(name), ["quality_rank"])["quality_rank"].to_numpy()[rows]
    if not ((rank >= 0) & (rank <= 1)).all():
        raise ConfigError(
            f"expected quality_rank in 0..1 for every document that is not dropped, with search.strata={strata}, found "
            f"others in {name} of scores; leave out search.strata"
        )
    return np.asarray(domains * strata + np.minimum((rank * strata).astype(np.int64), strata - 1))


def by_domain(values: np.ndarray, strata: int) -> np.ndarray:
    """Return the sums (k,) over the strata of each domain of (k * strata,) values by cell."""
    return np.asarray(values.reshape(-1, strata).sum(axis=1))


def mixture_record(context: Context, weights: np.ndarray) -> dict[str, Json]:
    """Return the search's `mixture.json` of (cells,) token shares, see `finals.py`."""
    strata = context.config.searched_strata
    record: dict[str, Json] = {
        "weights": by_domain(weights, strata).tolist(),
        "domains": list(domain_names(context)),
    }
    return record if strata == 1 else {**record, "strata": list[Json](weights.reshape(-1, strata).tolist())}
