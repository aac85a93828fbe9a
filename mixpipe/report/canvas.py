"""One drawing style, and figures as small pieces of SVG.

Matplotlib draws; the page colours. Ink, grid and accent are drawn in marker colours that become CSS variables in the
SVG text, so one drawing serves light, dark and print. Text stays text: it is searchable, takes the page's font, and a
figure is some kilobytes. Identifiers are renamed per figure, and salt and date are fixed: equal runs give equal bytes.

Domain colours are eight hues that colour-blind readers can tell apart (after Okabe and Ito 2008), in three
lightnesses. No palette of 24 is safe, so a name or a number always stands beside a colour.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure

__all__ = [
    "ACCENT",
    "BAD",
    "GOOD",
    "GRID",
    "INK",
    "MUTED",
    "PAPER",
    "SOFT",
    "Drawing",
    "domain_colour",
    "drawing",
    "ratio_colour",
]

# Colours that nothing else draws in, each replaced by the CSS variable of its name.
INK, MUTED, GRID, PAPER, ACCENT, SOFT, GOOD, BAD = (f"#0{digit}0{digit}0{digit}" for digit in range(1, 9))
VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    ACCENT: "accent",
    SOFT: "soft",
    GOOD: "good",
    BAD: "bad",
}

FULL_WIDTH = 9.5  # inches: the page's column when 9 points are 12 pixels
LEAST_PIXELS = 700  # narrower screens scroll a figure instead of shrinking its text

HUES = ("#2f7fc1", "#e08e0b", "#1a9e77", "#c4569a", "#7667cf", "#cf4f2a", "#45aecb", "#9a8b12")
LIGHTNESS = (0.0, 0.42, -0.34)  # mixed with white, or with black when negative
# Purple to orange (after Brewer's PuOr): safe for all common kinds of colour blindness, grey in the middle.
DIVERGING = LinearSegmentedColormap.from_list("ratio", ["#d9770b", "#e3b26b", "#9aa1a9", "#8d84c9", "#5b45b0"])

STYLE = mpl.RcParams(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "mixpipe",
        "text.parse_math": False,  # a domain may be named `$x$`
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so text is measured alike on every machine
        "font.size": 9.0,
        "text.color": INK,
        "axes.edgecolor": GRID,
        "axes.labelcolor": MUTED,
        "axes.labelsize": 9.0,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "path.simplify": True,
    }
)


def domain_colour(number: int) -> str:
    """Return the colour of a domain, the same in every figure and table."""
    shift = LIGHTNESS[(number // len(HUES)) % len(LIGHTNESS)]
    rgb = np.array([int(HUES[number % len(HUES)][at : at + 2], 16) for at in (1, 3, 5)]) / 255
    mixed = rgb + shift * (1 - rgb) if shift >= 0 else rgb * (1 + shift)
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in mixed)


def ratio_colour(ratio: float) -> str:
    """Return the colour of mixture over natural share: orange 1/4 and below, grey 1, violet 4 and above."""
    position = 0.0 if ratio <= 0 else (float(np.clip(np.log2(ratio), -2, 2)) + 2) / 4
    return to_hex(DIVERGING(position))


@dataclass
class Drawing:
    """A figure being drawn, then its SVG.

    Attributes:
        name: unique in the page; prefix of the SVG's identifiers.
        figure: what to draw on.
        svg: the finished markup, once the `drawing` block has ended.
    """

    name: str
    figure: Figure
    svg: Markup = field(default_factory=Markup)

    def axes(self, **settings: Any) -> Axes:  # noqa: ANN401  what Figure.subplots takes
        """Return one pair of axes that fills the figure."""
        axes: Axes = self.figure.subplots(**settings)
        return axes


@contextmanager
def drawing(name: str, *, width: float = FULL_WIDTH, height: float, title: str) -> Iterator[Drawing]:
    """Give a figure to draw on in the house style; its SVG is there when the block ends.

    Args:
        name: unique in the page.
        width: inches.
        height: inches.
        title: what the figure shows, for who cannot see it.
    """
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # the browser has the glyphs of other scripts; matplotlib only measures with the font it brings
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        drawn = Drawing(name, figure)
        yield drawn
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        drawn.svg = _inline(written.getvalue(), name, title, width / FULL_WIDTH)


def _inline(document: str, name: str, title: str, part: float) -> Markup:
    """Turn an SVG document into markup that can stand in a page beside others, `part` of the column wide."""
    body = document[document.index("<svg") :]
    body = re.sub(
        r"<metadata>.*?</metadata>|<style type=\"text/css\">.*?</style>|<!--.*?-->", "", body, flags=re.DOTALL
    )
    referenced = set(re.findall(r"(?:href=\"|url\()#([\w.-]+)", body))

    def renamed(match: re.Match[str]) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in referenced else ""

    body = re.sub(r' id="([^"]*)"', renamed, body)
    body = re.sub(r"(href=\"|url\()#", rf"\g<1>#{name}-", body)
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, f"var(--{variable})")
    box = re.search(r'viewBox="[^"]*"', body)
    size = f"width:{100 * part:.0f}%;min-width:{LEAST_PIXELS * part:.0f}px"
    head = f'<svg role="img" aria-label="{escape(title)}" {box[0] if box else ""} style="{size}">'
    body = re.sub(r"^<svg[^>]*>", lambda _: head, body)
    return Markup(re.sub(r"\n\s*", "\n", body).strip())
