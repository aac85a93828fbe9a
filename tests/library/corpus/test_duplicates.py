import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.corpus.duplicates import mark_duplicates, sample_texts
from mixpipe.corpus.pieces import Piece
from mixpipe.store.files import write_table
from mixpipe.store.fingerprint import text_id

SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string())])


def written(folder, texts, size):
    pieces = []
    for start in range(0, len(texts), size):
        chosen = texts[start : start + size]
        table = pa.table({"id": [text_id(text) for text in chosen], "text": chosen}, schema=SCHEMA)
        write_table(folder / f"p{start:05d}", table, SCHEMA)
        pieces.append(Piece(f"p{start:05d}", len(chosen), 0, ""))
    return pieces


@pytest.mark.parametrize("most", [1 << 22, 8])
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abcdefghijklm"), max_size=60), st.integers(1, 9), st.integers(0, 5))
def test_all_but_the_first_are_marked_and_the_sample_ignores_the_cut(tmp_path_factory, most, texts, size, seed):
    folder = tmp_path_factory.mktemp("pieces")
    pieces = written(folder, texts, size)
    places = mark_duplicates(folder, pieces, folder / "marks", sample=5, seed=seed, most_ids=most)
    marks = np.fromfile(folder / "marks", np.uint8)[: len(texts)]
    assert marks.tolist() == [text in texts[:place] for place, text in enumerate(texts)]
    drawn = list(sample_texts(folder, pieces, places))
    assert len(drawn) == len(set(drawn)) == min(5, len(set(texts)))
    whole = written(folder, sorted(set(texts)), 100)
    again = mark_duplicates(folder, whole, folder / "marks", sample=5, seed=seed)
    assert set(sample_texts(folder, whole, again)) == set(drawn)
    assert not list(folder.glob(".ids-*"))


def test_the_seed_changes_the_sample(tmp_path):
    pieces = written(tmp_path, [f"text {number}" for number in range(500)], 100)
    one, other = (mark_duplicates(tmp_path, pieces, tmp_path / "marks", sample=50, seed=seed) for seed in (0, 1))
    assert set(one.tolist()) != set(other.tolist())
    assert 150 < one.mean() < 350  # spread over the corpus
