"""The layout, byte by byte as it is specified."""

import json
import struct

import numpy as np
import pytest

from mixpipe.errors import StoreError
from mixpipe.shards.formats import mds
from mixpipe.shards.formats.mds import Mds


def test_the_layout_is_that_of_version_2(tmp_path, rows):
    path = tmp_path / "train-00000.mds"
    Mds().write(path, [rows])
    data = path.read_bytes()
    (count,) = struct.unpack_from("<I", data)
    offsets = np.frombuffer(data, "<u4", count + 1, 4)
    head = json.loads(data[4 * (count + 2) : offsets[0]])
    assert count == len(rows)
    assert offsets[-1] == len(data)
    assert head["column_names"] == sorted(rows.schema.names)
    assert dict(zip(head["column_names"], head["column_encodings"], strict=True))["n_tokens"] == "int"
    names = [name for name, size in zip(head["column_names"], head["column_sizes"], strict=True) if size is None]
    lengths = dict(zip(names, struct.unpack_from(f"<{len(names)}I", data, offsets[0]), strict=True))
    assert lengths["text"] == len(rows["text"][0].as_py().encode())


def test_the_index_lists_every_shard(tmp_path, rows):
    paths = [tmp_path / f"train-0000{number}-of-00002.mds" for number in range(2)]
    for path in paths:
        Mds().write(path, [rows])
    index = Mds().index(paths)["index.json"]
    assert index["version"] == 2
    assert [shard["raw_data"]["basename"] for shard in index["shards"]] == [path.name for path in paths]
    assert [shard["samples"] for shard in index["shards"]] == [len(rows)] * 2
    assert [shard["raw_data"]["bytes"] for shard in index["shards"]] == [path.stat().st_size for path in paths]


def test_a_shard_beyond_32_bits_is_refused(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(mds, "LARGEST", 500)
    with pytest.raises(StoreError, match=r"less than 4 GiB.*shards\.shard_mib"):
        Mds().write(tmp_path / "train.mds", [rows])
    assert list(tmp_path.iterdir()) == []


def test_a_document_is_its_lengths_and_its_columns_in_the_order_of_their_names(tmp_path, rows):
    path = tmp_path / "train.mds"
    Mds().write(path, [rows.slice(0, 7), rows.slice(7)])
    data = path.read_bytes()
    offsets = np.frombuffer(data, "<u4", len(rows) + 1, 4).tolist()
    for row, start, end in zip(rows.to_pylist(), offsets[:-1], offsets[1:], strict=True):
        strings = [row[name].encode() for name in ("domain_name", "id", "meta", "source", "text")]
        name, own, meta, source, text = strings
        quality = np.float32(np.nan if row["quality"] is None else row["quality"])
        expected = struct.pack("<5I", *map(len, strings)) + struct.pack(
            "<3i", row["copies"], row["copy"], row["domain"]
        )
        tier = struct.pack("<f", row["licence_tier"])
        expected += name + own + tier + meta + struct.pack("<qf", row["n_tokens"], quality) + source + text
        assert data[start:end] == expected
