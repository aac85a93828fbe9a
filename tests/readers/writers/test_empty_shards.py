"""An empty shard beside a full one: readers pass over it, but for Megatron, to which exports tell no such shard."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import TokenFormat, TokenLayout, TokenShard
from mixpipe.shards.indices import write_indices
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import ENCODED, SHARDS

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own
MISSING = "not installed; `make test-readers` does"
LENGTH = 16
IDS = np.arange(1, 4 * LENGTH + 1, dtype="<u2")


@pytest.fixture
def folder(tmp_path):
    """Writes an empty shard and then a full one; returns their folder."""
    row = {"id": text_id("a"), "text": "a", "domain": 0, "domain_name": "d", "copy": 0, "copies": 1}
    row |= {"source": "s", "n_tokens": 1, "quality": 0.5, "meta": "{}"}
    same = {"id": "a", "domain": 0, "copy": 0, "source": "s", "n_tokens": 0}

    def write(name):
        form = load_format(name)
        for place, ids in (("empty", IDS[:0]), ("full", IDS)):
            path = tmp_path / f"{place}{form.suffix}"
            if isinstance(form, TokenFormat):
                documents = pa.Table.from_pylist([{**same, "n_encoded": len(ids)}], ENCODED)
                form.write(path, TokenShard(ids, documents, TokenLayout(4096, int(IDS[-1]))))
            else:
                form.write(path, [pa.Table.from_pylist([row] * bool(len(ids)), SHARDS)])
        write_indices(tmp_path, ["empty", "full"], [form])
        return tmp_path

    return write


def windows(found):
    return np.concatenate([row["input_ids"].numpy() for row in (found[at] for at in range(len(found)))]).tolist()


def test_megatron_core_refuses_it(folder):
    library = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=f"megatron-core is {MISSING}")
    folder("megatron")
    assert len(library.IndexedDataset(str(folder("megatron") / "full"))) == 1
    with pytest.raises(ValueError, match="empty file"):
        library.IndexedDataset(str(folder("megatron") / "empty"))


def test_datatrove(folder):
    library = pytest.importorskip("datatrove.utils.dataset", reason=f"datatrove is {MISSING}")
    assert windows(library.DatatroveFolderDataset(str(folder("datatrove")), LENGTH - 1, "*.ds")) == IDS.tolist()


def test_olmo_core(folder):
    data = pytest.importorskip("olmo_core.data", reason=f"ai2-olmo-core is {MISSING}")
    paths = [str(folder("olmo") / name) for name in ("empty.npy", "full.npy")]
    end = int(IDS[-1])
    found = data.NumpyFSLDataset(
        *paths, sequence_length=LENGTH, pad_token_id=end, eos_token_id=end, vocab_size=4096, dtype=np.uint16
    )
    assert windows(found) == IDS.tolist()


def test_litdata(litdata, folder):
    loader = litdata.TokensLoader(block_size=LENGTH)
    found = litdata.StreamingDataset(str(folder("litdata")), item_loader=loader, shuffle=False)
    assert np.concatenate([block.numpy() for block in found]).tolist() == IDS.tolist()


def test_mosaicml_streaming(folder, streaming):
    assert streaming("read", folder("mds")) == ["a"]


def test_webdataset(folder):
    library = pytest.importorskip("webdataset", reason=f"webdataset is {MISSING}")
    files = [str(folder("webdataset") / name) for name in ("empty.tar", "full.tar")]
    assert [sample["txt"] for sample in library.WebDataset(files, shardshuffle=False).decode()] == ["a"]


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(
    ("form", "name", "suffix"), [("parquet", "parquet", ".parquet"), ("json", "jsonl", ".jsonl.zst")]
)
def test_datasets(folder, tmp_path, form, name, suffix, is_streamed):
    from datasets import load_dataset

    files = [str(folder(name) / f"{place}{suffix}") for place in ("empty", "full")]
    found = load_dataset(form, data_files=files, split="train", streaming=is_streamed, cache_dir=str(tmp_path / "c"))
    assert [row["text"] for row in found] == ["a"]
