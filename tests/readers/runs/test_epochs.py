"""Every reader through a whole epoch of one run: the documents or tokens that were planned, in the planned order."""

import json

import numpy as np
import pytest

from mixpipe.shards.exporters.litdata import CODE

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the libraries' own warnings
MISSING = "not installed; `make test-readers` does"
LENGTH = 64  # tokens of a sequence, where a reader cuts them


def paths(folder, pattern):
    return sorted(str(path) for path in (folder / "data").glob(pattern))


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("form", ["parquet", "json"])
def test_datasets(mixed, epoch, tmp_path, form, is_streamed):
    from datasets import load_dataset

    files = {"json": paths(mixed, "*.jsonl.zst"), "parquet": paths(mixed, "*.parquet")}[form]
    found = load_dataset(form, data_files=files, split="train", streaming=is_streamed, cache_dir=str(tmp_path))
    assert [row["text"] for row in found] == epoch.all_texts()


def test_datasets_by_the_card(mixed, epoch, tmp_path):
    from datasets import load_dataset

    found = load_dataset(str(mixed), split="train", cache_dir=str(tmp_path))
    assert list(found["text"]) == epoch.all_texts()


def test_webdataset(mixed, epoch):
    library = pytest.importorskip("webdataset", reason=f"webdataset is {MISSING}")
    found = list(library.WebDataset(paths(mixed, "*.tar"), shardshuffle=False).decode())
    assert [sample["txt"] for sample in found] == epoch.all_texts()
    assert [sample["json"]["id"] for sample in found] == [name for shard in epoch.ids for name in shard]


def test_mosaicml_streaming(mixed, epoch, streaming):
    assert streaming("read", mixed / "data") == epoch.all_texts()


def test_litdata_reads_mds(litdata, mixed, epoch):
    code: dict = {"UNIT": "documents", "SEED": 0}
    exec(CODE, code)  # as `mixpipe export --to litdata` has it
    found = code["dataset"](mixed / "data", shuffle=False)
    assert len(found) == len(epoch.all_texts())
    assert [sample["text"] for sample in found] == epoch.all_texts()


def test_litdata_reads_its_own(litdata, mixed, epoch):
    loader = litdata.TokensLoader(block_size=LENGTH)
    found = litdata.StreamingDataset(str(mixed / "data"), item_loader=loader, shuffle=False)
    assert np.array_equal(np.stack([block.numpy() for block in found]), epoch.windows(LENGTH))
    batches = litdata.StreamingDataLoader(found, batch_size=8)
    assert np.array_equal(np.concatenate([batch.numpy() for batch in batches]), epoch.windows(LENGTH))


def test_megatron_core(mixed, epoch):
    library = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=f"megatron-core is {MISSING}")
    prefixes = [path.removesuffix(".idx") for path in paths(mixed, "*.idx")]
    for prefix, documents in zip(prefixes, epoch.tokens, strict=True):
        found = library.IndexedDataset(prefix)
        assert len(found) == len(documents)
        assert all(np.array_equal(found[row], document) for row, document in enumerate(documents))


def test_datatrove(mixed, epoch):
    library = pytest.importorskip("datatrove.utils.dataset", reason=f"datatrove is {MISSING}")
    found = library.DatatroveFolderDataset(
        str(mixed / "data"), seq_len=LENGTH - 1, filename_pattern="*.ds", shuffle=False, token_size=2
    )
    rows = np.stack([found[row]["input_ids"].numpy() for row in range(len(found))])
    assert np.array_equal(rows, epoch.windows(LENGTH))


def test_olmo_core(mixed, epoch):
    data = pytest.importorskip("olmo_core.data", reason=f"ai2-olmo-core is {MISSING}")
    encoding = json.loads((mixed / "dataset.json").read_text())["encoding"]
    found = data.NumpyFSLDataset(
        *paths(mixed, "*.npy"),
        sequence_length=LENGTH,
        pad_token_id=encoding["end"],
        eos_token_id=encoding["end"],
        vocab_size=encoding["vocabulary"],
        dtype=data.NumpyDatasetDType.uint16.as_np_dtype(),
    )
    rows = np.stack([found[row]["input_ids"].numpy() for row in range(len(found))])
    assert np.array_equal(rows, epoch.windows(LENGTH))


def test_numpy(mixed, epoch):
    found = np.concatenate([np.memmap(path, np.uint16, "r") for path in paths(mixed, "*.npy")])
    assert np.array_equal(found, epoch.stream())
