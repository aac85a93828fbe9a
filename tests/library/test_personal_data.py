"""Masks; which forms count is tested with the scorer (scores/test_pii.py)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.personal_data import KINDS, masked, places

PIECES = ["a.b+c@mail.example.org", "+44 20 7946 0958", "8.8.8.8", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"]


@pytest.mark.parametrize(("piece", "kind"), list(zip(PIECES, KINDS, strict=True)))
def test_the_whole_of_it_goes_and_nothing_else(piece, kind):
    found = masked(f"before: {piece}, after")
    assert found.text == f"before: <{kind}>, after"
    assert dict(found.counts) == {kind: 1}


def test_what_overlaps_is_masked_once():
    found = masked("bob@example.org@example.com +1 (555) 123-4567")
    assert found.text == "<email>@example.com <phone>"
    assert dict(found.counts) == {"email": 1, "phone": 1}


def test_a_text_without_any_stays_as_it_is():
    text = "on 1987-01-02 @ 10:15, 127.0.0.1\x00"
    assert masked(text) == (text, {})


@given(st.lists(st.sampled_from([*PIECES, "word", "1987", "@", "x"]), max_size=12))
def test_after_masking_nothing_is_found(pieces):
    found = masked(" and ".join(pieces))
    assert list(places(found.text)) == []
    assert sum(found.counts.values()) == sum(piece in PIECES for piece in pieces)


def test_a_page_of_signs_takes_no_time():
    for text in ("@" * 100_000, "a" * 200_000 + "@", "+1" * 50_000, "1.1." * 50_000):
        assert masked(text).counts.total() == 0


@given(st.integers(10**10, 10**16))
def test_one_of_ten_last_digits_passes_luhn(stem):
    found = [place for digit in range(10) for place in places(f"card 4{stem}{digit}") if place.kind == "card"]
    assert len(found) == 1
