import json

from mixpipe.corpus.groups import Unit
from mixpipe.corpus.inputs import input_files
from mixpipe.corpus.pieces import MOST_REJECTED, Limits, merge_quarantine, pieces_of, write_pieces
from mixpipe.corpus.readers.record import Wanted
from mixpipe.store.files import read_table
from mixpipe.store.fingerprint import file_digest


def write(tmp_path, lines, limits):
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    units = [Unit(file) for file in input_files([str(tmp_path / "a.jsonl")], "f")]
    (tmp_path / "out").mkdir()
    return write_pieces(tmp_path / "out", "read-0", units, wanted=Wanted("text"), limits=limits)


def test_pieces_are_bounded_in_documents_and_in_bytes(tmp_path):
    sizes = [3, 3, 3, 3, 9, 20, 1]
    lines = [json.dumps({"text": "x" * size}) for size in sizes]
    counts = write(tmp_path, lines, Limits(documents=3, bytes=10))
    pieces = pieces_of(tmp_path / "out", "read-0")
    assert [(piece.rows, piece.bytes) for piece in pieces] == [(3, 9), (1, 3), (1, 9), (1, 20), (1, 1)]
    assert [piece.sha256 for piece in pieces] == [file_digest(tmp_path / "out" / piece.file) for piece in pieces]
    assert (counts["records"], counts["quarantined"], counts["files"]) == (7, 0, 1)


def test_a_long_quarantine_is_kept_whole_and_in_order(tmp_path):
    total = MOST_REJECTED + 3
    counts = write(tmp_path, ["?"] * total, Limits(10, 10))
    assert (counts["records"], counts["records_rejected"], counts["quarantined"]) == (total, total, total)
    merge_quarantine(tmp_path / "out")
    positions = read_table(tmp_path / "out" / "quarantine.parquet")["position"].to_pylist()
    assert positions == [f"line {number}" for number in range(1, total + 1)]
