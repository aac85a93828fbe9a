import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.report import numbers

NBSP, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (numbers.count, 107313, "107,313"),
        (numbers.count, -5, f"{MINUS}5"),
        (numbers.compact, 999, "999"),
        (numbers.compact, 1240, f"1.24{NBSP}k"),
        (numbers.compact, 17_918, f"17.9{NBSP}k"),
        (numbers.compact, 999_600, f"1.00{NBSP}M"),
        (numbers.compact, 2.5e12, f"2.50{NBSP}T"),
        (numbers.tick, 2500, f"2.5{NBSP}k"),
        (numbers.tick, 0, "0"),
        (numbers.tick, 20_000, f"20{NBSP}k"),
        (numbers.share, 0.1234, f"12.3{NBSP}%"),
        (numbers.share, 0.0004, f"0.04{NBSP}%"),
        (numbers.share, 0, f"0{NBSP}%"),
        (numbers.times, 0, "0\N{MULTIPLICATION SIGN}"),
        (numbers.times, 3.754, "3.75\N{MULTIPLICATION SIGN}"),
        (numbers.times, 12.34, "12.3\N{MULTIPLICATION SIGN}"),
        (numbers.decimal, 1.23456, "1.2346"),
        (numbers.decimal, -0.00001, "0.0000"),
        (numbers.duration, 0.42, f"0.42{NBSP}s"),
        (numbers.duration, 59.96, f"1{NBSP}min{NBSP}00{NBSP}s"),
        (numbers.duration, 185, f"3{NBSP}min{NBSP}05{NBSP}s"),
        (numbers.duration, 7620, f"2{NBSP}h{NBSP}07{NBSP}min"),
        (numbers.memory, 3.2 / 1024, f"3.2{NBSP}KiB"),
        (numbers.memory, 512, f"512{NBSP}MiB"),
        (numbers.memory, 1434, f"1.4{NBSP}GiB"),
    ],
)
def test_numbers_are_written_with_a_sensible_precision_and_unit(function, value, text):
    assert function(value) == text


@pytest.mark.parametrize(
    "function",
    [numbers.count, numbers.compact, numbers.share, numbers.times, numbers.decimal, numbers.duration, numbers.memory],
)
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_missing_or_not_finite_is_a_dash(function, value):
    assert function(value) == numbers.NOTHING


def test_signs_are_shown_when_asked_for():
    assert numbers.decimal(0.5, 2, signed=True) == "+0.50"
    assert numbers.decimal(-0.5, 2, signed=True) == f"{MINUS}0.50"
    assert numbers.decimal(0.0001, 2, signed=True) == "0.00"
    assert numbers.interval(-0.1, 0.2, 1, signed=True) == f"{MINUS}0.1 to +0.2"


def test_one_thing_has_no_plural():
    assert numbers.counted(1, "trial") == "1 trial"
    assert numbers.counted(1200, "trial") == "1,200 trials"


@given(st.floats(min_value=1, max_value=9e14))
def test_a_compact_count_is_within_half_a_percent(value):
    text = numbers.compact(value)
    number, _, letter = text.partition(NBSP)
    unit = {"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[letter]
    assert float(number.replace(",", "")) * unit == pytest.approx(value, rel=0.0051, abs=0.5)
