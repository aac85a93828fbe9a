from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.domains.lexical import BUCKETS, hash_words
from mixpipe.domains.names import (
    LONGEST_WORD,
    TERMS,
    bucket_words,
    domain_terms,
    is_readable,
    unique_labels,
    unique_names,
)


@pytest.mark.parametrize("word", ["court", "für", "слово"])
def test_letters_make_a_readable_word(word: str) -> None:
    assert is_readable(word)


@pytest.mark.parametrize("word", ["the", "nbsp", "x1", "ab", "snake_case", "a" * 25, "{", ""])
def test_stop_words_markup_and_signs_are_not_readable(word: str) -> None:
    assert not is_readable(word)


def colliding() -> tuple[str, str]:
    """Two readable words of one bucket."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"w{a}{b}{c}{d}" for a in letters for b in letters[:10] for c in letters[:10] for d in letters[:4]]
    seen: dict[int, str] = {}
    for word, bucket in zip(words, hash_words(words).tolist(), strict=True):
        if bucket in seen:
            return seen[bucket], word
        seen[bucket] = word
    raise AssertionError("no collision among the words tried")


def test_a_bucket_stands_for_its_dominant_word_only() -> None:
    one, other = colliding()
    bucket = hash_words([one])[0]
    assert bucket_words({one: 90, other: 10})[bucket] == one
    assert bucket_words({one: 60, other: 40})[bucket] == ""


def test_unreadable_words_name_no_bucket() -> None:
    assert (bucket_words({"the": 10, "{": 3}) == "").all()


def test_terms_are_what_sets_a_domain_apart() -> None:
    frequency = Counter({"court": 10, "appeal": 8, "flour": 10, "people": 20, "appeals": 7})
    presence = np.zeros((2, BUCKETS))
    for domain, shares in enumerate(
        ({"court": 0.9, "appeal": 0.5, "appeals": 0.4, "people": 0.5}, {"flour": 0.9, "people": 0.5})
    ):
        presence[domain, hash_words(list(shares))] = list(shares.values())
    assert domain_terms(presence, bucket_words(frequency)) == [["court", "appeal", "people"], ["flour", "people"]]


def test_domains_without_words_have_no_terms() -> None:
    assert domain_terms(np.zeros((2, BUCKETS)), bucket_words({})) == [[], []]


def test_names_are_unique_slugs() -> None:
    terms = [["a", "b", "c", "d"], ["a", "b", "c", "e"], ["a", "b", "c"], [], []]
    assert unique_names(terms) == ["a-b-c", "a-b-e", "a-b-c-2", "unnamed", "unnamed-2"]


@given(st.lists(st.lists(st.text("abcdef", min_size=3, max_size=LONGEST_WORD), max_size=TERMS, unique=True)))
def test_names_are_short_and_unique(terms: list[list[str]]) -> None:
    names = unique_names(terms)
    assert len(set(names)) == len(names) == len(terms)
    assert all(0 < len(name) <= 40 and name.count("-") <= 3 for name in names)


def test_long_terms_are_for_names_without_a_shorter_one() -> None:
    terms = [["incrementalencoder", "codec", "streamreader"], ["bundesverfassungsgericht"]]
    assert unique_names(terms) == ["codec-streamreader", "bundesverfassungsgericht"]


def test_labels_keep_letters_of_every_script_and_stay_apart() -> None:
    assert unique_labels([" Für Elise/№1_x ", "a b", "A-B", "!"]) == ["für-elise-1-x", "a-b", "a-b-2", "unnamed"]
