"""The command as its user meets it: exit codes, one clear line, JSON on stdout and nothing else."""

import json
import re
import subprocess
import sys
import time
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from flows.cli import app, main

VERBS = (
    "init",
    "doctor",
    "plan",
    "run",
    "status",
    "report",
    "verify",
    "diff",
    "replay",
    "methods",
    "formats",
    "export",
    "explain",
    "clean",
    "serve",
)


class Done(NamedTuple):
    """How a command ended, whether in a process of its own or in this one."""

    returncode: int
    stdout: str
    stderr: str


def mixpipe(*arguments, cwd=None):
    """Run the command in a process of its own, as the shell does."""
    program = [sys.executable, "-c", "from flows.cli import main; main()"]
    done = subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=600)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def inside(monkeypatch, capfd):
    """Run the command in this process: the same entry point, without the seconds that its imports take."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["mixpipe", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(ended.value.code or 0, *capfd.readouterr())

    return called


@pytest.fixture
def config(tmp_path, toy_config):
    path = tmp_path / "toy.yaml"
    path.write_text(json.dumps(toy_config))  # JSON is YAML
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_purpose_and_an_example(verb):
    shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert shown.exit_code == 0
    assert f"Example: mixpipe {verb}" in shown.output


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--set", "search.roundz=[1]"], "unknown key roundz in search; did you mean search.rounds?"),
        (["--set", "embed.max_tokens=2"], "embed.max_tokens: Input should be"),
        (["--set", "targets.sets={}"], "targets.sets"),
        (["--set", "ingest.paths=[/no/such/place]"], "/no/such/place"),
        (["--set", "budget_tokens=100000000000"], "expected budget_tokens within 4 epochs"),
        (["--set", "search.method=magic"], "magic"),
        (["--until", "the-end"], "the-end"),
    ],
)
def test_a_bad_configuration_is_one_line_and_exit_code_2_before_any_work(inside, config, tmp_path, changes, message):
    done = inside("run", config, "--root", tmp_path / "root", "--no-prefect", *changes)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "root").exists()


def test_a_budget_above_the_epoch_caps_is_refused_before_embedding(inside, config, tmp_path):
    done = inside("run", config, "--root", tmp_path / "root", "--no-prefect", "--set", "budget_tokens=3000000")
    assert done.returncode == 2
    assert "short" in done.stderr
    assert not (tmp_path / "root" / "artifacts" / "embed").exists()


def test_an_unwritable_root_is_one_line_and_exit_code_1(config, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = mixpipe("run", config, "--root", tmp_path / "file", "--no-prefect")
    assert done.returncode == 1
    assert "choose a --root that is a folder" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("nested/empty_dir", "ingest.paths"),
        ("parquet/zero_byte.parquet", "zero_byte.parquet"),
        ("degenerate/one_document.parquet", "domains.count"),
        ("degenerate/200_identical.parquet", "budget_tokens"),
    ],
)
def test_a_hostile_input_that_cannot_be_used_is_one_line_and_exit_code_2(
    inside, config, tmp_path, shared_data, case, message
):
    paths = f'ingest.paths=["{shared_data / "hostile" / case}"]'
    done = inside("run", config, "--root", tmp_path / "root", "--no-prefect", "--set", paths)
    assert done.returncode == 2, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("mixpipe: ")]
    assert len(said) == 1
    assert message in said[0]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_nothing_half_sealed(config, tmp_path):
    root = tmp_path / "small"
    root.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(root)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system needs the right to mount")
    try:
        done = mixpipe("run", config, "--root", root, "--no-prefect")
        assert done.returncode == 1
        assert re.search(r"No space left on device \([\d.]+ of 0.6 MiB left\); free some space", done.stderr)
        assert "Traceback" not in done.stderr
        sealed = list((root / "artifacts").glob("*/*"))
        assert all((folder / "manifest.json").is_file() for folder in sealed)
    finally:
        subprocess.run(["umount", str(root)], check=True)


def test_asking_about_what_is_no_run_says_what_a_run_is(inside, tmp_path):
    for verb in ("status", "report", "verify"):
        done = inside(verb, tmp_path)
        assert done.returncode == 2
        assert "<root>/runs/<name>" in done.stderr


def test_init_plan_and_doctor_answer_quickly_and_in_json(inside, monkeypatch, tmp_path, toy_folder):
    monkeypatch.chdir(tmp_path)
    assert (
        inside(
            "init",
            "m.yaml",
            "--corpus",
            toy_folder / "corpus",
            "--target",
            f"code={toy_folder}/targets/code.jsonl",
            "--budget-tokens",
            "1000",
        ).returncode
        == 0
    )
    started = time.monotonic()
    planned = mixpipe("plan", "m.yaml", "--json", cwd=tmp_path)
    seconds = time.monotonic() - started
    assert json.loads(planned.stdout)["documents"] > 100
    assert seconds < 10  # under a second on an idle machine
    assert "torch" in json.loads(inside("doctor", "--json").stdout)


def test_a_run_from_the_shell_can_be_looked_at_verified_cleaned_and_compared(inside, config, causal_model, tmp_path):
    root = tmp_path / "root"
    ran = mixpipe("run", config, "--root", root, "--no-prefect", "--json")
    assert ran.returncode == 0, ran.stderr
    outcome = json.loads(ran.stdout)
    folder = root / "runs" / "toy"
    assert outcome["run"] == str(folder)
    assert sum(row["mixture share"] for row in outcome["mixture"]) == pytest.approx(1, abs=1e-3)
    status = json.loads(inside("status", folder, "--json").stdout)
    assert [stage["state"] for stage in status["stages"]] == ["sealed"] * 9
    assert inside("verify", folder).returncode == 0
    assert "<script src" not in (folder / "report.html").read_text()
    again = inside("run", config, "--root", root, "--no-prefect", "--name", "again", "--set", "seed=0")
    assert again.returncode == 0
    assert json.loads(inside("diff", folder, root / "runs" / "again", "--json").stdout)["changed"] == {}
    models = ("--base", causal_model(0), "--reference", causal_model(1), "--engine", "local")
    cleaned = json.loads(inside("clean", folder, *models, "--keep", "0.5", "--json").stdout)
    assert cleaned["kept_tokens"] == cleaned["response_tokens"] // 2
    assert list((folder / "cleaned" / "data").glob("*.parquet"))
    refused = inside("clean", folder, *models, "--keep", "2")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--keep: " in refused.stderr
    shard = next((folder / "train" / "data").iterdir())
    damaged = bytearray(shard.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    shard.unlink()
    shard.write_bytes(damaged)
    found = inside("verify", folder)
    assert found.returncode == 3
    assert shard.name in found.stdout
