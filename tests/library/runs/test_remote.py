"""A run kept in an object store: what is there after each turn, and what commands read of it from anywhere."""

import shutil
from collections import deque
from pathlib import Path

import pytest

from mixpipe.errors import InputError, StoreError
from mixpipe.runs.check import verify_folder
from mixpipe.runs.explain import explain_document
from mixpipe.runs.export import Asked, export_blend
from mixpipe.runs.frozen import frozen_config
from mixpipe.runs.remote import (
    EXPLAIN,
    EXPORT,
    STATUS,
    VERIFY,
    publish,
    run_copy,
    send_records,
    take_up,
)
from mixpipe.runs.run import Run, load_artefacts
from mixpipe.runs.status import run_status
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.store.artefact import MANIFEST, Artefact
from mixpipe.store.cache import cache_folder, working_root
from mixpipe.store.files import read_json, read_table
from mixpipe.store.remote import Remote
from mixpipe.store.transfer import artefact_place, names_to_send, send


def through(label, total, copies):
    """Run copies to their end."""
    deque(copies, maxlen=0)


def sent(run, url):
    """Send the stages of a run that was built here to a URL."""
    there = run.model_copy(update={"url": url})
    for artefact in run.artefacts().values():
        through("", 0, send(there.store(), artefact, names_to_send(there.store(), artefact)))
    send_records(there)
    run.publish()
    (run.folder / "report.html").write_text("the report")
    return there


def same_as_here(run):
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    here = {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in files}
    return here == {name: Remote(run.place).read(name) for name in Remote(run.place).files()}


@pytest.fixture
def run(make_run, config, bucket):
    run = sent(make_run(config), f"{bucket}/root")
    publish(run, through)
    return run


def look(run, wanted, ask):
    with run_copy(run.place, wanted, through) as folder:
        return ask(folder)


def flip(run, name, folder):
    """Change one byte of an object."""
    data = bytearray(run.store().read(name))
    data[len(data) // 2] ^= 1
    (folder / "flipped").write_bytes(data)
    run.store().put(folder / "flipped", name)


def test_a_runs_folder_is_the_same_there_as_here(run):
    assert same_as_here(run)
    names = {"run.json", "config.yaml", "mixture.json", "report.html", f"train/{MANIFEST}"}
    assert names <= set(Remote(run.place).files())


def test_commands_say_of_the_url_what_they_say_of_the_folder(run, tmp_path):
    shutil.rmtree(working_root(run.url), ignore_errors=True)
    part = run.artefacts()["ingest"].file("part-00000-of-00002.parquet")
    text_id = read_table(part)["id"][0].as_py()
    asked = {
        "status": (STATUS, lambda folder: run_status(folder).as_json()),
        "verify": (VERIFY, lambda folder: verify_folder(folder).as_json()),
        "explain": (EXPLAIN, lambda folder: [story.as_json() for story in explain_document(folder, text_id)]),
        "export": (EXPORT, lambda folder: export_blend(folder, "hf", Settings(1024), Asked()).as_json()),
    }
    for wanted, ask in asked.values():
        assert look(run, wanted, ask) == ask(run.folder)
    assert look(run, VERIFY, verify_folder).problems == []
    assert list(cache_folder().glob("look-*")) == []


def test_of_phases_the_status_needs_no_more_of_the_plan_than_its_mixture(make_run, config, bucket):
    run = sent(make_run(config.model_copy(update={"plan": config.plan.model_copy(update={"phases": 2})})), bucket)
    with run_copy(run.place, STATUS, through) as folder:
        assert run_status(folder).as_json() == run_status(run.folder).as_json()
        assert len(run_status(folder).phases.phases) == 2
        plan = load_artefacts(folder, Artefact.read)["plan"].path
        assert sorted(path.name for path in plan.iterdir()) == [MANIFEST, "mixture.json"]


def test_a_story_is_told_again_without_copying_the_artefacts_again(run):
    copied = []

    def noted(label, total, copies):
        copied.append(label)
        through(label, total, copies)

    for _ in range(2):
        with run_copy(run.place, EXPLAIN, noted) as folder:
            assert load_artefacts(folder).keys() == run.artefacts().keys()
    assert copied.count("run fetch") == 2
    assert copied.count("ingest fetch") == copied.count("shards fetch") == 1


@pytest.mark.parametrize("where", ["data", "mixture.json", "manifest.json"])
def test_a_flipped_byte_in_the_training_data_is_found(run, tmp_path, where):
    names = run.store().files(f"runs/{run.name}/train")
    name = next(name for name in names if f"/train/{where}" in name)
    flip(run, name, tmp_path)
    problems = look(run, VERIFY, verify_folder).problems
    assert any(line.startswith(name.partition("/train/")[2]) for line in problems)


def test_a_damaged_or_missing_plan_is_found_too(run, tmp_path):
    plan = run.artefacts()["plan"]
    place = artefact_place("plan", plan.fingerprint)
    flip(run, f"{place}/{plan.names()[0]}", tmp_path)
    run.store().remove([f"{place}/{plan.names()[1]}"])
    problems = look(run, VERIFY, verify_folder).problems
    assert f"plan: {plan.names()[0]}: changed since it was sealed (SHA-256 differs)" in problems
    assert f"plan: {plan.names()[1]}: missing" in problems
    run.store().remove([f"{place}/{MANIFEST}"])
    assert "manifest.json" in look(run, VERIFY, verify_folder).problems[0]


def test_a_story_is_not_told_from_damage(run, tmp_path):
    scores = run.artefacts()["scores"]
    flip(run, f"{artefact_place('scores', scores.fingerprint)}/{scores.names()[0]}", tmp_path)
    with pytest.raises(StoreError, match=r"part-.*SHA-256 differs"):
        look(run, EXPLAIN, lambda folder: None)


def test_an_object_that_is_missing_or_too_many_is_found(run, tmp_path):
    data = f"runs/{run.name}/train/data"
    name = next(iter(run.store().files(data)))
    run.store().remove([name])
    (tmp_path / "more").write_text("more")
    run.store().put(tmp_path / "more", f"{data}/more.parquet")
    problems = "\n".join(look(run, VERIFY, verify_folder).problems)
    assert f"data/{name.rpartition('/')[2]}: missing" in problems
    assert "data/more.parquet: not in the manifest" in problems


def test_training_data_is_verified_without_its_run(run):
    found = look(Run.at(run.config, run.url, f"{run.name}/train"), VERIFY, verify_folder)
    assert found.problems == []
    assert "without store and plan" in found.note


def test_another_machine_takes_up_what_is_there(run, config, monkeypatch, tmp_path):
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "another"))
    there = Run.at(config, run.url, run.name)
    take_up(there, through)
    assert there.record() == run.record()
    assert {name: artefact.manifest for name, artefact in there.artefacts().items()} == {
        name: artefact.manifest for name, artefact in run.artefacts().items()
    }
    assert all(artefact.damage() == [] for artefact in there.artefacts().values())
    learnt = frozen_config(config, there.root, run.name)  # a refresh goes on too, by what lies on this machine
    assert Path(learnt.search.mixture).is_relative_to(there.root.resolve())
    assert read_json(Path(learnt.search.mixture)) == read_json(run.artefacts()["search"].file("mixture.json"))
    fresh = Run.at(config, run.url, "fresh")
    take_up(fresh, through)
    assert not (fresh.folder / "run.json").exists()


def test_another_machine_goes_on_with_a_refresh_that_was_stopped(run, config, monkeypatch, tmp_path):
    there = run.model_copy(update={"config": frozen_config(config, run.root, run.name)})
    there.begin()  # and killed before any stage
    send_records(there)
    shutil.rmtree(run.root / "artifacts")
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "another"))
    here = Run.at(config, run.url, run.name)
    take_up(here, through)
    frozen = frozen_config(config, here.root, run.name)
    for place in (frozen.ingest.tokenizer, frozen.domains.frozen, frozen.scores.frozen, frozen.search.mixture):
        assert Path(place).exists() and Path(place).is_relative_to(here.root)


class Killed(Exception):
    """The end of a process between two objects."""


def killed_after_two(label, total, copies):
    for number, _ in enumerate(copies, 1):
        if number == 2:
            raise Killed


def test_publishing_over_an_earlier_run_that_was_interrupted_looks_unfinished_and_is_completed(run, make_run, config):
    before, train = run.artefacts()["shards"].fingerprint, f"runs/{run.name}/train"
    plan = config.plan.model_copy(update={"seed": 5})
    other = sent(make_run(config.model_copy(update={"plan": plan})), run.url)
    assert other.artefacts()["shards"].fingerprint != before
    with pytest.raises(Killed):
        publish(other, killed_after_two)
    assert f"{train}/{MANIFEST}" not in other.store().files(train)
    assert look(other, VERIFY, verify_folder).problems
    publish(other, through)
    assert look(other, VERIFY, verify_folder).problems == []
    assert same_as_here(other)


def test_a_url_that_is_no_run_is_refused(run):
    for wanted in (STATUS, VERIFY, EXPORT, EXPLAIN):
        with pytest.raises(InputError, match=r"at s3://.*/nothing, found none; it is <root>/runs/<name>"):
            look(Run.at(run.config, run.url, "nothing"), wanted, lambda folder: None)


def test_what_a_run_lacks_is_said_of_its_url(make_run, config, bucket):
    there = make_run(config, until="search").model_copy(update={"url": bucket})
    send_records(there)
    with pytest.raises(InputError, match=f"expected mixture.json in {there.place}, found none"):
        look(there, STATUS, lambda folder: export_blend(folder, "hf", Settings(), Asked()))


def test_a_folder_is_looked_at_where_it_is(make_run, config):
    here = make_run(config)
    with run_copy(str(here.folder), STATUS, through) as folder:
        assert folder == here.folder
