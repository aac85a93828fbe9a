"""One pass over all formats, killed at random points by SIGKILL: what looks finished is whole, and the bytes after the
rerun are those of a run that nobody disturbed."""

import random
import signal
import subprocess
import sys
import time

import pytest

from mixpipe.shards.verify import verify_shards
from mixpipe.store.artefact import MANIFEST, Artefact

KILLS = 3
SECONDS = 300
BUILD = """
import sys
from pathlib import Path
from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.stage import SHARDS
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.seal import seal

root, *places = map(Path, sys.argv[2:])
inputs = {place.parent.name: Artefact.load(place) for place in places}
print("begins", flush=True)
job = open_stage(root, SHARDS, ShardsConfig(formats=sys.argv[1].split(","), shard_mib=0.02), inputs)
if not isinstance(job, Artefact):
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
    seal(job)
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(600), cuts=[70, 150, 400], budget_tokens=32_000)


@pytest.fixture
def begun(inputs, formats_at_once):
    """Starts a process that builds the shards under a root, and returns it once it has begun."""

    def start(root):
        places = [str(artefact.path) for artefact in inputs.values()]
        arguments = [",".join(formats_at_once), str(root), *places]
        process = subprocess.Popen([sys.executable, "-c", BUILD, *arguments], stdout=subprocess.PIPE, text=True)
        with process.stdout as said:
            assert said.readline() == "begins\n"
        return process

    return start


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_points_the_rerun_ends_with_the_same_bytes(
    tmp_path, inputs, begun, make_shards, ended_within, formats_at_once, seed
):
    process, started = begun(tmp_path / "whole"), time.monotonic()
    assert process.wait(SECONDS) == 0
    duration, chance, landed = time.monotonic() - started, random.Random(seed), 0
    for _ in range(KILLS):
        process = begun(tmp_path / "cut")
        if not ended_within(process, duration * chance.uniform(0, 0.5)):
            process.send_signal(signal.SIGKILL)
            landed += process.wait(SECONDS) == -signal.SIGKILL
        for manifest in (tmp_path / "cut").glob(f"artifacts/*/*/{MANIFEST}"):
            assert Artefact.load(manifest.parent).damage() == []
    assert landed
    assert begun(tmp_path / "cut").wait(SECONDS) == 0
    config = {"formats": formats_at_once, "shard_mib": 0.02}
    whole, cut = (make_shards(inputs, root=tmp_path / name, **config) for name in ("whole", "cut"))
    assert whole.manifest.files == cut.manifest.files
    assert verify_shards(cut.path, manifest=cut.manifest, plan=inputs["plan"]).problems == []
