"""Numbers as a reader wants them: a sensible precision, a unit, a true minus sign.

Every function takes a number or None and returns text; None and what is not finite become an en dash. A no-break
space stands between number and unit, so that a table never splits them.
"""

import math

__all__ = [
    "NOTHING",
    "SPACE",
    "compact",
    "count",
    "counted",
    "decimal",
    "duration",
    "interval",
    "memory",
    "share",
    "tick",
    "times",
]

NOTHING = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def count(value: float | None) -> str:
    """Write a whole number with thousands separators: `107,313`."""
    return NOTHING if value is None or not math.isfinite(value) else f"{round(value):,}".replace("-", MINUS)


def counted(value: float, thing: str) -> str:
    """Write a count with what is counted: `1 trial`, `45 trials`."""
    return f"{count(value)} {thing}{'' if value == 1 else 's'}"


def compact(value: float | None) -> str:
    """Write a large count in three figures: `1.24 M`."""
    if value is None or not math.isfinite(value):
        return NOTHING
    for size, letter in STEPS:
        # 999.5 k would print as 1,000 k: rounding to three figures lifts it to the next unit
        if float(f"{abs(value):.3g}") >= size:
            scaled = float(f"{value / size:.3g}")
            digits = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
            return f"{scaled:.{digits}f}{SPACE}{letter}".replace("-", MINUS)
    return count(value)


def tick(value: float) -> str:
    """Write a round number on an axis, without zeros at its end: `2.5 k`."""
    for size, letter in STEPS:
        if abs(value) >= size:
            return f"{value / size:g}{SPACE}{letter}".replace("-", MINUS)
    return f"{value:g}".replace("-", MINUS)


def share(value: float | None) -> str:
    """Write a share of one as a percentage: `12.3 %`, and two decimals below one percent."""
    if value is None or not math.isfinite(value):
        return NOTHING
    percent = 100 * value
    digits = 0 if not percent else 2 if abs(percent) < 0.995 else 1
    return f"{percent:.{digits}f}{SPACE}%".replace("-", MINUS)


def times(value: float | None) -> str:
    """Write a factor or a number of epochs: `3.75\N{MULTIPLICATION SIGN}`."""
    if value is None or not math.isfinite(value):
        return NOTHING
    digits = 0 if not value or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}\N{MULTIPLICATION SIGN}"


def decimal(value: float | None, digits: int = 4, *, signed: bool = False) -> str:
    """Write a real number, losses with four decimals: `1.2345`, or signed `+0.0123`."""
    if value is None or not math.isfinite(value):
        return NOTHING
    rounded = round(value, digits) + 0.0  # adding zero takes the sign of a negative zero
    sign = "+" if signed and rounded else ""
    return f"{rounded:{sign}.{digits}f}".replace("-", MINUS)


def interval(low: float | None, high: float | None, digits: int = 4, *, signed: bool = False) -> str:
    """Write an interval: `1.20 to 1.30`."""
    return f"{decimal(low, digits, signed=signed)} to {decimal(high, digits, signed=signed)}"


def duration(seconds: float | None) -> str:
    """Write a duration: `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 59.95:
        return f"{seconds:.{2 if seconds < 1 else 1}f}{SPACE}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{SPACE}min{SPACE}{whole % 60:02d}{SPACE}s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}{SPACE}h{SPACE}{minutes % 60:02d}{SPACE}min"


def memory(mebibytes: float | None) -> str:
    """Write memory or disk given in MiB: `3.2 KiB`, `512 MiB`, `1.4 GiB`."""
    if mebibytes is None or not math.isfinite(mebibytes):
        return NOTHING
    unit, factor = ("KiB", 1024.0) if mebibytes < 1 else ("MiB", 1.0) if mebibytes < 1024 else ("GiB", 1 / 1024)
    value = mebibytes * factor
    return f"{value:.{0 if value >= 100 else 1}f}{SPACE}{unit}"
