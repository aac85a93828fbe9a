import shutil

import pytest

from mixpipe.runs.compare import Comparison, compare_runs
from mixpipe.store.files import read_json, write_json


@pytest.fixture
def run(make_run, config):
    return make_run(config)


def with_plan(config, **update):
    return config.model_copy(update={"plan": config.plan.model_copy(update=update)})


def test_a_run_is_the_same_as_itself(run):
    found = compare_runs(run.folder, run.folder)
    assert found.same == ("ingest", "embed", "domains", "scores", "search", "plan", "shards")
    assert (found.changed, found.outputs, found.hardware, found.mixture) == ({}, {}, {}, {})
    assert found.lines() == ["same      ingest, embed, domains, scores, search, plan, shards"]


def test_a_changed_setting_is_named_with_both_values_and_what_followed_from_it(run, make_run, config):
    other = make_run(with_plan(config, budget_tokens=2_000), "other")
    found = compare_runs(run.folder, other.folder)
    assert found.same == ("ingest", "embed", "domains", "scores", "search")
    assert found.changed["plan"] == ["config.budget_tokens: 3000 -> 2000"]
    assert [line.split(":")[0] for line in found.changed["shards"]] == ["inputs.plan"]
    assert found.as_json()["changed"] == found.changed
    same, *lines = found.lines()
    assert same == "same      ingest, embed, domains, scores, search"
    assert lines[0].startswith("changed   plan") and lines[0].endswith(": budget_tokens: 3000 -> 2000")
    assert lines[1] == "follows   shards"


def test_a_stage_of_one_run_only_is_said_to_be_so(run, make_run, config):
    short = make_run(config, "short", until="search")
    found = compare_runs(run.folder, short.folder)
    assert found.changed == {"plan": [f"only in {run.folder}"], "shards": [f"only in {run.folder}"]}
    assert found.mixture["main/domain-0"] == (pytest.approx(0.5), None)


def test_other_bytes_and_other_hardware_under_one_fingerprint_are_said(run, tmp_path):
    other = tmp_path / "elsewhere"
    shutil.copytree(tmp_path, other, ignore=shutil.ignore_patterns("elsewhere"))
    path = other / "artifacts/plan" / run.record().stages["plan"] / "manifest.json"
    manifest = read_json(path)
    manifest["provenance"]["machine"] = "another"
    next(entry for entry in manifest["files"] if entry["name"] == "plan.json")["sha256"] = "0" * 64
    write_json(path, manifest)
    found = compare_runs(run.folder, other / "runs/toy")
    assert found.outputs == {"plan": ["plan.json"]}
    assert found.hardware["plan"][0].endswith("-> another")
    assert "bytes     plan: plan.json" in found.lines()


def test_only_what_moved_most_is_printed_and_equal_lines_once():
    found = Comparison(
        same=(),
        changed={
            "search": ["config.seed: 0 -> 1", "config.final_seeds: 3 -> 2", 'inputs.scores: "a" -> "b"'],
            "plan": ["config.seed: 0 -> 1"],
            "shards": ['inputs.plan: "c" -> "d"'],
            "ingest": [f"outside.{n}: {'x' * 200}" for n in range(8)],
        },
        outputs={},
        hardware={"ingest": ["python: 3.11 -> 3.12"], "embed": ["python: 3.11 -> 3.12"]},
        mixture={f"main/{n}": (0.1, 0.1 + n / 100) for n in range(1, 9)} | {"main/9": (0.1, 0.10001)},
    )
    lines = found.lines()
    assert lines[:3] == [
        "same      no stage",
        "changed   search, plan: seed: 0 -> 1",
        "changed   search: search.final_seeds: 3 -> 2",
    ]
    assert "changed   ingest: 3 more; see --json" in lines
    assert "follows   shards" in lines
    assert "hardware  ingest, embed: python: 3.11 -> 3.12" in lines
    assert lines[-6:] == [
        *(f"mixture   main/{n}: 0.1000 -> {0.1 + n / 100:.4f}" for n in (8, 7, 6, 5, 4)),
        "mixture   3 more, by at most 0.0300 each",
    ]
    assert all(len(line) < 130 for line in lines)
