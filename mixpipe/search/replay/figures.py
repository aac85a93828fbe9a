"""Figures of a replay: rank correlation by target and surrogate; the gap left by runs and method."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mixpipe.search.replay.judge import Judgement

__all__ = ["draw_gaps", "draw_judgements"]

INCHES_PER_BAR, MOST_TARGETS = 0.22, 40
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#7f7f7f", "#bcbd22", "#1b1b1b")


def draw_judgements(found: Mapping[str, Judgement], path: Path) -> None:
    """Draw the rank correlation of every surrogate, targets in the order of the best; at most 40, evenly picked."""
    first = next(iter(found.values()))
    best = np.nanmax(np.nan_to_num([judgement.mean()[0] for judgement in found.values()], nan=-1), axis=0)
    order = np.argsort(best, kind="stable")
    picked = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_TARGETS)).round().astype(int))]
    figure = Figure(figsize=(8, 1.6 + INCHES_PER_BAR * max(len(picked), 4)), layout="constrained")
    axes = figure.subplots()
    for (name, judgement), colour in zip(found.items(), COLOURS * len(found), strict=False):
        label = f"{name} (mean {judgement.overall()[0]:.3f})"
        axes.plot(judgement.mean()[0][picked], range(len(picked)), "o", color=colour, label=label, alpha=0.8)
    axes.set_yticks(range(len(picked)), [first.targets[index] for index in picked], fontsize=8)
    axes.set_xlabel("Spearman correlation of predicted and measured, right is better")
    axes.grid(axis="x", color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)


def draw_gaps(found: Mapping[str, Mapping[str, Mapping[str, float]]], path: Path) -> None:
    """Draw the gap left after so many runs, with a band of one standard deviation over seeds."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for (name, points), colour in zip(found.items(), COLOURS * len(found), strict=False):
        runs = [int(point) for point in points]
        mean, sd = (np.array([figures[key] for figures in points.values()]) for key in ("mean", "sd"))
        axes.plot(runs, mean, "o-", color=colour, label=name)
        axes.set_xticks(runs)
        axes.fill_between(runs, np.maximum(mean - sd, 0), mean + sd, color=colour, alpha=0.1, linewidth=0)
    axes.set_xlabel("runs")
    axes.set_ylabel("gap left: 1 the median run, 0 the best")
    axes.set(xlim=(0, None), ylim=(0, None))
    axes.grid(color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
