from flows.launch import launch
from mixpipe.config import RunConfig


def test_a_run_to_an_early_stage_says_what_there_is_and_no_more(toy_config, tmp_path):
    config = RunConfig.model_validate(toy_config)
    outcome = launch(config, root=tmp_path, name="toy", until="targets", with_prefect=False)
    folder = tmp_path / "runs" / "toy"
    found = outcome.as_json()
    assert found["run"] == str(folder)
    assert list(found["stages"]) == ["targets"]
    assert (found["mixture"], found["ui"]) == (None, None)
    assert 0 <= found["overhead_seconds"] <= found["seconds"]
    words = [line.split("  ")[0] for line in outcome.lines() if line]
    assert words == ["report", "took"]
    assert (folder / "report.html").is_file()
