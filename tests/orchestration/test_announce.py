"""Artifacts as the Prefect UI gets them, from a real server."""

import json

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from mixpipe.config import RunConfig
from mixpipe.runs.run import Run
from mixpipe.store.files import write_json
from tasks.announce import announce_step

pytestmark = pytest.mark.prefect


def test_the_counts_of_a_step_are_a_table_and_an_empty_step_is_none(prefect_server, toy_config, tmp_path):
    run = Run(config=RunConfig.model_validate(toy_config), root=tmp_path, name="toy")

    @flow
    def announce() -> None:
        announce_step(run, "embed", "made-up", "0" * 32, {"tokens": 12, "documents": 3})
        announce_step(run, "embed", "silent", "0" * 32, {})

    announce()
    with get_client(sync_client=True) as client:
        found = {artifact.key: artifact for artifact in client.read_artifacts()}
    assert "mixpipe-embed-silent-counts" not in found
    shown = found["mixpipe-embed-made-up-counts"]
    assert json.loads(str(shown.data)) == [{"count": "documents", "value": 3}, {"count": "tokens", "value": 12}]
    assert shown.description == "toy: embed, made-up"


def test_a_round_that_was_skipped_is_an_empty_table(prefect_server, toy_config, tmp_path):
    run = Run(config=RunConfig.model_validate(toy_config), root=tmp_path, name="toy")
    write_json(tmp_path / "scratch" / "search" / ("0" * 32) / "round-7.json", {"trials": []})

    @flow
    def announce() -> None:
        announce_step(run, "search", "round-7", "0" * 32, {})

    announce()
    with get_client(sync_client=True) as client:
        found = {artifact.key: artifact for artifact in client.read_artifacts()}
    assert json.loads(str(found["mixpipe-search-round-7"].data)) == []
