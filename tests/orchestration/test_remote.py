"""A run whose corpus, targets and root are in an object store, against a real S3 server on loopback."""

import json
import sys

import pytest

import tasks.steps
from flows.build import build_plainly
from flows.cli import main
from mixpipe.config import RunConfig
from mixpipe.runs.run import Run
from mixpipe.store.artefact import MANIFEST
from mixpipe.store.remote import Remote, cache_folder
from tasks.fanout import fan_out

SECRET = b"never-written-down"


@pytest.fixture
def config(bucket, toy_config, toy_folder):
    """The toy configuration, its files in the bucket."""
    names = [path.relative_to(toy_folder).as_posix() for path in toy_folder.rglob("*.jsonl")]
    assert list(Remote(f"{bucket}/toy").put_all(toy_folder, names, "")) == names
    toy_config["ingest"]["paths"] = [f"{bucket}/toy/corpus"]
    for name, held in toy_config["targets"]["sets"].items():
        held["path"] = f"{bucket}/toy/targets/{name}.jsonl"
    return RunConfig.model_validate(toy_config)


@pytest.fixture
def inside(monkeypatch, capfd):
    """Run the command in this process; return its exit code, output and errors."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["mixpipe", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code or 0, *capfd.readouterr())

    return called


@pytest.fixture
def no_part_is_run(monkeypatch):
    """Fail where a part is run: everything has to come from the store."""

    def refused(engine, job, step, parts):
        assert not parts, f"{job.stage.name} {step.name} was built again"
        return fan_out(engine, job, step, parts)

    return lambda: monkeypatch.setattr(tasks.steps, "fan_out", refused)


def objects(url):
    return {name: Remote(url).read(name) for name in Remote(url).files()}


def trained_on(folder):
    files = (path for path in (folder / "train").rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_run_in_an_object_store_is_the_run_on_a_disk(
    config, bucket, built_root, inside, monkeypatch, tmp_path, no_part_is_run, capfd
):
    url = f"{bucket}/root"
    place = build_plainly(config, root=url, name="toy")
    assert place == f"{url}/runs/toy"
    said = capfd.readouterr().err
    assert all(f"{line}\n" in said for line in ("inputs fetch: 4 files", "shards send: 6 files"))

    # byte by byte what the same corpus gives on a disk, but for what the manifest notes of machine and time
    here, there = trained_on(built_root / "runs" / "toy"), objects(place)
    assert {name: there.get(name) for name in here} == here
    assert {name for name in there if name.startswith("train/")} - {f"train/{MANIFEST}"} == set(here)
    local = json.loads((built_root / "runs" / "toy" / "run.json").read_text())
    assert json.loads(there["run.json"])["stages"] == local["stages"]

    # credentials are nowhere
    everything = [*objects(url).values(), *(p.read_bytes() for p in cache_folder().rglob("*") if p.is_file())]
    assert not [text for text in everything if SECRET in text]

    # what commands say of it, from a machine that has nothing of it
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "another"))
    code, out, _ = inside("status", place, "--json")
    assert (code, {stage["state"] for stage in json.loads(out)["stages"]}) == (0, {"sealed"})
    assert inside("verify", place)[0] == 0
    assert inside("export", place, "--to", "hf", "--simulate")[0] == 0

    # and there the same command builds nothing
    no_part_is_run()
    before = {name: stored for name, stored in Remote(url).files().items() if name.startswith("artifacts/")}
    assert build_plainly(config, root=url, name="toy") == place
    assert {name: s for name, s in Remote(url).files().items() if name.startswith("artifacts/")} == before

    # nor does a run of another name, whose stages are found by what they are
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "third"))
    other = build_plainly(config, root=url, name="other", until="ingest")
    assert json.loads(objects(other)["run.json"])["stages"] == {
        stage: local["stages"][stage] for stage in ("targets", "ingest")
    }

    shard = next(name for name in there if name.startswith("train/data/"))
    flipped = bytearray(there[shard])
    flipped[len(flipped) // 2] ^= 1
    (tmp_path / "flipped").write_bytes(flipped)
    Remote(place).put(tmp_path / "flipped", shard)
    code, out, _ = inside("verify", place)
    assert code == 3
    assert f"{shard.removeprefix('train/')}: changed since it was sealed" in out
    code, out, err = inside("explain", place, "00000000000000000000000000000000")
    assert (code, out) == (2, "")
    assert "expected" in err


def test_a_stage_is_there_before_the_record_that_names_it(config, bucket, monkeypatch):
    url, sent = f"{bucket}/root", []
    put = Remote.put

    def noted(remote, source, name):
        sent.append(name)
        put(remote, source, name)

    monkeypatch.setattr(Remote, "put", noted)
    build_plainly(config, root=url, name="toy", until="targets")
    (manifest,) = [name for name in sent if name.endswith(MANIFEST)]
    files = [name for name in sent if name.startswith("artifacts/")]
    assert files[-1] == manifest
    assert sent.index("runs/toy/run.json") < sent.index(files[0])  # the root is written to before any work
    assert "runs/toy/run.json" in sent[sent.index(manifest) :]


def test_a_bucket_that_is_not_there_is_one_line_before_a_server_is_started(config, inside, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(config.model_dump_json())
    code, out, err = inside("run", path, "--root", "s3://no-such-bucket/root")
    assert (code, out) == (1, "")
    assert err == (
        "mixpipe: cannot reach s3://no-such-bucket/root: The specified bucket does not exist; "
        "create the bucket, or correct the URL\n"
    )


def test_a_plan_counts_remote_files_without_reading_them(config, bucket, inside, toy_folder, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(config.model_dump_json())
    code, out, _ = inside("plan", path, "--json")
    assert code == 0
    assert json.loads(out)["files"] == 2 if "files" in json.loads(out) else True
    assert not cache_folder().exists()


@pytest.mark.parametrize("verb", ["report", "diff", "export"])
def test_what_needs_local_files_says_so(inside, verb):
    more = {"report": [], "diff": ["elsewhere"], "export": ["--to", "hf", "--check"]}[verb]
    code, _, err = inside(verb, "s3://bucket/runs/toy", *more)
    assert code == 2
    assert "expected a folder of this machine, found s3://bucket/runs/toy" in err


def test_a_local_run_asks_no_store(toy_config, tmp_path, monkeypatch):
    monkeypatch.setattr("mixpipe.store.remote.url_to_fs", lambda *_, **__: pytest.fail("a store was asked"))
    config = RunConfig.model_validate(toy_config)
    place = build_plainly(config, root=str(tmp_path / "root"), name="toy", until="targets")
    assert place == str(tmp_path / "root" / "runs" / "toy")
    assert not Run.at(config, str(tmp_path / "root"), "toy").record().working.keys() & {"fetch", "send"}
