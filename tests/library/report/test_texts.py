import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mixpipe.report.texts import CUT, printable


@given(st.text(max_size=300), st.integers(min_value=4, max_value=80))
def test_nothing_unprintable_comes_through_and_the_length_is_kept(text, limit):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co", "Cn"}


def test_escapes_are_visible_and_lines_are_joined():
    assert printable("a\x1b[31m\tb\n\nc\N{RIGHT-TO-LEFT OVERRIDE}") == "a\\x1b[31m b c\\u202e"


def test_a_long_text_is_cut_with_a_mark():
    assert printable("x" * 1_000_000, 10) == "x" * 9 + CUT


def test_other_scripts_are_left_alone():
    assert printable("théorème 日本") == "théorème 日本"
