"""What a section of the page is made of: notes, plots and tables, as plain records.

Sections build these; `page.html` alone knows how they look. All text in them is raw: the template escapes it. Only
`Plot.svg` is markup, and it is made by `canvas.py`, which escapes what it draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

__all__ = ["Block", "Cell", "Column", "Note", "Plot", "Section", "Source", "Table", "Tiles", "number", "row_of"]

Tone = Literal["", "good", "bad", "quiet"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what it says.
        sort: what it is sorted by, when that is not its text.
        colour: a small square of this colour stands before the text.
        bar: length of a bar behind the text, 0 to 1 of the cell.
        tone: how the text is coloured.
        more: further lines, shown when the cell is opened.
        mono: the text is an identifier.
        link: a relative address that the text leads to.
    """

    text: str
    sort: float | None = None
    colour: str = ""
    bar: float | None = None
    tone: Tone = ""
    more: tuple[str, ...] = ()
    mono: bool = False
    link: str = ""


@dataclass(frozen=True)
class Column:
    """The head of a column; numbers are set flush right."""

    title: str
    numeric: bool = True
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """A table; long ones scroll in their frame, and those with a `fold` open under that title."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    fold: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Plot:
    """A figure with its caption; `legend` are colour, label pairs."""

    svg: Markup
    caption: str = ""
    legend: Sequence[tuple[str, str]] = ()
    kind: Literal["plot"] = "plot"


@dataclass(frozen=True)
class Note:
    """A paragraph; with a tone, one that is marked at its edge."""

    text: str
    tone: Tone = ""
    kind: Literal["note"] = "note"


@dataclass(frozen=True)
class Tiles:
    """A few large figures: value, label, remark."""

    tiles: Sequence[tuple[str, str, str]]
    kind: Literal["tiles"] = "tiles"


@dataclass(frozen=True)
class Source:
    """Text set as it is (a command, a configuration), folded away under a title when there is one."""

    text: str
    title: str = ""
    kind: Literal["source"] = "source"


Block = Table | Plot | Note | Tiles | Source


@dataclass(frozen=True)
class Section:
    """One section: `name` is its address in the page, `lead` says in a sentence or two what one sees."""

    name: str
    title: str
    lead: str
    blocks: Sequence[Block]


def number(text: str, value: float | None, *, bar: float | None = None, tone: Tone = "") -> Cell:
    """Return a numeric cell: its text, and the value that it is sorted by."""
    return Cell(text, sort=value, bar=bar, tone=tone)


def row_of(*cells: Cell | str) -> list[Cell]:
    """Return a row, making plain text into cells."""
    return [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
