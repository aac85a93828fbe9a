import shutil

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

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
