import json
from collections import Counter

import pyarrow as pa

from mixpipe.corpus.stage import INGEST
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, read_table
from mixpipe.tables import DOCUMENTS, QUARANTINE
from mixpipe.tokenizer import load_tokenizer


def documents(artefact):
    return pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names())


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
    assert max(read_table(built.file(name)).num_rows for name in built.names()) == 48


def test_a_plan_does_not_grow_with_the_duplicates(tmp_path, config):
    spans = {}
    for repeats in (1, 200):
        path = tmp_path / str(repeats) / "a.jsonl"
        path.parent.mkdir()
        path.write_text(json.dumps({"text": "the same"}) + "\n" + '{"text": "the same"}\n' * repeats)
        job = open_stage(tmp_path / "root", INGEST, config(path, documents_per_part=1000), {})
        read, count = job.steps
        for part in job.plan(read):
            run_part(job, read, part)
        finish_step(job, read)
        (part,) = job.plan(count)
        assert run_part(job, count, part)["duplicates"] == repeats
        spans[repeats] = len(json.dumps([dict(part.spec), dict(part.identity)]))
    assert spans[200] - spans[1] < 8


def test_sources_are_the_sums_of_their_documents(built):
    sources = read_json(built.file("sources.json"))
    assert sources["a"]["documents"] == 6  # the pages
    assert sources["a/000.jsonl"]["documents"] == 40
    for key in ("documents", "bytes", "tokens", "duplicates"):
        assert sum(source[key] for source in sources.values()) == built.counts[key]
