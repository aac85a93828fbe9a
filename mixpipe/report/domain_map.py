"""The map of the domains: circles on the plane, their area the tokens, their colour what the mixture makes of them.

Circles that would overlap are moved apart, so places are only near those of the scaling. Labels are placed greedily,
the largest domain first, each at the first of a few places around its circle where it meets no earlier label: not
optimal, but deterministic and enough for some tens of domains.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from markupsafe import Markup
from matplotlib.patches import Circle

from mixpipe.report.canvas import INK, PAPER, SOFT, drawing, ratio_colour
from mixpipe.report.texts import printable

__all__ = ["domain_map"]

LETTER = 5.3  # points of width of an average letter at 9 points
MAP_INCHES = (9.5, 5.6)
LABEL = 36  # characters
OUTSIDE = 1000.0  # square points of overlap that a point outside the frame is as bad as: cut letters are lost
GAP = 18.0  # points between circles: room for a label
PUSHES = 200  # 40 crowded circles come to rest within 150
GOLDEN_ANGLE = 2.39996  # radians: no two multiples point the same way

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points


def domain_map(
    names: Sequence[str], places: np.ndarray, tokens: Sequence[float], ratios: Sequence[float] | None
) -> Markup:
    """Draw domains as circles on the plane.

    Args:
        names: labels, largest domain first.
        places: (n_domains, 2) float64.
        tokens: areas.
        ratios: mixture over natural share, or None before there is a mixture.
    """
    width, height = (72 * inches for inches in MAP_INCHES)
    radii = np.sqrt(np.asarray(tokens, float) / max(tokens)) * 36 + 3
    centres = _moved_apart(_fitted(places, width, height, margin=58), radii + GAP / 2, (width, height))
    with drawing("map", height=MAP_INCHES[1], title="Map of the domains") as drawn:
        drawn.figure.set_layout_engine("none")  # the axes are the whole figure: a point is a point on paper
        axes = drawn.figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.axis("off")
        taken: list[Box] = []
        for number, (centre, radius) in enumerate(zip(centres, radii, strict=True)):
            fill = SOFT if ratios is None else ratio_colour(ratios[number])
            axes.add_patch(Circle((centre[0], centre[1]), radius, fc=fill, alpha=0.82, ec=PAPER, lw=1.2))
            taken.append(_box(centre, 0.85 * radius))
        for number, name in enumerate(printable(name, LABEL) for name in names):
            place, align = _free_place(centres[number], radii[number], name, taken, (width, height))
            axes.text(*place, name, ha=align, va="center", color=INK)
    return drawn.svg


def _fitted(places: np.ndarray, width: float, height: float, *, margin: float) -> np.ndarray:
    """Scale (n, 2) points into a frame, keeping their order on each axis."""
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    unit = np.where(span > 0, (places - low) / np.where(span > 0, span, 1), 0.5)
    return margin + unit * (np.array([width, height]) - 2 * margin)


def _moved_apart(centres: np.ndarray, radii: np.ndarray, frame: tuple[float, float]) -> np.ndarray:
    """Push (n, 2) circles that overlap away from each other, each pair by halves, within the frame."""
    moved = centres.copy()
    n = len(moved)
    # Circles at one place part along fixed directions, so that the map is the same every time.
    angles = np.arange(n)[:, None] * GOLDEN_ANGLE
    nudge = np.concatenate([np.cos(angles), np.sin(angles)], axis=1) * 1e-3
    for _ in range(PUSHES):
        apart = (moved + nudge)[:, None] - (moved + nudge)[None]
        distance = np.linalg.norm(apart, axis=2) + np.eye(n)
        overlap = np.maximum(radii[:, None] + radii[None] - distance, 0) * (1 - np.eye(n))
        moved += 0.25 * (overlap[..., None] * apart / np.maximum(distance, 1e-9)[..., None]).sum(axis=1)
        moved = np.clip(moved, radii[:, None] + GAP, np.array(frame) - radii[:, None] - GAP)
    return moved


def _box(centre: np.ndarray, half: float) -> Box:
    x, y = centre
    return (x - half, y - half, x + half, y + half)


def _free_place(
    centre: np.ndarray, radius: float, name: str, taken: list[Box], frame: tuple[float, float]
) -> tuple[tuple[float, float], str]:
    """Return where to write a label and its alignment, and remember the place as taken."""
    wide, high, gap = LETTER * len(name), 11.0, radius + 4
    x, y = centre
    middle = float(np.clip(x, wide / 2, max(frame[0] - wide / 2, wide / 2)))  # a label above or below may be moved in
    candidates = [
        ((middle, y - gap - high / 2), "center"),
        ((middle, y + gap + high / 2), "center"),
        ((x + gap, y), "left"),
        ((x - gap, y), "right"),
    ]
    candidates += [
        ((x + 0.75 * gap * side, y + 0.9 * gap * up), "left" if side > 0 else "right")
        for side, up in product((1, -1), (1, -1))
    ]
    boxes = [_label_box(place, align, wide, high) for place, align in candidates]
    costs = [sum(_overlap(box, other) for other in taken) + OUTSIDE * _outside(box, frame) for box in boxes]
    best = int(np.argmin(costs))
    taken.append(boxes[best])
    return candidates[best]


def _label_box(place: tuple[float, float], align: str, wide: float, high: float) -> Box:
    left = place[0] - {"center": wide / 2, "left": 0.0, "right": wide}[align]
    return (left, place[1] - high / 2, left + wide, place[1] + high / 2)


def _overlap(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _outside(box: Box, frame: tuple[float, float]) -> float:
    return max(-box[0], 0) + max(-box[1], 0) + max(box[2] - frame[0], 0) + max(box[3] - frame[1], 0)
