"""The whole stage on real files: what it seals, what it takes over, and that neither place nor interruption shows."""

import json
import shutil
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.stage import INGEST
from mixpipe.errors import ConfigError, InputError
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part, seal
from mixpipe.store.files import read_json, read_table
from mixpipe.tables import DOCUMENTS, QUARANTINE
from mixpipe.tokenizer import load_tokenizer


def corpus(folder, files=6, documents=40):
    """Write JSON lines, Parquet and text with repeats within and across files, and one bad line per JSON file."""
    for number in range(files):
        rows = [{"id": n, "text": f"document {n % 30} of file {number // 2} " * 5} for n in range(documents)]
        (folder / "a").mkdir(parents=True, exist_ok=True)
        lines = "\n".join([*map(json.dumps, rows), "no json"])
        (folder / "a" / f"{number:03d}.jsonl").write_text(lines)
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{number:03d}.parquet")
        (folder / "a" / f"{number:03d}.md").write_text(f"# page {number}\n")
    return folder


def config(folder, **fields):
    small = {"documents_per_part": 16, "part_mib": 0.3, "vocabulary": 512}
    return IngestConfig(paths=(str(folder),), **{**small, **fields})


def digests(artefact):
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def documents(artefact):
    return pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names())


@pytest.fixture(scope="module")
def built(build, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    return build(folder / "root", INGEST, config(corpus(folder / "input")))


def test_what_is_sealed_agrees_with_itself(built):
    table = documents(built)
    assert table.schema.equals(DOCUMENTS)
    seen = Counter(table["id"].to_pylist())
    assert built.counts["documents"] == table.num_rows == 6 * 81
    assert built.counts["duplicates"] == sum(table["duplicate"].to_pylist()) == table.num_rows - len(seen)
    firsts = [row["id"] for row in table.to_pylist() if not row["duplicate"]]
    assert sorted(firsts) == sorted(seen)
    tokenizer = load_tokenizer(str(built.file("tokenizer.json")))
    lengths = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in table["text"].to_pylist()]
    assert table["n_tokens"].to_pylist() == lengths
    assert built.counts["tokens"] == sum(lengths)
    quarantine = read_table(built.file("quarantine.parquet"))
    assert quarantine.schema.equals(QUARANTINE)
    assert set(quarantine["position"].to_pylist()) == {"line 41"}
    assert built.counts["records"] == table.num_rows + quarantine.num_rows
    assert (built.counts["files"], built.counts["files_rejected"], built.counts["quarantined"]) == (18, 0, 6)
    assert max(read_table(built.file(name)).num_rows for name in built.names()) == 16


def test_sources_are_the_sums_of_their_documents(built):
    sources = read_json(built.file("sources.json"))
    assert sources["a"]["documents"] == 6  # the pages
    assert sources["a/000.jsonl"]["documents"] == 40
    for key in ("documents", "bytes", "tokens", "duplicates"):
        assert sum(source[key] for source in sources.values()) == built.counts[key]


def test_another_root_and_another_folder_give_the_same_bytes(built, build, tmp_path):
    again = build(tmp_path / "elsewhere", INGEST, config(corpus(tmp_path / "other" / "place")))
    assert again.fingerprint == built.fingerprint
    assert digests(again) == digests(built)


@pytest.mark.parametrize(
    "stop", [("read", 0), ("read", 2), ("read", None), ("count", 0), ("count", 5), ("count", None)]
)
def test_stopped_after_any_part_and_run_again_the_bytes_are_the_same(built, tmp_path, stop):
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
    (job.context.out / "part-00003-of-00099.parquet").touch(exist_ok=False) if step_name == "read" else None
    (job.context.out / "part-00003-of-00099.parquet").unlink(missing_ok=True)
    job = open_stage(tmp_path / "root", INGEST, chosen, {})
    for step in job.steps:
        for part in reversed(job.pending(step, job.plan(step))):  # in whatever order
            run_part(job, step, part)
        finish_step(job, step)
    assert digests(seal(job)) == digests(built)


def test_a_grown_folder_runs_only_its_new_parts(build, tmp_path):
    folder = corpus(tmp_path / "input", files=40)
    chosen = config(folder, part_mib=0.1)
    first = build(tmp_path / "root", INGEST, chosen)
    (folder / "a" / "new.jsonl").write_text(json.dumps({"text": "a new document"}) + "\n")
    frozen = chosen.model_copy(update={"tokenizer": str(first.file("tokenizer.json"))})
    job = open_stage(tmp_path / "root", INGEST, frozen, {})
    read, count = job.steps
    for part in job.pending(read, job.plan(read)):
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


def test_a_given_tokenizer_counts_by_content_and_not_by_path(built, build, tmp_path):
    folder = corpus(tmp_path / "input")
    shutil.copy(built.file("tokenizer.json"), tmp_path / "copy.json")
    one = build(tmp_path / "1", INGEST, config(folder, tokenizer=str(built.path)))
    other = build(tmp_path / "2", INGEST, config(folder, tokenizer=str(tmp_path / "copy.json")))
    assert one.fingerprint == other.fingerprint != built.fingerprint
    assert digests(one) == digests(other) == digests(built)


def test_a_missing_tokenizer_is_refused_before_any_work(tmp_path):
    with pytest.raises(ConfigError, match="expected a tokenizer"):
        open_stage(tmp_path, INGEST, config(corpus(tmp_path / "input"), tokenizer=str(tmp_path / "gone.json")), {})
    assert not (tmp_path / "scratch").exists()


def test_a_corpus_without_a_document_is_one_clear_error(build, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"body": "x"}\n{"body": "y"}\nno json\n')
    with pytest.raises(InputError, match=r"found missing-text \(2\), invalid-json \(1\); check `ingest.text`"):
        build(tmp_path / "root", INGEST, config(tmp_path / "a.jsonl"))


def test_a_file_changed_during_the_run_is_noticed(tmp_path):
    folder = corpus(tmp_path / "input", files=1)
    job = open_stage(tmp_path / "root", INGEST, config(folder), {})
    read = job.steps[0]
    parts = job.plan(read)
    (folder / "000.parquet").write_bytes(b"other")
    with pytest.raises(InputError, match=r"000\.parquet as it was when the run began"):
        for part in parts:
            run_part(job, read, part)


def test_given_columns_lie_beside_the_parts(build, tmp_path, tokenizer):
    rows = [{"text": f"text {n}", "topic": "ab"[n % 2], "vec": [n, 0.5]} for n in range(50)]
    pq.write_table(pa.Table.from_pylist([*rows, {"text": "no topic"}]), tmp_path / "a.parquet")
    chosen = config(tmp_path / "a.parquet", domain="topic", embedding="vec", tokenizer=str(tokenizer))
    found = build(tmp_path / "root", INGEST, chosen)
    names = found.names()
    assert [name.replace("part", "given") for name in names] == found.names("given-*.parquet")
    for name in names:
        part = read_table(found.file(name))
        given = read_table(found.file(name.replace("part", "given")))
        assert part["id"] == given["id"]
        for text, domain, vector in zip(part["text"], given["domain"], given["vector"], strict=True):
            number = int(text.as_py().split()[1])
            assert (domain.as_py(), vector.as_py()) == ("ab"[number % 2], [number, 0.5])
    assert read_table(found.file("quarantine.parquet"))["reason"].to_pylist() == ["missing-domain"]


def test_given_embeddings_of_two_lengths_are_refused(build, tmp_path, tokenizer):
    lines = [json.dumps({"text": f"t{n}", "vec": [1.0] * (2 + n // 30)}) for n in range(40)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"'vec' \(ingest.embedding\), found \[2, 3\]"):
        build(tmp_path / "root", INGEST, config(tmp_path / "a.jsonl", embedding="vec", tokenizer=str(tokenizer)))


def test_a_sealed_corpus_is_not_built_again(built, tmp_path, build):
    folder = corpus(tmp_path / "input")
    build(tmp_path / "root", INGEST, config(folder))
    assert isinstance(open_stage(tmp_path / "root", INGEST, config(folder), {}), Artefact)
