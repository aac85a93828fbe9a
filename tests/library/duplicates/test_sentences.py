"""Sentences that come again: shares and owners, whatever the order of files, and what drops by them."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.matching import Keyed
from mixpipe.duplicates.sentences import repeats_of, sentence_hashes
from mixpipe.duplicates.stage import DUPLICATES
from mixpipe.store.files import read_table

FOOTER = "This page was made by the very same people as all the others."


def body(number, count=3):
    return " ".join(f"Sentence {n} of document {number} says something of its own {number * n}." for n in range(count))


@pytest.fixture
def shares(tmp_path, upstream, document, build):
    """Build the stage on texts and return the share that each repeats."""

    def found(texts, cuts=(), **settings):
        documents = [document(text, 0) for text in texts]
        config = DuplicatesConfig(semantic={"enabled": False}, sentences={"enabled": True}, **settings)
        artefact = build(tmp_path, DUPLICATES, config, upstream(documents, list(cuts), [1.0]))
        assert not artefact.names("sentences-*") + artefact.names("repeats-*")
        tables = [read_table(artefact.file(name)) for name in artefact.names()]
        return pa.concat_tables(tables)["repeated_sentences"].to_pylist()

    return found


def test_a_footer_that_ten_share_is_the_own_of_one(shares):
    texts = [f"{body(number)}\n{FOOTER}" for number in range(10)]
    found = shares(texts, cuts=[3, 7])
    assert sorted(found) == [0.0, *[0.25] * 9]
    owner = texts[found.index(0.0)]
    backwards = shares(texts[::-1], cuts=[5], keys_at_once=7)
    assert backwards == found[::-1]
    assert texts[::-1][backwards.index(0.0)] == owner


def test_the_better_document_owns_what_both_say(shares):
    long, short = f"{body(1, 6)} {body(2, 1)}", f"{body(2, 1)} {body(3, 2)} {body(4, 1)}"
    assert shares([short, long]) == [0.25, 0.0]


def test_case_and_marks_do_not_matter_and_short_ones_do_not_count():
    text = "The QUICK brown fox jumped -- again! Short one.\nThe quick, brown fox jumped again"
    assert len(sentence_hashes(text, 20)) == 1
    assert len(sentence_hashes(text, 5)) == 2
    assert len(sentence_hashes("", 1)) == 0


def test_copies_and_near_copies_own_and_repeat_nothing(shares):
    text = body(1, 20)
    assert shares([text, text + " And an end of it that is new."]) == [0.0, 0.0]


def test_of_equal_hashes_all_but_the_best_repeat():
    keys, names, ranks = (
        np.array(row, np.uint64) for row in ([5, 5, 5, 7, 9, 9], [1, 2, 3, 1, 2, 1], [3, 1, 2, 3, 1, 3])
    )
    documents, counts = repeats_of(Keyed(keys, names, ranks))
    assert (documents.tolist(), counts.tolist()) == ([1, 3], [2, 1])
    none = np.zeros(0, np.uint64)
    assert len(repeats_of(Keyed(none, none, none))[0]) == 0
