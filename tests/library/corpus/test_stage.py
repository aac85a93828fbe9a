"""The whole stage on real files: neither its place nor an interruption shows, and a second run takes parts over."""

import json

import pytest

from mixpipe.corpus.stage import INGEST
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.seal import seal


def digests(artefact):
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def test_another_root_and_another_folder_give_the_same_bytes(built, build, tmp_path, corpus, config):
    again = build(tmp_path / "elsewhere", INGEST, config(corpus(tmp_path / "other" / "place")))
    assert again.fingerprint == built.fingerprint
    assert digests(again) == digests(built)


@pytest.mark.parametrize(
    "stop", [("read", 0), ("read", 2), ("read", None), ("count", 0), ("count", 5), ("count", None)]
)
def test_stopped_after_any_part_and_run_again_the_bytes_are_the_same(built, tmp_path, stop, corpus, config):
    step_name, part_count = stop
    chosen = config(corpus(tmp_path / "input"))
    job = open_stage(tmp_path / "root", INGEST, chosen, {})
    for step in job.steps:
        pending = job.pending(step, job.plan(step))
        stopping = step.name == step_name
        for part in pending[: part_count if stopping else None]:
            run_part(job, step, part)
        if stopping:
            break
        finish_step(job, step)
    job = open_stage(tmp_path / "root", INGEST, chosen, {})
    for step in job.steps:
        for part in reversed(job.pending(step, job.plan(step))):  # in whatever order
            run_part(job, step, part)
        finish_step(job, step)
    assert digests(seal(job)) == digests(built)


def test_a_grown_folder_runs_only_its_new_parts(build, tmp_path, corpus, config):
    folder = corpus(tmp_path / "input", files=5)
    chosen = config(folder, part_mib=0.02, documents_per_part=64)
    first = build(tmp_path / "root", INGEST, chosen)
    (folder / "a" / "new.jsonl").write_text(json.dumps({"text": "a new document"}) + "\n")
    frozen = chosen.model_copy(update={"tokenizer": str(first.file("tokenizer.json"))})
    job = open_stage(tmp_path / "root", INGEST, frozen, {})
    read, count = job.steps
    groups = job.plan(read)
    unread = job.pending(read, groups)
    assert 0 < len(unread) < len(groups) / 4
    assert any("new.jsonl" in str(part.spec) for part in unread)
    for part in unread:
        run_part(job, read, part)
    finish_step(job, read)
    parts = job.plan(count)
    pending = job.pending(count, parts)
    assert 0 < len(pending) < len(parts) / 4
    for part in pending:
        run_part(job, count, part)
    finish_step(job, count)
    grown = seal(job)
    fresh = build(tmp_path / "fresh", INGEST, frozen)
    assert digests(grown) == digests(fresh)
    assert grown.counts["documents"] == first.counts["documents"] + 1


def test_a_sealed_corpus_is_not_built_again(built, tmp_path, build, corpus, config):
    folder = corpus(tmp_path / "input")
    build(tmp_path / "root", INGEST, config(folder))
    assert isinstance(open_stage(tmp_path / "root", INGEST, config(folder), {}), Artefact)


def test_what_is_masked_is_counted_and_left_nowhere(build, tmp_path, config):
    (tmp_path / "in").mkdir()
    rows = [{"text": f"write to user{n}@example.org or call +44 20 7946 09{n:02d}"} for n in range(50)]
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    sealed = build(tmp_path / "root", INGEST, config(tmp_path / "in", mask=True))
    assert (sealed.counts["masked_email"], sealed.counts["masked_phone"]) == (50, 50)
    assert sealed.counts["duplicates"] == 49
    assert not any(b"example.org" in sealed.file(name).read_bytes() for name in sealed.listed)
    plain = build(tmp_path / "root", INGEST, config(tmp_path / "in"))
    assert plain.counts["duplicates"] == 0 and "masked_email" not in plain.counts
