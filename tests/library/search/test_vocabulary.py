import json
from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.search.vocabulary import cut_vocabulary, load_vocabulary
from mixpipe.tokenizer import train_tokenizer

TEXTS = ["the cat sat on the mat and the dog ran after the cat " * 5, "żółw → 42 naïve cafés\n\ttabs " * 5]


def written(folder: Path, text: str) -> Path:
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    return folder / "tokenizer.json"


def test_a_cut_vocabulary_is_the_one_that_would_have_been_trained(tmp_path: Path) -> None:
    large, small = train_tokenizer(TEXTS, 320), train_tokenizer(TEXTS, 290)
    cut = load_vocabulary(written(tmp_path, cut_vocabulary(large, 290)))
    (tmp_path / "trained").mkdir()
    trained = load_vocabulary(written(tmp_path / "trained", small))
    assert cut.size == trained.size == 290
    assert cut.tokenizer.get_vocab() == trained.tokenizer.get_vocab()
    for text in TEXTS:
        np.testing.assert_array_equal(cut.tokens(text), trained.tokens(text))


def test_a_vocabulary_small_enough_stays_as_it_is() -> None:
    text = train_tokenizer(TEXTS, 300)
    assert cut_vocabulary(text, None) == cut_vocabulary(text, 5000) == text


def test_less_than_the_alphabet_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"hold the 257 symbols .* found 100"):
        cut_vocabulary(train_tokenizer(TEXTS, 300), 100)


def test_only_merges_can_be_cut() -> None:
    text = json.dumps({"model": {"type": "WordPiece", "vocab": {"a": 0, "b": 1, "c": 2}}, "added_tokens": []})
    with pytest.raises(ConfigError, match="found a tokenizer of type WordPiece"):
        cut_vocabulary(text, 2)


def test_beginnings_come_with_their_bytes(tmp_path: Path) -> None:
    vocabulary = load_vocabulary(written(tmp_path, train_tokenizer(TEXTS, 300)))
    whole = vocabulary.tokens(TEXTS[1])
    tokens, size = vocabulary.beginning(TEXTS[1], 10)
    np.testing.assert_array_equal(tokens, whole[:10])
    assert 10 <= size <= len(TEXTS[1].encode())
    assert vocabulary.beginning(TEXTS[1], 10_000)[1] == len(TEXTS[1].encode())
    assert vocabulary.beginning("", 10)[1] == 0
    assert vocabulary.tokens("").dtype == np.uint16


def test_without_end_of_text_one_is_added(tmp_path: Path) -> None:
    tokenizer = json.loads(train_tokenizer(TEXTS, 300))
    tokenizer["added_tokens"] = []
    vocab = tokenizer["model"]["vocab"]
    del vocab["<|endoftext|>"]
    tokenizer["model"]["vocab"] = {token: number - 1 for token, number in vocab.items()}
    vocabulary = load_vocabulary(written(tmp_path, json.dumps(tokenizer)))
    assert (vocabulary.end_of_text, vocabulary.size) == (299, 300)
