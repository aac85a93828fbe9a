"""Tables of recorded training runs, read from CSV: a mixture and what was measured afterwards in every row.

A column is a weight or a target when its name starts with `w:` or `y:`; every other column describes the run and may
be anything. Strict about what decides numbers (names, shares, cells), forgiving about extra columns and empty
measurements. Weights are rounded at their sources, so rows are renormalised when their sum is within 2 % of 1.

Losses are lower-is-better inside. A target named as one to maximise, or whose name holds the word `accuracy` or `acc`,
is negated when it is read; every answer says so.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mixpipe.errors import ConfigError, InputError
from mixpipe.mixture.simplex import SUM_TOLERANCE, shares

__all__ = ["RunTable", "aligned", "read_runs"]

RUN_ID = "run_id"
WEIGHT, TARGET = "w:", "y:"
# Words in a target's name that say that more is better.
ACCURACIES = frozenset({"accuracy", "acc"})
# Names shown in a message: a table may have hundreds of columns.
MOST_NAMES = 8


@dataclass(frozen=True, eq=False)
class RunTable:
    """n recorded runs over k domains and m targets.

    Attributes:
        name: of the file, for messages.
        run_ids: the n names of the runs.
        domains: the k names, without `w:`.
        targets: the m names, without `y:`.
        mixtures: (n, k) float64, rows that sum to 1.
        losses: (n, m) float64, lower is better; NaN where a target was not measured.
        negated: targets whose measurements were negated because more is better.
        columns: what else the table says of each run, by column: (n,) float64 with NaN for empty cells where all
            cells are numbers, else (n,) str.
    """

    name: str
    run_ids: tuple[str, ...]
    domains: tuple[str, ...]
    targets: tuple[str, ...]
    mixtures: np.ndarray
    losses: np.ndarray
    negated: tuple[str, ...]
    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        """Return how many runs there are."""
        return len(self.run_ids)

    def rows(self, kept: np.ndarray) -> "RunTable":
        """Return the runs that (n,) bool or row numbers name, in that order."""
        at = np.flatnonzero(kept) if kept.dtype == bool else kept
        return replace(
            self,
            run_ids=tuple(self.run_ids[row] for row in at),
            mixtures=self.mixtures[at],
            losses=self.losses[at],
            columns={name: values[at] for name, values in self.columns.items()},
        )

    def narrowed(self, targets: Sequence[str]) -> "RunTable":
        """Return the table with these targets alone, in this order; an empty list keeps all.

        Raises:
            ConfigError: a target is not in the table.
        """
        wanted = tuple(dict.fromkeys(name.removeprefix(TARGET) for name in targets)) or self.targets
        if unknown := [name for name in wanted if name not in self.targets]:
            raise ConfigError(
                f"expected targets among {listed(self.targets)}, found {listed(unknown)}; {self.name} has no other"
            )
        columns = [self.targets.index(name) for name in wanted]
        negated = tuple(name for name in self.negated if name in wanted)
        return replace(self, targets=wanted, losses=self.losses[:, columns], negated=negated)

    def notes(self) -> list[str]:
        """Return what was done to the measurements, in words."""
        if not self.negated:
            return []
        return [f"{self.name}: {listed(self.negated)} negated, since more is better there"]


def read_runs(path: Path, *, maximise: Sequence[str] = ()) -> RunTable:
    """Return the recorded runs of a CSV file.

    Args:
        path: the table.
        maximise: targets for which more is better, besides those that their names give away.

    Raises:
        InputError: the file is missing or breaks the format; the message names the row and the column.
        ConfigError: `maximise` names a target that is not in the table.
    """
    header, rows = _cells(path)
    weights, targets = _columns(path, header)
    numbers = [f"row {number}" for number in range(1, len(rows) + 1)]
    run_ids = _unique(path, [row[header.index(RUN_ID)] for row in rows]) if RUN_ID in header else numbers
    losses = _numbers(path, header, rows, targets, empty=np.nan)
    names = tuple(header[at].removeprefix(TARGET) for at in targets)
    negated = _more_is_better(path, names, maximise)
    losses[:, [name in negated for name in names]] *= -1
    return RunTable(
        name=str(path),
        run_ids=tuple(run_ids),
        domains=tuple(header[at].removeprefix(WEIGHT) for at in weights),
        targets=names,
        mixtures=_mixtures(path, run_ids, _numbers(path, header, rows, weights, empty=None)),
        losses=np.where(np.isfinite(losses), losses, np.nan),
        negated=negated,
        columns={
            name: _typed([row[at] for row in rows])
            for at, name in enumerate(header)
            if at not in weights and at not in targets
        },
    )


def aligned(score: RunTable, fit: RunTable) -> RunTable:
    """Return the scored table with domains and targets in the order of the fitted one.

    Raises:
        InputError: their domains differ, or a fitted target is not in the scored table.
    """
    if set(score.domains) != set(fit.domains):
        raise InputError(
            f"expected the same domains (w: columns) in both tables; only in {fit.name}: "
            f"{_only(fit.domains, score.domains)}; only in {score.name}: {_only(score.domains, fit.domains)}"
        )
    if missing := [name for name in fit.targets if name not in score.targets]:
        raise InputError(
            f"expected the targets (y: columns) of {fit.name} in {score.name} too, missing there: {listed(missing)}; "
            "name those to judge with --target"
        )
    if mixed := sorted(set(fit.negated) ^ (set(score.negated) & set(fit.targets))):
        raise InputError(f"expected one direction per target in both tables, found two for {listed(mixed)}")
    order = [score.domains.index(name) for name in fit.domains]
    ordered = replace(score, domains=fit.domains, mixtures=score.mixtures[:, order])
    return ordered.narrowed(fit.targets)


def listed(names: Iterable[str]) -> str:
    """Return names for a message, the first few of them."""
    shown = list(names)
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return ", ".join(shown[:MOST_NAMES]) + more


def _only(these: Sequence[str], those: Sequence[str]) -> str:
    return listed(name for name in these if name not in those) or "none"


def _cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows, every row as long as the header."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = [name.strip() for name in next(lines, [])]
            rows = []
            for row in lines:
                if not any(row):
                    continue
                if len(row) != len(header):
                    raise InputError(
                        f"expected {len(header)} cells as in the header of {path}, found {len(row)} in line "
                        f"{lines.line_num}"
                    )
                rows.append([cell.strip() for cell in row])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"expected a table of recorded runs, CSV in UTF-8, found {path}: {reason}") from error
    if not rows:
        raise InputError(f"expected a header and at least one run in {path}, found {'no run' if header else 'nothing'}")
    return header, rows


def _columns(path: Path, header: list[str]) -> tuple[list[int], list[int]]:
    """Return the places of the weights and of the targets."""
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InputError(f"expected every column of {path} once, found {listed(map(repr, twice))} more than once")
    misnamed = [name for name in header if re.match(r"[wy]\s*:", name, re.IGNORECASE) and not _is_named(name)]
    if misnamed:
        raise InputError(
            f"expected weights named `w:domain` and targets named `y:target` in {path}, found "
            f"{listed(map(repr, misnamed))}; lower case, no space around the colon, a name behind it"
        )
    places = [[at for at, name in enumerate(header) if name.startswith(prefix)] for prefix in (WEIGHT, TARGET)]
    for prefix, found, what in zip((WEIGHT, TARGET), places, ("mixture weights", "measured targets"), strict=True):
        if not found:
            raise InputError(
                f"expected columns of {what}, named `{prefix}...`, in {path}, found none among {listed(header)}"
            )
    return places[0], places[1]


def _is_named(name: str) -> bool:
    return name[:2] in (WEIGHT, TARGET) and bool(name[2:]) and not name[2].isspace()


def _unique(path: Path, run_ids: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    for number, name in enumerate(run_ids, 1):
        if name in seen:
            raise InputError(
                f"expected unique run ids in {path}, found {name!r} in rows {seen[name]} and {number}; delete one"
            )
        seen[name] = number
    return run_ids


def _numbers(
    path: Path, header: list[str], rows: list[list[str]], places: list[int], *, empty: float | None
) -> np.ndarray:
    """Return the cells of some columns as (n, places) float64; an empty cell is `empty`, or an error if None."""
    values = np.empty((len(rows), len(places)))
    for number, row in enumerate(rows):
        for column, at in enumerate(places):
            value = empty if not row[at] else _number(row[at])
            if value is None:
                raise InputError(
                    f"expected a number in column {header[at]!r} of row {number + 1} in {path}, found {row[at]!r}"
                )
            values[number, column] = value
    return values


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _mixtures(path: Path, run_ids: Sequence[str], weights: np.ndarray) -> np.ndarray:
    sums = weights.sum(axis=1)
    good = (weights >= 0).all(axis=1) & (np.abs(sums - 1) <= SUM_TOLERANCE)
    if not good.all():
        bad = int(np.argmin(good))
        raise InputError(
            f"expected weights >= 0 that sum to 1 within {SUM_TOLERANCE} in every row of {path}, found in row "
            f"{bad + 1} ({run_ids[bad]}) the sum {sums[bad]:.6g} and the smallest weight {weights[bad].min():.6g}; "
            f"{(~good).sum()} of {len(good)} rows are off"
        )
    return shares(weights)


def _more_is_better(path: Path, targets: Sequence[str], maximise: Sequence[str]) -> tuple[str, ...]:
    asked = {name.removeprefix(TARGET) for name in maximise}
    if unknown := sorted(asked - set(targets)):
        raise ConfigError(f"expected --maximise to name a target of {path}, found {listed(unknown)}")
    return tuple(
        name for name in targets if name in asked or ACCURACIES & set(re.split(r"[^a-z0-9]+", name.casefold()))
    )


def _typed(cells: list[str]) -> np.ndarray:
    numbers = [np.nan if not cell else _number(cell) for cell in cells]
    if any(number is None for number in numbers):
        return np.array(cells, dtype=np.str_)
    return np.array(numbers, dtype=np.float64)
