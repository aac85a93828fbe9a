import shutil

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
)

from mixpipe.errors import ConfigError
from mixpipe.models.grading import GradingModel

TEXTS = ["the cat", "", "saw the birds. " * 40, "<|endoftext|>", "é日本"]


def load(folder):
    return GradingModel(folder, dtype="float32", device="cpu")


def test_a_grade_is_the_models_output_for_the_text_alone(grading_model):
    model = AutoModelForSequenceClassification.from_pretrained(grading_model).eval()
    tokenizer = Tokenizer.from_file(str(grading_model / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    tokenizer.enable_truncation(64)
    with torch.no_grad():
        expected = [model(torch.tensor([tokenizer.encode(text).ids])).logits.item() for text in TEXTS]
    found = load(grading_model).grades(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert found.std() > 0.01


def test_only_the_beginning_counts(grading_model):
    model = load(grading_model)
    long = "the cat saw birds. " * 5_000
    np.testing.assert_allclose(model.grades([long]), model.grades([long[:2_000]]), atol=1e-5)


def test_no_texts_no_grades(grading_model):
    assert load(grading_model).grades([]).shape == (0,)


def test_a_classifier_of_several_labels_is_refused(grading_model, tmp_path):
    folder = shutil.copytree(grading_model, tmp_path / "two")
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertForSequenceClassification(BertConfig(vocab_size=300, num_labels=2, **sizes)).save_pretrained(folder)
    with pytest.raises(ConfigError, match=r"one output in .*, found 2"):
        load(folder)


def test_a_model_of_another_kind_is_refused(causal_model):
    with pytest.raises(ConfigError, match=r"missing, first score\.weight"):
        load(causal_model())


@pytest.mark.parametrize("padding", [None, 7])
def test_company_makes_no_difference_to_a_model_that_reads_its_last_token(causal_model, tmp_path, padding):
    folder = shutil.copytree(causal_model(), tmp_path / "last")
    sizes = {"vocab_size": 300, "n_positions": 64, "n_embd": 32, "n_layer": 1, "n_head": 2, "initializer_range": 0.5}
    torch.manual_seed(0)
    config = GPT2Config(**sizes, num_labels=1, pad_token_id=padding, bos_token_id=0, eos_token_id=0)
    GPT2ForSequenceClassification(config).save_pretrained(folder)
    model = load(folder)
    apart = np.concatenate([model.grades([text]) for text in TEXTS])
    np.testing.assert_allclose(model.grades(TEXTS), apart, atol=1e-4)
    assert apart.std() > 0.1


def test_a_damaged_tokenizer_is_refused(grading_model, tmp_path):
    folder = shutil.copytree(grading_model, tmp_path / "model")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"expected a tokenizer\.json"):
        load(folder)
