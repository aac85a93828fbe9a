import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.models.finding import find_model
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.given import (
    check_given,
    given_digests,
    given_lines,
    given_model,
    given_search,
    given_texts,
    names_model,
)
from mixpipe.scores.sample import CHARACTERS
from mixpipe.store.fingerprint import text_id

TEXTS = [f"text number {n}" for n in range(40)]


def jsonl(path, texts):
    path.write_text("".join(json.dumps({"text": text, "more": 1}) + "\n" for text in texts), encoding="utf-8")
    return path


def read(path, wanted=1000):
    return given_texts(str(path), "scores.reference", wanted=wanted, seed=0)


def test_every_form_gives_the_same_texts_and_ids(tmp_path):
    lines = jsonl(tmp_path / "a.jsonl", TEXTS)
    table = tmp_path / "b.parquet"
    pq.write_table(pa.table({"text": TEXTS, "more": TEXTS}), table)
    assert read(lines) == read(table)
    texts, ids = read(lines)
    assert sorted(texts) == sorted(TEXTS)
    assert ids == [text_id(text) for text in texts]


def test_a_folder_in_any_cut_gives_the_same_choice_and_equal_texts_count_once(tmp_path):
    for name, pieces in (("one", [TEXTS]), ("two", [TEXTS[25:] + TEXTS[:3], TEXTS[:25]])):
        (tmp_path / name).mkdir()
        for n, piece in enumerate(pieces):
            jsonl(tmp_path / name / f"{n}.jsonl", piece)
    assert read(tmp_path / "one", 9) == read(tmp_path / "two", 9)
    assert len(read(tmp_path / "two")[0]) == 40


def test_a_long_plain_text_is_read_in_pieces(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("".join(f"{n} " for n in range(30_000)), encoding="utf-8")
    texts, _ = read(path)
    assert len(texts) > 5
    assert max(map(len, texts)) == CHARACTERS


def test_hostile_rows(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": ""}\n\n{"text": "\\ud800"}\n{"text": "a\\u0000b"}\n{"text": "🧪"}\n{"text": "c"}\n{"text": "d"}'
    )
    assert len(read(path)[0]) == 5


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", '{"body": "x"}', "column text"),
        ("a.jsonl", "{", "column text"),
        ("a.jsonl", '{"text": [1]}', "column text"),
        ("a.csv", "x", r"\.jsonl"),
        ("a.parquet", "x", "column text"),
        ("a.txt", "one", "two models"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=rf"(?s){said}.*") as error:
        read(tmp_path / name)
    assert "scores.reference" in str(error.value)


def test_texts_are_known_by_content(tmp_path):
    one, other = jsonl(tmp_path / "a.jsonl", TEXTS), jsonl(tmp_path / "b.jsonl", TEXTS)
    configs = [ScoresConfig(scorers=("perplexity", "quality"), reference=str(path)) for path in (one, other)]
    assert given_digests(configs[0]) == given_digests(configs[1])
    assert configs[0].identity() == configs[1].identity()
    jsonl(other, TEXTS[1:])
    assert given_digests(configs[0]) != given_digests(configs[1])
    assert given_digests(ScoresConfig()) == {}


def test_what_no_scorer_reads_is_not_hashed(tmp_path):
    missing = str(tmp_path / "missing.jsonl")
    assert given_digests(ScoresConfig(scorers=("texture", "quality"), reference=missing, trials=missing)) == {}
    with pytest.raises(InputError, match=r"scores\.reference"):
        given_digests(ScoresConfig(reference=missing))


def test_lines_are_stripped_and_count_once_in_every_form(tmp_path):
    long = "x" * (CHARACTERS + 5)  # a plain text is read in pieces
    plain = tmp_path / "words.txt"
    plain.write_text(f" two words \n\n{long}\nzwei\ntwo words", encoding="utf-8")
    expected = ["two words", long, "zwei"]
    assert given_lines(str(plain), "scores.bad_words") == expected
    (tmp_path / "more").mkdir()
    jsonl(tmp_path / "more" / "a.jsonl", [*expected, "a"])
    jsonl(tmp_path / "more" / "b.jsonl", ["zwei"])
    assert given_lines(str(tmp_path / "more"), "scores.bad_words") == ["a", *expected]
    config = ScoresConfig(scorers=("bad_words", "quality"), bad_words=str(plain))
    before = given_digests(config)
    plain.write_text(" \n\n")
    assert given_digests(config).keys() == before.keys() == {"scores.bad_words"} and given_digests(config) != before
    with pytest.raises(InputError, match=r"lines of text at scores\.bad_words"):
        given_lines(str(plain), "scores.bad_words")


def test_a_folder_without_a_search_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"scores\.trials"):
        given_search(str(tmp_path))


def test_a_reference_is_texts_or_a_model(causal_model, tmp_path):
    texts = jsonl(tmp_path / "a.jsonl", TEXTS)
    assert given_model(str(texts), "scores.reference") is None
    assert given_model(str(tmp_path), "scores.reference") is None
    assert given_model(str(causal_model()), "scores.reference") == causal_model()
    assert [names_model(str(path)) for path in (texts, tmp_path, causal_model())] == [False, False, True]


def test_a_model_is_known_by_its_content(causal_model, tmp_path):
    def digests(folder):
        return given_digests(ScoresConfig(reference=str(folder)))

    folder = shutil.copytree(causal_model(), tmp_path / "copy")
    before = digests(folder)
    assert before == digests(causal_model())
    find_model.cache_clear()
    shutil.copytree(causal_model(1), folder, dirs_exist_ok=True)
    assert digests(folder) != before


def test_what_is_neither_texts_nor_a_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.parquet.*or a causal language model.*nowhere"):
        given_model(str(tmp_path / "nowhere"), "scores.reference")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"safetensors.*scores\.reference"):
        given_model(str(tmp_path), "scores.reference")


def test_what_is_given_is_looked_for_before_any_work(causal_model, tmp_path):
    texts = jsonl(tmp_path / "a.jsonl", TEXTS)
    check_given(ScoresConfig(reference=str(texts)))
    check_given(ScoresConfig(reference=str(causal_model())))
    check_given(ScoresConfig(scorers=("texture", "quality"), reference=str(tmp_path / "unread")))
    with pytest.raises(InputError, match=r"scores\.reference"):
        check_given(ScoresConfig(reference=str(tmp_path / "nowhere")))
    grading = {"scorers": ("grade", "texture", "quality")}
    with pytest.raises(ConfigError, match=r"scores\.grader"):
        check_given(ScoresConfig(**grading, grader=str(tmp_path / "nowhere")))
