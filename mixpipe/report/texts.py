"""Texts of strangers, made safe to show.

Names, key terms and examples come from the corpus and may hold anything: control characters, escape sequences, marks
that turn the writing direction. They are shown as visible escapes, in one line and cut. HTML escaping is not done
here: the page's template escapes every value it is given.
"""

import unicodedata

__all__ = ["CUT", "printable"]

CUT = "\N{HORIZONTAL ELLIPSIS}"
# Control, format (direction marks among them), surrogate, private use and unassigned code points have no glyph.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def printable(text: object, limit: int = 200) -> str:
    """Return a text in one line, unprintable characters as escapes, cut to `limit` characters.

    Args:
        text: anything; what is not a string is shown as `str` gives it.
        limit: the most characters returned, the mark of the cut included.
    """
    # Only the beginning is looked at: a document may be megabytes long, and an escape never shortens it.
    line = " ".join(str(text)[: 4 * limit].split())
    shown = "".join(_visible(character) for character in line)
    cut = len(shown) > limit or len(str(text)) > 4 * limit
    return shown[: limit - 1] + CUT if cut else shown


def _visible(character: str) -> str:
    if unicodedata.category(character) in UNSEEN:
        return f"\\u{ord(character):04x}" if ord(character) > 0xFF else f"\\x{ord(character):02x}"
    return character
