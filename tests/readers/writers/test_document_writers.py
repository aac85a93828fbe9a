"""Formats of documents, and litdata's own and OLMo's of tokens, against what the reference libraries write."""

import csv
import gzip
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixpipe.shards.formats.litdata import LitData
from mixpipe.shards.formats.mds import Mds
from mixpipe.shards.formats.olmo import Olmo
from mixpipe.shards.formats.webdataset import WebDataset
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import SHARDS

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own
MISSING = "not installed; `make test-readers` does"


@pytest.fixture
def rows() -> pa.Table:
    """Documents of every kind of text, some without a quality."""
    texts = ["", "\x00", "a\r\nb\u2028c", "\ufeffbom e\u0301 \u202e", "\U0001f9ea\U0010ffff", "x" * 300_000]
    texts += [f"document {number} says little\n" * (number % 9) for number in range(1, 400)]
    same = {"domain": 1, "domain_name": "naïve", "copies": 2, "source": "made\nof, lines", "meta": '{"id": "7"}'}
    found = [
        {"id": text_id(text), "text": text, "copy": n % 2, "n_tokens": len(text), "quality": None if n % 3 else n / 7}
        for n, text in enumerate(texts)
    ]
    return pa.Table.from_pylist([{**same, **row} for row in found], SHARDS)


def test_mds_is_what_mdswriter_writes(rows, streaming, tmp_path):
    Mds().write(tmp_path / "train.mds", [rows])
    index = Mds().index([tmp_path / "train.mds"])["index.json"]
    pq.write_table(rows, tmp_path / "rows.parquet")
    streaming("write", tmp_path / "rows.parquet", tmp_path / "theirs")
    assert (tmp_path / "train.mds").read_bytes() == (tmp_path / "theirs" / "shard.00000.mds").read_bytes()
    theirs = json.loads((tmp_path / "theirs" / "index.json").read_text())
    theirs["shards"][0]["raw_data"]["basename"] = "train.mds"
    assert index == theirs


def test_webdataset_is_what_tarwriter_writes(rows, tmp_path):
    """The library sorts the members of a sample; given one after the other they lie as ours do, byte by byte."""
    library = pytest.importorskip("webdataset", reason=f"webdataset is {MISSING}")
    WebDataset().write(tmp_path / "train.tar", [rows])
    fixed = {"user": "", "group": "", "mode": 0o644, "mtime": 0}
    with library.TarWriter(str(tmp_path / "theirs.tar"), **fixed) as writer:
        for number, row in enumerate(rows.to_pylist()):
            key, text = f"{number:08d}-{row['id']}", row.pop("text")
            writer.write({"__key__": key, "txt": text})
            writer.write({"__key__": key, "json": orjson.dumps(row)})
    assert (tmp_path / "train.tar").read_bytes() == (tmp_path / "theirs.tar").read_bytes()


def test_webdataset_is_read_as_what_shardwriter_writes(rows, tmp_path):
    library = pytest.importorskip("webdataset", reason=f"webdataset is {MISSING}")
    WebDataset().write(tmp_path / "train.tar", [rows])
    with library.ShardWriter(str(tmp_path / "theirs-%d.tar"), verbose=0) as writer:
        for number, row in enumerate(rows.to_pylist()):
            writer.write({"__key__": f"{number:08d}-{row['id']}", "txt": row.pop("text"), "json": row})
    ours, theirs = (
        [
            {name: value for name, value in sample.items() if name in ("__key__", "txt", "json")}
            for sample in library.WebDataset(str(tmp_path / name), shardshuffle=False).decode()
        ]
        for name in ("train.tar", "theirs-0.tar")
    )
    assert len(ours) == rows.num_rows
    assert ours == theirs


@pytest.fixture(scope="module")
def dolma() -> Callable[[str], ModuleType]:
    """Imports one module of dolma: the package itself imports all of its taggers, and with them compiled models."""
    place = importlib.util.find_spec("dolma")
    if place is None:
        pytest.skip(f"dolma is {MISSING}")
    for package in ("dolma", "dolma.core", "dolma.tokenizer"):
        bare = ModuleType(package)
        bare.__path__ = [str(Path(*place.submodule_search_locations, *package.split(".")[1:]))]
        sys.modules[package] = bare
    return importlib.import_module


def test_olmo_is_what_dolma_writes(dolma, shard, documents, tmp_path):
    """Tokens byte by byte; of the table the rows, for dolma's has the time in its head and other line ends."""
    writers, types = dolma("dolma.tokenizer.memmap_writer"), dolma("dolma.tokenizer.data_types")
    Olmo().write(tmp_path / "train.npy", shard)
    numbers = np.flatnonzero(shard.documents["n_encoded"].to_numpy())
    with writers.MemmapWriter(str(tmp_path / "theirs.npy"), shard.ids.dtype, max_tokens=len(shard.ids) + 1) as writer:
        for number, document in zip(numbers.tolist(), documents(), strict=True):
            row = shard.documents.slice(number, 1).to_pylist()[0]
            source = " ".join(row["source"].split())
            made = types.TokenizerOutput.from_tokens(row["id"], source, number, document.tolist())
            assert writer.write(made)
    assert (tmp_path / "train.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()
    ours, theirs = (
        list(csv.reader(gzip.decompress((tmp_path / f"{name}.csv.gz").read_bytes()).decode().splitlines()))
        for name in ("train", "theirs")
    )
    assert ours == theirs


@pytest.mark.parametrize("length", [None, 32])
def test_litdata_is_what_litdata_writes(litdata, shard, tmp_path, length):
    """The chunk by construction; the index of a folder as litdata merges it, but for the time."""
    import torch

    kept = len(shard.ids) if length is None else len(shard.ids) // length * length
    made = shard._replace(ids=shard.ids[:kept], layout=shard.layout._replace(sequence_length=length))
    chunk = tmp_path / "train.litdata"
    Olmo().write(tmp_path / "train.npy", made)
    LitData().write_ids(chunk, made)
    cache = litdata.streaming.Cache(
        str(tmp_path / "theirs"), chunk_bytes=(1 << 32) - 1, item_loader=litdata.TokensLoader()
    )
    kind = np.int32 if shard.layout.vocabulary > 65_536 else np.uint16
    for number, tokens in enumerate(np.split(made.ids, np.cumsum(made.sequence_lengths())[:-1])):
        cache._add_item(number, torch.from_numpy(tokens.astype(kind)))
    cache.done()
    cache.merge()
    assert chunk.read_bytes() == (tmp_path / "theirs" / "chunk-0-0.bin").read_bytes()
    if length is None:
        theirs = json.loads((tmp_path / "theirs" / "index.json").read_text())
        theirs["chunks"][0]["filename"] = "train.litdata"
        assert float(theirs.pop("updated_at")) > 0
        assert LitData().index([chunk])["index.json"] == theirs
