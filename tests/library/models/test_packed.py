import shutil

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.models.loading import load_model
from mixpipe.models.packed import is_packed, packed, unpacked
from mixpipe.store.files import read_arrays, write_arrays


def test_a_folder_comes_back_without_what_is_not_the_model(causal_model, tmp_path):
    (causal_model() / "code.py").write_text("raise SystemExit")
    state = packed(causal_model())
    assert is_packed(state)
    write_arrays(tmp_path / "state.npz", **state)
    with unpacked(read_arrays(tmp_path / "state.npz")) as folder:
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["config.json", "model.safetensors", "tokenizer.json"]
        assert all((folder / name).read_bytes() == (causal_model() / name).read_bytes() for name in names)
    assert not folder.exists()


def test_no_file_leaves_the_folder(tmp_path):
    with unpacked({"model/../../escaped": np.zeros(3, np.uint8), "other": np.zeros(3, np.uint8)}) as folder:
        assert [path.name for path in folder.iterdir()] == ["escaped"]
    assert not is_packed({"other": np.zeros(3, np.uint8)})


def test_an_adapter_is_still_told_by_its_settings(causal_model, tmp_path):
    folder = shutil.copytree(causal_model(), tmp_path / "model")
    (folder / "adapter_config.json").write_text("{}")
    with unpacked(packed(folder)) as back, pytest.raises(ConfigError, match="merge it"):
        load_model("causal language model", back, "float32", "cpu")
