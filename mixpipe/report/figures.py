"""The figures with one row a domain or a fate: each takes plain numbers and returns SVG."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from mixpipe.report.canvas import ACCENT, BAD, GRID, INK, MUTED, PAPER, SOFT, domain_colour, drawing
from mixpipe.report.numbers import SPACE, count, share, tick, times
from mixpipe.report.texts import printable

__all__ = ["MOST_ROWS", "Bar", "distributions", "mixture_bars", "waterfall"]

ROW = 0.3  # inches per row of a horizontal chart
LABEL = 36  # characters of a row's name: more would leave the bars too little of the width
WIDTH_OF_SHARE = 0.13  # of the axis: a percentage and the space before it
MOST_ROWS = 40  # domains in a figure: given domains may be a thousand, and the tables hold them all


class Bar(NamedTuple):
    """One domain in the mixture's figure.

    Attributes:
        name: label.
        colour: of the domain.
        natural: token share in the corpus.
        weight: token share chosen.
        cap: the largest share that the epoch cap allows.
        epochs: how often its tokens are read.
        unconstrained: share in the optimum without caps and floors; None where the search gives none.
    """

    name: str
    colour: str
    natural: float
    weight: float
    cap: float
    epochs: float
    unconstrained: float | None

    @property
    def reach(self) -> float:
        """The right end of what is drawn of shares."""
        return max(self.natural, self.weight, self.unconstrained or 0.0)


def mixture_bars(bars: Sequence[Bar], max_epochs: float) -> Markup:
    """Draw natural and chosen token shares by domain, from top to bottom, and beside them the epochs under their cap.

    Args:
        bars: at least one.
        max_epochs: the cap on epochs.
    """
    with drawing("mixture", height=0.75 + 0.36 * len(bars), title="Mixture, natural shares and epochs") as drawn:
        left, right = drawn.figure.subplots(1, 2, sharey=True, width_ratios=[3, 1.25])
        _draw_shares(left, bars)
        _draw_epochs(right, bars, max_epochs)
        _rows_of_names(left, [bar.name for bar in bars])
        for axes in (left, right):
            axes.grid(axis="x")
            axes.spines["left"].set_color(SOFT)
            axes.spines["bottom"].set_visible(False)
    return drawn.svg


def _draw_shares(axes: Axes, bars: Sequence[Bar]) -> None:
    reach = 1.12 * max(bar.reach for bar in bars)
    for row, bar in enumerate(bars):
        axes.barh(row - 0.17, bar.weight, height=0.36, color=bar.colour)
        axes.barh(row + 0.2, bar.natural, height=0.2, color=SOFT)
        if bar.cap <= reach:
            axes.scatter(bar.cap, row, marker="|", s=190, color=BAD, lw=1.6, zorder=3)
        if bar.unconstrained is not None:
            place = (bar.unconstrained, row - 0.17)
            axes.scatter(*place, marker="D", s=24, color=PAPER, ec=INK, lw=1.1, zorder=4, clip_on=False)
        is_marked = bar.reach <= bar.cap < bar.reach + WIDTH_OF_SHARE * reach  # the text would stand on the cap's mark
        edge = bar.cap if is_marked else bar.reach
        axes.text(edge + 0.02 * reach, row, share(bar.weight), va="center", color=INK, fontsize=8.5)
    axes.set(xlim=(0, reach * 1.04), xlabel="share of tokens")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}{SPACE}%"))


def _draw_epochs(axes: Axes, bars: Sequence[Bar], max_epochs: float) -> None:
    for row, bar in enumerate(bars):
        axes.barh(row, bar.epochs, height=0.5, color=bar.colour, alpha=0.85)
        axes.text(bar.epochs + 0.03 * max_epochs, row, times(bar.epochs), va="center", color=MUTED, fontsize=8.5)
    axes.axvline(max_epochs, color=BAD, lw=1.3)
    axes.set(xlim=(0, 1.25 * max(max_epochs, *(bar.epochs for bar in bars))), xlabel="epochs")


def _rows_of_names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [printable(name, LABEL) for name in names])
    axes.tick_params(axis="y", colors=INK)
    axes.set_ylim(len(names) - 0.45, -0.6)


def distributions(names: Sequence[str], panels: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> Markup:
    """Draw how scores are spread inside each domain: one panel a score, one strip a domain.

    Args:
        names: domains from top to bottom.
        panels: title, (n_bins + 1,) edges and (n_domains, n_bins) document counts of each score.
    """
    with drawing("quality", height=0.7 + ROW * len(names), title="Scores by domain") as drawn:
        grid = drawn.figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (title, edges, counts) in zip(grid, panels, strict=True):
            heights = counts / np.maximum(counts.max(axis=1, keepdims=True), 1)
            for row, strip in enumerate(heights):
                axes.stairs(row + 0.38 - 0.8 * strip, edges, baseline=row + 0.38, fill=True, color=domain_colour(row))
                axes.axhline(row + 0.38, color=GRID, lw=0.7)
            axes.set_title(title, fontsize=9, color=INK, loc="left")
            axes.set_xlim(edges[0], edges[-1])
            axes.spines[["left", "bottom"]].set_visible(False)
        _rows_of_names(grid[0], names)
    return drawn.svg


def waterfall(labels: Sequence[str], starts: Sequence[float], ends: Sequence[float]) -> Markup:
    """Draw where documents went: totals as full bars, losses as the pieces between them.

    Args:
        labels: rows from top to bottom.
        starts: left end of each bar; 0 for a total.
        ends: right end of each bar.
    """
    rows = range(len(labels))
    with drawing("waterfall", height=0.45 + ROW * len(labels), title="Where every document went") as drawn:
        axes = drawn.axes()
        for row, start, end in zip(rows, starts, ends, strict=True):
            total = start == 0
            axes.barh(row, end - start, left=start, height=0.56, color=ACCENT if total else SOFT)
            text = count(end) if total else count(start - end)
            axes.text(end + 0.008 * max(ends), row, text, va="center", color=INK if total else MUTED, fontsize=8.5)
        for row in rows[:-1]:
            edge = ends[row] if starts[row] == 0 else starts[row]
            axes.plot([edge, edge], [row + 0.28, row + 0.72], color=GRID, lw=0.9)
        axes.set_xlim(0, 1.1 * max(ends))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        axes.grid(axis="x")
        axes.spines["bottom"].set_visible(False)
        _rows_of_names(axes, labels)
    return drawn.svg
