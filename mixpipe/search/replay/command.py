"""What `mixpipe replay` does: tables in; figures for people, for programs and for the eye out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixpipe.errors import ConfigError, StoreError
from mixpipe.search.methods import METHODS, load_method, method_names
from mixpipe.search.replay.figures import draw_gaps, draw_judgements
from mixpipe.search.replay.judge import Judgement, judge
from mixpipe.search.replay.pool import Pool, gap_left
from mixpipe.search.replay.tables import RunTable, read_runs
from mixpipe.search.replay.where import where
from mixpipe.search.surrogates import SURROGATES
from mixpipe.store.fingerprint import Json
from mixpipe.store.threads import fixed_threads

__all__ = ["Asked", "Replayed", "Searches", "replay_pool", "replay_surrogates"]

ALL = "all"
# Fixed mixtures need no runs, so nothing is replayed of them.
UNTRAINED = "no training"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """One table and how it is narrowed."""

    path: Path
    where: str | None = None
    targets: tuple[str, ...] = ()
    maximise: tuple[str, ...] = ()

    def read(self) -> RunTable:
        """Return the runs."""
        return where(read_runs(self.path, maximise=self.maximise), self.where).narrowed(self.targets)


@dataclass(frozen=True)
class Searches:
    """What is replayed by each method.

    Attributes:
        budget: runs in all.
        batch: runs chosen together.
        seeds: searches.
        objective: `standardised` or `mean`.
    """

    budget: int
    batch: int
    seeds: int
    objective: str


@dataclass(frozen=True)
class Replayed:
    """The answer.

    Attributes:
        record: as JSON.
        rows: for people, the head first.
        notes: what was done to the tables, and where the figure lies.
    """

    record: dict[str, Json]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the answer for people."""
        widths = [max(len(row[column]) for row in self.rows) for column in range(len(self.rows[0]))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)).rstrip() for r in self.rows
        ]
        return [*table, *(["", *self.notes] if self.notes else [])]


@fixed_threads(1)
def replay_surrogates(
    fit: Asked, score: Asked | None, surrogate: str, *, seeds: int, figure: Path | None, say: Say
) -> Replayed:
    """Judge surrogates, one or `all`, on recorded runs.

    Args:
        fit: the runs to fit on.
        score: the runs to score on; None cross-validates over `fit`.
        surrogate: registered name, or `all`.
        seeds: ways to cut the folds.
        figure: where to draw; None draws nothing.
        say: told what is going on.

    Raises:
        InputError: a table cannot be read, or the two do not match.
        ConfigError: there is no such surrogate, target or column.
    """
    known, scored = fit.read(), None if score is None else score.read()
    names = _chosen(surrogate, sorted(SURROGATES), "surrogate")
    found: dict[str, Judgement] = {}
    for name, judgement in judge(known, scored, names, seeds=seeds):
        found[name] = judgement
        say(f"{name}: mean Spearman {judgement.overall()[0]:.4f}, {judgement.seconds:.1f} s")
    head = ("surrogate", "spearman", "sd", "mse", "r2", "regret", "seconds")
    rows = [
        (name, *_cells([j.overall()[0], j.deviation()[0], *j.overall()[1:]]), f"{j.seconds:.1f}")
        for name, j in sorted(found.items(), key=lambda item: -np.nan_to_num(item[1].overall()[0], nan=-2))
    ]
    by = "5-fold cross-validation grouped by mixture" if scored is None else f"scored on {len(scored)} runs"
    notes = [f"{len(known)} runs, {len(known.domains)} domains, {len(known.targets)} targets; {by}", *known.notes()]
    record: dict[str, Json] = {"surrogates": {name: judgement.as_json() for name, judgement in found.items()}}
    return Replayed(record, (head, *rows), (*notes, *_drawn(figure, lambda path: draw_judgements(found, path))))


@fixed_threads(1)
def replay_pool(pool: Asked, method: str, asked: Searches, *, figure: Path | None, say: Say) -> Replayed:
    """Replay searches, by one method or `all` that need runs, over finished runs.

    Args:
        pool: the runs.
        method: registered name, with a variant if it has several, or `all`.
        asked: how many runs, how many together, and how often.
        figure: where to draw; None draws nothing.
        say: told what is going on.

    Raises:
        InputError: the table cannot be read or holds too little.
        ConfigError: there is no such method, target or column.
    """
    table = pool.read()
    runs = Pool.of(table, asked.objective)
    found: dict[str, Mapping[str, Mapping[str, float]]] = {}
    names = [name for name in method_names() if load_method(name).about.family != UNTRAINED]
    for name in _chosen(method, names if method == ALL else sorted({*METHODS, *method_names()}), "method"):
        found[name] = gap_left(runs, load_method(name), budget=asked.budget, batch=asked.batch, seeds=asked.seeds)
        say(f"{name}: gap left " + ", ".join(f"{f['mean']:.3f} after {point}" for point, f in found[name].items()))
    points = list(next(iter(found.values())))
    rows = [
        (name, *(_with_deviation(figures[point]) for point in points))
        for name, figures in sorted(found.items(), key=lambda item: sum(f["mean"] for f in item[1].values()))
    ]
    notes = [
        f"share of the gap from the best to the median of {len(runs.trials)} mixtures left after so many runs; "
        f"mean and standard deviation of {asked.seeds} {'search' if asked.seeds == 1 else 'searches'}",
        *table.notes(),
    ]
    record: dict[str, Json] = {
        "methods": {
            name: {"gap_left": {point: _nulls(figures) for point, figures in by_runs.items()}}
            for name, by_runs in found.items()
        }
    }
    head = ("method", *(f"{point} runs" for point in points))
    return Replayed(record, (head, *rows), (*notes, *_drawn(figure, lambda path: draw_gaps(found, path))))


def _chosen(asked: str, known: Sequence[str], what: str) -> list[str]:
    if asked == ALL:
        return list(known)
    names = [name.strip() for name in asked.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(f"expected `all` or a {what} among {', '.join(known)}, found {', '.join(unknown)}")
    return names


def _drawn(path: Path | None, draw: Callable[[Path], None]) -> list[str]:
    if path is None:
        return []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(path)
    except (OSError, ValueError) as error:
        raise StoreError(f"expected to write a figure (png, svg or pdf) to {path}, found: {error}") from error
    return [f"figure: {path}"]


def _cells(figures: Sequence[float]) -> list[str]:
    return [f"{value:.4g}" if np.isfinite(value) else "-" for value in figures]


def _with_deviation(figures: Mapping[str, float]) -> str:
    deviation = f" +- {figures['sd']:.3f}" if np.isfinite(figures["sd"]) else ""
    return f"{figures['mean']:.3f}{deviation}"


def _nulls(figures: Mapping[str, float]) -> dict[str, Json]:
    return {name: value if np.isfinite(value) else None for name, value in figures.items()}
