"""A mixture that is given: no proxy is trained.

For a mixture found earlier, or elsewhere, and for the scheduled run that takes in new files under the mixture it has.
Domains are matched by name, so their numbers may have changed. Of several phases (see `mixture/given.py`) it is the
mixture over all; the plan has each. The constraints still hold: a mixture that breaks them is projected, and the
largest change is reported. Strata that were searched with it stay as they were inside a domain.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.mixture.constraints import Constraints
from mixpipe.mixture.given import GivenMixture, read_given
from mixpipe.search.cells import domain_names, mixture_record
from mixpipe.search.config import SearchConfig
from mixpipe.search.survey import SURVEY
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, write_json, write_table
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.stage import Context, Part
from mixpipe.tables import TRIALS

__all__ = ["GIVEN", "finish_given", "given_identity", "no_parts", "run_nothing"]

GIVEN = "given"


def given_identity(config: SearchConfig) -> dict[str, Json]:
    """Return the digest of the given mixture: where it lies is no part of identity."""
    if config.mixture is None:
        return {}
    given = read_given(Path(config.mixture))
    return {
        "mixture": fingerprint({**given.weights}),
        **({"strata": fingerprint({name: [*row] for name, row in given.strata.items()})} if given.strata else {}),
    }


def no_parts(context: Context) -> list[Part]:
    """List nothing: there is nothing to measure."""
    return []


def run_nothing(context: Context, part: Part) -> Counts:
    """Do nothing; never called, because there are no parts."""
    return {}


def finish_given(context: Context) -> Counts:
    """Write `mixture.json`, `trials.parquet` without rows, and `search.json` that says where the mixture is from.

    Raises:
        ConfigError: the mixture names none of the domains, or has a domain that does not exist.
    """
    config: SearchConfig = context.config
    domains = domain_names(context)
    given = read_given(Path(str(config.mixture)))
    shares = given.weights
    unknown = [name for name, share in shares.items() if share > 0 and name not in domains]
    asked = np.array([shares.get(name, 0.0) for name in domains])
    if unknown or not asked.sum() > 0:
        found = ", ".join(unknown) or "no share above 0"
        raise ConfigError(f"mixture: expected shares of the domains {', '.join(domains)}, found {found}")
    available = np.array(read_json(context.out / SURVEY)["available"], dtype=np.float64)
    constraints = Constraints.from_epochs(
        available, config.budget_tokens, config.max_epochs, min_weight=config.min_weight
    )
    weights = constraints.settle(asked / asked.sum())
    change = float(np.abs(weights - asked / asked.sum()).max())
    write_json(context.out / "mixture.json", {**mixture_record(context, weights), **_strata(given, domains, weights)})
    write_json(context.out / "search.json", {"given": dict(shares), "largest_change": change})
    write_table(context.out / "trials.parquet", TRIALS.empty_table(), TRIALS)
    return {"trials": 0}


def _strata(given: GivenMixture, domains: Sequence[str], weights: np.ndarray) -> dict[str, Json]:
    """Return the strata's shares of each domain, in the proportions of the file; nothing where it has none."""
    if not given.strata:
        return {}
    within = {name: np.array(row) for name, row in given.strata.items()}
    even = np.ones_like(next(iter(within.values())))
    rows = [within.get(name, even) if sum(within.get(name, even)) > 0 else even for name in domains]
    return {"strata": [(weight * row / row.sum()).tolist() for weight, row in zip(weights, rows, strict=True)]}
