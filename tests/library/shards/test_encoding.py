import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpipe.shards.encoding import Encoder, encoded
from mixpipe.shards.formats.tokens import TokenLayout
from mixpipe.tables import SHARDS
from mixpipe.tokenizer import count_tokens, end_token, load_tokenizer, train_tokenizer, vocabulary_size

TEXTS = [
    "the cat sat on the mat",
    "",
    "\x00",
    "naïve café, 你好 😀 <|endoftext|>",
    "x" * 5_000_000,
    "no end " * 300_000,
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(train_tokenizer(TEXTS[:4] * 20, 400), encoding="utf-8")
    return load_tokenizer(str(path))


def make_rows(texts):
    same = {"domain": 0, "domain_name": "d", "copy": 0, "copies": 1, "source": "s", "n_tokens": 0, "meta": "{}"}
    return pa.Table.from_pylist([{"id": str(n), "text": text, **same} for n, text in enumerate(texts)], schema=SHARDS)


def make_encoder(tokenizer, sequence_length=None):
    return Encoder(tokenizer, TokenLayout(vocabulary_size(tokenizer), end_token(tokenizer), sequence_length), "")


def test_a_document_has_the_tokens_that_are_counted_and_one_end(tokenizer, tmp_path):
    with encoded([make_rows(TEXTS[:3]), make_rows(TEXTS[3:])], make_encoder(tokenizer), tmp_path) as shard:
        counts = count_tokens(tokenizer, TEXTS)
        assert shard.documents["n_encoded"].to_pylist() == [count + 1 if count else 0 for count in counts]
        assert shard.ids.dtype == np.uint16
        # No text can make an end: each is where a document ends.
        assert (np.flatnonzero(shard.ids == shard.layout.end) + 1).tolist() == shard.ends().tolist()
        first = tokenizer.encode(TEXTS[0], add_special_tokens=False).ids
        assert shard.ids[: len(first)].tolist() == first
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=40), max_size=8), st.integers(2, 12))
def test_sequences_have_one_length_and_the_stream_is_cut_at_its_end_only(tokenizer, tmp_path, texts, length):
    with encoded([make_rows(texts)], make_encoder(tokenizer), tmp_path) as whole:
        with encoded([make_rows(texts)], make_encoder(tokenizer, length), tmp_path) as packed:
            assert packed.sequence_lengths().tolist() == [length] * (len(whole.ids) // length)
            assert packed.ids.tolist() == whole.ids[: packed.sequence_lengths().sum()].tolist()
            assert sum(packed.documents["n_encoded"].to_pylist()) == len(packed.ids)
            assert packed.ends().tolist()[:-1] == whole.ends().tolist()[: len(packed.ends())][:-1]


def test_no_rows_are_no_tokens(tokenizer, tmp_path):
    with encoded([SHARDS.empty_table()], make_encoder(tokenizer, 8), tmp_path) as shard:
        assert len(shard.ids) == shard.documents.num_rows == len(shard.sequence_lengths()) == 0
