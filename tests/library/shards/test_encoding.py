import resource

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from mixpipe.errors import StoreError
from mixpipe.shards.encoding import Encoder, encoded
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.formats.tokens import TokenFormat, TokenLayout
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


def numbers_tokenizer(vocabulary):
    """Return a tokenizer whose tokens are the numbers below `vocabulary`; the last one ends a document."""
    words = {str(number): number for number in range(vocabulary - 1)} | {"</s>": vocabulary - 1}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(["</s>"])
    return tokenizer


TOKEN_FORMATS = [name for name in sorted(FORMATS) if isinstance(load_format(name), TokenFormat)]


@pytest.mark.parametrize("form", TOKEN_FORMATS)
@pytest.mark.parametrize("vocabulary", [65_499, 65_500, 65_535, 65_536, 65_537])
def test_every_token_of_a_vocabulary_around_two_bytes_is_written_and_read(tmp_path, installed, form, vocabulary):
    chosen, last = installed(form), vocabulary - 1
    with encoded([make_rows([f"1 {last - 1} 2"])], make_encoder(numbers_tokenizer(vocabulary)), tmp_path) as shard:
        chosen.write(tmp_path / f"train{chosen.suffix}", shard)
    found = chosen.load(tmp_path / f"train{chosen.suffix}")
    assert found.ids.tolist() == [1, last - 1, 2, last]
    assert found.ids.itemsize == (2 if vocabulary <= chosen.two_bytes else 4)
    assert list(chosen.problems(tmp_path / f"train{chosen.suffix}", found.documents)) == []


# 1 2 3 E, nothing, 4 5 6 7 8 9 10 E, 11 E: 14 tokens
@pytest.mark.parametrize(
    ("length", "kept", "tokens"),
    [
        (None, 14, [4, 0, 8, 2]),
        (2, 14, [4, 0, 8, 2]),
        (3, 12, [4, 0, 8, 0]),  # the second document is longer than two sequences, the last is left out
        (5, 10, [4, 0, 6, 0]),  # and here the second is cut
        (13, 13, [4, 0, 8, 1]),  # the last loses its end
        (14, 14, [4, 0, 8, 2]),
        (15, 0, [0, 0, 0, 0]),  # less than one sequence
    ],
)
@pytest.mark.parametrize("form", TOKEN_FORMATS)
def test_sequences_worked_by_hand(tmp_path, installed, form, length, kept, tokens):
    chosen, stream = installed(form), [1, 2, 3, 99, 4, 5, 6, 7, 8, 9, 10, 99, 11, 99]
    rows = make_rows(["1 2 3", "", "4 5 6 7 8 9 10", "11"])
    path = tmp_path / f"train{chosen.suffix}"
    with encoded([rows.slice(0, 1), rows.slice(1)], make_encoder(numbers_tokenizer(100), length), tmp_path) as shard:
        assert chosen.write(path, shard) == 4
    found = chosen.load(path)
    assert found.ids.tolist() == stream[:kept]
    assert chosen.read(path)["n_encoded"].to_pylist() == tokens
    assert found.ends().tolist() == np.cumsum([count for count in tokens if count]).tolist()
    expected = [count for count in tokens if count] if length is None else [length] * (kept // length)
    assert found.sequence_lengths().tolist() == expected
    assert list(chosen.problems(path, found.documents)) == []


def test_tokens_that_find_no_room_are_a_clear_error(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with (
            pytest.raises(StoreError, match=rf"cannot write {tmp_path}/tokens: File too large"),
            encoded([make_rows(["1 2 3 " * 5_000])], make_encoder(numbers_tokenizer(10)), tmp_path),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
