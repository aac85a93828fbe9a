import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.scores.held_out_ngrams import FEWEST_WORDS, NGRAM_WORDS, Index, WordHashes, ngram_hashes
from mixpipe.scores.protocol import Evaluations

ITEM = " ".join(f"w{number}" for number in range(15))  # three 13-grams


def index_of(*texts, sample=()):
    return Index(Index.build(Evaluations(list(texts), np.zeros(len(texts), np.int32), ("set",)), list(sample)))


def items_in(index, text):
    found = index.find(WordHashes.of([text]))
    return sorted(index.items_of(found.key)[1].tolist())


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), ("Don't stop", 3), ("x_1, y2!", 2), ("日本 go", 3), ("e\u0301te", 1), ("\x00 \n", 0)]
)
def test_words_are_runs_of_letters_and_digits_and_single_signs_of_unspaced_scripts(text, words):
    assert WordHashes.of([text]).sizes.tolist() == [words]


def test_case_accents_form_and_punctuation_play_no_part():
    plain, other = WordHashes.of(["café au lait", "CAFE\u0301 -- au\nlait!"]).hashes.reshape(2, 3)
    assert plain.tolist() == other.tolist()


def test_stop_words_are_words():
    assert WordHashes.of(["the cat and the dog", "cat dog"]).sizes.tolist() == [5, 2]
    filled = " ".join(f"{word} of the" for word in ITEM.split())
    assert items_in(index_of(ITEM), filled) == []


@settings(deadline=None)
@given(st.lists(st.integers(0, 8), max_size=6), st.integers(1, 5))
def test_no_ngram_crosses_from_one_text_to_the_next(sizes, n):
    texts = [" ".join(f"t{text}w{word}" for word in range(size)) for text, size in enumerate(sizes)]
    hashes, first = ngram_hashes(WordHashes.of(texts), n)
    starts = np.cumsum([0, *sizes])
    wanted = [start + place for start, size in zip(starts[:-1], sizes, strict=True) for place in range(size - n + 1)]
    assert first.tolist() == wanted
    alone = [ngram_hashes(WordHashes.of([text]), n)[0].tolist() for text in texts]
    assert hashes.tolist() == [number for found in alone for number in found]


def test_an_item_is_found_inside_a_longer_text_by_each_of_its_ngrams():
    index = index_of(ITEM, "something else entirely")
    assert index.ngrams.tolist() == [15 - NGRAM_WORDS + 1, 0]
    assert items_in(index, f"before {ITEM.upper()} after") == [0, 0, 0]
    assert items_in(index, ITEM.replace("w7", "w77")) == []


def test_an_item_shorter_than_an_ngram_is_one_of_its_own_length_from_six_words_on():
    six, five = (" ".join(ITEM.split()[:words]) for words in (FEWEST_WORDS, FEWEST_WORDS - 1))
    index = index_of(six, five)
    assert index.ngrams.tolist() == [1, 0]
    assert items_in(index, ITEM) == [0]


def test_what_three_documents_of_the_corpus_hold_is_boilerplate():
    tail = " ".join(f"v{number}" for number in range(30))
    part = " ".join(ITEM.split()[:NGRAM_WORDS])  # one n-gram of an item that has 33
    documents = [f"document {number} {part}" for number in range(3)]
    state = [index_of(f"{ITEM} {tail}", sample=documents[:count]) for count in (2, 3)]
    assert [index.ngrams.tolist() for index in state] == [[33], [32]]
    assert [index.whole.tolist() for index in state] == [[33], [33]]
    assert items_in(state[0], part) == [0]
    assert items_in(state[1], part) == []


def test_what_many_items_of_one_set_share_is_a_template():
    question = " ".join(f"q{number}" for number in range(NGRAM_WORDS))
    items = [f"{question} {' '.join(f'{item}a{word}' for word in range(20))}" for item in range(11)]
    few, many = index_of(*items[:10]), index_of(*items)
    assert items_in(few, question) == list(range(10))
    assert items_in(many, question) == []
    assert (many.ngrams == few.ngrams[0] - 1).all()


def test_nothing_held_out_is_an_index_of_nothing():
    index = index_of()
    assert index.size == 0
    assert items_in(index, ITEM) == []
