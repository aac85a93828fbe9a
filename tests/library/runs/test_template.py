from pathlib import Path

import pytest

from mixpipe.config import load_config
from mixpipe.errors import ConfigError
from mixpipe.runs.template import write_template


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mix.yaml"
    write_template(path, corpus=["data/"], targets=["medicine=held/m.jsonl"], budget=5000)
    return path


def test_the_template_is_a_valid_configuration(written):
    config = load_config(written)
    assert config.budget_tokens == 5000
    assert config.ingest.paths == (str(written.parent / "data"),)
    assert list(config.targets.sets) == ["medicine"]


def test_every_setting_has_its_meaning_beside_it(written):
    settings = [line for line in written.read_text().splitlines() if ": " in line and not line.endswith(":")]
    commented = [line for line in settings if "#" in line]
    assert len(commented) / len(settings) > 0.8


def test_an_existing_file_is_not_overwritten(written):
    with pytest.raises(ConfigError, match="expected a new file"):
        write_template(written, corpus=["x"], targets=["a=b"], budget=1)


def test_a_target_without_a_path_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="NAME=PATH"):
        write_template(tmp_path / "m.yaml", corpus=["x"], targets=["medicine"], budget=1)


def test_paths_typed_here_are_right_in_a_file_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_template(Path("sub/m.yaml"), corpus=["data/", "hf:name"], targets=["code=held/code.jsonl"], budget=1)
    config = load_config(tmp_path / "sub" / "m.yaml")
    assert [Path(path).resolve() for path in config.ingest.paths[:1]] == [tmp_path / "data"]
    assert config.ingest.paths[1] == "hf:name"
    assert Path(config.targets.sets["code"].path).resolve() == tmp_path / "held" / "code.jsonl"
