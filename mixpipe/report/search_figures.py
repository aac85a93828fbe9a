"""The figures of the search: its curve, its predictions, and the verdict as intervals."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mixpipe.report.canvas import ACCENT, BAD, GOOD, GRID, INK, MUTED, PAPER, SOFT, drawing
from mixpipe.report.numbers import decimal

__all__ = ["Interval", "forest", "prediction", "search_curve"]


WORD_COLOURS = {"better": GOOD, "worse": BAD}


class Interval(NamedTuple):
    """A gain over a control; above zero the winner is better.

    Attributes:
        label: of the row.
        gain: mean over seeds.
        reach: two standard errors, drawn thick: what the verdict's word rests on.
        low: lower end of the 95 % interval, drawn thin.
        high: its upper end.
        word: the verdict's, which gives the colour.
    """

    label: str
    gain: float
    reach: float
    low: float
    high: float
    word: str


def search_curve(
    rounds: Sequence[str], objectives: Sequence[float], *, noise: float | None, natural: float | None
) -> Markup:
    """Draw the objective of every trial in order, the best so far, the noise around it, and the natural mixture.

    Args:
        rounds: the round of each trial.
        objectives: lower is better; same order and fidelity.
        noise: standard deviation over seeds; a band of twice it is drawn on either side of the best so far.
        natural: mean objective of the natural mixture at the same fidelity.
    """
    at = np.arange(1, len(objectives) + 1)
    best = np.minimum.accumulate(np.asarray(objectives, float))
    with drawing("curve", height=3.9, title="The search: objective of each trial") as drawn:
        axes = drawn.axes()
        if noise is not None:
            axes.fill_between(at, best - 2 * noise, best + 2 * noise, step="post", color=ACCENT, alpha=0.13, lw=0)
        axes.step(at, best, where="post", color=ACCENT, lw=1.8)
        axes.scatter(at, objectives, s=26, color=PAPER, ec=ACCENT, lw=1.3, zorder=3)
        if natural is not None:
            axes.axhline(natural, color=MUTED, lw=1.0, ls=(0, (5, 3)))
            axes.annotate("natural", (1, natural), xycoords=("axes fraction", "data"), xytext=(6, 0),
                          textcoords="offset points", va="center", color=MUTED, fontsize=8.5)  # fmt: skip
        for start in (index for index in range(len(rounds)) if index == 0 or rounds[index] != rounds[index - 1]):
            if start:
                axes.axvline(start + 0.5, color=GRID, lw=1)
            axes.annotate(rounds[start], (start + 0.6, 1), xycoords=("data", "axes fraction"), xytext=(2, 2),
                          textcoords="offset points", color=MUTED, fontsize=8.5)  # fmt: skip
        axes.set(xlim=(0.5, len(rounds) + 0.5), xlabel="trial", ylabel="objective (lower is better)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)
    return drawn.svg


def prediction(predicted: Sequence[float], measured: Sequence[float], noise: float | None) -> Markup:
    """Draw predicted against measured objectives; the diagonal is a perfect prediction, its band twice the noise."""
    values = np.array([*predicted, *measured], float)
    pad = 0.06 * (np.ptp(values) or 1.0)
    limits = (values.min() - pad, values.max() + pad)
    with drawing("prediction", width=5.2, height=4.2, title="Predicted against measured objective") as drawn:
        axes = drawn.axes()
        if noise is not None:
            edge = np.array(limits)
            axes.fill_between(edge, edge - 2 * noise, edge + 2 * noise, color=ACCENT, alpha=0.12, lw=0)
        axes.plot(limits, limits, color=SOFT, lw=1.2)
        axes.scatter(predicted, measured, s=30, color=ACCENT, ec=PAPER, lw=0.8, zorder=3, alpha=0.9)
        axes.set(xlim=limits, ylim=limits, xlabel="predicted objective", ylabel="measured objective", aspect="equal")
        axes.grid()
        axes.spines[["left", "bottom"]].set_visible(False)
    return drawn.svg


def forest(name: str, panels: Mapping[str, Sequence[Interval]]) -> Markup:
    """Draw gains with their intervals, rows by label, one scale for all panels.

    Args:
        name: of the figure, unique in the page.
        panels: title to rows, from top to bottom.
    """
    rows = list(dict.fromkeys(row.label for panel in panels.values() for row in panel))
    ends = [0.0, *(end for panel in panels.values() for row in panel for end in (row.low, row.high))]
    pad = 0.06 * (max(ends) - min(ends)) or 1.0
    limits = (min(ends) - pad, max(ends) + pad)
    digits = 3 if limits[1] - limits[0] < 0.2 else 2
    with drawing(name, height=0.8 + 0.3 * len(rows), title="Gain over the controls, with intervals") as drawn:
        grid = drawn.figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (title, panel) in zip(grid, panels.items(), strict=True):
            axes.axvline(0, color=SOFT, lw=1.4)
            for row in panel:
                at = rows.index(row.label)
                tone = WORD_COLOURS.get(row.word, MUTED)
                axes.plot([row.low, row.high], [at, at], color=tone, lw=1.2)
                thick = [row.gain - row.reach, row.gain + row.reach]
                axes.plot(thick, [at, at], color=tone, lw=4, solid_capstyle="round", alpha=0.75)
                axes.scatter(row.gain, at, s=40, color=tone, ec=PAPER, lw=1, zorder=3)
            axes.set_title(title, fontsize=9, color=INK, loc="left")
            axes.set(xlim=limits, ylim=(len(rows) - 0.4, -0.6))
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4 if len(panels) > 1 else 8))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: decimal(value, digits, signed=bool(value))))
            axes.grid(axis="x")
            axes.spines[["left", "bottom"]].set_visible(False)
        grid[0].set_yticks(range(len(rows)), rows)
        grid[0].tick_params(axis="y", colors=INK)
    return drawn.svg
