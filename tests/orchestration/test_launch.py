import pytest

import flows.launch
from flows.launch import launch, serve_refresh
from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError


def test_a_run_to_an_early_stage_says_what_there_is_and_no_more(toy_config, tmp_path):
    config = RunConfig.model_validate(toy_config)
    outcome = launch(config, root=str(tmp_path), name="toy", until="targets", with_prefect=False)
    folder = tmp_path / "runs" / "toy"
    found = outcome.as_json()
    assert found["run"] == str(folder)
    assert list(found["stages"]) == ["targets"]
    assert (found["mixture"], found["ui"]) == (None, None)
    assert 0 <= found["overhead_seconds"] <= found["seconds"]
    words = [line.split("  ")[0] for line in outcome.lines() if line]
    assert words == ["report", "took"]
    assert (folder / "report.html").is_file()


def test_a_wrong_name_or_schedule_starts_no_server(toy_config, tmp_path, monkeypatch):
    monkeypatch.setattr(flows.launch, "ensure_server", lambda: pytest.fail("a server was asked for"))
    config = RunConfig.model_validate(toy_config)
    with pytest.raises(ConfigError, match="plain folder name for --name, found 'a/b'"):
        launch(config, root=str(tmp_path), name="a/b", until="targets", with_prefect=True)
    with pytest.raises(ConfigError, match=r"--cron such as .*, found 'daily'"):
        serve_refresh(config, root=str(tmp_path), name="toy", cron="daily")
