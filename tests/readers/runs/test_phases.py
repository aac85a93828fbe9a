"""A run of two phases, by the readers whose index stands in one file: each phase whole, and found as it was planned."""

import json
from itertools import pairwise

import numpy as np
import pytest

from mixpipe.runs.check import verify_folder
from mixpipe.runs.export import Asked, export_blend
from mixpipe.shards.exporters.litdata import CODE
from mixpipe.shards.exporters.protocol import Settings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the libraries' own warnings
LENGTH = 64
PHASES = {"kind": "two-phase", "last": {"code": 0.2, "prose": 0.3, "comments": 0.5}}


@pytest.fixture(scope="module")
def phased(litdata, make_run):
    shards = {"formats": ["mds", "litdata", "olmo"], "shard_mib": 0.05}
    return make_run("phases", budget_tokens=100_000, plan={"maker": "domains", "phases": PHASES}, shards=shards)


@pytest.fixture(params=["phase-1", "phase-2"])
def folder(request, phased):
    return phased / "data" / request.param


def test_the_run_is_verified_phase_by_phase(phased):
    found = verify_folder(phased.parent)
    assert found.problems == []
    (early, _), (late, _) = found.phases.values()
    assert early > late > 0


@pytest.mark.parametrize("part", ["index.json", "litdata"])
def test_a_flipped_byte_is_found_and_named(phased, part):
    path = next(path for path in sorted((phased / "data" / "phase-2").iterdir()) if path.name.endswith(part))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        problems = verify_folder(phased.parent).problems
    finally:
        path.write_bytes(content)
    assert any(line.startswith(f"data/phase-2/{path.name}: ") for line in problems)
    assert not any("phase-1/" in line for line in problems)


def test_litdata_reads_the_tokens_of_a_phase(litdata, folder):
    shards = [np.memmap(path, np.uint16, "r") for path in sorted(folder.glob("*.npy"))]
    rows = np.concatenate([ids[: len(ids) // LENGTH * LENGTH].reshape(-1, LENGTH) for ids in shards])
    loader = litdata.TokensLoader(block_size=LENGTH)
    found = litdata.StreamingDataset(str(folder), item_loader=loader, shuffle=False)
    assert np.array_equal(np.stack([block.numpy() for block in found]), rows)


def test_both_read_the_documents_of_a_phase(litdata, streaming, phased, folder):
    rows = [row["rows"] for row in files_of(phased, folder, ".mds")]
    code: dict = {"UNIT": "documents", "SEED": 0}
    exec(CODE, code)  # as `mixpipe export --to litdata` has it
    texts = [sample["text"] for sample in code["dataset"](folder, shuffle=False)]
    assert len(texts) == sum(rows)
    assert all(text for text in texts)
    assert streaming("read", folder) == texts


def files_of(train, folder, suffix):
    files = json.loads((train / "dataset.json").read_text())["files"]
    return [entry for entry in files if (train / entry["path"]).parent == folder and entry["path"].endswith(suffix)]


def test_an_export_of_phases_names_the_folders(phased):
    settings = Settings(LENGTH, batch_size=4, location="{folder}/{id}")
    found = export_blend(phased, "nanotron", settings, Asked())
    text = found.files["data_stages.yaml"]
    assert text.index("data/phase-1/d000") < text.index("data/phase-2/d000")
    steps = [int(line.split(": ")[1]) for line in text.splitlines() if "start_training_step" in line]
    assert all(before < after for before, after in pairwise(steps))
