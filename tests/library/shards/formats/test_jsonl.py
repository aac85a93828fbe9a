import json

import pyarrow as pa
import zstandard
from datasets import load_dataset

from mixpipe.shards.formats import jsonl
from mixpipe.shards.formats.jsonl import JsonLines


def test_frames_stand_alone_and_end_with_a_line(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(jsonl, "FRAME_BYTES", 2000)
    path = tmp_path / "train-00000.jsonl.zst"
    JsonLines().write(path, [rows])
    data, frames = path.read_bytes(), []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        frames.append(frame.decompress(data))
        data = frame.unused_data
    assert len(frames) > 2
    assert all(frame.endswith(b"\n") for frame in frames)
    records = [json.loads(line) for frame in frames for line in frame.split(b"\n")[:-1]]
    assert [record["text"] for record in records] == rows["text"].to_pylist()
    assert set(records[0]) == {"id", "text", "meta"}
    assert JsonLines().read(path).equals(rows)


def test_datasets_reads_it_with_all_frames(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(jsonl, "FRAME_BYTES", 2000)
    path = tmp_path / "train-00000.jsonl.zst"
    JsonLines().write(path, [rows])
    found = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert found["text"][:] == rows["text"].to_pylist()
    assert found[0]["meta"]["domain_name"] == "d"


def test_columns_of_no_rows_keep_their_types(tmp_path, rows):
    path = tmp_path / "train.jsonl.zst"
    JsonLines().write(path, [])
    assert JsonLines().read(path, ["quality"]).schema.field("quality").type == pa.float32()
