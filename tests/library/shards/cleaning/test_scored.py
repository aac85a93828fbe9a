import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError
from mixpipe.models.causal import CausalModel
from mixpipe.shards.cleaning.scored import Pair, scored
from mixpipe.shards.cleaning.turns import Template

TEXTS = ["ask: the cat? say: the mat", "no turn here", "ask: birds? say: ", ""]


def load(folder, window=64):
    return CausalModel(folder, dtype="float32", window=window, device="cpu")


def table(texts):
    columns = {"id": [str(n) for n in range(len(texts))], "domain": pa.array([0] * len(texts), pa.int32())}
    return pa.table({**columns, "copy": pa.array([0] * len(texts), pa.int32()), "text": texts})


def rows(pair, texts, *markers):
    return [row for found in scored(table(texts), pair, Template(*markers)) for row in found.to_pylist()]


@pytest.fixture
def pair(causal_model):
    return Pair(load(causal_model(0)), load(causal_model(1)))


def test_a_row_is_the_document_between_its_ends_with_what_each_token_costs_more(pair):
    found = rows(pair, TEXTS, None, None)
    for row, text in zip(found, TEXTS, strict=True):
        said = pair.base.tokens([text])
        assert row["input_ids"] == [pair.base.begin, *said.ids.tolist(), pair.base.end]
        ended = said._replace(ids=np.append(said.ids, np.int32(pair.base.end)), counts=said.counts + 1)
        expected = (pair.base.losses(ended) - pair.reference.losses(ended)) * bool(text)
        np.testing.assert_allclose(row["excess"], [0, *expected], atol=1e-4)
        assert row["is_response"] == [False, *[True] * len(said.ids), bool(text)]


def test_only_what_follows_the_marker_is_a_response(pair):
    found = rows(pair, TEXTS, "say: ", None)
    for row, text in zip(found, TEXTS, strict=True):
        prompt, marker, response = text.partition("say: ")
        expected = [False, *[False] * len(pair.base.tokens([prompt + marker]).ids)]
        expected += [True] * (len(pair.base.tokens([response]).ids) + bool(response))
        assert row["is_response"] == (expected if response else [False] * len(row["input_ids"]))


def test_a_document_without_a_response_costs_no_models_time(pair, monkeypatch):
    read = []
    losses = CausalModel.losses
    monkeypatch.setattr(
        CausalModel, "losses", lambda model, tokens, window=None: read.append(tokens) or losses(model, tokens)
    )
    found = rows(pair, TEXTS, "say: ", None)
    assert [len(tokens.counts) for tokens in read] == [1, 1]
    assert [any(row["excess"]) for row in found] == [True, False, False, False]


def test_the_end_is_of_whoever_spoke_last(pair):
    (row,) = rows(pair, ["say: yes ask: why"], "say: ", "ask: ")
    assert row["is_response"][-1] is False
    assert any(row["is_response"])


def test_blocks_make_no_difference(pair):
    texts = [f"the cat saw {n} birds" for n in range(300)]
    assert [row["input_ids"] for row in rows(pair, texts, None, None)] == [
        row["input_ids"] for text in texts for row in rows(pair, [text], None, None)
    ]


def test_models_of_two_vocabularies_are_refused(pair, causal_model, tmp_path):
    pair.check()
    other = load(causal_model(1))
    other.end = 7
    with pytest.raises(ConfigError, match=r"\(0, 0\) and \(0, 7\)"):
        Pair(pair.base, other).check()
    folder = shutil.copytree(causal_model(1), tmp_path / "more")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    last = tokenizer["added_tokens"][0]
    tokenizer["added_tokens"].append({**last, "id": len(tokenizer["model"]["vocab"]), "content": "<more>"})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    other = load(folder)
    with pytest.raises(ConfigError, match="'<more>' in one alone"):
        Pair(pair.base, other).check()


def test_both_models_read_the_same_stretches(causal_model):
    """A model of shorter stretches would find the beginning of each harder, whatever stands there."""
    short, long = load(causal_model(0, 16)), load(causal_model(0))
    text = "the cat sat on the mat and saw the birds. " * 4
    (row,) = rows(Pair(short, load(causal_model(1))), [text], None, None)
    said = short.tokens([text])
    ended = said._replace(ids=np.append(said.ids, np.int32(short.end)), counts=said.counts + 1)
    expected = short.losses(ended) - load(causal_model(1), 16).losses(ended)
    assert (short.window, long.window) == (16, 64)
    np.testing.assert_allclose(row["excess"][1:], expected, atol=1e-4)


def test_special_tokens_are_text_unless_they_are_asked_for(pair):
    end = pair.base.end
    text = "the cat<|endoftext|>say: birds"
    (plain,) = rows(pair, [text], "say: ", None)
    (special,) = rows(pair, [text], "say: ", None, True)
    assert plain["input_ids"].count(end) == 2  # the two ends
    assert special["input_ids"].count(end) == 3
    assert len(special["input_ids"]) < len(plain["input_ids"])
    assert pair.base.tokenizer.encode_special_tokens  # the shared one is as it was
