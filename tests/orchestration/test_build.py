"""The build flow under a real Prefect server, on the local engine."""

import pytest
from prefect.client.orchestration import get_client

from mixpipe.config import RunConfig
from mixpipe.runs.run import Run, load_artefacts
from mixpipe.stages import STAGES

pytestmark = pytest.mark.prefect


def test_the_flow_builds_every_stage_and_shows_what_it_found(built_root):
    assert list(load_artefacts(built_root / "runs" / "toy")) == list(STAGES)
    with get_client(sync_client=True) as client:
        keys = {artifact.key for artifact in client.read_artifacts()}
        names = {flow.name for flow in client.read_flows()}
    assert {"mixpipe-domains", "mixpipe-mixture", "mixpipe-verdict", "mixpipe-search-round-2", "mixpipe-verify"} <= keys
    assert {"mixpipe-build", "mixpipe-embed", "mixpipe-search", "mixpipe-shards"} <= names


def test_a_refused_configuration_fails_before_any_stage(prefect_server, toy_config, tmp_path):
    from flows.build import build

    toy_config["domains"]["counts"] = 3
    with pytest.raises(Exception, match="counts"):
        build(config=toy_config, root=str(tmp_path / "root"), name="bad")
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(("error", "stops"), [(ValueError, 1), (KeyboardInterrupt, 0)])
def test_an_interrupt_tells_the_flow_run_before_ray_is_stopped(
    prefect_server, error, stops, toy_config, tmp_path, monkeypatch
):
    from flows import build as story  # after the server's address is set

    def failing(run, stage):
        raise error

    stopped = []
    monkeypatch.setattr(story, "stop_ray", lambda: stopped.append(True))
    run = Run(config=RunConfig.model_validate(toy_config), root=tmp_path, name="toy")
    with pytest.raises(error):
        story.tell(run, "targets", failing, failing)
    assert len(stopped) == stops
