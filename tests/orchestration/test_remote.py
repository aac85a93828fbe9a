"""A run whose corpus, targets and root are in an object store, against a real S3 server on loopback."""

import copy
import json
import sys
from typing import NamedTuple

import pytest

import tasks.steps
from flows.build import build, build_plainly
from flows.cli import main
from mixpipe.config import RunConfig
from mixpipe.runs.run import load_artefacts, read_run
from mixpipe.store.artefact import MANIFEST
from mixpipe.store.cache import cache_folder, working_root
from mixpipe.store.remote import Remote
from mixpipe.store.transfer import names_to_send, send
from tasks.fanout import fan_out

SECRET = b"never-written-down"


class Kept(NamedTuple):
    """A finished run in an object store."""

    config: RunConfig
    url: str
    place: str


def remote_config(url, toy_settings, toy_folder):
    """Return the toy configuration after bringing its files to a URL."""
    names = [path.relative_to(toy_folder).as_posix() for path in toy_folder.rglob("*.jsonl")]
    assert list(Remote(url).put_all(toy_folder, names, "")) == names
    settings = copy.deepcopy(toy_settings)
    settings["ingest"]["paths"] = [f"{url}/corpus"]
    for name, held in settings["targets"]["sets"].items():
        held["path"] = f"{url}/targets/{name}.jsonl"
    return RunConfig.model_validate(settings)


@pytest.fixture
def config(bucket, toy_settings, toy_folder):
    return remote_config(f"{bucket}/toy", toy_settings, toy_folder)


@pytest.fixture(scope="module")
def sealed(built_root):
    """The stages of the same run on a disk."""
    return load_artefacts(built_root / "runs" / "toy")


@pytest.fixture(scope="module")
def kept(new_bucket, toy_settings, toy_folder, sealed, tmp_path_factory):
    """The run, built on one machine; the dearest stages lay there already, as another machine left them."""
    bucket = new_bucket()
    config, url = remote_config(f"{bucket}/toy", toy_settings, toy_folder), f"{bucket}/root"
    for stage in ("embed", "search"):
        names = names_to_send(Remote(url), sealed[stage])
        assert list(send(Remote(url), sealed[stage], names)) == names
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIXPIPE_CACHE", str(tmp_path_factory.mktemp("machine")))
        place = build_plainly(config, root=url, name="toy")
        copies = [path.read_bytes() for path in cache_folder().rglob("*") if path.is_file()]
    assert copies
    assert not [text for text in copies if SECRET in text]
    return Kept(config, url, place)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Work on a machine that has nothing of the run."""
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "elsewhere"))


@pytest.fixture
def nothing_is_built(monkeypatch):
    """Fail where a part is run: everything has to come from the store."""

    def refused(engine, job, step, parts):
        assert not parts, f"{job.stage.name} {step.name} was built again"
        return fan_out(engine, job, step, parts)

    monkeypatch.setattr(tasks.steps, "fan_out", refused)


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


def objects(url):
    return {name: Remote(url).read(name) for name in Remote(url).files()}


def stages(place):
    return json.loads(Remote(place).read("run.json"))["stages"]


def test_the_result_is_byte_for_byte_that_of_local_folders(kept, sealed, built_root):
    folder, there = built_root / "runs" / "toy", objects(kept.place)
    files = [path for path in (folder / "train").rglob("*") if path.is_file()]
    here = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    assert here.keys() == {name for name in there if name.startswith("train/")}
    del here[f"train/{MANIFEST}"]  # it notes machine and time
    assert {name: there[name] for name in here} == here
    assert stages(kept.place) == {name: artefact.fingerprint for name, artefact in sealed.items()}


def test_credentials_are_nowhere(kept):
    assert not [name for name, text in objects(kept.url).items() if SECRET in text]


def test_commands_answer_from_the_url_alone(kept, elsewhere, inside):
    code, out, _ = inside("status", kept.place, "--json")
    assert (code, {stage["state"] for stage in json.loads(out)["stages"]}) == (0, {"sealed"})
    code, out, err = inside("verify", kept.place)
    assert (code, out.splitlines()[-1]) == (0, "everything is as planned")
    assert "run fetch: " in err
    assert inside("export", kept.place, "--to", "hf", "--simulate")[0] == 0
    assert inside("explain", kept.place, "0" * 32)[0] == 2


def test_another_machine_goes_on_and_builds_nothing_again(kept, elsewhere, nothing_is_built):
    before = {name: stored for name, stored in Remote(kept.url).files().items() if "artifacts/" in name}
    assert build_plainly(kept.config, root=kept.url, name="toy") == kept.place
    assert {name: stored for name, stored in Remote(kept.url).files().items() if "artifacts/" in name} == before


def test_a_run_of_another_name_finds_stages_by_what_they_are(kept, elsewhere, nothing_is_built):
    place = build_plainly(kept.config, root=kept.url, name="other", until="ingest")
    assert stages(place) == {stage: stages(kept.place)[stage] for stage in ("targets", "ingest")}


def test_a_flipped_byte_is_found(kept, elsewhere, inside, tmp_path):
    store = Remote(kept.place)
    name = next(iter(store.files("train/data")))
    data = store.read(name)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    for content, expected in ((flipped, 3), (data, 0)):
        (tmp_path / "shard").write_bytes(content)
        store.put(tmp_path / "shard", name)
        code, out, _ = inside("verify", kept.place)
        assert code == expected
        assert (f"{name.removeprefix('train/')}: changed since it was sealed" in out) == (code == 3)


def test_a_stage_is_there_before_the_record_that_names_it(config, bucket, monkeypatch, capfd):
    url, sent, put = f"{bucket}/root", [], Remote.put

    def noted(remote, source, name):
        sent.append(name)
        put(remote, source, name)

    monkeypatch.setattr(Remote, "put", noted)
    build_plainly(config, root=url, name="toy", until="targets")
    assert capfd.readouterr().err == "inputs fetch: 4 files\ntargets read: 2 sets\ntargets send: 8 files\n"
    files = [name for name in sent if name.startswith("artifacts/")]
    assert files[-1].endswith(f"/{MANIFEST}")
    assert sent.index("runs/toy/run.json") < sent.index(files[0])  # the root is written to before any work
    assert "runs/toy/run.json" in sent[sent.index(files[-1]) :]


def test_the_flow_keeps_a_run_there_too(config, bucket, prefect_server):
    place = build(config=config, root=f"{bucket}/root", name="flow", until="targets")
    assert place == f"{bucket}/root/runs/flow"
    assert list(stages(place)) == ["targets"]
    assert {"config.yaml", "report.html"} <= set(Remote(place).files())


def test_a_run_that_was_killed_between_two_objects_is_completed(config, bucket, monkeypatch, request):
    url, put = f"{bucket}/root", Remote.put

    class Killed(Exception):
        pass

    def killed(remote, source, name):
        if name.endswith("targets.json"):
            raise Killed
        put(remote, source, name)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Remote, "put", killed)
        build_plainly(config, root=url, name="toy", until="targets")
    half = Remote(url).files("artifacts")
    assert half
    assert not [name for name in half if name.endswith(MANIFEST)]
    assert stages(f"{url}/runs/toy") == {}
    request.getfixturevalue("nothing_is_built")
    build_plainly(config, root=url, name="toy", until="targets")
    (folder,) = (working_root(url) / "artifacts" / "targets").iterdir()
    place = f"artifacts/targets/{folder.name}"
    assert objects(f"{url}/{place}") == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert stages(f"{url}/runs/toy") == {"targets": folder.name}


def test_a_bucket_that_is_not_there_is_one_line_before_a_server_is_started(config, inside, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(config.model_dump_json())
    code, out, err = inside("run", path, "--root", "s3://no-such-bucket/root")
    assert (code, out) == (1, "")
    assert err == (
        "mixpipe: cannot reach s3://no-such-bucket/root: The specified bucket does not exist; "
        "create the bucket, or correct the URL\n"
    )


def test_a_plan_counts_remote_files_without_copying_them(config, inside, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(config.model_dump_json())
    code, out, _ = inside("plan", path, "--json")
    assert code == 0
    assert json.loads(out)["documents"] > 100
    assert not cache_folder().exists()


@pytest.mark.parametrize(
    ("verb", "more"), [("report", []), ("diff", ["elsewhere"]), ("export", ["--to", "hf", "--check"])]
)
def test_what_needs_local_files_says_so(inside, verb, more):
    code, _, err = inside(verb, "s3://bucket/runs/toy", *more)
    assert code == 2
    assert "expected a folder of this machine, found s3://bucket/runs/toy" in err


def test_a_local_run_asks_no_store(toy_config, tmp_path, monkeypatch):
    monkeypatch.setattr("mixpipe.store.remote.url_to_fs", lambda *_, **__: pytest.fail("a store was asked"))
    config = RunConfig.model_validate(toy_config)
    place = build_plainly(config, root=str(tmp_path / "root"), name="toy", until="targets")
    assert place == str(tmp_path / "root" / "runs" / "toy")
    assert not read_run(tmp_path / "root" / "runs" / "toy").working.keys() & {"fetch", "send"}
