import pytest

from mixpipe.errors import ConfigError
from mixpipe.models.finding import PACKAGE_SHA256, PACKAGED, find_model, weights_digest
from mixpipe.store.fingerprint import file_digest


@pytest.fixture
def folder(tmp_path):
    for name in ("model.safetensors", "config.json", "1_Pooling/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_a_folder_is_taken_as_it_is(folder):
    assert find_model(str(folder)) == folder


def test_the_digest_follows_what_decides_vectors_and_nothing_else(folder):
    before = weights_digest(folder)
    (folder / "README.md").write_text("changed")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    assert weights_digest(folder) == before
    (folder / "1_Pooling" / "config.json").write_text("max")
    assert weights_digest(folder) != before


def test_pickled_weights_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ConfigError, match="safetensors"):
        find_model(str(tmp_path))


def test_a_pickled_module_behind_the_transformer_is_refused(folder):
    (folder / "pytorch_model.bin").write_bytes(b"")  # beside safetensors: not read
    assert find_model(str(folder)) == folder
    find_model.cache_clear()
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"safetensors in .*2_Dense"):
        find_model(str(folder))


@pytest.mark.parametrize("name", ["/nowhere/at/all", "no such name"])
def test_a_model_that_is_nowhere_is_named_with_a_remedy(name):
    with pytest.raises(ConfigError, match=r"embed\.model.*folder"):
        find_model(name)


def test_all_minilm_has_the_expected_weights(packaged_model):
    assert find_model(PACKAGED) == packaged_model
    assert file_digest(packaged_model / "model.safetensors") == PACKAGE_SHA256


def test_a_cache_that_holds_no_weights_is_filled_from_the_hub(folder, tmp_path, monkeypatch):
    """A run that names the model as its tokenizer leaves that alone in the cache."""
    (partial := tmp_path / "partial").mkdir()
    (partial / "tokenizer.json").write_text("{}")

    def snapshot(name, *, local_files_only, **_):
        return str(partial if local_files_only else folder)

    monkeypatch.setattr("mixpipe.models.finding.snapshot_download", snapshot)
    assert find_model("someone/model") == folder
