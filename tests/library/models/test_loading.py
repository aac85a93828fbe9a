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
