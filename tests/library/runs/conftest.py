"""A run over tiny sealed artefacts: what `status`, `diff`, `verify` and the refresh look at."""

from collections.abc import Callable

import pytest

from mixpipe.config import RunConfig
from mixpipe.plan.stage import PLAN
from mixpipe.runs.run import Run
from mixpipe.shards.stage import SHARDS

BUDGET = 3_000
WEIGHTS = (0.5, 0.3, 0.2)


@pytest.fixture
def config(toy_config) -> RunConfig:
    return RunConfig.model_validate({**toy_config, "budget_tokens": BUDGET, "shards": {"shard_mib": 0.004}})


@pytest.fixture
def upstream_of(upstream, documents):
    """Ingest, domains, scores and search under this test's store."""
    return upstream(documents(150), (70,), WEIGHTS)


@pytest.fixture
def make_run(tmp_path, upstream_of, build) -> Callable[..., Run]:
    """Makes the run `name` as far as `until`, under its configuration."""

    def make(config: RunConfig, name: str = "toy", *, until: str = "shards") -> Run:
        run = Run(config=config, root=tmp_path, name=name)
        run.begin()
        artefacts = dict(upstream_of)
        for stage in (PLAN, SHARDS)[: ("search", "plan", "shards").index(until)]:
            artefacts[stage.name] = build(tmp_path, stage, config.section(stage.name), artefacts)
        for stage, artefact in artefacts.items():
            run.add(stage, artefact, 1.5, built=True)
        return run

    return make
