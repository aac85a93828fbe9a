"""Every hostile input ends as its README says, through the real stage.

Each case is read together with one good document of our own, so that a case without documents is a quarantine and not
an empty corpus. Where the README leaves the choice, the table below says what ours is.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.stage import INGEST
from mixpipe.errors import InputError
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

SHARED = Path(__file__).parents[3] / "../shared/data/hostile"
CASES = json.loads((SHARED / "expected.json").read_text("utf-8"))["files"] if SHARED.is_dir() else []
CONTROL = '{"id": "control", "text": "one good document of our own"}\n'

# file: (documents, reasons in the quarantine) where more than the number of good documents is said, or ours to choose
OURS: dict[str, tuple[int, dict[str, int]]] = {
    "parquet/truncated_60pct.parquet": (0, {"damaged-file": 1}),
    "parquet/truncated_last_bytes.parquet": (0, {"damaged-file": 1}),
    "parquet/not_parquet.parquet": (0, {"damaged-file": 1}),
    "parquet/zero_byte.parquet": (0, {"empty-file": 1}),
    "parquet/wrong_column_name.parquet": (0, {"missing-text": 1}),
    "parquet/text_is_integer.parquet": (0, {"text-not-string": 1}),
    "parquet/nulls_and_empty.parquet": (13, {"empty-text": 3, "missing-text": 2}),  # 13: the row with a null id too
    "parquet/duplicate_ids.parquet": (12, {}),  # the 2 repeats are kept and marked
    "parquet/corrupt_data_page.parquet": (0, {"damaged-file": 1}),
    "parquet/binary_text_invalid_utf8.parquet": (22, {"invalid-utf8": 2}),
    "jsonl/broken_lines.jsonl": (
        21,  # the line without an id is kept
        {"invalid-json": 6, "not-an-object": 4, "missing-text": 3, "text-not-string": 3},
    ),
    "jsonl/invalid_utf8.jsonl": (8, {"invalid-utf8": 2}),
    "jsonl/utf16.jsonl": (0, {"wrong-encoding": 1}),
    "jsonl/nul_bytes.jsonl": (7, {"nul-bytes": 2}),
    "jsonl/lone_surrogates.jsonl": (4, {"lone-surrogate": 2}),
    "jsonl/zero_byte.jsonl": (0, {"empty-file": 1}),
    "jsonl/deep_nesting.jsonl": (2, {"nested-too-deep": 1}),
    "jsonl/huge_number.jsonl": (2, {"number-out-of-range": 1}),
    "compressed/truncated.jsonl.gz": (13, {"truncated-stream": 1}),
    "compressed/truncated.jsonl.zst": (32, {"truncated-stream": 1}),
    "compressed/trailing_garbage.jsonl.gz": (8, {"trailing-garbage": 1}),
    "compressed/zero_byte.jsonl.gz": (0, {"empty-file": 1}),
    "compressed/bad_crc.jsonl.gz": (12, {"bad-checksum": 1}),
    "compressed/expanding_64MB.jsonl.gz": (0, {"too-long": 1}),
    "text/windows1252.txt": (0, {"invalid-utf8": 1}),
    "text/control_characters.txt": (0, {"nul-bytes": 1}),
    "nested/spark/": (10, {}),
    "degenerate/200_identical.parquet": (200, {}),
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names") / "names"
    subprocess.run([sys.executable, str(SHARED / "make_names.py"), str(folder)], check=True)
    return folder


def quarantine(artefact: Artefact) -> list[dict[str, str]]:
    return read_table(artefact.file("quarantine.parquet")).to_pylist()


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["outcome"] != "recipe" and case["file"] != "nested/empty_dir/"],
    ids=lambda case: case["file"][:60],
)
def test_case(case, build, tokenizer, tmp_path, request):
    path = SHARED / case["file"]
    if case["file"].startswith("names/"):
        path = request.getfixturevalue("names") / case["file"].removeprefix("names/")
    control = tmp_path / "control.jsonl"
    control.write_text(CONTROL)
    found = build(tmp_path, INGEST, IngestConfig(paths=(str(path), str(control)), tokenizer=str(tokenizer)))

    documents = found.counts["documents"] - 1
    reasons = dict(Counter(row["reason"] for row in quarantine(found)))
    expected, expected_reasons = OURS.get(case["file"], (case["good_docs"], {}))
    assert reasons == expected_reasons
    assert documents == expected
    assert all(row["file"].isprintable() and row["detail"].isprintable() for row in quarantine(found))
    if case["outcome"] == "accept":
        assert documents == case["good_docs"]
    if case["outcome"] == "reject_file":
        assert [row["file"] for row in quarantine(found)] == [path.name]


def test_200_identical_documents_are_read_and_199_marked(build, hostile, tokenizer, tmp_path):
    path = hostile / "degenerate/200_identical.parquet"
    found = build(tmp_path, INGEST, IngestConfig(paths=(str(path),), tokenizer=str(tokenizer)))
    assert (found.counts["documents"], found.counts["duplicates"]) == (200, 199)


def test_an_empty_folder_is_one_clear_error(hostile, build, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"expected data files in ingest\.paths, found none"):
        build(tmp_path, INGEST, IngestConfig(paths=(str(tmp_path / "empty"),)))


def test_special_files(hostile, build, tokenizer, tmp_path):
    folder = tmp_path / "special"
    subprocess.run(["sh", str(hostile / "make_special_files.sh"), str(folder)], check=True)
    try:
        found = build(tmp_path, INGEST, IngestConfig(paths=(str(folder),), source=None, tokenizer=str(tokenizer)))
    finally:
        (folder / "unreadable_dir").chmod(0o755)
    rows = {row["file"]: row["reason"] for row in quarantine(found)}
    assert rows["dangling.jsonl"] == "dangling-link"
    assert rows["pipe.jsonl"] == "not-a-file"
    table = read_table(found.file(found.names()[0]))
    ids = sorted(json.loads(meta)["id"] for meta in table["meta"].to_pylist())
    if os.geteuid() == 0:  # root reads everything
        assert ids == ["n1", "p1", "p2", "q1", "r1", "u1"]
    else:
        assert ids == ["n1", "q1", "r1", "u1"]
        assert rows["no_read.jsonl"] == rows["unreadable_dir"] == "unreadable"
    assert {'it\'s "quoted".jsonl', "latin1_\\xe9.jsonl", "new\\nline.jsonl"} <= set(table["source"].to_pylist())
