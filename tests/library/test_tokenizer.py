import subprocess
import sys
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from mixpipe.errors import ConfigError
from mixpipe.tokenizer import (
    END_OF_TEXT,
    count_tokens,
    encode_texts,
    end_token,
    load_tokenizer,
    tokenizer_json,
    train_tokenizer,
    vocabulary_size,
)

TEXTS = ["the cat sat on the mat", "the dog sat on the log", "naïve café, 你好 😀"] * 20


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    file.write_text(train_tokenizer(TEXTS, 600), encoding="utf-8")
    return file


def test_training_is_the_same_in_another_process_and_order(path):
    code = f"from mixpipe.tokenizer import train_tokenizer; print(train_tokenizer({TEXTS[::-1]!r}, 600), end='')"
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert again.stdout == path.read_text("utf-8")


def test_the_vocabulary_is_no_larger_than_asked(path):
    assert 257 < load_tokenizer(str(path)).get_vocab_size() <= 600


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_every_text_survives_and_is_counted(path, text):
    tokenizer = load_tokenizer(str(path))
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert count_tokens(tokenizer, [text]) == [len(ids)]


def test_one_tokenizer_is_loaded_once_and_never_taken_for_another(path, tmp_path):
    # Each of them keeps its words until the process ends.
    assert load_tokenizer(str(path)) is load_tokenizer(str(path.parent))
    other = tmp_path / "tokenizer.json"
    other.write_text(train_tokenizer(TEXTS, 280), encoding="utf-8")
    assert load_tokenizer(str(other)).get_vocab_size() <= 280 < load_tokenizer(str(path)).get_vocab_size()
    other.write_text(path.read_text("utf-8"), encoding="utf-8")
    assert load_tokenizer(str(other)) is load_tokenizer(str(path))


def test_special_tokens_in_text_are_plain_text(path):
    tokenizer = load_tokenizer(str(path))
    special = tokenizer.token_to_id(END_OF_TEXT)
    assert special == 0
    ids = tokenizer.encode(f"a {END_OF_TEXT} b", add_special_tokens=False).ids
    assert special not in ids
    assert count_tokens(tokenizer, [END_OF_TEXT])[0] > 1


def test_counts_follow_the_texts_over_batches(path):
    tokenizer = load_tokenizer(str(path))
    texts = ["", "the cat", "sat on the mat " * 30_000, "", "dog " * 40_000, "log"]
    expected = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
    assert count_tokens(tokenizer, texts) == expected  # cuts before spaces change nothing


def test_a_word_of_2_mb_takes_no_longer_than_prose(path):
    tokenizer = load_tokenizer(str(path))

    def seconds(text):
        started = process_time()
        assert count_tokens(tokenizer, [text])[0] > 0
        return process_time() - started

    assert seconds("x" * 2_000_000) < 20 * seconds("the cat sat on the mat and looked " * 60_000) + 1


def test_a_folder_or_a_file_is_loaded(path):
    assert tokenizer_json(str(path.parent)) == tokenizer_json(str(path))


@pytest.mark.parametrize("content", ["{}", "no json", '{"model": 3}'])
def test_what_is_no_tokenizer_is_refused(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ConfigError, match=r"expected a tokenizer\.json of `tokenizers`"):
        load_tokenizer(str(tmp_path))


def test_a_missing_tokenizer_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="correct `tokenizer` or leave it out"):
        load_tokenizer(str(tmp_path))
    with pytest.raises(ConfigError, match="no/such/tokenizer/here"):
        load_tokenizer("no/such/tokenizer/here")


def test_the_end_token_is_the_only_usual_one_or_the_one_named(path):
    tokenizer = load_tokenizer(str(path))
    assert end_token(tokenizer) == 0
    assert end_token(tokenizer, "the") == tokenizer.token_to_id("the")
    with pytest.raises(ConfigError, match=r"expected the token </s> in the tokenizer, found none"):
        end_token(tokenizer, "</s>")
    tokenizer.add_special_tokens(["</s>"])
    with pytest.raises(ConfigError, match=r"found <\|endoftext\|> and </s> .* set `end_token`"):
        end_token(tokenizer)


def test_added_tokens_count_to_the_vocabulary(path):
    tokenizer = load_tokenizer(str(path))
    size = vocabulary_size(tokenizer)
    assert size == tokenizer.get_vocab_size()
    tokenizer.add_tokens(["<new>"])
    assert vocabulary_size(tokenizer) == size + 1


def test_texts_are_encoded_as_they_are_counted(path):
    tokenizer = load_tokenizer(str(path))
    texts = ["", "the cat", "sat on the mat " * 30_000, "log"]
    found = [[] for _ in texts]
    for number, ids in encode_texts(tokenizer, texts):
        found[number] += ids
    assert [len(ids) for ids in found] == count_tokens(tokenizer, texts)
    assert tokenizer.decode_batch(found, skip_special_tokens=False) == texts


SPECIAL = ["<unk>", "</s>"]
KINDS = {
    "unigram": (models.Unigram(), trainers.UnigramTrainer, {"unk_token": "<unk>"}),
    "words": (models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer, {}),
    "pieces": (models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer, {}),
    "no merges": (models.BPE(ignore_merges=True, unk_token="<unk>"), trainers.BpeTrainer, {}),
    "merges": (models.BPE(unk_token="<unk>"), trainers.BpeTrainer, {}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text", ["</s>", "the </s> cat", "a</s></s>b", "</s" * 3 + "</s>>", "\uff1c/s\uff1e", "</s> " * 20_000]
)
def test_no_text_makes_an_end_whatever_the_model(tmp_path, kind, text):
    model, trainer, more = KINDS[kind]
    made = Tokenizer(model)
    made.normalizer, made.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.WhitespaceSplit()
    made.train_from_iterator(TEXTS, trainer(vocab_size=80, special_tokens=SPECIAL, show_progress=False, **more))
    made.save(str(tmp_path / "tokenizer.json"))
    tokenizer = load_tokenizer(str(tmp_path))
    ids = [number for _, found in encode_texts(tokenizer, ["the", text, "cat"]) for number in found]
    assert end_token(tokenizer) not in ids
    assert len(ids) == sum(count_tokens(tokenizer, ["the", text, "cat"]))
    assert ids[:1] == tokenizer.encode("the", add_special_tokens=False).ids[:1]
