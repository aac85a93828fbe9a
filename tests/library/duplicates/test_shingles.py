import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.duplicates.shingles import shingles_of


def hashes(text, *, numbers_alike=False):
    return shingles_of([text], numbers_alike=numbers_alike).hashes.tolist()


def grams(text):
    """Return the word 5-grams, in order, with Python's own strings."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words = re.findall(r"[^\W_]+", plain)
    return [tuple(words[place : place + 5]) for place in range(len(words) - 4)]


@pytest.mark.parametrize(
    "other",
    [
        "the CAFE is on, FIRE today!",
        "The café\tis on\n\nfire -- today",
        "«The» (cafe) is_on \u2018fire\u2019… today",
        "the café is on fire today",
    ],
)
def test_case_accents_punctuation_and_layout_do_not_count(other):
    assert hashes(other) == hashes("The café is on fire today")
    assert len(hashes(other)) == 2


def test_numbers_are_one_word_where_asked():
    pair = ("it cost 1,234.56 euros in 1999, or ٤٣", "it cost 7 euros in 2024, or 0.5")
    assert hashes(pair[0], numbers_alike=True) == hashes(pair[1], numbers_alike=True)
    assert hashes(pair[0]) != hashes(pair[1])


@pytest.mark.parametrize("text", ["", "\x00", "one two three four", "!!! ... ???", "\U0001f600 " * 9, "\ud800 a b"])
def test_fewer_than_five_words_have_no_shingle(text):
    assert hashes(text) == []


@given(st.lists(st.text(st.characters(max_codepoint=127), max_size=60), max_size=8))
def test_equal_grams_have_equal_hashes_and_others_do_not(texts):
    texts += [" ".join(texts), "a b c d e f g A b c-d e"]
    expected = [grams(text) for text in texts]
    found = shingles_of(texts, numbers_alike=False)
    assert np.diff(found.offsets).tolist() == [len(of_text) for of_text in expected]
    flat = [gram for of_text in expected for gram in of_text]
    pairs = set(zip(flat, found.hashes.tolist(), strict=True))
    assert len(pairs) == len(set(flat)) == len(set(found.hashes.tolist()))


def test_a_text_of_many_chunks_is_hashed_as_a_whole():
    text = " ".join(f"w{n}" for n in range(400_000))  # 2.7 MB
    found = shingles_of(["one two three four five", text, text[:3000]], numbers_alike=False)
    assert np.diff(found.offsets)[:2].tolist() == [1, 399_996]
    assert len(np.unique(found.hashes[1:399_997])) == 399_996
    assert (found.hashes[399_997:-1] == found.hashes[1 : len(found.hashes) - 399_997]).all()


def test_a_line_of_five_megabytes_is_one_word():
    assert hashes("x" * 5_000_000) == []
    assert len(hashes("x" * 5_000_000 + " a b c d")) == 1
