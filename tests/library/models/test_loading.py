import io
import json
import logging
import shutil

import pytest
import torch

from mixpipe.errors import ConfigError
from mixpipe.models.loading import load_model

KIND = "causal language model"


def test_a_model_comes_ready_in_the_precision_asked_for(causal_model, capsys):
    folder = causal_model()
    capsys.readouterr()  # making it has a progress bar of its own
    model = load_model(KIND, folder, "bfloat16", "cpu")
    assert not model.training
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("config", ["{}", "no JSON", '{"model_type": "nosuch"}', '{"auto_map": {}, "model_type": "x"}'])
def test_what_is_no_model_is_refused(causal_model, tmp_path, config):
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    (folder / "config.json").write_text(config)
    with pytest.raises(ConfigError, match=f"expected a {KIND} in"):
        load_model(KIND, folder, "float32", "cpu")


def test_damaged_weights_are_refused(causal_model, tmp_path):
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(ConfigError, match=f"expected a {KIND} in"):
        load_model(KIND, folder, "float32", "cpu")


@pytest.mark.parametrize("wrong", [{"n_embd": "x"}, {"quantization_config": {"quant_method": "gptq", "bits": 4}}])
def test_settings_that_the_library_refuses_are_said_in_one_line(causal_model, tmp_path, wrong):
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **wrong}))
    with pytest.raises(ConfigError, match=f"expected a {KIND} in"):
        load_model(KIND, folder, "float32", "cpu")


def test_nobody_is_asked_whether_a_folders_code_may_be_run(causal_model, tmp_path, monkeypatch):
    def agree(question=""):
        asked.append(question)
        return "y"

    asked = []
    monkeypatch.setattr("builtins.input", agree)
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    (folder / "code.py").write_text("raise SystemExit")
    auto = {"AutoConfig": "code.Config", "AutoModelForCausalLM": "code.Model"}
    (folder / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": auto}))
    with pytest.raises(ConfigError, match=f"expected a {KIND} in"):
        load_model(KIND, folder, "float32", "cpu")
    assert asked == []


def test_an_adapter_is_refused(causal_model, tmp_path):
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "elsewhere", "peft_type": "LORA"}')
    with pytest.raises(ConfigError, match="merge it"):
        load_model(KIND, folder, "float32", "cpu")


def test_the_library_says_nothing_of_its_own(causal_model, tmp_path, monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(logging.getLogger("transformers").handlers[0], "stream", said)
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "n_positions": 128}))
    with pytest.raises(ConfigError):
        load_model(KIND, folder, "float32", "cpu")
    model = load_model(KIND, causal_model(), "float32", "cpu")
    model(input_ids=torch.tensor([[1, model.config.pad_token_id]]))  # it would recommend a mask
    assert said.getvalue() == ""
