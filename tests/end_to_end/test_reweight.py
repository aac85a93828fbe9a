"""Another mixture over what a run has found: nothing before the search is built again, and no proxy is trained."""

import json

from flows.build import build_plainly
from mixpipe.config import load_config
from mixpipe.runs.check import verify_folder
from mixpipe.runs.export import Asked, export_blend
from mixpipe.runs.run import load_artefacts
from mixpipe.runs.status import run_status
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.store.files import read_json, read_table

EARLIER = ("targets", "ingest", "embed", "domains", "duplicates", "scores")


def sealed(root):
    """Return every artefact of the early stages, with when its manifest was written."""
    return {
        path: path.stat().st_mtime_ns for stage in EARLIER for path in root.glob(f"artifacts/{stage}/*/manifest.json")
    }


def test_a_schedule_in_a_file_is_planned_written_and_exported_from_sealed_stages(toy_config, tmp_path):
    root, config = tmp_path / "root", tmp_path / "toy.yaml"
    config.write_text(json.dumps({**toy_config, "shards": {"shard_mib": 0.02, "layout": "by-domain"}}))
    build_plainly(load_config(config), str(root), "first", "scores")
    before = sealed(root)
    assert len(before) == len(EARLIER)
    domains = read_table(load_artefacts(root / "runs" / "first")["domains"].file("domains.parquet")).to_pylist()
    names = [row["name"] for row in sorted(domains, key=lambda row: row["domain"])]
    mixtures = [dict(zip(names, shares, strict=True)) for shares in ((0.6, 0.3, 0.1), (0.2, 0.2, 0.6))]
    phases = [
        {"name": name, "share": share, "domains": [{"name": n, "weight": w} for n, w in mixture.items()]}
        for name, share, mixture in zip(("early", "late"), (0.75, 0.25), mixtures, strict=True)
    ]
    (tmp_path / "phases.json").write_text(json.dumps({"phases": phases}))
    second = root / "runs" / "second"
    build_plainly(load_config(config, ["mixture=phases.json", "max_epochs=6"]), str(root), "second")
    assert sealed(root) == before
    assert load_artefacts(second)["search"].counts["trials"] == 0

    found = verify_folder(second)
    assert found.problems == []
    longest = max(
        row["longest_tokens"] for row in read_json(load_artefacts(second)["plan"].file("plan.json"))["domains"]
    )
    for (name, (_, tokens)), share in zip(found.phases.items(), (0.75, 0.25), strict=True):
        assert name in ("early", "late")
        assert abs(tokens - 100_000 * share) <= 3 * longest
    assert any("documents are read in more than one phase" in line for line in run_status(second).lines())
    exported = export_blend(second, "hf", Settings(), Asked(check=True, simulate=True))
    assert [phase.name for phase in exported.simulation.phases] == ["early", "late"]
    (tmp_path / "other.json").write_text(json.dumps(dict(zip(names, (0.1, 0.1, 0.8), strict=True))))
    again = export_blend(second, "hf", Settings(), Asked(check=True, mixture=tmp_path / "other.json"))
    assert "data/phase-2/d002/*.parquet" in again.files["load_mixture.py"]
    assert sealed(root) == before
