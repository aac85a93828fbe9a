"""Trials: one mixture tried at one fidelity, and what was measured. Immutable; a failed one keeps its reason.

A failed or diverged trial never stops a search: `usable` leaves it out and `refused` says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from mixpipe.errors import InputError
from mixpipe.mixture.simplex import check_mixture, lattice_key
from mixpipe.tables import TRIALS

__all__ = [
    "OK",
    "Checkpoint",
    "Trial",
    "domain_losses",
    "losses",
    "mixtures",
    "refused",
    "trials_from_table",
    "trials_table",
    "tried",
    "usable",
]

OK = "ok"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a proxy had learned on its way.

    Attributes:
        tokens: training tokens so far.
        target_losses: bits per byte by target.
    """

    tokens: int
    target_losses: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Trial:
    """One mixture at one fidelity.

    Attributes:
        trial: fingerprint of all that decides the losses.
        method: who proposed it.
        round: the step that ran it: noise, round-1, ..., final.
        mixture: (k,) float64 on the lattice.
        model_size: parameters of the proxy.
        tokens: its training tokens.
        seed: its seed.
        target_losses: bits per byte by target.
        domain_losses: bits per byte by domain number, as text.
        status: `ok`, or why there are no losses.
        trajectory: earlier checkpoints of the same run, by rising tokens; empty where none were kept.
    """

    trial: str
    method: str
    round: str
    mixture: np.ndarray
    model_size: int
    tokens: int
    seed: int
    target_losses: Mapping[str, float]
    domain_losses: Mapping[str, float]
    status: str
    trajectory: tuple[Checkpoint, ...] = ()


def usable(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials that ended well with finite losses on every target."""
    return [trial for trial in trials if _fault(trial) is None]


def refused(trials: Sequence[Trial]) -> dict[str, str]:
    """Return the reason by trial id for every trial that `usable` leaves out."""
    faults = {trial.trial: _fault(trial) for trial in trials}
    return {name: fault for name, fault in faults.items() if fault is not None}


def mixtures(trials: Sequence[Trial], domains: int) -> np.ndarray:
    """Return the mixtures of trials as (n, domains) float64.

    Raises:
        InputError: a trial's mixture has another length or is off the simplex; the message names the trial.
    """
    for trial in trials:
        try:
            check_mixture(trial.mixture, domains)
        except InputError as error:
            raise InputError(f"trial {trial.trial}: {error}") from error
    return np.array([trial.mixture for trial in trials], dtype=np.float64).reshape(-1, domains)


def losses(trials: Sequence[Trial], targets: Sequence[str]) -> np.ndarray:
    """Return the target losses of trials as (n, m) float64, NaN where a target was not measured."""
    rows = [[trial.target_losses.get(target, np.nan) for target in targets] for trial in trials]
    return np.array(rows, dtype=np.float64).reshape(-1, len(targets))


def domain_losses(trials: Sequence[Trial], domains: int) -> np.ndarray:
    """Return the losses of trials on the domains themselves as (n, domains) float64, NaN where not measured."""
    rows = [[trial.domain_losses.get(str(domain), np.nan) for domain in range(domains)] for trial in trials]
    return np.array(rows, dtype=np.float64).reshape(-1, domains)


def tried(trials: Sequence[Trial]) -> set[bytes]:
    """Return the lattice keys of all mixtures tried, failed ones too."""
    return {lattice_key(trial.mixture) for trial in trials}


def trials_table(trials: Sequence[Trial]) -> pa.Table:
    """Return trials as a table under `tables.TRIALS`, in the given order."""
    rows = [
        {
            **asdict(trial),
            "mixture": trial.mixture.tolist(),
            "target_losses": list(trial.target_losses.items()),
            "domain_losses": list(trial.domain_losses.items()),
            "trajectory": [
                {"tokens": point.tokens, "target_losses": list(point.target_losses.items())}
                for point in trial.trajectory
            ],
        }
        for trial in trials
    ]
    return pa.Table.from_pylist(rows, schema=TRIALS)


def trials_from_table(table: pa.Table) -> list[Trial]:
    """Return the trials of a table under `tables.TRIALS`.

    Raises:
        InputError: its columns are others, or of other types.
    """
    if set(table.column_names) != set(TRIALS.names):
        lacking = ", ".join(sorted(set(TRIALS.names) - set(table.column_names))) or "none"
        unknown = ", ".join(sorted(set(table.column_names) - set(TRIALS.names))) or "none"
        raise InputError(f"expected the columns of trials.parquet, found {lacking} missing and {unknown} unknown")
    try:
        rows = table.select(TRIALS.names).cast(TRIALS).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"expected the types of trials.parquet, found {error}") from error
    arrays = ("mixture", "target_losses", "domain_losses", "trajectory")
    return [
        Trial(
            mixture=np.array(row["mixture"], dtype=np.float64),
            target_losses=dict(row["target_losses"]),
            domain_losses=dict(row["domain_losses"]),
            trajectory=tuple(Checkpoint(point["tokens"], dict(point["target_losses"])) for point in row["trajectory"]),
            **{name: value for name, value in row.items() if name not in arrays},
        )
        for row in rows
    ]


def _fault(trial: Trial) -> str | None:
    if trial.status != OK:
        return trial.status
    bad = sorted(name for name, loss in trial.target_losses.items() if not np.isfinite(loss))
    if bad:
        return f"loss is not finite on {', '.join(bad)}"
    return None if trial.target_losses else "no target was measured"
