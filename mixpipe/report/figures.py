"""The figures with one row a domain or a fate: each takes plain numbers and returns SVG."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from mixpipe.report.canvas import ACCENT, BAD, GRID, INK, MUTED, PAPER, SOFT, domain_colour, drawing
from mixpipe.report.numbers import SPACE, count, share, tick, times

__all__ = ["distributions", "mixture_bars", "waterfall"]

ROW = 0.3  # inches per row of a horizontal chart


def mixture_bars(
    names: Sequence[str],
    natural: Sequence[float],
    mixture: Sequence[float],
    *,
    caps: Sequence[float],
    unconstrained: Sequence[float] | None,
    epochs: Sequence[float],
    max_epochs: float,
) -> Markup:
    """Draw natural and chosen token shares by domain, and beside them how often each domain is read.

    Args:
        names: domains from top to bottom.
        natural: token shares of the corpus.
        mixture: token shares chosen.
        caps: the largest share that the epoch cap allows.
        unconstrained: the optimum without caps and floors, when the search gives it.
        epochs: times that a domain's tokens are read.
        max_epochs: the cap on them.
    """
    rows = range(len(names))
    reach = 1.12 * max(max(natural), max(mixture), max(mixture if unconstrained is None else unconstrained))
    with drawing("mixture", height=0.75 + 0.36 * len(names), title="Mixture, natural shares and epochs") as drawn:
        left, right = drawn.figure.subplots(1, 2, sharey=True, width_ratios=[3, 1.25])
        colours = [domain_colour(number) for number in rows]
        left.barh(np.array(rows) - 0.17, mixture, height=0.36, color=colours)
        left.barh(np.array(rows) + 0.2, natural, height=0.2, color=SOFT)
        shown = [(cap, row) for cap, row in zip(caps, rows, strict=True) if cap <= reach]
        if shown:
            left.scatter(*zip(*shown, strict=True), marker="|", s=190, color=BAD, lw=1.6, zorder=3)
        if unconstrained is not None:
            left.scatter(unconstrained, np.array(rows) - 0.17, marker="D", s=24, color=PAPER, ec=INK, lw=1.1, zorder=4)
        for row, value in zip(rows, mixture, strict=True):
            far = max(value, natural[row]) if unconstrained is None else max(value, natural[row], unconstrained[row])
            left.text(far + 0.02 * reach, row, share(value), va="center", color=INK, fontsize=8.5)
        left.set(xlim=(0, reach * 1.04), xlabel="share of tokens")
        left.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}{SPACE}%"))
        right.barh(rows, epochs, height=0.5, color=colours, alpha=0.85)
        right.axvline(max_epochs, color=BAD, lw=1.3)
        for row, value in zip(rows, epochs, strict=True):
            right.text(value + 0.03 * max_epochs, row, times(value), va="center", color=MUTED, fontsize=8.5)
        right.set(xlim=(0, 1.25 * max(max_epochs, *epochs)), xlabel="epochs")
        _rows_of_names(left, names)
        for axes in (left, right):
            axes.grid(axis="x")
            axes.spines["left"].set_color(SOFT)
            axes.spines["bottom"].set_visible(False)
    return drawn.svg


def _rows_of_names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
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
