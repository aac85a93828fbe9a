"""The figure of diversity: for every domain and measure, a line from the corpus to the plan."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from mixpipe.report.canvas import INK, PAPER, SOFT, drawing
from mixpipe.report.texts import printable

__all__ = ["Change", "changes"]

ROW = 0.27  # inches
LABEL = 32  # characters


class Change(NamedTuple):
    """One measure of one row: before and after; None where there is nothing to measure."""

    before: float | None
    after: float | None


def changes(names: Sequence[str], colours: Sequence[str], panels: Sequence[tuple[str, Sequence[Change]]]) -> Markup:
    """Draw before as a ring and after as a dot of the row's colour, joined by a line.

    Args:
        names: rows from top to bottom.
        colours: of the rows.
        panels: title and (n_rows) changes of each measure.
    """
    with drawing("diversity", height=0.6 + ROW * len(names), title="Diversity before and after") as drawn:
        grid = drawn.figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (title, rows) in zip(grid, panels, strict=True):
            for row, (change, colour) in enumerate(zip(rows, colours, strict=True)):
                if change.before is not None and change.after is not None:
                    axes.plot([change.before, change.after], [row, row], color=SOFT, lw=1.6, zorder=2)
                if change.before is not None:
                    axes.scatter(change.before, row, s=30, color=PAPER, ec=INK, lw=1.1, zorder=3)
                if change.after is not None:
                    axes.scatter(change.after, row, s=22, color=colour, zorder=4)
            axes.set_title(title, fontsize=9, color=INK, loc="left")
            axes.set_xlim(0, 1.04 * max([1e-9, *(value for change in rows for value in change if value is not None)]))
            axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.grid(axis="x")
            axes.spines[["left", "bottom"]].set_visible(False)
        grid[0].set_yticks(range(len(names)), [printable(name, LABEL) for name in names])
        grid[0].tick_params(axis="y", colors=INK)
        grid[0].set_ylim(len(names) - 0.45, -0.6)
    return drawn.svg
