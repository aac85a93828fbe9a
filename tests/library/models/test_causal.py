import json
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, BertConfig, BertForMaskedLM

from mixpipe.errors import ConfigError
from mixpipe.models.causal import CausalModel
from mixpipe.tokenizer import load_tokenizer

DTYPES = ("float32", "bfloat16")
TEXTS = ["the cat sat on the mat", "", "saw the birds. " * 20, "é日本 0x3f"]


def load(folder, window=64):
    return CausalModel(folder, dtype="float32", window=window, device="cpu")


@pytest.fixture
def copied(causal_model, tmp_path):
    return shutil.copytree(causal_model(), tmp_path / "model")


def alone(folder, ids):
    """Return the losses of a stretch by the model itself, one token after another."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    losses = []
    for number, token in enumerate(ids):
        with torch.no_grad():
            outputs = model(torch.tensor([[0, *ids[:number]]])).logits[0, -1]
        losses.append(-torch.log_softmax(outputs, 0)[token].item())
    return losses


@pytest.mark.parametrize("window", [64, 7])
def test_every_token_costs_what_the_model_says_after_those_before_it(causal_model, window):
    model = load(causal_model(), window)
    found = model.tokens(TEXTS)
    losses = model.losses(found)
    tokenizer = load_tokenizer(str(causal_model()))
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    assert found.counts.tolist() == [len(text) for text in ids]
    assert found.ids.tolist() == [token for text in ids for token in text]
    stretches = [text[start : start + window] for text in ids for start in range(0, len(text), window)]
    expected = [loss for stretch in stretches for loss in alone(causal_model(), stretch)]
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-4)
    assert losses.std() > 0.1


def test_a_window_is_no_longer_than_the_model_can_read(causal_model):
    assert load(causal_model(), 1024).window == 64


def test_company_makes_no_difference(causal_model):
    model = load(causal_model())
    together = model.losses(model.tokens(TEXTS))
    apart = np.concatenate([model.losses(model.tokens([text])) for text in TEXTS])
    np.testing.assert_allclose(together, apart, rtol=1e-4, atol=1e-4)


def test_bfloat16_is_close(causal_model):
    exact, rough = (CausalModel(causal_model(), dtype=dtype, window=64, device="cpu") for dtype in DTYPES)
    tokens = exact.tokens(TEXTS)
    assert np.abs(rough.losses(tokens) - exact.losses(tokens)).mean() < 0.05


def test_nothing_in_nothing_out(causal_model):
    model = load(causal_model())
    tokens = model.tokens([])
    assert [len(values) for values in (*tokens, model.losses(tokens))] == [0, 0, 0]


@pytest.mark.parametrize("begin", [0, None])
@pytest.mark.parametrize(("layers", "width", "size"), [(1, 32, 10), (2, 64, 1)], ids=["large outputs", "small outputs"])
def test_a_model_that_looks_ahead_is_refused(copied, layers, width, size, begin):
    sizes = {"vocab_size": 300, "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": 2}
    torch.manual_seed(0)
    model = BertForMaskedLM(BertConfig(**sizes, intermediate_size=32, bos_token_id=begin))
    model.bert.embeddings.word_embeddings.weight.data *= size
    model.save_pretrained(copied)
    with pytest.raises(ConfigError, match="depend on later tokens"):
        load(copied)


def test_a_model_without_its_output_layer_is_refused(copied):
    from transformers import LlamaConfig, LlamaModel

    sizes = {"vocab_size": 300, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaModel(LlamaConfig(**sizes, intermediate_size=32)).save_pretrained(copied)
    with pytest.raises(ConfigError, match=r"missing, first lm_head\.weight"):
        load(copied)


def test_what_is_no_model_is_refused(copied):
    (copied / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match="expected a causal language model"):
        load(copied)


def test_a_tokenizer_of_another_model_is_refused(copied):
    tokenizer = json.loads((copied / "tokenizer.json").read_text())
    more = [{**tokenizer["added_tokens"][0], "id": 300 + n, "content": f"<|{n}|>"} for n in range(99)]
    tokenizer["added_tokens"] += more
    (copied / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ConfigError, match="at most 300 tokens"):
        load(copied)


def test_a_model_without_a_token_for_a_beginning_is_refused(copied):
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "bos_token_id": None, "eos_token_id": None}))
    with pytest.raises(ConfigError, match="bos_token_id"):
        load(copied)


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ({"bos_token_id": 3, "eos_token_id": [5, 6]}, (3, 5)),
        ({"bos_token_id": None, "eos_token_id": [5, 6]}, (5, 5)),
        ({"bos_token_id": 3, "eos_token_id": None}, (3, 3)),
    ],
)
def test_of_several_ends_the_first_is_that_of_a_text(copied, ends, found):
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, **ends}))
    model = load(copied)
    assert (model.begin, model.end) == found


@pytest.mark.parametrize("ends", [{"bos_token_id": -1}, {"eos_token_id": -3}, {"eos_token_id": 300}])
def test_ends_that_are_no_tokens_are_refused(copied, ends):
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, **ends}))
    with pytest.raises(ConfigError, match="from 0 to 299"):
        load(copied)


def test_a_shorter_window_may_be_asked_for(causal_model):
    wide, narrow = load(causal_model(), 64), load(causal_model(), 7)
    tokens = wide.tokens(TEXTS)
    np.testing.assert_allclose(wide.losses(tokens, window=7), narrow.losses(tokens), atol=1e-4)
    assert not np.allclose(wide.losses(tokens), narrow.losses(tokens), atol=1e-2)
